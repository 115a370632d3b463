"""Unknown functions over residues: what is not rational becomes a function of which only its name is known.

exp(x) at a residue is a random residue, the same one wherever exp meets that residue. An identity that holds
for every function exp holds for the exponential, so agreement still proves equality; disagreement proves
nothing. A few laws are built in, each true of the function it stands for: exp(−x) = 1/exp(x),
log(1/x) = −log x, odd and even functions, and functions that are made of others (sigmoid, softmax, tanh).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.calculus.exact import DEVIATIONS, Arithmetic, deviations, each_matrix, is_rational, raised
from gradproof.calculus.field import Residues, objects
from gradproof.expr.node import Array, Expr, iterate_postorder
from gradproof.expr.powers import scalar_exponent

_ODD = {"sin", "arcsin", "arctan", "arcsinh", "arctanh", "erf", "sign", "rint", "trunc"}
_EVEN = {"cos"}
_HALF = Fraction(1, 2)


class Unknown(Arithmetic):
    """Residues modulo a prime, and a random value for each function at each argument.

    Attributes
    ----------
    real : whether every value is real, so that laws such as log|−x| = log|x| hold
    met : the operations that were treated as unknown functions, and how many values of each were drawn
    """

    field: Residues

    def __init__(self, field: Residues, seed: int, real: bool = True) -> None:
        super().__init__(field)
        self.real = real
        self._draw = random.Random(seed)
        self._known: dict[Hashable, int] = {}
        self.met: dict[str, int] = {}

    def value(self, name: str, *key: Hashable) -> int:
        """The random value of an unknown function at its arguments."""
        full = (name, *key)
        if full not in self._known:
            self._known[full] = self._draw.randrange(1, self.field.p)
            self.met[name] = self.met.get(name, 0) + 1
        return self._known[full]

    def function(self, node: Expr, arrays: list[Array]) -> Array:  # noqa: PLR0911
        """An elementwise function entry by entry; any other operation as a whole."""
        name = node.op.name
        if name in ("conj", "real", "imag") and self.real and _is_real(node.args[0]):
            return np.asarray(arrays[0] * (name != "imag"), dtype=object)
        reduction = _REDUCTIONS.get(name)
        if reduction is not None:
            return reduction(self, node, arrays)
        if name == "power":
            return self._power(node, arrays)
        if name in ("logdet", "signdet"):
            outer = self.log if name == "logdet" else self.sign
            return each_matrix(lambda a: outer(self.field.determinant(a)), arrays[0])
        if node.op.elementwise:
            rule = _ENTRIES.get(name)
            if rule is not None:
                return self.field.entrywise(lambda *xs: rule(self, *xs) % self.field.p, *arrays)
            return self.field.entrywise(lambda *xs: self._odd_or_even(name, *xs), *arrays)
        key = tuple(tuple(int(x) for x in a.flat) for a in arrays)
        shape = tuple(int(n) for n in node.shape)
        entries = (self.value(name, node.attrs, key, place) for place in np.ndindex(shape))
        return objects(entries, shape)

    def _odd_or_even(self, name: str, *xs: int) -> int:
        if len(xs) == 1 and name in _ODD | _EVEN:
            (x,) = xs
            if x == 0 and name in _ODD:
                return 0
            small = min(x, self.field.p - x)
            sign = -1 if name in _ODD and small != x else 1
            return sign * self.value(name, small) % self.field.p
        return self.value(name, *xs)

    def _power(self, node: Expr, arrays: list[Array]) -> Array:
        exponent = scalar_exponent(node.args[1])
        if not isinstance(exponent, Fraction) or abs(exponent.numerator) > 200:
            return self.field.entrywise(lambda x, e: self.value("power", x, e), *arrays)
        root = f"root {exponent.denominator}"

        def one(x: int) -> int:
            if x in (0, 1):
                return int(raised(self.field, x, exponent.numerator))
            return int(raised(self.field, self.value(root, x), exponent.numerator))

        return self.field.entrywise(one, arrays[0])

    def half(self, x: int) -> int:
        """x/2."""
        return int(self.field.number(_HALF)) * x % self.field.p

    def exp(self, x: int) -> int:
        """A function with e(0) = 1 and e(−x) = 1/e(x)."""
        x %= self.field.p
        if x == 0:
            return 1
        small = min(x, self.field.p - x)
        value = self.value("exp", small)
        return value if small == x else self.field.inverse(value)

    def log(self, x: int) -> int:
        """A function with l(1) = l(−1) = 0 and l(1/x) = −l(x) = −l(−x): log|x|."""
        inverse = self.field.inverse(x)
        if not self.real:
            return self.value("log", x % self.field.p)
        x = min(x % self.field.p, -x % self.field.p)
        inverse = min(inverse, self.field.p - inverse)
        if x == 1:
            return 0
        value = self.value("log", min(x, inverse))
        return value if x < inverse else -value % self.field.p

    def sign(self, x: int) -> int:
        """An odd function."""
        return self._odd_or_even("sign", x % self.field.p)

    def greater(self, x: int, y: int) -> int:
        """(1 + sign(x − y))/2, and 0 where x = y."""
        return 0 if x == y else self.half(1 + self.sign(x - y))

    def larger(self, x: int, y: int) -> int:
        """max(x, y) = y + (x − y) [x > y]."""
        return y + (x - y) * self.greater(x, y)

    def sigmoid(self, x: int) -> int:
        """1/(1 + e⁻ˣ)."""
        return self.field.inverse(1 + self.exp(-x))

    def sinh(self, x: int) -> int:
        """(eˣ − e⁻ˣ)/2."""
        return self.half(self.exp(x) - self.exp(-x))

    def cosh(self, x: int) -> int:
        """(eˣ + e⁻ˣ)/2."""
        return self.half(self.exp(x) + self.exp(-x))


_ENTRIES: dict[str, Callable[..., int]] = {
    "exp": Unknown.exp,
    "log": Unknown.log,
    "log1p": lambda u, x: u.log(1 + x),
    "expm1": lambda u, x: u.exp(x) - 1,
    "sigmoid": Unknown.sigmoid,
    "silu": lambda u, x: x * u.sigmoid(x),
    "softplus": lambda u, x: u.log(1 + u.exp(x)),
    "logaddexp": lambda u, x, y: u.log(u.exp(x) + u.exp(y)),
    "sinh": Unknown.sinh,
    "cosh": Unknown.cosh,
    "tanh": lambda u, x: u.sinh(x) * u.field.inverse(u.cosh(x)),
    "tan": lambda u, x: u._odd_or_even("sin", x) * u.field.inverse(u._odd_or_even("cos", x)),
    "erfc": lambda u, x: 1 - u._odd_or_even("erf", x),
    "abs": lambda u, x: x * u.sign(x),
    "maximum": Unknown.larger,
    "minimum": lambda u, x, y: x + y - u.larger(x, y),
    "greater": Unknown.greater,
    "less": lambda u, x, y: u.greater(y, x),
    "greater_equal": lambda u, x, y: 1 - u.greater(y, x),
    "less_equal": lambda u, x, y: 1 - u.greater(x, y),
    "where": lambda u, c, x, y: y + c * (x - y),
    "logical_and": lambda u, x, y: x * y,
    "logical_or": lambda u, x, y: x + y - x * y,
    "logical_not": lambda u, x: 1 - x,
}


def _is_real(node: Expr) -> bool:
    """Whether real symbols make it real for certain."""
    return all(is_rational(n) or n.op.name in _REAL for n in iterate_postorder([node], set()))


def _softmax(u: Unknown, node: Expr, arrays: list[Array]) -> Array:
    axes: Any = node.attrs[0]
    powers = u.field.entrywise(u.exp, arrays[0])
    total = np.asarray(powers.sum(axis=axes, keepdims=True) % u.field.p, dtype=object)
    return np.asarray(powers * u.field.entrywise(u.field.inverse, total) % u.field.p, dtype=object)


def _logsumexp(u: Unknown, node: Expr, arrays: list[Array]) -> Array:
    axes: Any = node.attrs[0]
    powers = u.field.entrywise(u.exp, arrays[0])
    total = np.asarray(powers.sum(axis=axes, keepdims=True) % u.field.p, dtype=object)
    return u.field.entrywise(u.log, total)


def _deviations(u: Unknown, node: Expr, arrays: list[Array]) -> Array:
    return deviations(u.field, node, arrays, lambda x: u.value("root 2", x) if x not in (0, 1) else x)


_REDUCTIONS: dict[str, Callable[[Unknown, Expr, list[Array]], Array]] = {
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    **dict.fromkeys(DEVIATIONS, _deviations),
}
_REAL = {*_ENTRIES, *_ODD, *_EVEN, *_REDUCTIONS, "conj", "real", "imag", "logdet", "signdet"}
