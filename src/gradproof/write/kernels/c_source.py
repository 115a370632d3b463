"""A pass over the data as one C function: gather a batch, take a step, go on.

The function is ``void epoch(gemm, arrays, scalars, order, count, size, cost)``. It needs nothing but the C
library and the address of a BLAS matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gradproof.expr.node import SYMBOL, Expr, facts_of, postorder, symbols
from gradproof.expr.reduction import axes_of
from gradproof.write.kernels.c_entries import Body, Names
from gradproof.write.kernels.c_loops import indented, loop_code, normalisation_code
from gradproof.write.kernels.c_preamble import preamble
from gradproof.write.kernels.c_products import product_code
from gradproof.write.kernels.identifiers import C_WORDS, identifiers
from gradproof.write.kernels.layout import Stride, entries
from gradproof.write.kernels.loops import Loop, Part, is_array, looped, stored
from gradproof.write.kernels.products import matrix_product
from gradproof.write.kernels.scalars import scalar_code
from gradproof.write.kernels.sharing import rectified, shared_memory
from gradproof.write.kernels.statements import (
    LOGSUMEXP,
    PRODUCT_OF_TWO,
    SOFTMAX,
    Statement,
    scalar_factors,
    statements,
)
from gradproof.write.matrix import to_text


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a step is given.

    Attributes
    ----------
    examples : symbols of the data, of which each batch is gathered
    masks : symbols whose values lie in the order of the batches, a byte for each entry
    changed : symbols that the step changes: parameters and the optimiser's state
    fixed : other arrays, such as one λ for each copy
    counted : the symbol of the number of the step, t, which the function advances
    cost : the symbol of the batch's cost; what is returned is Σ cost · m
    slowest : the name of the axis of the examples
    """

    examples: Sequence[Expr]
    masks: Sequence[Expr]
    changed: Sequence[Expr]
    fixed: Sequence[Expr]
    counted: Expr
    cost: Expr
    slowest: str


@dataclass(frozen=True, slots=True)
class Kernel:
    """The source, and the order in which the function takes its arguments.

    Attributes
    ----------
    source : C
    arrays : the arrays of ``arrays``: changed and fixed ones, all examples, masks, then buffers
    buffers : those of them that only hold values on the way, with the symbol that each is for
    scalars : the numbers of ``scalars``
    """

    source: str
    arrays: tuple[Expr, ...]
    buffers: tuple[Expr, ...]
    scalars: tuple[Expr, ...]


def c_kernel(assignments: Sequence[tuple[Expr, Expr]], inputs: Inputs, precision: str) -> Kernel:
    """Write the function.

    Parameters
    ----------
    assignments : the step, in its order
    precision : ``"double"`` or ``"float"``
    """
    return _Writer(assignments, inputs, precision).kernel()


@dataclass(slots=True)
class _Writer:
    assignments: Sequence[tuple[Expr, Expr]]
    inputs: Inputs
    precision: str
    lines: list[str] = field(default_factory=list)

    def kernel(self) -> Kernel:
        inputs = self.inputs
        parts = looped(statements(rectified(self.assignments)), inputs.slowest)
        wanted = {*inputs.changed, inputs.cost}
        kept = stored(parts, wanted)
        given = {*inputs.examples, *inputs.masks, *inputs.changed, *inputs.fixed}
        buffers = [leaf for leaf in _arrays(parts) if leaf in kept and leaf not in given]
        shared = shared_memory(parts, buffers)
        buffers = [leaf for leaf in buffers if leaf not in shared]
        gathered = list(inputs.examples)
        scalars = _scalars(parts, inputs)
        count = _size_symbol_of(parts)
        leaves = [*given, *buffers, *scalars, inputs.counted]
        own = {count: "(double)m"} if count is not None else {}
        plain = identifiers(leaves, C_WORDS)
        plain |= {leaf: plain[place] for leaf, place in shared.items()}
        names = Names({**plain, **own}, inputs.slowest)
        self._step(parts, names, wanted)
        arrays = [*inputs.changed, *inputs.fixed, *inputs.examples, *inputs.masks, *gathered, *buffers]
        if shared:
            told = ", ".join(f"{leaf.name} in {plain[leaf]}" for leaf in shared)
            self.lines.insert(0, f"/* what is read last makes room: {told} */")
        source = self._function(names, scalars, buffers)
        return Kernel(source, tuple(arrays), (*gathered, *buffers), tuple(scalars))

    # --- the step ---------------------------------------------------------------------------------------

    def _step(self, parts: Sequence[Part], names: Names, wanted: set[Expr]) -> None:
        done: set[int] = set()
        for at, part in enumerate(parts):
            if at in done:
                continue
            if isinstance(part, Loop):
                for step in part.steps:
                    self._told(step.statement)
                later = frozenset().union(*(p.reads for p in parts[at + 1 :]))
                self.lines += loop_code(part, names, wanted | later)
            elif part.kind == PRODUCT_OF_TWO:
                self._told(part)
                self.lines += _product(part, names)
            else:
                self._told(part)
                self.lines += self._normalisation(parts, at, done, names)

    def _told(self, statement: Statement) -> None:
        """The equation as a comment."""
        text = to_text(statement.value, width=10**9).partition("\n")[0]
        self.lines.append(f"/* {statement.target.name} = {text} */")

    def _normalisation(self, parts: Sequence[Part], at: int, done: set[int], names: Names) -> list[str]:
        """One of softmax and logsumexp, or both where the same z has both."""
        part = parts[at]
        assert isinstance(part, Statement)
        (source,) = part.value.args
        found = {part.kind: part.target}
        k = _other_normalisation(parts, at)
        if k is not None:
            other = parts[k]
            assert isinstance(other, Statement)
            self._told(other)
            found[other.kind] = other.target
            done.add(k)
        return normalisation_code(source, part.value, found.get(SOFTMAX), found.get(LOGSUMEXP), names)

    # --- the function around it ---------------------------------------------------------------------------

    def _function(self, names: Names, scalars: Sequence[Expr], buffers: Sequence[Expr]) -> str:
        inputs, name = self.inputs, names.identifiers
        constants = [
            f"const T {own} = (T){scalar_code(node, name.__getitem__)};"
            for node, own in names.constants.items()
        ]
        given = [(k, s) for k, s in enumerate(scalars) if s is not inputs.counted]
        lines = [f"const double {name[s]} = scalars[{k}];" for k, s in given]
        lines.append(f"double {name[inputs.counted]} = scalars[{scalars.index(inputs.counted)}];")
        at = 0
        for leaf in (*inputs.changed, *inputs.fixed):
            lines.append(f"T *restrict {name[leaf]} = arrays[{at}];")
            at += 1
        for leaf in inputs.examples:
            lines.append(f"T *all_{name[leaf]} = arrays[{at}];")
            at += 1
        for leaf in inputs.masks:
            lines.append(f"const uint8_t *all_{name[leaf]} = arrays[{at}];")
            at += 1
        for leaf in inputs.examples:
            lines.append(f"T *own_{name[leaf]} = arrays[{at}];")
            at += 1
        for leaf in buffers:
            lines.append(f"T *restrict {name[leaf]} = arrays[{at}];")
            at += 1
        batch = [
            "const int64_t m = count - start < size ? count - start : size;",
            *self._gathered(name),
            f"{name[inputs.counted]} += 1;",
            *constants,
            *self.lines,
            f"for (int64_t i = 0; i < {entries(inputs.cost)}; i++)",
            f"    cost[i] += (double){name[inputs.cost]}[i] * m;",
        ]
        body = [*lines, "for (int64_t start = 0; start < count; start += size) {", *indented(batch), "}"]
        head = (
            "void epoch(gemm_t gemm, void *const *arrays, const double *scalars, const int64_t *order,\n"
            "           int64_t count, int64_t size, double *cost)"
        )
        return "\n".join([preamble(self.precision), "", head, "{", *indented(body), "}", ""])

    def _gathered(self, name: Mapping[Expr, str]) -> list[str]:
        """A batch's examples side by side; without an order they lie so already."""
        lines = []
        for leaf in self.inputs.examples:
            each = _each(leaf, self.inputs.slowest)
            lines += [
                f"T *restrict {name[leaf]} = order ? own_{name[leaf]} : all_{name[leaf]} + start * {each};",
                "if (order)",
                "    for (int64_t j = 0; j < m; j++)",
                f"        memcpy({name[leaf]} + j * {each},",
                f"               all_{name[leaf]} + order[start + j] * {each}, sizeof(T) * {each});",
            ]
        for leaf in self.inputs.masks:
            each = _each(leaf, self.inputs.slowest)
            lines.append(f"const uint8_t *restrict {name[leaf]} = all_{name[leaf]} + start * {each};")
        return lines


def _product(part: Statement, names: Names) -> list[str]:
    scale = Body(names).scale(scalar_factors(part.value))
    return product_code(matrix_product(part.target, part.value, names.slowest), names, scale)


def _other_normalisation(parts: Sequence[Part], at: int) -> int | None:
    """The softmax of the z that this part has the logsumexp of, or the reverse, if its place is free."""
    part = parts[at]
    assert isinstance(part, Statement)
    (source,) = part.value.args
    written, read = {part.target}, set[Expr]()
    for k in range(at + 1, len(parts)):
        other = parts[k]
        if source in written:
            return None
        if isinstance(other, Statement) and {part.kind, other.kind} == {SOFTMAX, LOGSUMEXP}:
            is_same = other.value.args == (source,) and axes_of(other.value) == axes_of(part.value)
            if is_same and other.target not in written | read:
                return k
        written |= other.writes
        read |= other.reads
    return None


def _each(leaf: Expr, slowest: str) -> Stride:
    """The number of entries of one example."""
    count = Stride(1)
    for size in leaf.shape:
        count = count if size == slowest else count.times(size)
    return count


def _arrays(parts: Sequence[Part]) -> list[Expr]:
    """Every array that is read or assigned, in the order met."""
    found: dict[Expr, None] = {}
    for each in _statements(parts):
        found |= dict.fromkeys(n for n in postorder(each.value) if n.op is SYMBOL and is_array(n))
        found[each.target] = None
    return list(found)


def _leaves(parts: Sequence[Part]) -> list[Expr]:
    return symbols(*(each.value for each in _statements(parts)))


def _statements(parts: Sequence[Part]) -> Iterator[Statement]:
    """The statements in loops, and those outside of them."""
    for part in parts:
        yield from (step.statement for step in part.steps) if isinstance(part, Loop) else (part,)


def _size_symbol_of(parts: Sequence[Part]) -> Expr | None:
    """The symbol of the number of examples in a batch."""
    return next((n for n in _leaves(parts) if not n.shape and "size" in facts_of(n)), None)


def _scalars(parts: Sequence[Part], inputs: Inputs) -> list[Expr]:
    """The numbers that the step is given."""
    found = [n for n in _leaves(parts) if not is_array(n) and "size" not in facts_of(n)]
    return list(dict.fromkeys([*found, inputs.counted]))
