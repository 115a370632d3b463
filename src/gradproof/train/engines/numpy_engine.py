"""The NumPy engine: the emitted step writes into arrays that are there already."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import Array, Expr, Shape, facts_of, size_symbol, symbol
from gradproof.expr.special import erf_value
from gradproof.train.engines.base import ROWS, Data, Engine, Epoch, Lambdas, State, in_one_piece
from gradproof.train.expression import BATCH, expression
from gradproof.train.optimizers import Optimizer
from gradproof.train.program import Program, program
from gradproof.train.updates import Equations, updates
from gradproof.write.kernels.numpy_source import NumpyStep, numpy_step

_KEPT = 3  # numbers of examples whose arrays are kept: batches, the smaller last one, all data
CHUNK = 1 << 14  # entries that an update works on at a time, so that they stay in the cache


class NumpyEngine(Engine):
    """Runs the emitted NumPy code.

    Attributes
    ----------
    source : the code of the step, and of each update
    """

    name = "numpy"

    @cached_property
    def _step(self) -> _Compiled:
        return _Compiled(
            numpy_step(self.program.assignments()), self.dtype, list(self.program.gradients.values())
        )

    @cached_property
    def _updates(self) -> list[_Update]:
        found = updates(self.program, self.optimizer)
        return [_Update(names, found, self) for names in _groups(found, self.optimizer)]

    @property
    def source(self) -> str:
        """The NumPy code of the step and of the updates."""
        written = [self._step.step.source, *(u.compiled.step.source for u in self._updates)]
        return "\n\n\n".join(["import math\n\nimport numpy as np", *written]) + "\n"

    def epoch(self, data: Data, state: State, epoch: Epoch) -> Any:
        """One pass over the data; see :meth:`Engine.epoch`."""
        self.refuse_unfit(data, epoch.order)
        total: Any = 0.0
        fixed = self._fixed(state.parameters, epoch.lambdas, epoch.rows)
        bound: dict[int, tuple[Callable[[], None], list[Callable[[int], None]]]] = {}
        with np.errstate(over="ignore"):
            for start in range(0, len(epoch.order), epoch.batch_size):
                chosen = epoch.order[start : start + epoch.batch_size]
                m = len(chosen)
                own = self._step.arrays(m)
                if m not in bound:
                    changes = [u.bound(state, own, epoch.rate) for u in self._updates]
                    bound[m] = self._step.bound(m, fixed), changes
                self._gather(data, chosen, own, epoch.masks(m) if epoch.masks else {})
                step, changes = bound[m]
                step()
                total = total + own[self.program.cost] * m
                state.step += 1
                for change in changes:
                    change(state.step)
        return total / len(epoch.order) if self.copies else float(total / len(epoch.order))

    def _fixed(self, parameters: Mapping[str, Array], lambdas: Lambdas, rows: int) -> dict[Expr, Any]:
        """What stays while the batches change."""
        source = self.program.source
        fixed: dict[Expr, Any] = {source.parameters[n]: w for n, w in parameters.items()}
        for name, leaf in source.lambdas.items():
            fixed[leaf] = np.asarray(lambdas[name], self.dtype) if leaf.shape else float(lambdas[name])
        fixed[ROWS] = float(rows)
        return fixed

    def _gather(self, data: Data, chosen: Any, own: Mapping[Expr, Array], masks: Mapping[str, Array]) -> None:
        """The batch's examples into the step's arrays."""
        source = self.program.source
        pairs = [(data.X, source.X), (data.Y, source.Y)]
        if source.weights is not None and data.weights is not None:
            pairs.append((data.weights, source.weights))
        for whole, leaf in pairs:
            np.take(whole.T, chosen, axis=0, out=own[leaf].T, mode="clip")
        for name, mask in masks.items():
            own[source.masks[name]][...] = mask

    # --- without training -----------------------------------------------------------------------------------

    @cached_property
    def _plain(self) -> tuple[Program, _Compiled]:
        """The step without dropout."""
        network = self.network.without_dropout()
        found = program(expression(network, copies=self.copies, weighted=self.weighted, rows=ROWS))
        return found, _Compiled(numpy_step(found.assignments()), self.dtype)

    @cached_property
    def _forward(self) -> tuple[Program, _Compiled]:
        """The forward pass alone."""
        found, _ = self._plain
        return found, _Compiled(
            numpy_step([(a.target, a.value) for a in found.forward], "forward"), self.dtype
        )

    def costs_and_gradients(
        self, data: Data, parameters: Mapping[str, Array], lambdas: Lambdas, rows: int
    ) -> tuple[Any, Any, dict[str, Array]]:
        """Costs and gradients of all data; see :meth:`Engine.costs_and_gradients`."""
        found, compiled = self._plain
        source = found.source
        own = compiled.arrays(data.count)
        given: dict[Expr, Any] = {source.X: data.X, source.Y: data.Y}
        if source.weights is not None:
            given[source.weights] = data.weights
        fixed = self._fixed(parameters, lambdas, rows)
        with np.errstate(over="ignore"):
            compiled.run(data.count, {**fixed, **given})
        values: dict[Expr, Any] = {leaf: np.asarray(v, self.dtype) for leaf, v in fixed.items()}
        values[size_symbol(BATCH)] = self.dtype.type(data.count)
        penalty = evaluate([found.penalty], values, self.dtype.type)[0]
        cost = own[self.program.cost]
        gradients = {name: own[leaf].copy() for name, leaf in found.gradients.items()}
        return (cost.copy() if self.copies else float(cost)), penalty, gradients

    def predict(self, parameters: Mapping[str, Array], X: Array) -> Array:
        """The last A; see :meth:`Engine.predict`."""
        found, compiled = self._forward
        source = found.source
        given: dict[Expr, Any] = {
            source.parameters[n]: np.asarray(w, self.dtype) for n, w in parameters.items()
        }
        given[source.X] = np.asarray(X, self.dtype, order="F")
        with np.errstate(over="ignore"):
            compiled.run(X.shape[1], given)
        return compiled.arrays(X.shape[1])[found.output].copy()


class _Own(dict[Expr, Array]):
    """The arrays of a step for one number of examples, each made when it is first needed."""

    def __init__(self, m: int, dtype: Any, together: Sequence[Expr]) -> None:
        super().__init__()
        self.m, self.dtype = m, dtype
        zeros = {leaf.name[1:]: np.zeros([int(n) for n in leaf.shape], dtype) for leaf in together}
        pieces = in_one_piece(zeros) if zeros else {}
        self.update({leaf: pieces[leaf.name[1:]] for leaf in together})

    def __missing__(self, leaf: Expr) -> Array:
        self[leaf] = _empty(leaf.shape, self.m, self.dtype)
        return self[leaf]


class _Compiled:
    """An emitted function, and the arrays it writes to for each number of examples."""

    def __init__(self, step: NumpyStep, dtype: Any, together: Sequence[Expr] = ()) -> None:
        self.step, self.dtype, self.together = step, dtype, together
        name = step.source[4 : step.source.index("(")]
        space: dict[str, Any] = {"np": np, "math": math, "erf": erf_value}
        exec(compile(step.source, f"<gradproof {name}>", "exec"), space)
        self.function: Callable[..., None] = space[name]
        self.kept: dict[int, tuple[_Own, list[Array]]] = {}

    def _kept(self, m: int) -> tuple[_Own, list[Array]]:
        if m not in self.kept:
            if len(self.kept) > _KEPT:
                self.kept.clear()
            scratch = [_empty(shape, m, self.dtype) for shape in self.step.scratch.values()]
            self.kept[m] = _Own(m, self.dtype, self.together), scratch
        return self.kept[m]

    def arrays(self, m: int) -> _Own:
        """The arrays of a batch of m examples."""
        return self._kept(m)[0]

    def scratch(self, m: int) -> list[Array]:
        """The arrays that only hold values on the way."""
        return self._kept(m)[1]

    def bound(self, m: int, given: Mapping[Expr, Any]) -> Callable[[], None]:
        """The function with its arguments; what is not given is an array of its own, or the number m."""
        own, scratch = self._kept(m)
        values = [
            given[leaf] if leaf in given else m if "size" in facts_of(leaf) else own[leaf]
            for leaf in self.step.arguments.values()
        ]
        rows = [_rows(given[leaf] if leaf in given else own[leaf]) for leaf in self.step.rows.values()]
        return partial(self.function, *values, *rows, *scratch)

    def run(self, m: int, given: Mapping[Expr, Any]) -> None:
        """Call the function."""
        self.bound(m, given)()


def _empty(shape: Shape, m: int, dtype: Any) -> Array:
    """An array with the examples' axis slowest in memory."""
    sizes = [m if n == BATCH else int(n) for n in shape]
    if BATCH not in shape:
        return np.zeros(sizes, dtype)
    at = shape.index(BATCH)
    return np.moveaxis(np.zeros([m, *(n for k, n in enumerate(sizes) if k != at)], dtype), 0, at)


def _rows(array: Any) -> Array:
    """A stack of matrices as one matrix, the copies of a layer's units among its rows; a view."""
    if array.flags.c_contiguous:
        return np.asarray(array.reshape(-1, array.shape[-1]))
    return np.asarray(np.moveaxis(array, -1, 0).reshape(array.shape[-1], -1).T)


# --- updates ------------------------------------------------------------------------------------------------


def _groups(found: Mapping[str, Equations], optimizer: Optimizer) -> list[list[str]]:
    """Parameters that change by the same equations, every W before every b, as they lie in memory."""
    groups: dict[str, list[str]] = {}
    for name in sorted(found, key=lambda n: n[0]):
        is_entrywise = len(found[name]) == len(optimizer.slots) + 1
        told = repr(_entrywise(name[0], optimizer)[1]).replace("W", "·").replace("b", "·")
        groups.setdefault(told if is_entrywise else name, []).append(name)
    return list(groups.values())


def _entrywise(letter: str, optimizer: Optimizer) -> tuple[list[Expr], Equations]:
    """Symbols w, g and the slots, and the equations, for one chunk of entries of W or of b."""
    w, g = symbol(letter, (CHUNK,)), symbol(f"d{letter}", (CHUNK,))
    slots = [symbol(f"{slot}{letter}", (CHUNK,)) for slot in optimizer.slots]
    return [w, g, *slots], optimizer.equations(w, g)


class _Update:
    """The update of a group of parameters, as one vector where they lie in one piece."""

    def __init__(self, names: list[str], found: Mapping[str, Equations], engine: NumpyEngine) -> None:
        self.names, self.engine = names, engine
        self.gradients = [engine.program.gradients[name] for name in names]
        first, slots = names[0], engine.optimizer.slots
        self.is_entrywise = len(found[first]) == len(slots) + 1
        self.leaves, equations = _entrywise(first[0], engine.optimizer)
        if not self.is_entrywise:
            leaf, equations = engine.program.source.parameters[first], found[first]
            self.leaves = [leaf, self.gradients[0], *(symbol(f"{slot}{first}", leaf.shape) for slot in slots)]
        title = first[0] if self.is_entrywise else first
        self.compiled = _Compiled(numpy_step(equations, f"update_{title}"), engine.dtype)

    def bound(self, state: State, own: _Own, rate: float) -> Callable[[int], None]:
        """A function of the step's number that changes the parameters and the optimiser's state."""
        scalars: dict[Expr, Any] = {symbol(n): float(v) for n, v in self.engine.optimizer.settings.items()}
        scalars |= {symbol("α"): rate, symbol("t"): 0}
        arguments = list(self.compiled.step.arguments.values())
        at = arguments.index(symbol("t")) if symbol("t") in arguments else None
        calls = []
        for arrays in self._pieces(state, own):
            given = dict(zip(self.leaves, arrays, strict=True)) | scalars
            inner, scratch = self.compiled.arrays(1), self.compiled.scratch(1)
            values = [given[leaf] if leaf in given else inner[leaf] for leaf in arguments]
            calls.append([*values, *(s[: len(arrays[0])] if self.is_entrywise else s for s in scratch)])
        function = self.compiled.function

        def change(step: int) -> None:
            for values in calls:
                if at is not None:
                    values[at] = step
                function(*values)

        return change

    def _pieces(self, state: State, own: Mapping[Expr, Array]) -> list[list[Array]]:
        """w, g and the slots, chunk by chunk."""
        kinds = [
            [state.parameters[n] for n in self.names],
            [own[g] for g in self.gradients],
            *([state.slots[f"{slot}{n}"] for n in self.names] for slot in self.engine.optimizer.slots),
        ]
        if not self.is_entrywise:
            return [list(each) for each in zip(*kinds, strict=True)]
        whole = [_joined(kind) for kind in kinds]
        if any(w is None for w in whole):
            flat: Sequence[Sequence[Array]] = [[a.reshape(-1) for a in kind] for kind in kinds]
            return [piece for arrays in zip(*flat, strict=True) for piece in _chunks(list(arrays))]
        return _chunks([w for w in whole if w is not None])


def _chunks(arrays: list[Array]) -> list[list[Array]]:
    size = len(arrays[0])
    return [[a[k : k + CHUNK] for a in arrays] for k in range(0, size, CHUNK)]


def _joined(arrays: Sequence[Array]) -> Array | None:
    """One vector of arrays that follow each other in memory; None where they do not."""
    base = arrays[0].base
    if base is None or base.ndim != 1 or any(a.base is not base or not a.flags.c_contiguous for a in arrays):
        return arrays[0].reshape(-1) if len(arrays) == 1 else None
    start = (arrays[0].ctypes.data - base.ctypes.data) // base.itemsize
    at = arrays[0].ctypes.data
    for each in arrays:
        if each.ctypes.data != at:
            return None
        at += each.nbytes
    return np.asarray(base[start : start + (at - arrays[0].ctypes.data) // base.itemsize])
