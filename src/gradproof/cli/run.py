"""What the commands do: load, find, check, print; every failure is one message and an exit status."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from gradproof.checking.api import check, derive_function
from gradproof.checking.conventions import Found, Problem, find_costs, find_problems
from gradproof.checking.render import Renderer
from gradproof.checking.report import INCONCLUSIVE, WRONG, Report
from gradproof.errors import GradproofError, InputError, InternalError
from gradproof.read.alarm import TimedOut, time_limit
from gradproof.read.files import UserFile, load, user_environment

CORRECT_STATUS, WRONG_STATUS, UNUSABLE_STATUS, INCONCLUSIVE_STATUS = 0, 1, 2, 3
GRACE = 5.0
SHARE_OF_LOADING = 0.5

Reports = dict[str, Report | InputError]


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    file: Path
    function: str | None = None
    data: str | None = None
    timeout: float = 60.0
    json: bool = False
    latex: bool = False
    derivation: bool = False
    no_color: bool = False
    wrt: str | None = None
    numpy: bool = False
    seed: int | None = None


def check_file(options: Options) -> int:
    """Run ``gradproof check``; returns the exit status."""
    with _failures(options) as status, _limited(options) as session:
        user = session.load()
        found = find_problems(user, function=options.function, data=options.data)
        results = [(problem, _check(problem, user, options.seed)) for problem in found.problems]
        status.value = _status([report for _, reports in results for report in reports.values()])
        session.finish()
        if options.json:
            print(_json(options, user, found, results))  # noqa: T201
        else:
            _print(options, user, found, results)
    return status.value


def derive_file(options: Options) -> int:
    """Run ``gradproof derive``; returns the exit status."""
    with _failures(options) as status, _limited(options) as session:
        user = session.load()
        problem = find_costs(user, function=options.function, data=options.data).problems[0]
        names = [options.wrt] if options.wrt else list(problem.params)
        if options.wrt and options.wrt not in problem.params:
            raise InputError(
                f"{problem.title} has no parameter {options.wrt}", where="--wrt",
                fix=f"its parameters are {', '.join(problem.params)}",
            )  # fmt: skip
        written = {name: _derivation(problem, user, name, options) for name in names}
        shapes = _shapes(problem)
        session.finish()
        if options.json:
            content = {"file": user.name, "inputs": shapes, "derivations": written}
            print(json.dumps(content, indent=2, ensure_ascii=False))  # noqa: T201
        else:
            print(f"# inputs: {shapes}\n" if options.numpy else f"inputs: {shapes}\n")  # noqa: T201
            print("\n\n".join(written.values()))  # noqa: T201
    return status.value


def guarded(action: Callable[[], None], *, json: bool, no_color: bool) -> int:
    """Run what needs no file; what goes wrong with the input is said like everywhere. The exit status."""
    with _failures(Options(Path(), json=json, no_color=no_color)) as status:
        action()
    return status.value


def _shapes(problem: Problem) -> str:
    """Shapes of the parameters and of the other inputs."""
    values = problem.params | problem.inputs
    return ", ".join(
        f"{name} {np.shape(value)}".replace(",)", ")") if isinstance(value, np.ndarray) else name
        for name, value in values.items()
    )


def _check(problem: Problem, user: UserFile, seed: int | None) -> Reports:
    reports: Reports = {}
    for name, candidate in problem.candidates.items():
        try:
            with user_environment(Path(user.file)):
                report = check(problem.cost, candidate, problem.params, seed=seed)
            report.evidence.notes += problem.remarks.get(name, [])
            reports[name] = report
        except InputError as error:
            reports[name] = error
    return reports


def _status(reports: list[Report | InputError]) -> int:
    verdicts = [report.verdict for report in reports if isinstance(report, Report)]
    if WRONG in verdicts:
        return WRONG_STATUS
    if len(verdicts) < len(reports):
        return UNUSABLE_STATUS
    return INCONCLUSIVE_STATUS if INCONCLUSIVE in verdicts else CORRECT_STATUS


def _derivation(problem: Problem, user: UserFile, name: str, options: Options) -> str:
    with user_environment(Path(user.file)):
        derivation = derive_function(problem.cost, problem.params, wrt=name)
        if options.numpy:
            return str(derivation.to_numpy())
        return str(derivation.to_latex() if options.latex else derivation)


def _print(options: Options, user: UserFile, found: Found, results: list[tuple[Problem, Reports]]) -> None:
    console = _console(options)
    renderer = Renderer(console, user)
    for k, (problem, reports) in enumerate(results):
        if k:
            console.print()
        renderer.problem(problem, reports)
        if options.derivation:
            for name in _to_derive(problem, reports):
                console.print()
                console.print(
                    _derivation(problem, user, name, options), highlight=False, markup=False, soft_wrap=True
                )
    renderer.remarks(_remarks(user, found))


def _to_derive(problem: Problem, reports: Reports) -> list[str]:
    """Parameters to show the derivation of: those with a fault of their own, else the first."""
    own = [
        parameter.name
        for report in reports.values()
        if isinstance(report, Report)
        for parameter in report
        if any(diagnosis.code != "inherited" for diagnosis in parameter.diagnoses)
    ]
    return list(dict.fromkeys(own)) or list(problem.params)[:1]


def _remarks(user: UserFile, found: Found) -> list[str]:
    remarks = [
        f"{user.short_place(t.line)} {t.message}{_advised(t.fix)}; the rest was used"
        for t in user.troubles[:3]
    ]
    if len(user.troubles) > 3:
        rest = [user.short_place(trouble.line) for trouble in user.troubles[3:]]
        verb = "statement of the file failed" if len(rest) == 1 else "statements of the file failed"
        remarks.append(f"{len(rest)} more {verb}: {', '.join(rest)}")
    remarks += [f"not checked: {failure.plan.title}: {failure.reason}" for failure in found.failures]
    return remarks


def _advised(fix: str) -> str:
    return f" ({fix})" if fix else ""


def _json(options: Options, user: UserFile, found: Found, results: list[tuple[Problem, Reports]]) -> str:
    problems = []
    for problem, reports in results:
        entry: dict[str, Any] = {
            "convention": problem.convention,
            "title": problem.title,
            "functions": list(problem.functions),
            "inputs": problem.inputs_from,
            "candidates": {name: _as_dict(report) for name, report in reports.items()},
        }
        if options.derivation:
            entry["derivations"] = {
                name: _derivation(problem, user, name, options) for name in _to_derive(problem, reports)
            }
        problems.append(entry)
    status = _status([report for _, reports in results for report in reports.values()])
    verdict = {0: "correct", 1: "wrong", 2: "unusable", 3: "inconclusive"}[status]
    content = {"file": user.name, "verdict": verdict, "problems": problems, "notes": _remarks(user, found)}
    return json.dumps(content, indent=2, ensure_ascii=False)


def _as_dict(report: Report | InputError) -> dict[str, Any]:
    if isinstance(report, InputError):
        return {"verdict": "unusable", "error": _error_dict(report)}
    return dict(json.loads(report.to_json()))


def _error_dict(error: InputError) -> dict[str, str]:
    return {"what": error.what, "where": error.where, "fix": error.fix}


def _console(options: Options, *, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 100
    return Console(file=stream, width=width, no_color=options.no_color or None, highlight=False)


# --- failures and time ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Status:
    """The exit status to be."""

    value: int = CORRECT_STATUS


@contextlib.contextmanager
def _failures(options: Options) -> Iterator[Status]:
    """Turn what can go wrong into one message; a contradiction of our own is said to be ours."""
    status = Status()
    try:
        yield status
    except InputError as error:
        status.value = UNUSABLE_STATUS
        _say(error, options)
    except GradproofError as error:
        status.value = UNUSABLE_STATUS
        fix = "please report it, with the file" if isinstance(error, InternalError) else ""
        _say(InputError(str(error), where=str(options.file), fix=fix), options)


def _say(error: InputError, options: Options) -> None:
    if options.json:
        print(json.dumps({"file": str(options.file), "verdict": "unusable", "error": _error_dict(error)},  # noqa: T201
                         indent=2, ensure_ascii=False))  # fmt: skip
        return
    Renderer(_console(options, stderr=True), None).error(error)


@dataclass(slots=True)
class Session:
    """One run of a command under its time limit."""

    options: Options
    user: UserFile | None = None
    watchdog: threading.Timer | None = None

    def load(self) -> UserFile:
        """Load the file; half of the time is for what it runs at module level."""
        self.user = load(self.options.file, seconds=self.options.timeout * SHARE_OF_LOADING)
        return self.user

    def finish(self) -> None:
        """Everything of the user's has been run."""
        if self.watchdog is not None:
            self.watchdog.cancel()


@contextlib.contextmanager
def _limited(options: Options) -> Iterator[Session]:
    """A limit on the whole run; compiled code that no signal interrupts is left by leaving the process."""
    session = Session(options)
    stdout, stderr = sys.stdout, sys.stderr

    def leave() -> None:
        sys.stdout, sys.stderr = stdout, stderr
        _say(_timed_out(session, None), options)
        stdout.flush()
        stderr.flush()
        os._exit(UNUSABLE_STATUS)

    session.watchdog = threading.Timer(options.timeout + GRACE, leave)
    session.watchdog.daemon = True
    session.watchdog.start()
    try:
        with time_limit(options.timeout):
            yield session
    except TimedOut as error:
        raise _timed_out(session, error) from None
    finally:
        session.finish()


def _timed_out(session: Session, error: TimedOut | None) -> InputError:
    user, place = session.user, None
    if user is not None and error is not None:
        place = error.place_in(user.file)
    where = str(session.options.file)
    if user is not None and place is not None:
        where = f"{user.place(place[1])}, in {place[0]}: {user.text(place[1]).strip()}"
    return InputError(
        f"the check was still running after {session.options.timeout:g} s, and was stopped",
        where=where,
        fix="use smaller inputs, end the loop, or give it longer: --timeout SECONDS",
    )
