"""A training step as a NumPy function that allocates nothing: its results go into arrays it is given."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr, Shape, Size, Spec
from gradproof.expr.product import einsum, specs_of
from gradproof.expr.reduction import axes_of
from gradproof.write.kernels.identifiers import identifiers
from gradproof.write.kernels.numpy_entries import Calls, placed
from gradproof.write.kernels.statements import (
    ENTRIES,
    LOGSUMEXP,
    PRODUCT_OF_TWO,
    TOTAL,
    Statement,
    array_factors,
    scalar_factors,
    statements,
    summed_indices,
)
from gradproof.write.matrix import to_text

_LINE = 96
_WIDTH = 56  # comments stand from this column on


@dataclass(frozen=True, slots=True)
class NumpyStep:
    """The source of one function.

    Attributes
    ----------
    source : ``def step(...)``
    arguments : name -> the symbol whose array or number it takes
    rows : name -> the symbol of which it takes the view with all leading axes as one
    scratch : name -> shape of an array that only holds values on the way
    """

    source: str
    arguments: Mapping[str, Expr]
    rows: Mapping[str, Expr]
    scratch: Mapping[str, Shape]


def numpy_step(assignments: Sequence[tuple[Expr, Expr]], name: str = "step") -> NumpyStep:
    """Write the function.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, plus
    >>> from gradproof.expr.elementwise import relu
    >>> from gradproof.expr.node import symbol
    >>> W, X, b = symbol("W", (2, 3)), symbol("X", (3, "m")), symbol("b", (2, 1))
    >>> Z, A = symbol("Z", (2, "m")), symbol("A", (2, "m"))
    >>> print(numpy_step([(Z, plus(matmul(W, X), b)), (A, relu(Z))]).source)
    def step(W, X, Z, b, A):
        np.matmul(W, X, out=Z)                              # Z = W X
        np.add(Z, b, out=Z)                                 # Z = Z + b 1ᵀ
        np.maximum(Z, 0.0, out=A)                           # A = max(Z, 0)
    """
    return _Step(statements(assignments)).written(name)


class _Step:
    def __init__(self, found: Sequence[Statement]) -> None:
        self.found = found
        leaves: dict[Expr, None] = {}
        for each in found:
            leaves |= dict.fromkeys(sorted(each.reads, key=lambda leaf: leaf.name))
            leaves[each.target] = None
        self.leaves = list(leaves)
        self.names = identifiers(self.leaves)
        self.calls = Calls(self.names)
        self.rows: dict[str, Expr] = {}

    def written(self, name: str) -> NumpyStep:
        """All statements in their order."""
        lines: list[str] = []
        for each in self.found:
            before = len(self.calls.lines)
            self._statement(each)
            told = f"{each.target.name} = {to_text(each.value, width=10**9)}".partition("\n")[0]
            own = self.calls.lines[before:]
            lines += [f"{own[0]:<{_WIDTH - 6}}  # {told}".rstrip(), *own[1:]]
        arguments = {self.names[leaf]: leaf for leaf in self.leaves}
        signature = ", ".join([*arguments, *self.rows, *self.calls.scratch])
        if len(name) + len(signature) > _LINE:
            wrapped = textwrap.fill(signature, _LINE, initial_indent=" " * 4, subsequent_indent=" " * 4)
            signature = f"\n{wrapped}\n"
        body = "\n".join(f"    {line}" for line in lines)
        return NumpyStep(f"def {name}({signature}):\n{body}", arguments, self.rows, self.calls.scratch)

    def _statement(self, each: Statement) -> None:
        if each.kind == ENTRIES:
            self.calls.fill(each.target, each.value)
        elif each.kind == PRODUCT_OF_TWO:
            self._product(each)
        elif each.kind == TOTAL:
            self._total(each)
        else:
            self._normalisation(each)

    # --- products -----------------------------------------------------------------------------------------

    def _product(self, each: Statement) -> None:
        value = each.value
        _, out, sizes = specs_of(value)
        (left, left_spec), (right, right_spec) = array_factors(value)
        inner = summed_indices(value)
        shared = [i for i in out if i in left_spec and i in right_spec and sizes[i] != 1]
        rows = [i for i in out if i in left_spec and i not in right_spec]
        columns = [i for i in out if i in right_spec and i not in left_spec]
        lies_together = all(isinstance(sizes[i], int) for i in rows)  # the examples' axis stands apart
        is_one = lies_together and left_spec == (*rows, *inner) and out == (*rows, *columns)
        if len(columns) > 1 or (len(rows) > 1 and not is_one):
            shared = [i for i in out[:-2] if sizes[i] != 1]  # a stack of products, one factor always the same
            rows, columns = ([i for i in own if i not in shared] for own in (rows, columns))
        first = self._matrix(left, left_spec, rows, inner, shared)
        second = self._matrix(right, right_spec, inner, columns, shared)
        target = self._matrix(each.target, out, rows, columns, shared)
        self.calls.lines.append(f"np.matmul({first}, {second}, out={target})")
        factor = self.calls.factor(scalar_factors(value))
        if factor != "1":
            name = self.names[each.target]
            self.calls.lines.append(f"np.multiply({name}, {factor}, out={name})")

    def _matrix(
        self, array: Expr, spec: Spec, rows: Sequence[int], columns: Sequence[int], shared: Sequence[int]
    ) -> str:
        """The array as a matrix of rows × columns, or a stack of them."""
        name = self.names[array]
        if list(spec) == [*rows, *columns] and len(rows) > 1:  # the copies of a layer's units are its rows
            self.rows[f"{name}_rows"] = array
            return f"{name}_rows"
        stack = [i for i in shared if i in spec]
        own = [*stack, *rows, *columns]
        if len(rows) != 1 or len(columns) != 1 or stack != shared[len(shared) - len(stack) :]:
            raise InputError("a product over axes that do not lie together", fix='use engine="reference"')
        if list(spec) == own:
            return name
        if list(spec) == [*stack, *columns, *rows]:
            return f"{name}.T" if array.ndim == 2 else f"{name}.swapaxes(-1, -2)"
        return placed(name, spec, own)

    # --- sums and normalisations ---------------------------------------------------------------------------

    def _total(self, each: Statement) -> None:
        specs, out, sizes = specs_of(each.value)
        factors = [(a, s) for a, s in zip(each.value.args, specs, strict=True) if a.shape]
        inner = summed_indices(each.value)
        place = self.names[each.target]
        kept = self._kept_axes(factors, out, inner, sizes)
        if kept is not None:
            array, axes, keeps = self.names[factors[0][0]], kept, ", keepdims=True"
        else:
            whole = (*out, *inner)
            body = einsum([s for _, s in factors], [a for a, _ in factors], whole, list(sizes))
            array, axes, keeps = self.calls.whole(body), tuple(range(len(out), len(whole))), ""
        along = axes if len(axes) > 1 else axes[0]
        self.calls.lines.append(f"np.add.reduce({array}, axis={along}{keeps}, out={place})")
        self.calls.place(each.target.shape, place, [array])
        factor = self.calls.factor(scalar_factors(each.value))
        if factor != "1":
            self.calls.lines.append(f"np.multiply({place}, {factor}, out={place})")

    @staticmethod
    def _kept_axes(
        factors: Sequence[tuple[Expr, Spec]], out: Spec, inner: Sequence[int], sizes: Sequence[Size]
    ) -> tuple[int, ...] | None:
        """The summed axes of a lone array where the result keeps them with size 1."""
        if len(factors) != 1 or factors[0][0].op is not SYMBOL or len(factors[0][1]) != len(out):
            return None
        pairs = list(zip(factors[0][1], out, strict=True))
        if any(i != o and not (i in inner and sizes[o] == 1) for i, o in pairs):
            return None
        return tuple(k for k, (i, _) in enumerate(pairs) if i in inner)

    def _normalisation(self, each: Statement) -> None:
        (source,) = each.value.args
        (axis,) = axes_of(each.value)
        z, target = self.names[source], self.names[each.target]
        kept = tuple(1 if a == axis else size for a, size in enumerate(source.shape))
        along = f"axis={axis}, keepdims=True"
        top = self.calls.place(kept, None, [])
        if each.kind == LOGSUMEXP:
            shifted = self.calls.place(source.shape, None, [])
        else:
            shifted = target
        self.calls.lines += [
            f"np.maximum.reduce({z}, {along}, out={top})",
            f"np.subtract({z}, {top}, out={shifted})",
            f"np.exp({shifted}, out={shifted})",
        ]
        if each.kind == LOGSUMEXP:
            self.calls.lines += [
                f"np.add.reduce({shifted}, {along}, out={target})",
                f"np.log({target}, out={target})",
                f"np.add({target}, {top}, out={target})",
            ]
            self.calls.release(shifted)
        else:
            self.calls.lines += [
                f"np.add.reduce({target}, {along}, out={top})",
                f"np.divide({target}, {top}, out={target})",
            ]
        self.calls.release(top)
