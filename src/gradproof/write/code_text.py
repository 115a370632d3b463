"""Pieces of code: text, how tightly it binds, and the shape of what it computes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from gradproof.expr.broadcast import broadcast_shapes
from gradproof.expr.node import Shape
from gradproof.write.style import decimal

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)


@dataclass(frozen=True, slots=True)
class Code:
    """A Python expression.

    ``shape`` may be smaller than the shape of the node it stands for: what broadcasts by itself is left to
    the library. ``boolean`` marks values on which ``-``, ``+`` and ``@`` would mean something else.
    """

    text: str
    level: int
    shape: Shape = ()
    boolean: bool = False

    def at(self, level: int) -> str:
        """The text, in parentheses if it binds more loosely than ``level``."""
        return self.text if self.level >= level else f"({self.text})"

    def numeric(self) -> Code:
        """The same value as numbers, where it is a truth value."""
        return Code(f"1.0 * {self.at(POWER)}", PRODUCT, self.shape) if self.boolean else self


def number_code(value: Fraction | float) -> Code:
    """A number as Python writes it."""
    if value < 0:
        return Code(f"-{number_code(-value).at(POWER)}", UNARY)
    p, q = decimal(value)
    if p in ("inf", "nan"):
        return Code(f'float("{p}")', ATOM)
    return Code(p, ATOM) if q == "1" else Code(f"{p} / {q}", PRODUCT)


def joined_shape(codes: Iterable[Code]) -> Shape:
    """What broadcasting makes of the shapes."""
    return broadcast_shapes(*(c.shape for c in codes))


def times(factors: Sequence[Code], divisors: Sequence[Code] = ()) -> Code:
    """Entrywise product and quotient; products of truth values become numbers."""
    numbers = list(factors)
    if numbers and all(f.boolean for f in numbers) and (len(numbers) > 1 or divisors):
        numbers[0] = numbers[0].numeric()
    if not divisors and len(numbers) == 1:
        return numbers[0]
    parts = [f.at(PRODUCT if k == 0 and "@" not in f.text else UNARY) for k, f in enumerate(numbers)] or ["1"]
    text = " * ".join(parts)
    if len(divisors) == 1:
        text += f" / {divisors[0].at(POWER)}"
    elif divisors:
        text += f" / ({' * '.join(d.at(UNARY) for d in divisors)})"
    return Code(text, PRODUCT, joined_shape([*numbers, *divisors]))


def plus(terms: Sequence[tuple[bool, Code]]) -> Code:
    """A sum of terms, each with whether it is subtracted."""
    text = ""
    for negative, term in terms:
        part = term.numeric().at(PRODUCT if negative or text else SUM)
        if text:
            text += f" {'-' if negative else '+'} {part}"
        else:
            text = f"-{term.numeric().at(PRODUCT)}" if negative else part
    return Code(text, SUM, joined_shape(t for _, t in terms))
