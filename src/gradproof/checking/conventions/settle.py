"""From a plan to a problem: find inputs, pair gradients with parameters, close over the rest."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from gradproof.checking.conventions.pairing import Path, at, label, pair, parameter_paths, siblings
from gradproof.checking.conventions.plan import REQUIRED, Named, Plan, Problem, Values
from gradproof.checking.conventions.positions import differentiated, is_number, remarks, uncompared
from gradproof.checking.inputs import roles
from gradproof.checking.inputs.functions import Function, reachable
from gradproof.checking.inputs.hints import Hints, hints_of
from gradproof.checking.inputs.softmax import compares_classes
from gradproof.checking.inputs.solve import Solution, Trial, Unusable, solve
from gradproof.checking.inputs.supply import Supply
from gradproof.checking.inputs.watch import Watched, watched
from gradproof.read.files import UserFile, describe, line_in, user_environment

NOTHING = 1e-12
"""A gradient below this everywhere says nothing of the code that computed it."""


@dataclass(slots=True)
class Failure:
    """A plan for which no inputs were found: the last word of the user's code, and what was needed."""

    plan: Plan
    error: Exception | None
    line: int | None
    arguments: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """The last word of the user's code, in a line."""
        if self.error is None:
            return "no inputs were found"
        return str(self.error) if isinstance(self.error, Unusable) else describe(self.error)


def settle(
    plan: Plan, user: UserFile, supply: Supply, functions: Mapping[str, Function]
) -> Problem | Failure:
    """The problem that a plan leads to with inputs that work, or why there are none."""
    involved = reachable(plan.functions, dict(functions))
    hints = hints_of(involved)
    if compares_classes(involved):
        for name in filter(roles.is_labels, plan.arguments):
            hints[name].classes = not hints[name].indexes
    for name in differentiated(plan):
        hints[name].parameter = True
    solution = Solution()
    evaluate = _evaluator(plan)
    for with_found in (True, False):
        given = supply.for_names(plan.arguments, with_found=with_found) | plan.preset
        with user_environment(FilePath(user.file)):
            solution = _solve(plan, given, hints, evaluate)
        if (
            solution.values is not None
            and solution.trial is not None
            and (solution.trial.complete or not with_found)
        ):
            break
        if len(given) == len(supply.for_names(plan.arguments, with_found=False) | plan.preset):
            break
    missing = [name for name in plan.arguments if name not in supply.promised]
    if solution.values is None or not solution.trial or not solution.trial.parameters:
        error = solution.error
        return Failure(plan, error, line_in(user.file, error) if error else None, missing)
    return _problem(plan, solution, supply, user)


def _solve(
    plan: Plan, given: Mapping[str, Any], hints: Hints, evaluate: Callable[[Values, bool], Trial]
) -> Solution:
    return solve(plan.arguments, given, hints, evaluate, REQUIRED)


def _evaluator(plan: Plan) -> Callable[[Values, bool], Trial]:
    def evaluate(values: Values, strict: bool) -> Trial:
        cost = _number(_quietly(plan.cost, values))
        parameters: set[Path] = set()
        fitting = ran = 0.0
        misfits: dict[Path, tuple[int, ...]] = {}
        vanishing = 0
        error: Exception | None = None
        if not plan.candidates:
            parameters = set(parameter_paths(values, plan))
        for candidate in plan.candidates.values():
            try:
                gradients = _quietly(candidate, values)
            except Exception as raised:  # noqa: BLE001  (the user's code may raise anything)
                error = error or raised
                continue
            ran += 1
            pairs = pair(gradients, values, plan)
            parameters |= set(pairs)
            fit = _fit(gradients, pairs, values)
            fitting += min(fit, 0.7) if uncompared(gradients, plan, pairs) else fit
            misfits |= _misfits(gradients, pairs, values)
            vanishing += sum(_vanishes(at(gradients, place)) for place in pairs.values())
        if error is not None and not strict:
            raise error
        if not parameters and error is not None:
            raise error
        if not np.isfinite(cost):
            raise Unusable(f"the cost is {cost}")
        count = len(plan.candidates) or 1
        fitting = fitting if plan.candidates else 1.0
        return Trial(parameters, fitting == count, (10 * fitting + ran) / count, cost, misfits, vanishing)

    return evaluate


def _number(value: Any) -> float:
    if value is None:
        raise Unusable("the cost returned None: is there a `return`?")
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise Unusable(f"the cost returned {type(value).__name__}, which is not a number")
    if array.size != 1:
        raise Unusable(f"the cost returned an array of shape {array.shape}; a gradient needs one number")
    return float(array.reshape(()))


def _fit(gradients: Named, pairs: Mapping[Path, Sequence[int]], values: Values) -> float:
    """1 where every gradient has its parameter's shape, less where only the number of entries agrees."""
    fit = 1.0 if pairs else 0.0
    for position, (_, gradient) in enumerate(gradients):
        if isinstance(gradient, list) and all(place[0] != position for place in pairs.values()):
            fit = min(fit, 0.8)
    for path, place in pairs.items():
        gradient, value = at(gradients, place), value_at(values, path)
        if np.shape(gradient) != np.shape(value):
            fit = min(fit, 0.6 if gradient is not None and np.size(gradient) == np.size(value) else 0.0)
    return fit


def _vanishes(gradient: Any) -> bool:
    if not (isinstance(gradient, np.ndarray) or is_number(gradient)):
        return False
    array = np.asarray(gradient)
    return array.dtype.kind == "f" and bool(np.all(np.abs(array) < NOTHING))


def _misfits(
    gradients: Named, pairs: Mapping[Path, Sequence[int]], values: Values
) -> dict[Path, tuple[int, ...]]:
    shapes = {path: np.shape(at(gradients, place)) for path, place in pairs.items()}
    return {path: shape for path, shape in shapes.items() if shape != np.shape(value_at(values, path))}


def value_at(values: Values, path: Path) -> Any:
    """The value that stands at a path."""
    value: Any = values
    for key in path:
        value = value[key]
    return value


def with_values(values: Values, replaced: Mapping[Path, Any]) -> dict[str, Any]:
    """Copies of the values, so that no call sees what another one changed, with some leaves replaced."""
    result = {name: _copied(value) for name, value in values.items() if (name,) not in replaced}
    for path, value in replaced.items():
        if len(path) == 1:
            result[path[0]] = value
            continue
        owner: Any = result
        for key in path[:-1]:
            owner = owner[key]
        if isinstance(owner, tuple):
            holder = value_at(result, path[:-2]) if len(path) > 2 else result
            holder[path[-2]] = tuple(value if k == path[-1] else item for k, item in enumerate(owner))
        else:
            owner[path[-1]] = value
    return {name: result[name] for name in values}


def _copied(value: Any) -> Any:
    """A copy of arrays and their containers; other objects as they are."""
    if isinstance(value, Watched):
        return watched(np.array(value), value.stretched if value.stretched is not None else [])
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(_copied(item) for item in value)
    return value


def _quietly(function: Callable[[Values], Any], values: Values) -> Any:
    """A call whose random numbers are the same every time, on copies of the values."""
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(11)  # noqa: NPY002
    random.seed(11)
    try:
        return function(with_values(values, {}))
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


def _problem(plan: Plan, solution: Solution, supply: Supply, user: UserFile) -> Problem:
    assert solution.values is not None
    values = {name: _as_float(value) for name, value in solution.values.items()}
    pairs: dict[str, dict[Path, list[int]]] = {}
    errors: dict[str, Exception] = {}
    said: dict[str, list[str]] = {}
    for name, candidate in plan.candidates.items():
        try:
            with user_environment(FilePath(user.file)):
                gradients = _quietly(candidate, values)
            pairs[name] = pair(gradients, values, plan)
            said[name] = remarks(gradients, values, plan, pairs[name])
        except Exception as error:  # noqa: BLE001  (the user's code may raise anything)
            pairs[name], errors[name] = {}, error
    paired = {path: place for found in pairs.values() for path, place in found.items()}
    paths = [*paired, *siblings(paired, values, plan)]
    paths = paths if plan.candidates else parameter_paths(values, plan)
    order = {path: k for k, path in enumerate(_all_paths(values))}
    paths.sort(key=lambda path: order.get(path, 0))
    labels = _labels(paths)
    generators = [v for v in user.namespace.values() if isinstance(v, np.random.Generator)]
    notes = list(plan.notes)
    return Problem(
        plan.convention,
        plan.title,
        _cost(plan, values, labels, generators),
        {
            name: _gradient(candidate, values, labels, pairs[name], generators)
            for name, candidate in plan.candidates.items()
        },
        {name: _generic(value_at(values, path), path[0] in supply.promised) for name, path in labels.items()},
        {name: value for name, value in values.items() if (name,) not in paths},
        _origin(supply, solution, values),
        tuple(dict.fromkeys(function.name for function in plan.functions)),
        notes,
        remarks=said,
    )


def _as_float(value: Any) -> Any:
    """Parameters in float64: integer and float32 arrays are widened, containers kept."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float64) if type(value) is np.ndarray else value
    if isinstance(value, dict):
        return {key: _as_float(item) for key, item in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(_as_float(item) for item in value)
    return value


def _all_paths(values: Values) -> list[Path]:
    found: list[Path] = []

    def visit(path: Path, value: Any) -> None:
        found.append(path)
        if isinstance(value, Mapping):
            for key, item in value.items():
                visit((*path, key), item)
        elif isinstance(value, list | tuple):
            for k, item in enumerate(value):
                visit((*path, k), item)

    for name, value in values.items():
        visit((name,), value)
    return found


def _labels(paths: Sequence[Path]) -> dict[str, Path]:
    """Parameter names that tell the parameters apart."""
    short = [label(path) for path in paths]
    long = [".".join(str(key) for key in path) for path in paths]
    return {s if short.count(s) == 1 else whole: p for s, whole, p in zip(short, long, paths, strict=True)}


def _generic(value: Any, promised: bool) -> Any:
    """A start in general position: found zeros (``theta = np.zeros(n)``) would hide what multiplies them."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return float(value)
    if not promised and isinstance(value, np.ndarray) and value.size > 1 and np.all(value == value.flat[0]):
        return value + 0.3 * np.random.default_rng(5).standard_normal(value.shape)
    return value


class _Fresh:
    """Puts the file's own random generators back to where they were, so that every call draws the same."""

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self.states = [(g, copy.deepcopy(g.bit_generator.state)) for g in generators]

    def __call__(self) -> None:
        for generator, state in self.states:
            generator.bit_generator.state = copy.deepcopy(state)


def _cost(
    plan: Plan, values: Values, labels: Mapping[str, Path], generators: Sequence[np.random.Generator]
) -> Callable[[dict[str, Any]], Any]:
    fresh = _Fresh(generators)

    def cost(params: dict[str, Any]) -> Any:
        fresh()
        value = plan.cost(with_values(values, {labels[name]: value for name, value in params.items()}))
        # One number in an array of shape (1, 1) is a cost all the same.
        return value.reshape(()) if getattr(value, "shape", ()) and value.size == 1 else value

    return cost


def _gradient(
    candidate: Callable[[Values], Named],
    values: Values,
    labels: Mapping[str, Path],
    pairs: Mapping[Path, Sequence[int]],
    generators: Sequence[np.random.Generator],
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    fresh = _Fresh(generators)

    def grad(params: dict[str, Any]) -> dict[str, Any]:
        fresh()
        gradients = candidate(with_values(values, {labels[name]: value for name, value in params.items()}))
        return {name: at(gradients, pairs[path]) for name, path in labels.items() if path in pairs}

    return grad


def _origin(supply: Supply, solution: Solution, values: Values) -> str:
    made = [name for name in values if name in solution.made]
    taken = [name for name in values if name in supply.promised]
    parts = [f"{supply.origin}"] if taken else []
    if made:
        shown = ", ".join(_shown(name, values[name]) for name in made)
        parts.append(f"made to fit: {shown}")
    return "; ".join(parts) or "values in the file"


def _shown(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{name} {value.shape}".replace(",)", ")")
    if isinstance(value, dict | list | tuple):
        return f"{name} with {len(value)} entries"
    return f"{name} = {value!r}" if not roles.is_labels(name) else name
