"""Upper bounds of degrees, from which the lemma of Schwartz and Zippel bounds the probability of an error.

Every entry of an expression is N/D with a denominator D that the entries share; N and D are polynomials in
the parameters of its symbols and in the values of its unknown functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod

from gradproof.calculus.exact import is_rational, whole_exponent
from gradproof.expr.node import Expr, iterate_postorder
from gradproof.expr.powers import scalar_exponent

Degree = tuple[int, int]
_CONSTANT = ("number", "constant", "delta")
_PER_VALUE = 4  # degree of one entry of a function that is made of unknown ones: tanh needs the most


def degrees(roots: Sequence[Expr], leaves: Mapping[Expr, Degree]) -> dict[Expr, Degree]:
    """Degrees of numerator and denominator of every node; sizes are numbers."""
    table: dict[Expr, Degree] = dict(leaves)
    for node in iterate_postorder(roots, set(table)):
        table[node] = _degree(node, [table[a] for a in node.args])
    return table


def _entries(node: Expr) -> int:
    return prod(int(n) for n in node.shape)


def _degree(node: Expr, args: list[Degree]) -> Degree:  # noqa: PLR0911
    name = node.op.name
    if name in _CONSTANT:
        return 0, 0
    num, den = sum(n for n, _ in args), sum(d for _, d in args)
    if not is_rational(node):
        exponent = scalar_exponent(node.args[1]) if name == "power" else None
        times = 1 + (abs(exponent.numerator) if isinstance(exponent, Fraction) else 1)
        count = _PER_VALUE * times * max(_entries(a) for a in (node, *node.args))
        if not node.op.elementwise and node.args and name in ("logdet", "signdet"):
            num, den = _of_determinant(node, args[0])
        return num + den + count, num + den + count
    if name == "sum":
        return max(n + den - d for n, d in args), den
    if name == "power":
        return _of_power(node, *args[0])
    if name in ("inv", "det", "solve", "pinv", "matrix_power"):
        return _of_matrix(node, args)
    if name in ("prod", "product_of_others"):
        count = _entries(node.args[0])
        return num * count, den * count
    return max(num, max((n + den - d for n, d in args), default=0)), den


def _of_power(node: Expr, num: int, den: int) -> Degree:
    exponent = whole_exponent(node)
    assert exponent is not None
    if exponent >= 0:
        return num * exponent, den * exponent
    count = _entries(node.args[0])
    return -exponent * (den + num * (count - 1)), -exponent * num * count


def _of_determinant(node: Expr, degree: Degree) -> Degree:
    shape = node.args[0].shape
    times = int(shape[-1]) * max(prod(int(n) for n in shape[:-2]), 1)
    return times * degree[0], times * degree[1]


def _of_matrix(node: Expr, args: list[Degree]) -> Degree:
    """A⁻¹ = adj(A)/det(A) of matrices of polynomials; stacks have the denominators of all their matrices."""
    name, (num, den) = node.op.name, args[0]
    shape = node.args[0].shape
    n, stack = max(int(s) for s in shape[-2:]), max(prod(int(s) for s in shape[:-2]), 1)
    if name == "det":
        return n * stack * num, n * stack * den
    if name == "pinv":  # the Gram matrix is inverted, and multiplied by X once more
        return _inverse(2 * num, 2 * den, n, stack, (num, den))
    if name == "matrix_power":
        exponent = whole_exponent(node)
        assert exponent is not None
        if exponent < 0:
            num, den = _inverse(num, den, n, stack, (0, 0))
        return abs(exponent) * num, abs(exponent) * den
    return _inverse(num, den, n, stack, args[1] if len(args) > 1 else (0, 0))


def _inverse(num: int, den: int, n: int, stack: int, right: Degree) -> Degree:
    return den + (n * stack - 1) * num + right[0], n * stack * num + right[1]
