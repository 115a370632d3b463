"""An expression for one value of an index, made the array of its values for every value of the index.

Below a sum, ``x_i`` is a placeholder: a symbol with the shape of the entry, of which it is known which array
it is taken from. Lifting gives every node that depends on the index an axis in front for it, so that the sum
over the index is a sum over that axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gradproof.expr.broadcast import broadcast_to
from gradproof.expr.linalg import linalg
from gradproof.expr.node import NUMBER, SYMBOL, Expr, Size, make, postorder, symbol
from gradproof.expr.product import PRODUCT, SUM, add, einsum, filled, specs_of
from gradproof.read.notation.latex_commands import word_set

# Operations on the last axes of a stack of arrays, which need no change for one axis more in front.
_STACKED = word_set(
    "inv det logdet slogdet cholesky solve eigenvalues eigenvectors eigh expm pinv adjugate sqrtm"
)
# Reductions, whose attributes are the axes they run over.
_REDUCTIONS = word_set("max min argmax argmin any all prod logsumexp softmax log_softmax cumsum others")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a symbol below a sum stands for.

    Attributes
    ----------
    array : Expr
        The array, with the axes of the indices first, then those of the entry.
    indices : tuple of str
        The index of each of the first axes.
    """

    array: Expr
    indices: tuple[str, ...]


@dataclass(slots=True)
class Placeholders:
    """The placeholders of one reading."""

    found: dict[Expr, Placeholder] = field(default_factory=dict)
    numbers: dict[tuple[Expr, tuple[str, ...]], int] = field(default_factory=dict)

    def make(self, array: Expr, indices: tuple[str, ...]) -> Expr:
        """The symbol for the entry of an array at indices; the array itself where there are none."""
        if not indices:
            return array
        number = self.numbers.setdefault((array, indices), len(self.numbers) + 1)
        made = symbol(f"entry {number}", array.shape[len(indices) :], uid=-7_000_000 - number)
        self.found[made] = Placeholder(array, indices)
        return made

    def depends(self, expr: Expr, index: str) -> bool:
        """Whether an expression has placeholders with an index."""
        return any(index in p.indices for n in postorder(expr) if (p := self.found.get(n)) is not None)

    def lifted(self, expr: Expr, index: str, size: Size, problem: Callable[[str], Exception]) -> Expr | None:
        """The values of ``expr`` for every value of the index, along a first axis; None if there is one only.

        Parameters
        ----------
        problem : makes the error for an operation that cannot be lifted
        """
        done: dict[Expr, Expr] = {}
        for node in postorder(expr):
            if node.op is SYMBOL:
                place = self.found.get(node)
                if place is not None and index in place.indices:
                    done[node] = self._opened(place, index)
            elif any(a in done for a in node.args):
                done[node] = _lifted(node, done, size, problem)
        return done.get(expr)

    def _opened(self, place: Placeholder, index: str) -> Expr:
        """A placeholder with one index fewer and one axis more."""
        k = place.indices.index(index)
        ndim = place.array.ndim
        others = tuple(i for i in range(len(place.indices)) if i != k)
        order = (*others, k, *range(len(place.indices), ndim))
        array = einsum((tuple(range(ndim)),), (place.array,), order)
        return self.make(array, tuple(place.indices[i] for i in others))


def _repeated(expr: Expr, size: Size) -> Expr:
    """What does not depend on the index, for each of its values; an exponent 2 stays the number 2."""
    if expr.op is PRODUCT and len(expr.args) == 1 and expr.args[0].op is NUMBER:
        return filled(expr.args[0], (size, *expr.shape))
    return broadcast_to(expr, (size, *expr.shape))


def _lifted(node: Expr, done: dict[Expr, Expr], size: Size, problem: Callable[[str], Exception]) -> Expr:
    name = node.op.name
    if node.op is PRODUCT:
        specs, out, sizes = specs_of(node)
        fresh = len(sizes)
        moved = [(fresh, *s) if a in done else s for a, s in zip(node.args, specs, strict=True)]
        return einsum(moved, [done.get(a, a) for a in node.args], (fresh, *out), [*sizes, size])
    if node.op is SUM or node.op.elementwise:
        args = tuple(done[a] if a in done else _repeated(a, size) for a in node.args)
        return add(*args) if node.op is SUM else make(node.op, args, node.attrs)
    if name in _STACKED:
        args = tuple(done[a] if a in done else _repeated(a, size) for a in node.args)
        return linalg(name, *args)
    if name in _REDUCTIONS and len(node.attrs) == 1 and isinstance(node.attrs[0], tuple):
        axes = tuple(int(k) + 1 for k in node.attrs[0])
        return make(node.op, tuple(done[a] for a in node.args), (axes,))
    raise problem(name)
