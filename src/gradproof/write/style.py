r"""How each piece of a formula looks: one class for Unicode text, one for LaTeX.

Styles know no precedence: they are given strings that already carry the parentheses they need.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from gradproof.expr.node import Operation
from gradproof.write import scripts
from gradproof.write.form import Bracketed, Form, Word
from gradproof.write.names import superscript

_LONGEST_WHOLE, _DIGITS = 21, 17  # a longer whole number that has at most so many digits is written 1.7e308


def decimal(value: Fraction | float) -> tuple[str, str]:
    """Numerator and denominator of a number that is not negative, as people write it.

    A binary fraction that came from a float prints as that float: 0.1 and not 3602879701896397/2**55.
    """
    if isinstance(value, float):
        return _short_float(value), "1"
    p, q = value.numerator, value.denominator
    if q > 1 and (max(p, q) >= 10**6 or (q >= 2**7 and q & (q - 1) == 0)):
        return _short_float(float(value)), "1"
    return _short_whole(str(p)), str(q)


def _short_whole(digits: str) -> str:
    """A whole number; one that ends in many zeros by its power of ten, ``1e200``."""
    kept = digits.rstrip("0")
    if len(digits) <= _LONGEST_WHOLE or len(kept) > _DIGITS:
        return digits
    return f"{kept[0]}{'.' if kept[1:] else ''}{kept[1:]}e{len(digits) - 1}"


def _short_float(value: float) -> str:
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}" if e else text.removesuffix(".0")


class Style(ABC):
    """Spelling of the pieces of a formula."""

    latex: bool
    minus: str
    circle: str  # entrywise product
    slash: str  # entrywise division
    kronecker: str
    transpose: str
    inverse: str
    inverse_transpose: str
    hermitian: str

    @abstractmethod
    def parenthesized(self, text: str) -> str:
        """The text in parentheses."""

    @abstractmethod
    def word(self, form: Word) -> str:
        """A fixed piece."""

    @abstractmethod
    def pieces(self, form: Bracketed) -> tuple[str | Form, ...]:
        """The words of a bracketed form."""

    @abstractmethod
    def template(self, op: Operation) -> str:
        """How the record of an operation says it prints."""

    @abstractmethod
    def beside(self, parts: Sequence[str]) -> str:
        """Factors beside each other."""

    @abstractmethod
    def fraction(self, over: Sequence[str], under: Sequence[str]) -> str:
        """A product of scalars over a product of scalars."""

    @abstractmethod
    def raised(self, base: str, exponent: str, entrywise: bool = False) -> str:
        """A power."""

    @abstractmethod
    def root(self, text: str) -> str:
        """A square root."""

    @abstractmethod
    def function(self, name: str, text: str) -> str:
        """tr, sum or diag of something."""

    @abstractmethod
    def norm(self, text: str, frobenius: bool, exponent: int) -> str:
        """A norm."""

    @abstractmethod
    def lowered(self, base: str, indices: Sequence[str]) -> str:
        """An array's entry."""

    @abstractmethod
    def entry_name(self, printed: str) -> str:
        """Name of an array whose entry is written: W has entries w_ij."""

    @abstractmethod
    def sum_over(self, letters: Sequence[str], text: str) -> str:
        """Σ over index letters."""

    @abstractmethod
    def collected(self, text: str, letters: Sequence[str]) -> str:
        """The array with the given entries."""

    def number(self, text: str) -> str:
        """A decimal number, which may have an exponent."""
        return text

    def postfix(self, base: str, mark: str) -> str:
        """A transpose or an inverse."""
        return base + mark


class TextStyle(Style):
    """Unicode, for terminals."""

    latex = False
    minus, circle, slash, kronecker = "−", "∘", "⊘", "⊗"
    transpose, inverse, inverse_transpose, hermitian = "ᵀ", "⁻¹", "⁻ᵀ", "ᴴ"

    def parenthesized(self, text: str) -> str:
        """``(x)``"""
        return f"({text})"

    def word(self, form: Word) -> str:
        """The Unicode spelling."""
        return form.text

    def pieces(self, form: Bracketed) -> tuple[str | Form, ...]:
        """The Unicode words."""
        return form.text

    def template(self, op: Operation) -> str:
        """The record's text."""
        return op.text

    def beside(self, parts: Sequence[str]) -> str:
        """``A B``"""
        return " ".join(parts)

    def fraction(self, over: Sequence[str], under: Sequence[str]) -> str:
        """``λ/m``, ``1/(2m)``"""
        top = " ".join(over) or "1"
        if len(under) == 1:
            return f"{top}/{under[0]}"
        glue = "" if under[0].isdigit() and len(under) == 2 and len(under[1]) == 1 else " "
        return f"{top}/({under[0]}{glue}{' '.join(under[1:])})"

    def raised(self, base: str, exponent: str, entrywise: bool = False) -> str:
        """``x²``, ``x^n``, entrywise ``X^∘2``"""
        if not entrywise and (short := superscript(exponent.replace("−", "-"))) is not None:
            return base + short
        plain = exponent if re.fullmatch(r"\w+", exponent) else f"({exponent})"
        return f"{base}^{'∘' if entrywise else ''}{plain}"

    def root(self, text: str) -> str:
        """``sqrt(x)``"""
        return f"sqrt({text})"

    def function(self, name: str, text: str) -> str:
        """``tr(A)``"""
        return f"{name}({text})"

    def norm(self, text: str, frobenius: bool, exponent: int) -> str:
        """``‖W‖²_F``"""
        power = superscript(str(exponent)) if exponent != 1 else ""
        return f"‖{text}‖{power}{'_F' if frobenius else ''}"

    def lowered(self, base: str, indices: Sequence[str]) -> str:
        """``w_ij``, ``p[i, y_i]``"""
        if all(len(i) == 1 for i in indices):
            return f"{base}_{''.join(indices)}"
        return f"{base}[{', '.join(indices)}]"

    def entry_name(self, printed: str) -> str:
        """``W`` has entries ``w_ij``; longer names keep their case."""
        return printed.lower() if len(printed) == 1 and printed.isascii() else printed

    def sum_over(self, letters: Sequence[str], text: str) -> str:
        """``Σ_ij x``"""
        return f"Σ_{''.join(letters)} {text}"

    def collected(self, text: str, letters: Sequence[str]) -> str:
        """``[x]_ij``"""
        return f"[{text}]_{''.join(letters)}"


class LatexStyle(Style):
    """LaTeX, without surrounding dollars."""

    latex = True
    minus, circle, slash, kronecker = "-", r"\odot", r"\oslash", r"\otimes"
    transpose, inverse, inverse_transpose, hermitian = r"^{\top}", "^{-1}", r"^{-\top}", r"^{\mathsf{H}}"

    def parenthesized(self, text: str) -> str:
        r"""``\left(x\right)``"""
        return rf"\left({text}\right)"

    def word(self, form: Word) -> str:
        """The LaTeX spelling."""
        return form.latex

    def pieces(self, form: Bracketed) -> tuple[str | Form, ...]:
        """The LaTeX words."""
        return form.latex

    def template(self, op: Operation) -> str:
        """The record's LaTeX."""
        return op.latex

    def beside(self, parts: Sequence[str]) -> str:
        """Factors with a thin space beside words, and a dot between digits."""
        result = parts[0]
        for before, after in pairwise(parts):
            wide = r"\mathrm{" in before + after or "operatorname" in before + after
            wide = wide or (r"\mathbf{1}" in before and r"\mathbf{1}" in after)
            digits = before[-1:].isdigit() and after[:1].isdigit()
            result += (r" \cdot " if digits else r" \, " if wide else " ") + after
        return result

    def number(self, text: str) -> str:
        r"""``10^{-8}``, ``2 \cdot 10^{-8}``"""
        mantissa, e, exponent = text.partition("e")
        if not e or text in ("inf", "nan"):
            return r"\infty" if text == "inf" else text
        return f"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa} \cdot 10^{{{exponent}}}"

    def fraction(self, over: Sequence[str], under: Sequence[str]) -> str:
        r"""``\frac{\lambda}{2 m}``"""
        return rf"\frac{{{self.beside(over) if over else '1'}}}{{{self.beside(under)}}}"

    def raised(self, base: str, exponent: str, entrywise: bool = False) -> str:
        r"""``x^{2}``, entrywise ``X^{\circ 2}``"""
        circle = r"\circ " if entrywise else ""
        return self.postfix(base, f"^{{{circle}{exponent}}}")

    def postfix(self, base: str, mark: str) -> str:
        """A mark behind a base that may have a superscript already."""
        return scripts.raised(base, mark)

    def root(self, text: str) -> str:
        r"""``\sqrt{x}``"""
        return rf"\sqrt{{{text}}}"

    def function(self, name: str, text: str) -> str:
        r"""``\operatorname{tr}\left(A\right)``"""
        return rf"\operatorname{{{name}}}\left({text}\right)"

    def norm(self, text: str, frobenius: bool, exponent: int) -> str:
        r"""``\left\|W\right\|_{F}^{2}``"""
        power = f"^{{{exponent}}}" if exponent != 1 else ""
        return rf"\left\|{text}\right\|" + ("_{F}" if frobenius else "") + power

    def lowered(self, base: str, indices: Sequence[str]) -> str:
        """``w_{ij}``, ``W_{1,ij}``"""
        together = "" if all(len(i) == 1 for i in indices) else ","
        return scripts.lowered(base, together.join(indices))

    def entry_name(self, printed: str) -> str:
        """``W`` has entries ``w_{ij}``; longer names keep their case."""
        return printed.lower() if len(printed) == 1 else printed

    def sum_over(self, letters: Sequence[str], text: str) -> str:
        r"""``\sum_{i,j} x``"""
        return rf"\sum_{{{','.join(letters)}}} {text}"

    def collected(self, text: str, letters: Sequence[str]) -> str:
        r"""``\left[x\right]_{ij}``"""
        return rf"\left[{text}\right]_{{{''.join(letters)}}}"


TEXT, LATEX = TextStyle(), LatexStyle()
