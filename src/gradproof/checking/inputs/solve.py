"""Making example inputs: shapes are guessed, tried, and corrected by the errors until the cost runs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradproof.checking.inputs import roles
from gradproof.checking.inputs.hints import Hint, Hints
from gradproof.checking.inputs.repair import repair
from gradproof.checking.inputs.specs import Array, Axis, Fixed, Maker, Spec, arrays_in, realise
from gradproof.checking.inputs.templates import BIAS_STYLES, IMAGE_STYLES, Builder, Styles, alternatives
from gradproof.checking.inputs.watch import watched
from gradproof.read.alarm import TimedOut, is_limited, time_limit

ROUNDS = 40
SECONDS = 4.0
SECONDS_A_CALL = 2.0
TRIES = 600
LARGEST = 20_000
WIDEST = 500
RESIZES = 4

Path = tuple[Any, ...]
Stretch = tuple[tuple[int, ...], tuple[int, ...]]


class Unusable(Exception):
    """The inputs ran, and what came out cannot be used: a cost that is no number, or not finite."""


@dataclass(slots=True)
class Trial:
    """How a call with some inputs went.

    Attributes
    ----------
    parameters : paths of what the gradients are by
    complete : whether every candidate ran and every gradient has its parameter's shape
    quality : larger is better, among the incomplete
    misfits : shapes of gradients that are not their parameter's
    vanishing : number of gradients that are zero everywhere
    """

    parameters: set[Path]
    complete: bool
    quality: float = 0.0
    cost: float = 0.0
    misfits: dict[Path, tuple[int, ...]] = field(default_factory=dict)
    vanishing: int = 0


@dataclass(slots=True)
class Solution:
    """Inputs that work, how well, and the first error where none did.

    ``slow`` are inputs with which the first call did not end in the time of a trial.
    """

    values: dict[str, Any] | None = None
    trial: Trial | None = None
    demerits: int = 0
    error: Exception | None = None
    made: set[str] = field(default_factory=set)
    slow: dict[str, Any] | None = None


@dataclass(slots=True)
class Attempt:
    """One guess: specs by argument and the axes in them."""

    specs: dict[str, Spec]
    maker: Maker
    meant: set[Axis] = field(default_factory=set)
    joined: bool = False
    guessed: frozenset[str] = frozenset()
    resized: int = 0

    @property
    def arrays(self) -> dict[Path, Array]:
        """Every array to be made, by path."""
        return {path: a for name, spec in self.specs.items() for path, a in arrays_in(spec, (name,))}

    def batch(self) -> frozenset[Axis]:
        """Axes that count examples: those that data and labels share."""
        data, labels = self._roots(roles.is_data), self._roots(roles.is_labels)
        return frozenset(data & labels) if data and labels else frozenset()

    @property
    def data_axes(self) -> set[Axis]:
        """Axes of the data."""
        return self._roots(roles.is_data)

    def _roots(self, is_role: Callable[[str], bool]) -> set[Axis]:
        arrays = self.arrays.items()
        return {
            axis.root
            for path, a in arrays
            if is_role(str(path[-1]))
            for axis in a.axes
            if isinstance(axis, Axis)
        }

    def values(self, rng: np.random.Generator) -> dict[str, Any]:
        """Random values of the sizes that the axes have now."""
        batch = self.batch()
        return {name: realise(spec, rng, batch) for name, spec in self.specs.items()}

    def demerits(self, parameters: set[Path]) -> int:
        """Coincidences that hide mistakes, or that no author means.

        A parameter as long as the batch, a matrix forced to be square, an axis forced to length 1, labels
        that have no axis in common with the data.
        """
        batch, count = self.batch(), 0
        apart = self._roots(roles.is_data) and self._roots(roles.is_labels) and not batch
        for path, array in self.arrays.items():
            roots = [axis.root for axis in array.axes if isinstance(axis, Axis)]
            count += (
                len(roots)
                - len(set(roots))
                + sum(root.size == 1 and root not in self.meant for root in roots)
            )
            own = path in parameters or roles.BIAS.match(str(path[0]))
            if own and not roles.is_data(str(path[-1])):
                count += sum(root in batch for root in roots)
        return count + (2 if apart else 0)

    @property
    def too_large(self) -> bool:
        """Whether sizes ran away."""
        shapes = [array.shape for array in self.arrays.values()]
        wide = any(len(shape) > 1 and max(shape) > WIDEST for shape in shapes)
        return wide or any(np.prod(shape, dtype=float) > LARGEST for shape in shapes)


Evaluate = Callable[[Mapping[str, Any], bool], Trial]


def solve(
    names: Mapping[str, Any], given: Mapping[str, Any], hints: Hints, evaluate: Evaluate, required: object
) -> Solution:
    """Find values of the arguments with which the cost runs and the gradients fit.

    Parameters
    ----------
    names : the arguments, each with its default, or ``required``
    given : values that are known
    evaluate : calls the user's functions; raises what they raise. Its second argument says whether an
        error of a candidate may be used to learn shapes from.
    """
    best = Solution()
    fixed = _fixed(names, given, required)
    if len(fixed) == len(names):
        return _single(fixed, evaluate)
    started = time.monotonic()
    for strict in (True, False):
        tries = itertools.islice(_attempts(names, fixed, hints, required), TRIES)
        for attempt in tries:
            _try(attempt, hints, evaluate, strict, best)
            if best.trial and best.trial.complete and not best.demerits:
                return best
            if time.monotonic() - started > SECONDS * (1 if strict else 1.5):
                break
        if best.trial and best.trial.complete:
            return best
    return _patient(best, evaluate) if best.trial is None and best.slow is not None else best


def _patient(best: Solution, evaluate: Evaluate) -> Solution:
    """The first call that did not end, as long as the whole run may last: slow, or without end."""
    assert best.slow is not None
    if not is_limited():
        return best
    patient = _single(best.slow, evaluate)
    patient.made = best.made
    return patient


def _fixed(names: Mapping[str, Any], given: Mapping[str, Any], required: object) -> dict[str, Any]:
    """Values that need no guess: given ones, and defaults that are not sizes to be learnt."""
    fixed = {name: given[name] for name in names if name in given}
    for name, default in names.items():
        if name not in fixed and default is not required:
            weak = (
                isinstance(default, float | int) and not isinstance(default, bool) and roles.is_penalty(name)
            )
            fixed[name] = 0.7 if weak and float(default) in {0.0, 1.0} else default
    return fixed


def _single(values: dict[str, Any], evaluate: Evaluate) -> Solution:
    try:
        return Solution(values, evaluate(values, True))
    except Exception as error:  # noqa: BLE001  (the user's code may raise anything)
        return Solution(error=error)


def _attempts(
    names: Mapping[str, Any], fixed: Mapping[str, Any], hints: Hints, required: object
) -> Iterator[Attempt]:
    """Combinations of guesses, those nearest to the likeliest first."""
    open_names = [name for name in names if name not in fixed]
    choices: list[list[Builder]] = [
        alternatives(name, hints.get(name, Hint()), names[name] is not required, frozenset(names))
        for name in open_names
    ]
    styles = [(b, i) for i in range(len(IMAGE_STYLES)) for b in range(len(BIAS_STYLES))]
    for picked in _by_distance([len(styles), *map(len, choices)]):
        bias, image = styles[picked[0]]
        maker, style = Maker(), Styles(BIAS_STYLES[bias], image)
        specs: dict[str, Spec] = {name: Fixed(value) for name, value in fixed.items()}
        for name, builders, k in zip(open_names, choices, picked[1:], strict=True):
            specs[name] = builders[k](maker, style)
        yield Attempt({name: specs[name] for name in names}, maker, guessed=frozenset(open_names))


def _by_distance(lengths: list[int]) -> Iterator[tuple[int, ...]]:
    total = 1
    for length in lengths:
        total *= length
    if total <= 20_000:
        yield from sorted(itertools.product(*map(range, lengths)), key=sum)
        return
    limited = [min(length, 2) for length in lengths]
    yield from itertools.islice(itertools.product(*map(range, limited)), 5000)


def _try(attempt: Attempt, hints: Hints, evaluate: Evaluate, strict: bool, best: Solution) -> None:
    before, started = "", time.monotonic()
    for _ in range(ROUNDS):
        if attempt.too_large or time.monotonic() - started > SECONDS:
            return
        values = attempt.values(np.random.default_rng(7))
        try:
            with time_limit(SECONDS_A_CALL, attempt):
                trial = evaluate(values, strict)
        except TimedOut as error:
            if error.limit is not attempt:
                raise
            best.slow = best.slow or values
            best.made = best.made or set(attempt.guessed)
            return
        except Exception as error:  # noqa: BLE001  (the user's code may raise anything)
            stuck, before = str(error) == before, str(error)
            if stuck or not repair(error, attempt.arrays, attempt.maker.axes, hints):
                best.error = best.error or error
                return
            continue
        if _join(attempt):
            continue
        stretches = _stretched(attempt, values, evaluate)
        if stretches and _shrink(attempt, stretches):
            continue
        if _resize(attempt, trial.misfits):
            continue
        if _one_class(attempt, hints) or (attempt.meant and trial.cost == 0):
            return  # a softmax of one unit: the labels were not meant so
        demerits = attempt.demerits(trial.parameters) + (2 if stretches else 0) + 2 * trial.vanishing
        if best.trial is None or _rank(trial, demerits) > _rank(best.trial, best.demerits):
            best.values, best.trial, best.demerits = values, trial, demerits
            best.made = set(attempt.guessed)
        return


def _join(attempt: Attempt) -> bool:
    """Give a row of labels as many entries as there are rows of data, where the code did not demand it."""
    if attempt.joined or attempt.batch():
        return False
    attempt.joined = True
    arrays = attempt.arrays
    data = next((a for path, a in arrays.items() if roles.is_data(str(path[-1]))), None)
    labels = next((a for path, a in arrays.items() if roles.is_labels(str(path[-1]))), None)
    if data is None or labels is None or len(labels.axes) != 1:
        return False
    if len(data.axes) == 1 and labels.role == "one-hot":  # one example, and its class
        return False
    rows, entries = data.axes[0], labels.axes[0]
    if not (isinstance(rows, Axis) and isinstance(entries, Axis)):
        return False
    rows.merge(entries)
    return True


def _stretched(attempt: Attempt, values: Mapping[str, Any], evaluate: Evaluate) -> list[Stretch]:
    """Labels that were made and are broadcast against something larger: their shape and the larger one."""
    names = {path[0] for path in attempt.arrays if len(path) == 1}
    labels = {name for name in names if roles.is_labels(name) and np.ndim(values[name]) > 0}
    records: dict[str, list[tuple[int, ...]]] = {name: [] for name in labels}
    try:
        evaluate({n: watched(v, records[n]) if n in labels else v for n, v in values.items()}, True)
    except Exception:  # noqa: BLE001  (the user's code may not take a subclass of ndarray)
        return []
    return [(np.shape(values[name]), shape) for name, shapes in records.items() for shape in shapes]


def _shrink(attempt: Attempt, stretches: list[Stretch]) -> bool:
    """Make the axis that stretched the labels as long as theirs: one output for labels of shape (1, m)."""
    for mine, larger in stretches:
        for small, large in zip(reversed(mine), reversed(larger), strict=False):
            roots = {axis.root for axis in attempt.maker.axes if axis.size == large}
            if small == 1 < large and len(roots) == 1 and not roots & attempt.data_axes:
                root = roots.pop()
                root.size = 1
                attempt.meant.add(root)
                return True
    return False


def _resize(attempt: Attempt, misfits: Mapping[Path, tuple[int, ...]]) -> bool:
    """Take the size of a parameter from its gradient where the code fixes it: ``theta`` has 2 entries."""
    if attempt.resized >= RESIZES:
        return False
    attempt.resized += 1
    sizes = {axis.size for axis in attempt.maker.axes}
    for path, array in attempt.arrays.items():
        wanted = misfits.get(path, ())
        for axis, size in zip(array.axes, wanted, strict=False):
            fixed_by_code = len(wanted) == len(array.axes) and size > 1 and size not in sizes
            if fixed_by_code and isinstance(axis, Axis) and axis.size != size:
                axis.size = size
                return True
    return False


def _one_class(attempt: Attempt, hints: Hints) -> bool:
    """Whether a softmax is given labels of one class only: its cost is 0, and so is its gradient."""
    for name, spec in attempt.specs.items():
        if isinstance(spec, Array) and roles.is_labels(name) and name in hints and hints[name].classes:
            batch = attempt.batch()
            within = [a for a in spec.axes if not (isinstance(a, Axis) and a.root in batch)]
            if any((a.size if isinstance(a, Axis) else a) == 1 for a in within):
                return True
    return False


def _rank(trial: Trial, demerits: int) -> float:
    return trial.quality - 4 * demerits
