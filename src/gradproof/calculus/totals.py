"""What facts about entries make of functions: |x| = x for x ≥ 0, Σ y = 1 on a simplex, re x = x of reals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradproof.calculus.facts import is_complex, is_nonnegative, is_positive, total_one_axes
from gradproof.calculus.monomial import UNIT, Monomial, Powers, build, counted, flat, whole_power
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.elementwise import apply, power, square
from gradproof.expr.node import Expr, number, symbol
from gradproof.expr.powers import POWER
from gradproof.expr.product import filled, is_zero, ones
from gradproof.expr.reduction import softmax

ONE = Fraction(1)


def total_of_one(node: Expr, axes_with_total_one: Callable[[Expr], tuple[int, ...]]) -> Expr | None:
    """Drop a factor that is summed, alone, over axes along which its total is 1."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        axes = axes_with_total_one(base)
        if not axes or exponent != 1:
            continue
        over = {spec[a] for a in axes} - {UNIT}
        rest = {f: e for f, e in mono.powers.items() if f != (base, spec)}
        elsewhere = {i for f in rest for i in f[1]} | {i for a, i in enumerate(spec) if a not in axes}
        if over and over <= mono.sizes.keys() and over.isdisjoint(elsewhere) and len(over) == len(axes):
            sizes = {i: s for i, s in mono.sizes.items() if i not in over}
            return build(counted(mono.coefficient, rest, mono.shape, sizes))
    return None


def _total(node: Expr) -> Expr | None:
    return total_of_one(node, total_one_axes)


def _absolute(node: Expr) -> Expr | None:
    """|x| = x for x ≥ 0; |c x| = |c| |x| for a number c; ||x|| = |x|."""
    (x,) = node.args
    if is_nonnegative(x):
        return x
    mono = flat(x)
    if mono.coefficient < 0:
        return apply("abs", build(mono.times(-ONE)))
    return None


def _sign(node: Expr) -> Expr | None:
    (x,) = node.args
    return ones(x.shape) if is_positive(x) else None


def _root_of_square(node: Expr) -> Expr | None:
    """√x² = |x|, |x|² = x², for real x."""
    base = node.args[0]
    whole = whole_power(node)
    if whole is None:
        return None
    value = whole[1]
    if base.op.name == "abs" and value.denominator == 1 and value % 2 == 0 and not is_complex(base.args[0]):
        return power(base.args[0], value)
    if base.op is POWER:
        inner = whole_power(base)
        if inner is not None and not is_complex(inner[0]):
            product = inner[1] * value
            if is_nonnegative(inner[0]):
                return power(inner[0], product)
            if inner[1].denominator == 1 and inner[1] % 2 == 0:
                return power(apply("abs", inner[0]), product)
    return None


def _sign_times(node: Expr) -> Expr | None:
    """x∘sign(x) = |x| and |x|∘sign(x) = x, for real x."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op.name != "sign" or exponent != 1 or is_complex(base):
            continue
        (x,) = base.args
        for partner, result in ((apply("abs", x), x), (x, apply("abs", x))):
            if mono.powers.get((partner, spec)) == 1:
                powers = Powers()
                for f, e in mono.powers.items():
                    if f == (partner, spec):
                        powers[result, spec] = powers.get((result, spec), Fraction(0)) + ONE
                    elif f != (base, spec):
                        powers[f] = powers.get(f, Fraction(0)) + e
                return build(Monomial(mono.coefficient, powers, mono.shape, mono.sizes))
    return None


def _real_part(node: Expr) -> Expr | None:
    (x,) = node.args
    if is_complex(x):
        return None
    return filled(number(0), x.shape) if node.op.name == "imag" else x


def _rectified(node: Expr) -> Expr | None:
    x, zero = node.args
    return x if is_zero(zero) and is_nonnegative(x) else None


def _y(*facts: str) -> Expr:
    return symbol("y", (3,), 0, facts)


_LESS = "fewer functions or factors"
REAL = (
    Rule(
        "real number",
        _real_part,
        ("real", "conj", "imag"),
        "re x = conj x = x, im x = 0, for real x",
        _LESS,
        "definition",
        (lambda: apply("real", _y()), lambda: apply("imag", _y())),
    ),
)
TOTALS = (
    *REAL,
    Rule(
        "total of one",
        _total,
        ("product",),
        "Σ y = 1 for y on a simplex; the rows of softmax(Z) and of a row-stochastic Y have the total 1",
        "one factor fewer",
        "definition of a probability vector",
        (lambda: sum_over(_y("simplex")), lambda: sum_over(softmax(symbol("Z", (3, 4)), 1), 1)),
    ),
    Rule(
        "absolute value",
        _absolute,
        ("abs",),
        "|x| = x for x ≥ 0; |−x| = |x|",
        _LESS,
        "definition",
        (lambda: apply("abs", _y("nonnegative")), lambda: apply("abs", multiply(number(-1), _y()))),
    ),
    Rule(
        "sign",
        _sign,
        ("sign",),
        "sign x = 1 for x > 0",
        _LESS,
        "definition",
        (lambda: apply("sign", _y("positive")),),
    ),
    Rule(
        "absolute value and sign",
        _sign_times,
        ("product",),
        "x∘sign x = |x|; |x|∘sign x = x; for real x",
        "the sign is gone",
        "definition",
        (
            lambda: multiply(_y(), apply("sign", _y())),
            lambda: multiply(apply("abs", _y()), apply("sign", _y())),
        ),
    ),
    Rule(
        "root of a square",
        _root_of_square,
        ("power",),
        "√x² = |x|; |x|² = x²; (xᵖ)ᵠ = x^(pq) for x ≥ 0; for real x",
        "one power or absolute value fewer",
        "definition",
        (
            lambda: apply("power", square(_y()), number(Fraction(1, 2))),
            lambda: power(apply("abs", _y()), 2),
        ),
    ),
    Rule(
        "rectifier of a nonnegative number",
        _rectified,
        ("maximum",),
        "max(x, 0) = x for x ≥ 0",
        _LESS,
        "definition",
        (lambda: apply("maximum", _y("nonnegative"), filled(number(0), (3,))),),
    ),
)
