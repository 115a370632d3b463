"""A report for people: verdicts, the user's line with the faulty term underlined, and what belongs there."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gradproof.checking.conventions.plan import Problem
from gradproof.checking.report import CORRECT, WRONG, Diagnosis, Evidence, ParameterReport, Report
from gradproof.errors import InputError
from gradproof.read.files import UserFile
from gradproof.read.trace import Origin

MARKS = {"correct": ("✓", "green"), "wrong": ("✗", "bold red"), "inconclusive": ("?", "yellow")}
WIDTH = 96
LEAST_WIDTH = 60
NOISE = 1e-13
MADE = (
    "the inputs were made up; if the code counts on something (rows that sum to 1, symmetry), give it such "
    "inputs: def example(): return dict(...)"
)


class Renderer:
    """Writes reports to a console; colours only where it is a terminal."""

    def __init__(self, console: Console, user: UserFile | None) -> None:
        self.console, self.user = console, user
        self.width = max(min(console.width, WIDTH), LEAST_WIDTH)
        self.encodes = (console.encoding or "utf-8").lower().startswith("utf")

    def problem(self, problem: Problem, reports: dict[str, Report | InputError]) -> None:
        """One problem with the reports on its candidates."""
        self._line(Text(problem.title, style="bold"))
        self._wrapped("inputs: ", problem.inputs_from, "dim")
        for note in problem.notes:
            self._wrapped("note: ", note, "dim")
        made = "made to fit" in problem.inputs_from
        for name, report in reports.items():
            self._line()
            if isinstance(report, InputError):
                self._heading(name, "could not be used", "bold red")
                self.error(report)
            else:
                self.report(name, report)
                if made and report.verdict == WRONG:
                    self._wrapped("note: ", MADE, "dim", body="dim")

    def report(self, name: str, report: Report) -> None:
        """One candidate: a line for each parameter, the diagnoses, the evidence."""
        self._heading(name, report.verdict, MARKS[report.verdict][1])
        wide = max((len(p.name) for p in report), default=0)
        for line in _grouped(list(report), wide):
            self._line(line)
        if report.verdict == WRONG:
            self._diagnoses(report)
        if report.nearby_cost:
            self._line()
            self._wrapped("note: ", report.nearby_cost, "cyan")
        if report.reason:
            self._line()
            self._wrapped("reason: ", report.reason, "yellow")
        self._line()
        self._evidence(report.evidence, report.seconds)

    def error(self, error: InputError) -> None:
        """An input that could not be used: what, where, and what to do."""
        first, _, rest = error.what.partition("\n")
        self._wrapped("error: ", first, "bold red", body="bold", indent=2)
        for line in rest.splitlines():
            self._line(Text(line))
        if error.where:
            self._line(Text.assemble(("  --> ", "blue"), error.where))
        if error.fix:
            self._line(Text.assemble(("  fix: ", "green"), error.fix))

    def remarks(self, remarks: Iterable[str]) -> None:
        """What else there is to say of the file."""
        for k, remark in enumerate(remarks):
            if k == 0:
                self._line()
            self._wrapped("note: ", remark, "yellow")

    # --- parts ------------------------------------------------------------------------------------------

    def _diagnoses(self, report: Report) -> None:
        shown: list[tuple[object, ...]] = []
        inherited: dict[str, list[str]] = {}
        for parameter in report:
            for diagnosis in parameter.diagnoses:
                if diagnosis.code == "inherited":
                    inherited.setdefault(diagnosis.inherited_from or "?", []).append(parameter.name)
                    continue
                same = (diagnosis.code, diagnosis.message, diagnosis.span)
                if same not in shown:
                    shown.append(same)
                    self._line()
                    self.diagnosis(diagnosis, parameter)
        if inherited:
            self._line()
        for source, names in inherited.items():
            place = self._place_of(report, source)
            verb = "follows" if len(names) == 1 else "follow"
            text = f"{', '.join(names)} {verb} from {source}{place}: nothing to change there"
            self._wrapped("inherited: ", text, "magenta")

    def diagnosis(self, diagnosis: Diagnosis, parameter: ParameterReport) -> None:
        """One diagnosis as a compiler would put it."""
        head = f"error[{diagnosis.code}]: "
        self._wrapped(head, diagnosis.message, "bold red", body="bold", indent=2)
        gutter = 1
        span = diagnosis.span
        if span is not None and self.user is not None and _is_in(span, self.user):
            gutter = len(str(self.user.number(span.end_line)))
            self._source(span, gutter, self.user)
        entries = [("found", diagnosis.found, "red"), ("expected", diagnosis.expected, "green")]
        if diagnosis.meaning:
            entries.append(("which is", diagnosis.meaning, ""))
        if diagnosis.fix:
            entries.append(("fix", diagnosis.fix, "bold green"))
        for title, text, style in entries:
            if text:
                self._wrapped(f"{' ' * gutter} = {title + ':':<10}", text, "blue", body=style)

    def _source(self, span: Origin, gutter: int, user: UserFile) -> None:
        bar = " " * gutter + " │" if self.encodes else " " * gutter + " |"
        self._line(Text.assemble((" " * gutter + "--> ", "blue"), user.place(span.line)))
        self._line(Text(bar, style="blue"))
        last = min(span.end_line, span.line + 3)
        lines = {k: user.text(k) for k in range(span.line, last + 1)}
        common = min((len(t) - len(t.lstrip()) for t in lines.values() if t.strip()), default=0)
        cut = max(common - 4, 0)
        for number, text in lines.items():
            code = text[cut:].expandtabs(4).rstrip()
            self._line(Text.assemble((f"{user.number(number):>{gutter}}{bar[gutter:]} ", "blue"), code))
            start, end = _columns(span, number, text)
            before, under = text[cut:start].expandtabs(4), text[start:end].rstrip().expandtabs(4)
            if under.strip():
                self._line(
                    Text.assemble((bar + " ", "blue"), " " * len(before), ("^" * len(under), "bold red"))
                )

    def _place_of(self, report: Report, variable: str) -> str:
        for parameter in report:
            for diagnosis in parameter.diagnoses:
                span = diagnosis.span
                if diagnosis.variable == variable and span is not None and diagnosis.code != "inherited":
                    place = self.user.short_place(span.line) if self.user is not None else f"line {span.line}"
                    return f" ({place})"
        return ""

    def _evidence(self, evidence: Evidence, seconds: float) -> None:
        self._wrapped("evidence: ", f"{_evidence_sentence(evidence)} ({seconds:.2f} s)", "dim", body="dim")
        for note in evidence.notes:
            self._wrapped("note: ", note, "dim", body="dim")

    # --- writing ----------------------------------------------------------------------------------------

    def _heading(self, name: str, verdict: str, style: str) -> None:
        fill = "─" if self.encodes else "-"
        rule = fill * max(self.width - len(name) - len(verdict) - 6, 3)
        self._line(
            Text.assemble((f"{fill}{fill} ", "dim"), (name, "bold"), (f" {rule} ", "dim"), (verdict, style))
        )

    def _wrapped(self, head: str, text: str, style: str, body: str = "", indent: int | None = None) -> None:
        """A headed paragraph: its lines hang under the text, or ``indent`` columns in."""
        hang = len(head) if indent is None else indent
        room = [self.width - len(head), self.width - hang]
        lines: list[str] = []
        for paragraph in text.splitlines() or [""]:
            lines += _fold(paragraph, room[0] if not lines else room[1], room[1])
        for k, line in enumerate(lines):
            start = Text(head, style=style) if k == 0 else Text(" " * hang)
            self._line(Text.assemble(start, (line, body)))

    def _line(self, text: Text | None = None) -> None:
        text = text or Text("")
        if not self.encodes:
            text.plain = text.plain.translate(ASCII)
        self.console.print(text, soft_wrap=True, highlight=False)


ASCII = str.maketrans({"✓": "+", "✗": "x", "→": ">", "─": "-", "│": "|", "½": "1/2"})


def _fold(text: str, first: int, rest: int) -> list[str]:
    if len(text) <= first:
        return [text]
    wrapped = textwrap.wrap(
        text,
        width=rest,
        initial_indent=" " * max(rest - first, 0),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.strip() for line in wrapped]


def _columns(span: Origin, number: int, text: str) -> tuple[int, int]:
    start = span.column if number == span.line else len(text) - len(text.lstrip())
    end = span.end_column if number == span.end_line else len(text)
    return start, end


def _grouped(parameters: list[ParameterReport], wide: int) -> Iterator[Text]:
    """A line for each parameter; many correct ones in a row share a line."""
    run: list[ParameterReport] = []
    for parameter in [*parameters, None]:
        if parameter is not None and parameter.verdict == CORRECT and len(parameters) > 12:
            run.append(parameter)
            continue
        yield from _run_lines(run, wide)
        run = []
        if parameter is not None:
            yield _parameter_line(parameter, wide)


def _run_lines(run: list[ParameterReport], wide: int) -> Iterator[Text]:
    if len(run) > 3:
        worst = max(p.error for p in run)
        text = f"{run[0].name} … {run[-1].name}  correct, {len(run)} parameters{_error_text(worst)}"
        yield Text.assemble(("  ✓ ", "green"), text)
    else:
        yield from (_parameter_line(parameter, wide) for parameter in run)


def _parameter_line(parameter: ParameterReport, wide: int) -> Text:
    mark, style = MARKS[parameter.verdict]
    detail = parameter.reason
    codes = list(dict.fromkeys(d.code for d in parameter.diagnoses))
    if parameter.verdict == WRONG and codes:
        detail = ", ".join(codes) + (f"; {detail}" if detail else "")
    error = _error_text(parameter.error) if parameter.verdict == WRONG else ""
    return Text.assemble(
        (f"  {mark} ", style),
        (f"{parameter.name:<{wide}}  ", "bold" if parameter.verdict == WRONG else ""),
        (f"{parameter.verdict:<7}", style),
        (error, ""),
        (f"  {detail}" if detail else "", "dim"),
    )


def _error_text(error: float) -> str:
    if math.isnan(error):
        return "  not a number"
    return f"  off by {error:.1e}" if error > NOISE else ""


def _evidence_sentence(evidence: Evidence) -> str:
    points = f"{evidence.points} random point{'s' if evidence.points != 1 else ''}"
    bound = f"; relative differences above {evidence.bound:.0e} are told apart" if evidence.bound else ""
    if evidence.kind == "derived":
        return f"compared with the gradient derived from your cost at {points} in {evidence.precision}{bound}"
    return f"compared with differences of your cost at {points}{bound}"


def _is_in(span: Origin, user: UserFile) -> bool:
    return span.file == user.file or Path(span.file).name == Path(user.file).name
