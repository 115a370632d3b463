"""Numbers that have a name: 2π, 2/√π, π/180, log 2 are printed so, and not by seventeen digits.

A rule of differentiation or a formula with π in it makes such numbers. One is recognised where it is a small
fraction times the name to the last digits of a float; of other numbers that is as good as never true.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from gradproof.write.algebra import power, scaled
from gradproof.write.form import Form, Number, Word

_SMALL, _DENOMINATOR = 1000, 360
_CLOSE = 4e-16
_ONE, _HALF = Fraction(1), Fraction(1, 2)
_PI = Word("scalar", "π", r"\pi")


def _number(value: Fraction | int) -> Form:
    return Number("scalar", Fraction(value))


def _to(base: Form, exponent: Fraction | int) -> Form:
    return power(base, _number(exponent))


_TWO_PI = scaled(Fraction(2), [_PI])
_LOG2 = Word("scalar", "log(2)", r"\log\left(2\right)")
_LOG10 = Word("scalar", "log(10)", r"\log\left(10\right)")
_NAMED: tuple[tuple[float, Form], ...] = (
    (math.pi, _PI),
    (1 / math.pi, _to(_PI, -1)),
    (math.log(2.0), _LOG2),
    (1 / math.log(2.0), _to(_LOG2, -1)),
    (math.log(10.0), _LOG10),
    (1 / math.log(10.0), _to(_LOG10, -1)),
    (math.sqrt(math.pi), _to(_PI, _HALF)),
    (1 / math.sqrt(math.pi), _to(_PI, -_HALF)),
    (math.sqrt(2 * math.pi), _to(_TWO_PI, _HALF)),
    (1 / math.sqrt(2 * math.pi), _to(_TWO_PI, -_HALF)),
    (math.sqrt(2 / math.pi), _to(scaled(Fraction(2), [_to(_PI, -1)]), _HALF)),
    (math.pi**2, _to(_PI, 2)),
    (math.pi**-2, _to(_PI, -2)),
    (math.sqrt(2), _to(_number(2), _HALF)),
    (1 / math.sqrt(2), _to(_number(2), -_HALF)),
)


@lru_cache(maxsize=4096)
def familiar(value: Fraction | float) -> Form | None:
    """The number by its name, times a small fraction; None for all others."""
    number = float(value)
    if not math.isfinite(number) or len(repr(number)) < 15:
        return None
    best: tuple[int, Fraction, Form] | None = None
    for known, form in _NAMED:
        ratio = number / known
        near = Fraction(ratio).limit_denominator(_DENOMINATOR)
        size = abs(near.numerator) + near.denominator
        if not near or abs(near.numerator) > _SMALL or abs(float(near) / ratio - 1) > _CLOSE:
            continue
        if best is None or size < best[0]:
            best = size, near, form
    return None if best is None else scaled(best[1], [best[2]])
