"""Complex expressions modulo a prime: z and its conjugate are two independent residues.

A polynomial in z and z̄ vanishes for every complex z exactly when it vanishes as a polynomial in two
variables, so every node is evaluated twice, at (z, z̄) and at (z̄, z); conjugation exchanges the two. The
imaginary unit is a residue whose square is −1, which exists modulo primes p ≡ 1 (mod 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.calculus.exact import NotExact, computed, is_rational, raised, whole_exponent
from gradproof.calculus.field import Residues
from gradproof.calculus.opaque import Unknown
from gradproof.expr.node import Array, Expr, iterate_postorder

Pair = tuple[Array, Array]

# f(z̄) is the conjugate of f(z)
_ANALYTIC = {"exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "expm", "sinm", "cosm"}


def imaginary_unit(p: int) -> int:
    """A residue with i² = −1, for p ≡ 1 (mod 4)."""
    base = 2
    while True:
        i = pow(base, (p - 1) // 4, p)
        if i * i % p == p - 1:
            return i
        base += 1


def evaluate_pairs(roots: Sequence[Expr], values: Mapping[Expr, Pair], unknown: Unknown) -> list[Array]:
    """Values of complex expressions, from the values of symbols and of their conjugates."""
    table: dict[Expr, Pair] = dict(values)
    for node in iterate_postorder(roots, set(table)):
        exponent = _even_power_of_modulus(node)
        if exponent is not None:
            inside = table[node.args[0].args[0]]
            value = squared_modulus(*inside, exponent // 2, unknown.field)
            table[node] = value, value
        elif node.op.name != "abs":
            table[node] = _pair(node, [_known(table, a) for a in node.args], unknown)
    return [_known(table, root)[0] for root in roots]


def _known(table: Mapping[Expr, Pair], node: Expr) -> Pair:
    """The value of an argument; a modulus has one only below an even power."""
    if node not in table:
        raise NotExact("the modulus of a complex number")
    return table[node]


def _even_power_of_modulus(node: Expr) -> int | None:
    if node.op.name != "power" or node.args[0].op.name != "abs":
        return None
    exponent = whole_exponent(node)
    return exponent if exponent is not None and exponent % 2 == 0 else None


def _pair(node: Expr, args: list[Pair], unknown: Unknown) -> Pair:
    name = node.op.name
    if name in ("conj", "real", "imag"):
        return _parts(name, *args[0], unknown.field)
    if not is_rational(node) and name not in _ANALYTIC:
        raise NotExact(f"{name} of complex numbers")
    if name == "power" and whole_exponent(node) is None:
        raise NotExact("a root of complex numbers")
    first = computed(unknown, node, [a for a, _ in args])
    return first, computed(unknown, node, [b for _, b in args])


def _parts(name: str, z: Array, bar: Array, field: Residues) -> Pair:
    if name == "conj":
        return bar, z
    half = field.number(Fraction(1, 2))
    if name == "real":
        part: Any = field.reduced((z + bar) * half)
    else:
        part = field.reduced((z - bar) * half * field.inverse(imaginary_unit(field.p)))
    result = np.asarray(part, dtype=object)
    return result, result


def squared_modulus(z: Array, bar: Array, exponent: int, field: Residues) -> Array:
    """|z|^(2k) = (z z̄)^k."""
    return field.entrywise(lambda a, b: raised(field, a * b % field.p, exponent), z, bar)
