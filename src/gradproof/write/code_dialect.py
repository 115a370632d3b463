"""How a library spells what code is made of: NumPy here, and what other libraries spell differently.

A dialect belongs to one piece of source: it remembers which helpers and modules were used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from gradproof.errors import InputError
from gradproof.expr.indexing import Template
from gradproof.expr.node import Expr, Shape, Size
from gradproof.expr.sizes import names_in
from gradproof.write.code_helpers import ANYWHERE, CALLS, STABLE
from gradproof.write.code_text import ATOM, SUM, Code


class Dialect:
    """NumPy's spelling.

    Attributes
    ----------
    sizes : the name in the source of each symbolic size
    unknown : symbolic sizes that were asked for and have no name in the source
    reference : an argument that arrays made from nothing share their type with
    used : names of the helpers that the source needs
    """

    name: ClassVar[str] = "numpy"
    title: ClassVar[str] = "NumPy"
    module: ClassVar[str] = "np"
    imports: ClassVar[str] = "import numpy as np"
    extra_imports: ClassVar[tuple[tuple[str, str], ...]] = (
        ("scipy.linalg", "import scipy.linalg"),
        ("scipy.special", "import scipy.special"),
    )
    templates: ClassVar[Mapping[str, str]] = {
        **CALLS,
        "sigmoid": "sigmoid({0})",
        "softmax": "softmax({0}, axis={attrs[0]})",
        "logsumexp": "logsumexp({0}, axis={attrs[0]})",
    }
    helpers: ClassVar[Mapping[str, str]] = {**STABLE, **ANYWHERE}
    missing: ClassVar[frozenset[str]] = frozenset()  # operations that the library does not have
    rank_k: ClassVar[bool] = True  # ZᵀZ of one array costs half of a product of two
    in_place: ClassVar[bool] = True  # views can be written to
    vector_first: ClassVar[bool] = False  # whether x @ A is faster than A.T @ x
    einsum_is_fast: ClassVar[bool] = False  # whether einsum of two arrays calls BLAS

    def __init__(self) -> None:
        self.sizes: dict[str, str] = {}
        self.unknown: set[str] = set()
        self.reference = ""
        self.used: set[str] = set()

    # --- names and shapes -----------------------------------------------------------------------------

    def size(self, size: Size) -> str:
        """A size as code: a number, a name, or a sum of products of these."""
        if isinstance(size, int):
            return str(size)
        names = names_in(size)
        self.unknown |= names - self.sizes.keys()
        # In min(m, n) the word min is Python's own.
        return re.sub(r"[^\W\d]\w*", lambda m: self.sizes.get(m[0], m[0]) if m[0] in names else m[0], size)

    def shape(self, shape: Sequence[Size]) -> str:
        """A shape as a Python tuple."""
        return f"({', '.join(map(self.size, shape))}{',' if len(shape) == 1 else ''})"

    def typed(self) -> str:
        """What makes a new array like the arguments; NumPy promotes by itself."""
        return ""

    # --- templates of records -------------------------------------------------------------------------

    def template(self, node: Expr) -> str:
        """How the operation is called; a helper in it is noted."""
        template = self.templates.get(node.op.name) or self.translated(node.op.numpy)
        if not template or node.op.name in self.missing:
            raise InputError(
                f"{node.op.name} has no {self.title} code",
                where=repr(node),
                fix="evaluate it, or give it a name",
            )
        self.used |= {h for h in self.helpers if f"{h}(" in template.replace(f".{h}(", "")}
        return template

    def translated(self, template: str) -> str:
        """A NumPy template in this library's words."""
        return template

    # --- arrays made from nothing ---------------------------------------------------------------------

    def full(self, code: Code, shape: Shape) -> Code:
        """The code of the whole array, broadcast if it is smaller."""
        if code.shape == shape:
            return code
        size = self.shape(shape)
        if code.shape == () and code.text in ("0", "1"):
            text = f"{self.module}.{'zeros' if code.text == '0' else 'ones'}({size}{self.typed()})"
            return Code(text, ATOM, shape)
        if code.shape == ():
            value = f"{code.text}.0" if code.text.isdigit() else code.numeric().text
            return Code(self.filled(size, value), ATOM, shape)
        return Code(f"{self.module}.broadcast_to({code.text}, {size})", ATOM, shape, code.boolean)

    def filled(self, size: str, value: str) -> str:
        """An array of one value."""
        return f"{self.module}.full({size}, {value}{self.typed()})"

    def eye(self, size: Size) -> Code:
        """The identity matrix."""
        return Code(f"{self.module}.eye({self.size(size)}{self.typed()})", ATOM, (size, size))

    def arange(self, count: int) -> str:
        """The array 0, 1, ..., count − 1."""
        return f"{self.module}.arange({count})"

    def array(self, text: str, dtype: str = "") -> str:
        """A literal array."""
        text = text.replace("nan", f"{self.module}.nan").replace("inf", f"{self.module}.inf")
        return f"{self.module}.array({text}{f', dtype={dtype!r}' if dtype else ''})"

    # --- one array ------------------------------------------------------------------------------------

    def turned(self, code: Code, axes: Sequence[int]) -> str:
        """Axes in another order."""
        if len(axes) == 2:
            return f"{code.at(ATOM)}.T"
        if tuple(axes) == tuple(reversed(range(len(axes)))):
            return f"{code.at(ATOM)}.T"
        return f"{self.module}.transpose({code.text}, {tuple(axes)})"

    def sum(self, text: str, axes: Sequence[int] | None, keepdims: bool = False) -> str:
        """Sum over axes; None for all of them."""
        kept = ", keepdims=True" if keepdims else ""
        return f"{self.module}.sum({text}{self.axis(axes)}{kept})"

    @staticmethod
    def axis(axes: Sequence[int] | None) -> str:
        """The argument that names the axes."""
        return "" if axes is None else f", axis={axes[0] if len(axes) == 1 else tuple(axes)}"

    def trace(self, text: str) -> str:
        """Sum of the diagonal."""
        return f"{self.module}.trace({text})"

    def diagonal(self, text: str) -> str:
        """The diagonal of a matrix."""
        return f"{self.module}.diag({text})"

    def sqrt(self, text: str) -> str:
        """Square root."""
        return f"{self.module}.sqrt({text})"

    def reshaped(self, text: str, shape: Sequence[Size]) -> str:
        """The same entries in another shape."""
        return f"{self.module}.reshape({text}, {self.shape(shape)})"

    def stacked(self, comprehension: str) -> str:
        """Arrays along a new last axis."""
        return f"{self.module}.stack([{comprehension}], axis=-1)"

    def concatenated(self, blocks: str, axis: object) -> str:
        """Blocks beside or below each other."""
        return f"{self.module}.concatenate([{blocks}], axis={axis})"

    def taken(self, base: str, template: Template, inside: str) -> str:
        """Entries read by an index; ``inside`` is what stands between the brackets."""
        return f"{base}[{inside or '...'}]"

    # --- two arrays -----------------------------------------------------------------------------------

    def inner(self, left: Code, right: Code) -> Code:
        """Σ a∘b over everything."""
        return Code(f"np.vdot({left.text}, {right.text})", ATOM)

    def einsum(self, formula: str, arrays: Sequence[str]) -> str:
        """A product in index notation."""
        return f'{self.module}.einsum("{formula}", {", ".join(arrays)})'

    def tensordot(self, left: str, right: str, axes: tuple[list[int], list[int]]) -> str:
        """A contraction of several axes as one matrix product."""
        return f"{self.module}.tensordot({left}, {right}, axes={axes})"

    def solved(self, matrix: str, right: str) -> str:
        """The solution of a linear system."""
        return f"{self.module}.linalg.solve({matrix}, {right})"

    def definite(self, matrix: str, right: str) -> str:
        """The solution of a system with a positive definite matrix; NumPy alone has no routine for it."""
        return self.solved(matrix, right)

    # --- statements -----------------------------------------------------------------------------------

    def zeros_line(self, name: str, shape: Shape) -> str:
        """An array to be written to."""
        return f"{name} = {self.module}.zeros({self.shape(shape)}{self.typed()})"

    def copy_line(self, name: str, text: str) -> str:
        """A copy to be written to."""
        return f"{name} = {self.module}.array({text}, dtype=float)"

    def copied(self, name: str, text: str) -> str:
        """A copy that keeps its type."""
        return f"{name} = {text}.copy()"

    def store_line(self, name: str, inside: str, value: str) -> str:
        """Entries replaced."""
        return f"{name}[{inside or '...'}] = {value}"

    def add_line(self, name: str, inside: str, value: str, *, repeats: bool) -> str:
        """Values added to entries; ``repeats`` where a place may occur twice."""
        if not repeats:
            return f"{name}[{inside or '...'}] += {value}"
        if ":" in inside or "None" in inside:
            inside = f"np.s_[{inside}]"
        elif "," in inside:
            inside = f"({inside})"
        return f"np.add.at({name}, {inside}, {value})"

    def diagonal_view(self, name: str, letters: str, spread: str) -> str:
        """A view of the entries where indices agree, to be written to: ``np.einsum("ii->i", H)``."""
        return f'{self.module}.einsum("{letters}->{spread}", {name})'

    def on_diagonal(self, name: str, letters: str, spread: str, value: Code) -> str:
        """The statement that adds to the entries where indices agree."""
        return f"{self.diagonal_view(name, letters, spread)}[...] += {value.at(SUM)}"

    # --- arguments ------------------------------------------------------------------------------------

    def as_array(self, name: str, order: Sequence[Expr]) -> str | None:
        """The line that turns a number into this library's array; None where numbers will do."""
        return None

    def special(self, node: Expr, code_of: Callable[[Expr], Code]) -> Code | None:
        """Code of a call that no template can say; None for all others."""
        return None
