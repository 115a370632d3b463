"""Constants as products of the problem's own scalars: 7 is m where the batch has 7 columns."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product

import numpy as np

from gradproof.checking.diagnosis.bench import Bench
from gradproof.expr.broadcast import multiply
from gradproof.expr.elementwise import power
from gradproof.expr.node import Expr, number
from gradproof.read.recorder import FALLBACKS

SIGNS = {
    Fraction(1, 2): "½",
    Fraction(-1, 2): "-½",
    Fraction(1, 4): "¼",
    Fraction(3, 4): "¾",
    Fraction(1, 3): "⅓",
}
UNNAMED = frozenset(FALLBACKS.values())
MOST = 5
CLOSE = 1e-7


class Scalars:
    """The named scalars of a problem, sizes first."""

    def __init__(self, bench: Bench, names: Mapping[Expr, str]) -> None:
        found: dict[float, tuple[str, Expr]] = {}
        parameters = set(bench.truth.trace.parameters.values())
        for symbol, value in bench.findings.inputs().items():
            if symbol.ndim or symbol in parameters:
                continue
            amount = float(np.asarray(value).reshape(()))
            if names.get(symbol, symbol.name) in UNNAMED:
                continue  # "1/size" would tell less than the number itself
            if amount not in (0.0, 1.0, 2.0, -1.0, 0.5) and np.isfinite(amount):
                found.setdefault(amount, (names.get(symbol, symbol.name), symbol))
        ranked = sorted(found.items(), key=lambda item: (not item[0].is_integer(), len(item[1][0])))
        self.known = [(name, symbol, value) for value, (name, symbol) in ranked[:MOST]]

    def decompose(self, value: float) -> tuple[Fraction, tuple[int, ...]] | None:
        """Simple number and exponents of the known scalars whose product is ``value``."""
        plain = _simple(value)
        if plain is not None:
            return plain, (0,) * len(self.known)
        options = sorted(product((-1, 0, 1), repeat=len(self.known)), key=lambda e: sum(map(abs, e)))
        for exponents in options:
            if not 1 <= sum(map(abs, exponents)) <= 2:
                continue
            amount = 1.0
            for (_, _, v), e in zip(self.known, exponents, strict=True):
                amount *= v**e
            rest = _simple(value / amount) if amount and np.isfinite(amount) else None
            if rest is not None and self._is_natural(value, rest, exponents):
                return rest, exponents
        return None

    def _is_natural(self, value: float, rest: Fraction, exponents: tuple[int, ...]) -> bool:
        """Not 1/30 as lam/3, where lam happens to be 0.1: whole numbers and their reciprocals are sizes,
        unless a hyperparameter is them by 1, 2 or ½.
        """
        fractional = any(e and not v.is_integer() for (_, _, v), e in zip(self.known, exponents, strict=True))
        if not fractional:
            return True
        whole = any(abs(x - round(x)) < CLOSE * abs(x) for x in (value, 1 / value))
        return not whole or abs(rest) in (1, 2, Fraction(1, 2))

    def expression(self, value: float) -> Expr:
        """The constant as an expression of symbols."""
        parts = self.decompose(value)
        if parts is None:
            return number(Fraction(value).limit_denominator(1_000_000))
        powers = [power(s, e) for (_, s, _), e in zip(self.known, parts[1], strict=True) if e]
        return multiply(number(parts[0]), *powers)

    def text(self, value: float) -> str:
        """The constant in symbols; digits if none fits."""
        parts = self.decompose(value)
        if parts is not None:
            names = [(n, e) for (n, _, _), e in zip(self.known, parts[1], strict=True) if e]
            return _written(parts[0], names)
        whole = round(value)
        if whole and abs(value - whole) < CLOSE * abs(value):
            return str(whole)
        if value and abs(1 / value - round(1 / value)) < CLOSE * abs(1 / value):
            return f"1/{round(1 / value)}"
        return f"{value:.6g}"


def _simple(value: float) -> Fraction | None:
    """Numbers like ±1, 2, ½, ⅔."""
    for bottom in (1, 2, 3, 4):
        top = round(value * bottom)
        if top and abs(top) <= 4 and abs(value * bottom - top) < CLOSE * abs(value * bottom):
            return Fraction(top, bottom)
    return None


def _written(coefficient: Fraction, names: list[tuple[str, int]]) -> str:
    if not names:
        return SIGNS.get(coefficient, str(coefficient))
    sign = "-" if coefficient < 0 else ""
    top = [n for n, e in names if e > 0]
    bottom = [n for n, e in names if e < 0]
    if abs(coefficient.numerator) != 1:
        top.insert(0, str(abs(coefficient.numerator)))
    if coefficient.denominator != 1:
        bottom.insert(0, str(coefficient.denominator))
    upper = "·".join(top) or "1"
    if not bottom:
        return sign + upper
    return f"{sign}{upper}/" + (bottom[0] if len(bottom) == 1 else "(" + "·".join(bottom) + ")")
