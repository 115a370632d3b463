"""An expression for every slice of a stack at once: the axes of the stack stand behind the others.

What maps one direction to a derivative maps the stack of all directions, the unit tensors, to a Jacobian.
Products carry the axes of the stack as further indices, so deltas contract at once and no loop is left;
an operation that cannot carry them is applied :data:`EACH` slice by slice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from math import prod
from typing import Any, cast

import numpy as np

from gradproof.expr.kinds import is_complex
from gradproof.expr.kronecker import merge_axes, split_axes
from gradproof.expr.linalg import inv
from gradproof.expr.node import (
    DELTA,
    OPERATIONS,
    Array,
    Attrs,
    Expr,
    Operation,
    Shape,
    Size,
    Spec,
    delta,
    iterate_postorder,
    make,
    number,
    register,
    size_symbol,
    symbol,
)
from gradproof.expr.product import PRODUCT, SUM, add, einsum, ones, specs_of
from gradproof.expr.substitute import substitute

# Operations that act on their leading axes or on axes counted from the front, whatever stands behind.
BEHIND = {
    "max", "min", "prod", "product_of_others", "logsumexp", "softmax", "cumsum", "reverse_cumsum",
    "argsort", "any", "all", "concatenate", "index", "diff", "diff_adjoint",
}  # fmt: skip
# Operations on the last axes, which take stacks of any shape in front.
IN_FRONT = {
    "inv", "det", "logdet", "signdet", "solve", "cholesky", "eigenvalues_symmetric",
    "eigenvectors_symmetric", "inverse_gaps",
}  # fmt: skip
# Operations that keep some entries: products with a constant, in which deltas contract.
MASKS = {"tril", "triu", "tril_from", "triu_from", "halved_lower"}
MAX_DISTRIBUTED = 64

_SLICE = -4_000_000


def unit(shape: Shape) -> Expr:
    """The identity as a tensor of shape ``shape + shape``: Π_k δ(i_k, j_k)."""
    n = len(shape)
    if n == 1:
        return delta(shape[0])
    specs = [(k, n + k) for k in range(n)]
    return einsum(specs, [delta(s) for s in shape], tuple(range(2 * n)), [*shape, *shape])


def stacked(expr: Expr, stacks: Mapping[Expr, Expr], extra: Shape) -> Expr:
    """``expr`` with every node of ``stacks`` replaced by a stack of shape ``node.shape + extra``.

    Returns
    -------
    Expr
        Of shape ``expr.shape + extra``; its slice ``[..., k]`` is ``expr`` at the k-th slices.
    """
    if not extra:
        return substitute(expr, stacks)
    lift = _Lift(extra)
    done: dict[Expr, Expr] = dict(stacks)
    for node in iterate_postorder([expr], set(stacks)):
        if any(a in done for a in node.args):
            done[node] = lift(node, [done.get(a) for a in node.args])
    return done[expr] if expr in done else lift.repeated(expr)


def _matmul_attrs(m: Size, k: Size, n: Size) -> Attrs:
    return (((0, 1), (1, 2)), (0, 2), (m, k, n))


def _masked(node: Expr) -> Expr:
    """The triangle of a matrix as a product with the triangle of the matrix of ones."""
    (x,) = node.args
    mask = make(node.op, (ones(x.shape[-2:]),), node.attrs)
    axes = tuple(range(x.ndim))
    return make(PRODUCT, (mask, x), ((axes[-2:], axes), axes, x.shape))


class _Lift:
    """One operation on stacked arguments; an argument that is no stack is None."""

    def __init__(self, extra: Shape) -> None:
        self.extra = extra

    def __call__(self, node: Expr, stacks: Sequence[Expr | None]) -> Expr:
        if node.op is PRODUCT:
            return self._product(node, stacks)
        if node.op is SUM:
            return add(*self._all(node, stacks))
        if node.op.elementwise:
            return make(node.op, self._all(node, stacks), node.attrs)
        return self._structured(node, stacks)

    def _structured(self, node: Expr, stacks: Sequence[Expr | None]) -> Expr:
        name = node.op.name
        if name == "solve" and stacks[0] is None and node.args[0].ndim == 2:
            a, b = node.args  # a stack of right sides, as many as the inverse has columns: A⁻¹ B
            by_inverse = make(PRODUCT, (inv(a), b), _matmul_attrs(a.shape[0], a.shape[1], b.shape[1]))
            return self._product(by_inverse, stacks)
        if name in MASKS:
            return self._product(_masked(node), [None, *stacks])
        if name in IN_FRONT:
            return self._in_front(node, stacks)
        if name in _RESHAPED and self._integer(node):
            return _RESHAPED[name](node, stacks, self)
        if name in BEHIND and self._integer(node) and self._carries(node, stacks):
            args = self._all(node, stacks) if name == "concatenate" else (stacks[0], *node.args[1:])
            return make(node.op, cast("tuple[Expr, ...]", args), node.attrs)
        return self._each(node, stacks)

    def repeated(self, node: Expr) -> Expr:
        """An expression that is the same for every slice."""
        axes = tuple(range(node.ndim + len(self.extra)))
        return einsum([axes[: node.ndim]], [node], axes, [*node.shape, *self.extra])

    def _all(self, node: Expr, stacks: Sequence[Expr | None]) -> tuple[Expr, ...]:
        return tuple(self.repeated(a) if s is None else s for a, s in zip(node.args, stacks, strict=True))

    def _integer(self, node: Expr) -> bool:
        """Whether reshape and indexing know the numbers they need."""
        names = {"reshape", "store", "accumulate"}
        sizes: list[Size] = [*self.extra, *(s for a in node.args for s in a.shape)]
        return node.op.name not in names or all(isinstance(s, int) for s in sizes)

    def _carries(self, node: Expr, stacks: Sequence[Expr | None]) -> bool:
        return node.op.name == "concatenate" or all(s is None for s in stacks[1:])

    def _product(self, node: Expr, stacks: Sequence[Expr | None]) -> Expr:
        specs, out, sizes = specs_of(node)
        tail = tuple(range(len(sizes), len(sizes) + len(self.extra)))
        args = [a if s is None else s for a, s in zip(node.args, stacks, strict=True)]
        longer = [s if stacks[k] is None else (*s, *tail) for k, s in enumerate(specs)]
        shape = (*sizes, *self.extra)
        for k, arg in enumerate(args):
            if stacks[k] is not None and arg.op is SUM:
                opened = distributed(k, arg, longer, args, (*out, *tail), shape)
                if opened is not None:
                    return opened
        return spliced(longer, args, (*out, *tail), shape)

    def _in_front(self, node: Expr, stacks: Sequence[Expr | None]) -> Expr:
        k = len(self.extra)
        args = [self._moved(a, a.ndim - k, forward=True) for a in self._all(node, stacks)]
        made = make(node.op, tuple(args), node.attrs)
        return self._moved(made, k, forward=False)

    def _moved(self, x: Expr, split: int, forward: bool) -> Expr:
        """The last axes, from ``split`` on, to the front; or the first ``split`` axes to the back."""
        axes = tuple(range(x.ndim))
        return einsum([axes], [x], (*axes[split:], *axes[:split]))

    def _each(self, node: Expr, stacks: Sequence[Expr | None]) -> Expr:
        if node.op is EACH:  # slices of slices are slices along more axes
            name, attrs, mapped, extra = _each_attrs(node.attrs)
            both = tuple(s is not None for s in stacks)
            if all(m or not b for m, b in zip(mapped, both, strict=True)):
                args = [
                    a if not m else self.repeated(a) if s is None else s
                    for a, s, m in zip(node.args, stacks, mapped, strict=True)
                ]
                return make(EACH, tuple(args), (name, attrs, mapped, (*extra, *self.extra)))
        args = [a if s is None else s for a, s in zip(node.args, stacks, strict=True)]
        mapped = tuple(s is not None for s in stacks)
        return make(EACH, tuple(args), (node.op.name, node.attrs, mapped, self.extra))


def distributed(
    k: int, total: Expr, specs: Sequence[Spec], args: Sequence[Expr], out: Spec, sizes: Sequence[Size]
) -> Expr | None:
    """The product with each term of a stacked sum that has a delta; the others stay one sum."""
    with_delta = [t for t in total.args if has_delta(t)]
    if not with_delta or len(with_delta) > MAX_DISTRIBUTED:
        return None
    rest = [t for t in total.args if not has_delta(t)]
    parts = [*with_delta, add(*rest)] if rest else with_delta
    return add(*[spliced(specs, [*args[:k], t, *args[k + 1 :]], out, sizes) for t in parts])


def has_delta(term: Expr) -> bool:
    """Whether a delta stands among the factors of a term."""
    return term.op is DELTA or (term.op is PRODUCT and any(a.op is DELTA for a in term.args))


def spliced(specs: Sequence[Spec], args: Sequence[Expr], out: Spec, sizes: Sequence[Size]) -> Expr:
    """A product whose factors that are products with deltas are opened, so that the deltas contract."""
    new_specs: list[Spec] = []
    new_args: list[Expr] = []
    new_sizes = list(sizes)
    for spec, arg in zip(specs, args, strict=True):
        if arg.op is not PRODUCT or not has_delta(arg):
            new_specs.append(spec)
            new_args.append(arg)
            continue
        inner, inner_out, inner_sizes = specs_of(arg)
        place = dict(zip(inner_out, spec, strict=True))
        for index, size in enumerate(inner_sizes):
            if index not in place:
                place[index] = len(new_sizes)
                new_sizes.append(size)
        new_specs += [tuple(place[i] for i in s) for s in inner]
        new_args += arg.args
    kept = {i for s in new_specs for i in s} | set(out)
    for index in {i for s in specs for i in s} - kept:  # what was repeated along it is now counted
        size = new_sizes[index]
        new_specs.append(())
        new_args.append(number(size) if isinstance(size, int) else size_symbol(size))
    return einsum(new_specs, new_args, out, new_sizes)


# --- operations whose attributes hold the shape -----------------------------------------------------


def _store(node: Expr, stacks: Sequence[Expr | None], lift: _Lift) -> Expr:
    """Base and values with the further axes; index arrays, which follow their value, without."""
    _, counts = cast("tuple[tuple[Hashable, ...], tuple[int, ...]]", node.attrs)
    places = [False, *(is_array for n in counts for is_array in (False, *(n * (True,))))]
    if any(s is not None for s, is_array in zip(stacks, places, strict=True) if is_array):
        return lift._each(node, stacks)
    whole = zip(node.args, lift._all(node, stacks), places, strict=True)
    return make(node.op, tuple(a if is_array else s for a, s, is_array in whole), node.attrs)


def _reshape(node: Expr, stacks: Sequence[Expr | None], lift: _Lift) -> Expr:
    return make(node.op, lift._all(node, stacks), ((*cast("Shape", node.attrs[0]), *lift.extra),))


def _scatter(node: Expr, stacks: Sequence[Expr | None], lift: _Lift) -> Expr:
    if stacks[0] is None or any(s is not None for s in stacks[1:]):
        return lift._each(node, stacks)
    template, shape = node.attrs
    args = (stacks[0], *node.args[1:])
    return make(node.op, args, (template, (*cast("Shape", shape), *lift.extra)))


def _merge(node: Expr, stacks: Sequence[Expr | None], lift: _Lift) -> Expr:
    lengths = cast("tuple[int, ...]", node.attrs[0])
    return merge_axes(cast("Expr", stacks[0]), (*lengths, *(1 for _ in lift.extra)))


def _split(node: Expr, stacks: Sequence[Expr | None], lift: _Lift) -> Expr:
    lengths, sizes = cast("tuple[tuple[int, ...], Shape]", node.attrs)
    rest = iter(sizes)
    parts = [tuple(islice(rest, n)) for n in lengths]
    return split_axes(cast("Expr", stacks[0]), [*parts, *((size,) for size in lift.extra)])


_RESHAPED: dict[str, Callable[[Expr, Sequence[Expr | None], _Lift], Expr]] = {
    "reshape": _reshape,
    "scatter_add": _scatter,
    "store": _store,
    "accumulate": _store,
    "merge_axes": _merge,
    "split_axes": _split,
}

# --- slice by slice ---------------------------------------------------------------------------------

_EachAttrs = tuple[str, Attrs, tuple[bool, ...], Shape]


def _each_attrs(attrs: Attrs) -> _EachAttrs:
    return cast("_EachAttrs", attrs)


def _slices(args: Sequence[Expr], attrs: Attrs) -> tuple[Expr, ...]:
    """A symbol for one slice of every stack; what is no stack stands for itself."""
    _, _, mapped, extra = _each_attrs(attrs)
    return tuple(
        symbol(f"slice {k}", a.shape[: a.ndim - len(extra)], _SLICE, _field(a)) if m else a
        for k, (a, m) in enumerate(zip(args, mapped, strict=True))
    )


def _field(node: Expr) -> tuple[str, ...]:
    return ("complex",) if is_complex(node) else ()


def _each_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    name, own, _, extra = _each_attrs(attrs)
    return (*OPERATIONS[name].shape(_slices(args, attrs), own), *extra)


def _each_value(attrs: Attrs, dtype: Any, *arrays: Array) -> Array:
    name, own, mapped, extra = _each_attrs(attrs)
    sizes = cast("tuple[int, ...]", extra)
    flat = [
        np.reshape(a, (*np.shape(a)[: np.ndim(a) - len(sizes)], prod(sizes))) if m else a
        for a, m in zip(arrays, mapped, strict=True)
    ]
    value = OPERATIONS[name].value
    slices = [
        np.asarray(value(own, dtype, *[a[..., k] if m else a for a, m in zip(flat, mapped, strict=True)]))
        for k in range(prod(sizes))
    ]
    result = np.stack(slices, axis=-1) if slices else np.zeros((0,))
    return np.reshape(result, (*slices[0].shape, *sizes))


def _each_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """The rule of the operation at each slice; what is the same for all slices gets their sum."""
    name, own, mapped, extra = _each_attrs(node.attrs)
    slices = _slices(node.args, node.attrs)
    inner = make(OPERATIONS[name], slices, own)
    seed = symbol("slice of g", inner.shape, _SLICE, _field(g))
    rule = inner.op.pullback
    assert rule is not None
    stacks = {s: a for s, a, m in zip(slices, node.args, mapped, strict=True) if m} | {seed: g, inner: node}
    result: list[Expr | None] = []
    for contribution, m in zip(rule(inner, seed), mapped, strict=True):
        if contribution is None:
            result.append(None)
            continue
        whole = stacked(contribution, stacks, extra)
        axes = tuple(range(whole.ndim))
        kept = axes[: whole.ndim - len(extra)]
        result.append(whole if m else einsum([axes], [whole], kept))
    return result


def _each_resized(attrs: Attrs, size: Callable[[Size], Size]) -> Attrs:
    name, own, mapped, extra = _each_attrs(attrs)
    resize = OPERATIONS[name].resize
    new: Hashable = resize(own, size) if resize is not None else own
    return (name, new, mapped, tuple(size(n) for n in extra))


def _sample_solve() -> Expr:
    """One matrix with a stack of right sides."""
    a = symbol("A", (3, 3))
    gram = add(einsum([(0, 1), (2, 1)], [a, a], (0, 2)), delta(3))
    return make(EACH, (gram, symbol("B", (3, 2, 2))), ("solve", (), (False, True), (2,)))


EACH: Operation = register(
    Operation(
        "each",
        meaning="each slice(T): the operation is applied to every matrix or vector T[..., k] of the stack",
        shape=_each_shape,
        value=_each_value,
        pullback=_each_pullback,
        rule="slice by slice",
        text="{attrs[0]} of each slice({0})",
        latex=r"\operatorname{{{attrs[0]}}}_{{\text{{each slice}}}}\left({0}\right)",
        samples=(
            lambda: make(EACH, (symbol("X", (3, 2, 2)),), ("cumsum", ((0,),), (True,), (2, 2))),
            _sample_solve,
        ),
        source="linearity: a stack of directions has the stack of their derivatives",
        resize=_each_resized,
    )
)
