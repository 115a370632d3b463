"""A check of the gradients that a network is trained with, which shares nothing with their derivation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gradproof.checking.report import (
    CORRECT,
    INCONCLUSIVE,
    WRONG,
    Diagnosis,
    Evidence,
    ParameterReport,
    Report,
    Verdict,
)
from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.engines.base import Data, Engine, Epoch, State
from gradproof.train.fitting.batches import dropout_masks
from gradproof.train.fitting.engine_choice import chosen_engine
from gradproof.train.fitting.initial import given_parameters, initial_parameters
from gradproof.train.fitting.inputs import checked_data, checked_dtype
from gradproof.train.fitting.plain import KINKED, example_costs, layer_values, penalty
from gradproof.train.network import Network
from gradproof.train.optimizers import SGD

DIRECTIONS = 4  # random directions in each parameter
SHAKES = 3  # gradients at points moved by rounding, from which the bound is taken
SAFETY = 16.0  # times the largest effect of rounding that was seen
H = 1e-30  # the complex step: so small that no power of it is left beside it
NEAR = 100  # units of rounding, relative to the largest Z: a kink that is nearer is stepped away from
LEAP = 2.0**40  # α of the step that is looked at: beside α g, what rounding does to w is nothing
TINY = 1e-300  # in place of a size of 0
EXAMPLES = 40  # columns that the check is made on
NAMED = 400  # entries of a wrong parameter that are compared one by one


@dataclass(frozen=True, slots=True)
class _Point:
    """Where gradients are compared."""

    network: Network
    data: Data
    parameters: dict[str, Array]
    masks: Mapping[str, Array] | None = None

    def slope(self, name: str, direction: Array) -> tuple[float, float]:
        """The derivative of the cost along a direction in one parameter, and the size of its terms.

        A gradient near 0 may be the sum of large terms: of the examples, and of the penalty.
        """
        there = {key: w.astype(np.complex128) for key, w in self.parameters.items()}
        there[name] = there[name] + 1j * H * direction
        examples, charge = self._costs(there)
        terms = [*(np.imag(examples) / H / self.data.count), np.imag(charge) / H]
        return float(np.sum(terms)), float(np.abs(terms).sum())

    def cost(self) -> float:
        """The cost, written out by hand."""
        examples, charge = self._costs(self.parameters)
        return float(examples.sum() / self.data.count + charge)

    def _costs(self, parameters: Mapping[str, Array]) -> tuple[Array, Any]:
        data, count = self.data, self.data.count
        examples = example_costs(self.network, parameters, data.X, data.Y, data.weights, self.masks)
        return examples, penalty(self.network, parameters, count, count)


Gradients = Callable[[_Point], dict[str, Array]]


def check(
    network: Network,
    X: Any = None,
    Y: Any = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    weights: Any = None,
    engine: str | Engine = "auto",
    dtype: npt.DTypeLike = "float64",
    seed: int = 0,
) -> Report:
    """Check the gradients that an engine computes for a network, in one call.

    The engine's gradient of all data, and the one that a step of its training takes, with dropout's masks,
    are compared with the complex step of the cost written out by hand in NumPy, along random directions in
    each parameter. What rounding can do is measured by moving the point by rounding.

    Parameters
    ----------
    network : its layers, loss and penalties
    X, Y : examples along the columns, of which some are taken; drawn at random by default
    parameters : where to check; drawn by default
    weights : of the examples
    engine, dtype : as for :func:`fit`
    seed : of all that is drawn

    Returns
    -------
    Report
        A verdict for each parameter. ``report.evidence.bound`` is the difference above which two gradients
        are told apart, relative to the terms that they are sums of; a wrong one is told with its entries.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> print(check(dense([4, 3, 2])))
    correct
      W1: correct
      b1: correct
      W2: correct
      b2: correct
    """
    since = time.perf_counter()
    rng = np.random.default_rng(seed)
    kind = checked_dtype(dtype)
    rule = SGD() if isinstance(engine, str) else engine.optimizer
    runner = chosen_engine(engine, network, rule, kind, weighted=weights is not None)
    data = _data(network, X, Y, weights, kind, rng)
    drawn = _drawn(network, kind, rng) if parameters is None else given_parameters(network, parameters, kind)
    draw = dropout_masks(network, rng)
    masks = None if draw is None else draw(data.count)
    point, moved = _away_from_kinks(_Point(network, data, drawn, masks), rng)
    evidence = Evidence("numeric", 1, precision=kind.name)
    evidence.notes += _told(point, moved)
    plain = replace(point, masks=None)
    found = [
        _compared(plain, _by_costs(runner), "the gradient of all data", rng),
        _compared(point, _by_step(runner), "the gradient of a training step", rng),
    ]
    evidence.bound = max((bound for each in found for bound in each.bounds.values()), default=0.0)
    reports = {name: _worst(each.reports[name] for each in found) for name in point.parameters}
    gap = _cost_gap(runner, plain)
    verdict = _verdict([p.verdict for p in reports.values()], gap, evidence.bound)
    reason = (
        f"the engine's cost differs from that written out by hand by {gap:.2g}"
        if gap > evidence.bound
        else ""
    )
    return Report(
        verdict, reports, evidence, plain.cost(), reason=reason, seconds=time.perf_counter() - since
    )


# --- where to check -------------------------------------------------------------------------------------


def _data(
    network: Network, X: Any, Y: Any, weights: Any, dtype: np.dtype[Any], rng: np.random.Generator
) -> Data:
    """Some columns of the data, or random ones that suit the loss."""
    if (X is None) != (Y is None):
        raise InputError("X without Y, or Y without X", fix="give both, or neither")
    if X is not None:
        whole = checked_data(network, X, Y, weights, dtype)
        chosen = np.sort(rng.permutation(whole.count)[:EXAMPLES])
        s = None if whole.weights is None else whole.weights[:, chosen]
        return Data.of(whole.X[:, chosen], whole.Y[:, chosen], s, dtype)
    X = rng.standard_normal((network.inputs, EXAMPLES))
    outputs = network.sizes[-1]
    labels = rng.integers(0, max(outputs, 2), EXAMPLES)
    Y = {
        "cross_entropy": np.eye(outputs)[:, labels % outputs],
        "binary_cross_entropy": labels.reshape(1, -1),
        "squared_error": rng.standard_normal((outputs, EXAMPLES)),
    }[network.loss]
    return Data.of(X, Y, weights, dtype)


def _drawn(network: Network, dtype: np.dtype[Any], rng: np.random.Generator) -> dict[str, Array]:
    """Initial parameters with biases that are not 0."""
    found = initial_parameters(network, rng, dtype=dtype)
    for name, array in found.items():
        if name.startswith("b"):
            array[...] = 0.1 * rng.standard_normal(array.shape)
    return found


def _away_from_kinks(point: _Point, rng: np.random.Generator) -> tuple[_Point, int]:
    """The point, or one near it, where no derivative jumps; and how often it was moved."""
    here = point
    for moves in range(20):
        if not _has_kink(here) and not (here.masks and _has_kink(replace(here, masks=None))):
            return here, moves
        size = 1e-4 * 2**moves
        moved = {
            name: w + (size * rng.standard_normal(w.shape) * (np.abs(w).mean() + 0.1)).astype(w.dtype)
            for name, w in point.parameters.items()
        }
        here = replace(point, parameters=moved)
    return here, 20


def _has_kink(point: _Point) -> bool:
    values = layer_values(point.network, point.parameters, point.data.X, point.masks)
    near = NEAR * float(np.finfo(point.data.X.dtype).eps)
    for layer, Z in zip(point.network.layers[:-1], values[:-1], strict=True):
        size = np.abs(Z)
        if layer.activation in KINKED and size.min() <= near * size.max():
            return True
    return False


def _told(point: _Point, moved: int) -> Iterator[str]:
    yield (
        f"complex step along {DIRECTIONS} random directions in each parameter, {point.data.count} examples; "
        "cost written out by hand"
    )
    if moved:
        yield "the parameters were moved a little, away from kinks of relu"


# --- the two gradients of an engine ---------------------------------------------------------------------


def _by_costs(engine: Engine) -> Gradients:
    def gradients(point: _Point) -> dict[str, Array]:
        _, _, found = engine.costs_and_gradients(
            point.data, point.parameters, engine.lambdas, point.data.count
        )
        return {name: np.array(g) for name, g in found.items()}

    return gradients


def _by_step(engine: Engine) -> Gradients:
    """(W − W′)/α after one step of gradient descent, on one batch of all examples in order."""
    layers = tuple(replace(layer, max_norm=None) for layer in engine.network.layers)
    network, rule = replace(engine.network, layers=layers), SGD(LEAP)
    same = type(engine)(network, rule, engine.dtype, weighted=engine.weighted)

    def gradients(point: _Point) -> dict[str, Array]:
        state = State.begin(point.parameters, rule)
        masks = point.masks
        epoch = Epoch(
            np.arange(point.data.count), point.data.count, LEAP, same.lambdas, point.data.count,
            None if masks is None else lambda _: dict(masks),
        )  # fmt: skip
        same.epoch(point.data, state, epoch)
        return {
            name: (w - state.parameters[name]) / w.dtype.type(LEAP) for name, w in point.parameters.items()
        }

    return gradients


def _cost_gap(engine: Engine, point: _Point) -> float:
    data, charge, _ = engine.costs_and_gradients(
        point.data, point.parameters, engine.lambdas, point.data.count
    )
    true = point.cost()
    return abs(float(data) + float(charge) - true) / max(abs(true), TINY)


# --- the comparison -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Compared:
    reports: dict[str, ParameterReport]
    bounds: dict[str, float]


def _compared(point: _Point, gradients: Gradients, what: str, rng: np.random.Generator) -> _Compared:
    """A verdict for each parameter: the engine's slopes along random directions against the true ones."""
    found = gradients(point)
    shaken = [gradients(_shaken(point, rng)) for _ in range(SHAKES)]
    reports, bounds = {}, {}
    for name, w in point.parameters.items():
        g = np.asarray(found[name], np.float64)
        if not np.isfinite(g).all():
            message = f"{what} by {name} has entries that are not finite"
            places = [tuple(int(i) for i in place) for place in np.argwhere(~np.isfinite(g))]
            diagnosis = Diagnosis("wrong-entries", message, f"d{name}", indices=places)
            reports[name] = ParameterReport(name, WRONG, float("inf"), [diagnosis])
            continue
        gap = size = noise = 0.0
        for _ in range(DIRECTIONS):
            v = rng.standard_normal(w.shape)
            true, terms = point.slope(name, v)
            gap = max(gap, abs(float((g * v).sum()) - true))
            size = max(size, terms)
            noise = max(noise, *(abs(float(((s[name] - g) * v).sum())) for s in shaken))
        floor = 8 * float(np.finfo(point.data.X.dtype).eps) * np.sqrt(w.size)
        bounds[name] = float(SAFETY * noise / max(size, TINY) + floor)
        reports[name] = _report(point, name, g, gap / max(size, TINY), bounds[name], what)
    return _Compared(reports, bounds)


def _shaken(point: _Point, rng: np.random.Generator) -> _Point:
    """The point with every number moved by the rounding of its precision."""

    def shake(array: Array) -> Array:
        eps = np.finfo(array.dtype).eps
        return np.asarray(array * (1 + eps * rng.choice([-1.0, 1.0], array.shape)), array.dtype)

    data = Data(np.asfortranarray(shake(point.data.X)), point.data.Y, point.data.weights)
    return replace(point, data=data, parameters={name: shake(w) for name, w in point.parameters.items()})


def _report(point: _Point, name: str, g: Array, error: float, bound: float, what: str) -> ParameterReport:
    if bound > 1e-2:
        return ParameterReport(
            name, INCONCLUSIVE, error, reason=f"rounding alone moves {what} by {bound:.1g}"
        )
    if error <= bound:
        return ParameterReport(name, CORRECT, error)
    entries = _wrong_entries(point, name, g, bound)
    told = [f"[{i}, {j}] is {got:.6g} and should be {true:.6g}" for (i, j), got, true in entries[:3]]
    more = f", and {len(entries) - 3} more entries" if len(entries) > 3 else ""
    message = f"{what} by {name} is off by {error:.2g} where rounding explains {bound:.2g}"
    diagnosis = Diagnosis(
        "wrong-entries", f"{message}: {'; '.join(told)}{more}" if told else message, f"d{name}",
        indices=[place for place, _, _ in entries],
    )  # fmt: skip
    return ParameterReport(name, WRONG, error, [diagnosis])


def _wrong_entries(
    point: _Point, name: str, g: Array, bound: float
) -> list[tuple[tuple[int, ...], float, float]]:
    """Entries that differ, the worst first: of a large parameter, of those with the largest gradients."""
    places = np.argsort(-np.abs(g).ravel())[:NAMED]
    found = []
    for flat in places:
        place = tuple(int(i) for i in np.unravel_index(flat, g.shape))
        unit = np.zeros(g.shape)
        unit[place] = 1.0
        true, terms = point.slope(name, unit)
        gap = abs(float(g[place]) - true)
        if gap > bound * terms:
            found.append((gap, place, float(g[place]), true))
    return [(place, got, true) for _, place, got, true in sorted(found, reverse=True)]


def _worst(reports: Iterator[ParameterReport]) -> ParameterReport:
    order = (CORRECT, INCONCLUSIVE, WRONG)
    return max(reports, key=lambda report: (order.index(report.verdict), report.error))


def _verdict(verdicts: list[Verdict], gap: float, bound: float) -> Verdict:
    if WRONG in verdicts or gap > bound:
        return WRONG
    return INCONCLUSIVE if INCONCLUSIVE in verdicts else CORRECT
