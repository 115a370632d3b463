"""The layout of a formula: what the printed page consists of, before a style spells it.

A form says *which* matrix operations are written; a style (:mod:`gradproof.write.style`) says how each looks.
Every form has a kind. Arrays of one axis are columns, and so are those of shape (n, 1); shape (1, n) is
a row and shape (1, 1) a scalar.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gradproof.expr.node import Expr, Shape

Kind = Literal["scalar", "column", "row", "matrix", "tensor"]
FLIPPED: dict[Kind, Kind] = {
    "scalar": "scalar", "column": "row", "row": "column", "matrix": "matrix", "tensor": "tensor",
}  # fmt: skip


def kind_of(shape: Shape) -> Kind:
    """What an array of this shape is on paper."""
    if all(s == 1 for s in shape):
        return "scalar"
    if len(shape) > 2:
        return "tensor"
    if len(shape) == 1 or shape[1] == 1:
        return "column"
    return "row" if shape[0] == 1 else "matrix"


@dataclass(frozen=True, slots=True)
class Form:
    """A piece of a formula; pieces that are written alike are equal."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Name(Form):
    """A symbol, or a node that has a name."""

    node: Expr


@dataclass(frozen=True, slots=True)
class Number(Form):
    """A number."""

    value: Fraction | float


@dataclass(frozen=True, slots=True)
class Word(Form):
    """A fixed piece, spelled per style: ``I``, ``1``, a literal array."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class Filled(Form):
    """An array whose every entry is the scalar: printed as the scalar wherever its shape is understood."""

    scalar: Form


@dataclass(frozen=True, slots=True)
class Scaled(Form):
    """coefficient · (product of over) / (product of under) · body; all scalars but the body."""

    coefficient: Fraction | float
    over: tuple[Form, ...]
    under: tuple[Form, ...]
    body: Form | None


@dataclass(frozen=True, slots=True)
class MatMul(Form):
    """A matrix product."""

    parts: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Hadamard(Form):
    """An entrywise product."""

    parts: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Kronecker(Form):
    """A Kronecker product."""

    parts: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Transposed(Form):
    """A transpose."""

    part: Form


@dataclass(frozen=True, slots=True)
class Inverse(Form):
    """An inverse."""

    part: Form


@dataclass(frozen=True, slots=True)
class MatrixPower(Form):
    """A square matrix times itself: X³."""

    base: Form
    exponent: int


@dataclass(frozen=True, slots=True)
class Power(Form):
    """Base to the exponent; entrywise for arrays."""

    base: Form
    exponent: Form


@dataclass(frozen=True, slots=True)
class Function(Form):
    """tr, sum, diag or vec of one argument."""

    name: Literal["tr", "sum", "diag", "vec"]
    part: Form


@dataclass(frozen=True, slots=True)
class Norm(Form):
    """Euclidean or Frobenius norm, to a whole power."""

    part: Form
    frobenius: bool
    exponent: int


@dataclass(frozen=True, slots=True)
class Sum(Form):
    """A sum."""

    terms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Call(Form):
    """An operation printed by the template of its record."""

    node: Expr
    parts: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Bracketed(Form):
    """``base[a, b]``, ``scatter(base at [a, b])``, ``base{[a] ← v}``, ``[a; b]``: words between forms."""

    text: tuple[str | Form, ...]
    latex: tuple[str | Form, ...]


@dataclass(frozen=True, slots=True)
class Entry(Form):
    """One entry of an array: w_ij."""

    array: Form
    indices: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Index(Form):
    """The letter of an index."""

    letter: str


@dataclass(frozen=True, slots=True)
class SumOver(Form):
    """Σ over index letters."""

    letters: tuple[str, ...]
    body: Form


@dataclass(frozen=True, slots=True)
class Collected(Form):
    """The array with the given entries: [Σ_k a_ijk b_k]_ij. Where matrix notation ends."""

    body: Form
    letters: tuple[str, ...]


ONES = Word("column", "1", r"\mathbf{1}")
IDENTITY = Word("matrix", "I", "I")
DELTA_SIGN = Word("matrix", "δ", r"\delta")
ONE, ZERO = Number("scalar", Fraction(1)), Number("scalar", Fraction(0))
