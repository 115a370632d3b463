"""Spelled-out functions recognised: 1/(1 + e^(−z)) is σ(z), e^z/Σe^z is softmax(z), and their kin."""

from __future__ import annotations

from fractions import Fraction

from gradproof.calculus.canonical import same
from gradproof.calculus.monomial import Monomial, build, flat, of_atom, whole_power
from gradproof.calculus.rewrite import Rule
from gradproof.calculus.softmaxes import LOGARITHM_OF_SOFTMAX, SOFTMAXES, softmax_of_difference, sum_of_exp
from gradproof.expr.broadcast import minus, multiply, negate, plus, sum_over
from gradproof.expr.contraction import Spec
from gradproof.expr.elementwise import divide, exp, log, power, sigmoid
from gradproof.expr.function import apply
from gradproof.expr.node import Expr, make, number, symbol
from gradproof.expr.product import SUM, add, filled, is_zero
from gradproof.expr.reduction import LOGSUMEXP

ONE = Fraction(1)


def _is_one(term: Expr) -> bool:
    mono = flat(term)
    return not mono.powers and mono.coefficient == 1


def _one_plus_exp(node: Expr) -> Expr | None:
    """u where the node is 1 + exp(u)."""
    if node.op is SUM and len(node.args) == 2:
        for one, other in (node.args, node.args[::-1]):
            if other.op.name == "exp" and _is_one(one):
                return other.args[0]
    return None


def _flipped(x: Expr) -> Expr:
    """−x, with the signs of a sum's terms changed."""
    if x.op is SUM:
        return add(*(build(flat(t).times(-ONE)) for t in x.args))
    return build(flat(x).times(-ONE))


def _sigmoid(node: Expr) -> Expr | None:
    base = whole_power(node)
    if base is None or base[1].denominator != 1 or base[1] >= 0:
        return None
    inside = _one_plus_exp(base[0])
    if inside is None:
        return None
    return build(Monomial(ONE, {_full(sigmoid(_flipped(inside))): -base[1]}, node.shape, {}))


def _full(node: Expr) -> tuple[Expr, Spec]:
    (factor,) = of_atom(node).powers
    return factor


def _sigmoid_of_product(node: Expr) -> Expr | None:
    """exp(u)·σ(−u) = σ(u), which is eᵘ/(1 + eᵘ)."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op.name != "exp" or exponent != 1:
            continue
        wanted = sigmoid(_flipped(base.args[0])), spec
        if mono.powers.get(wanted) == 1:
            powers = {f: e for f, e in mono.powers.items() if f not in (wanted, (base, spec))}
            powers[sigmoid(base.args[0]), spec] = ONE
            return build(Monomial(mono.coefficient, powers, mono.shape, mono.sizes))
    return None


def _tanh(node: Expr) -> Expr | None:
    """(eᵘ − e⁻ᵘ)/(eᵘ + e⁻ᵘ) = tanh(u)."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if exponent != -1 or base.op is not SUM or len(base.args) != 2:
            continue
        plus, minus_ = base.args
        if plus.op.name != "exp" or minus_.op.name != "exp":
            continue
        if not same(plus.args[0], negate(minus_.args[0])):
            continue
        for (other, own), e in mono.powers.items():
            if e != 1 or own != spec or other.op is not SUM:
                continue
            for left, right in ((plus, minus_), (minus_, plus)):
                if same(other, minus(left, right)):
                    powers = {f: p for f, p in mono.powers.items() if f not in ((base, spec), (other, own))}
                    powers[apply("tanh", left.args[0]), spec] = ONE
                    return build(Monomial(mono.coefficient, powers, mono.shape, mono.sizes))
    return None


def _log(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op.name == "exp":
        return x.args[0]
    exponent = _one_plus_exp(x)
    if exponent is not None:
        return apply("softplus", exponent)
    found = sum_of_exp(x)
    if found is not None:
        u, axes, spec = found
        factor = make(LOGSUMEXP, (u,), (axes,)), spec
        return build(Monomial(ONE, {factor: ONE}, node.shape, {}))
    return None


def _log1p(node: Expr) -> Expr | None:
    (x,) = node.args
    return apply("softplus", x.args[0]) if x.op.name == "exp" else None


def _exp(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op.name == "log":
        return x.args[0]
    return softmax_of_difference(x)


def _logaddexp(node: Expr) -> Expr | None:
    for zero, x in (node.args, node.args[::-1]):
        if is_zero(zero):
            return apply("softplus", x)
    return None


def _relu(node: Expr) -> Expr | None:
    first, second = node.args
    return apply("maximum", second, first) if is_zero(first) and not is_zero(second) else None


def _relu_by_mask(node: Expr) -> Expr | None:
    """z∘[z > 0] = max(z, 0)."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        if base.op.name in ("greater", "greater_equal") and is_zero(base.args[1]) and exponent == 1:
            z = base.args[0], spec
            if mono.powers.get(z) == 1:
                powers = {f: e for f, e in mono.powers.items() if f not in (z, (base, spec))}
                powers[apply("maximum", z[0], filled(number(0), z[0].shape)), spec] = ONE
                return build(Monomial(mono.coefficient, powers, mono.shape, mono.sizes))
    return None


def _where(node: Expr) -> Expr | None:
    """where(c, x, 0) = c∘x; where(z > 0, z, 0) is then max(z, 0)."""
    condition, x, y = node.args
    if is_zero(y) and condition.op.elementwise:
        return multiply(condition, x)
    return None


def _cast(node: Expr) -> Expr | None:
    """The number type of a mask is no part of the formula."""
    (x,) = node.args
    if node.op.name == "cast_float" or x.op.name in COMPARISONS:
        return x
    return None


COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
_SHORTER = "the result has fewer functions"
_DEFINED = "definition of the function"
_UNIT, _Z, _P = number(1), symbol("Z", (3, 4)), symbol("P", (3, 4), 0, ("positive",))


def _sample_tanh() -> Expr:
    up, down = exp(_Z), exp(negate(_Z))
    return divide(minus(up, down), plus(up, down))


SPELLINGS = (
    Rule(
        "logistic function",
        _sigmoid,
        ("power",),
        "1/(1 + e⁻ᶻ) = σ(z)",
        _SHORTER,
        _DEFINED,
        (lambda: power(plus(_UNIT, exp(negate(_Z))), -1),),
    ),
    Rule(
        "logistic function",
        _sigmoid_of_product,
        ("product",),
        "eᶻ/(1 + eᶻ) = σ(z)",
        _SHORTER,
        _DEFINED,
        (lambda: multiply(exp(_Z), sigmoid(negate(_Z))),),
    ),
    Rule(
        "hyperbolic tangent",
        _tanh,
        ("product",),
        "(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ) = tanh z",
        _SHORTER,
        _DEFINED,
        (_sample_tanh,),
    ),
    *SOFTMAXES,
    Rule(
        "logarithm",
        _log,
        ("log",),
        "log eᶻ = z; log Σeᶻ = logsumexp(z); log(1 + eᶻ) = softplus(z)",
        "the logarithm is gone",
        _DEFINED,
        (lambda: log(exp(_Z)), lambda: log(sum_over(exp(_Z))), lambda: log(plus(_UNIT, exp(_Z)))),
    ),
    Rule(
        "softplus",
        _log1p,
        ("log1p",),
        "log(1 + eᶻ) = softplus(z)",
        "the logarithm is gone",
        _DEFINED,
        (lambda: apply("log1p", exp(_Z)),),
    ),
    Rule(
        "exponential",
        _exp,
        ("exp",),
        "e^(log z) = z; e^(z − logsumexp(z)) = softmax(z)",
        _SHORTER,
        _DEFINED,
        (lambda: exp(log(_P)), lambda: exp(minus(_Z, make(LOGSUMEXP, (_Z,), ((1,),))))),
    ),
    Rule(
        "softplus",
        _logaddexp,
        ("logaddexp",),
        "log(e⁰ + eᶻ) = softplus(z)",
        _SHORTER,
        _DEFINED,
        (lambda: apply("logaddexp", number(0), _Z),),
    ),
    Rule(
        "rectifier",
        _relu,
        ("maximum",),
        "max(0, z) = max(z, 0)",
        "the zero stands second",
        _DEFINED,
        (lambda: apply("maximum", number(0), _Z),),
    ),
    Rule(
        "rectifier",
        _relu_by_mask,
        ("product",),
        "z∘[z > 0] = max(z, 0)",
        _SHORTER,
        _DEFINED,
        (lambda: multiply(_Z, apply("greater", _Z, number(0))),),
    ),
    Rule(
        "selection",
        _where,
        ("where",),
        "where(c, x, 0) = c∘x",
        "the selection is gone",
        _DEFINED,
        (lambda: apply("where", apply("greater", _Z, number(1)), _P, number(0)),),
    ),
    Rule(
        "number type",
        _cast,
        ("cast_float", "cast_int"),
        "a mask of 0 and 1 is one in any type",
        _SHORTER,
        _DEFINED,
        (lambda: apply("cast_float", apply("greater", _Z, number(1))),),
    ),
)
# What is made of functions that are recognised. A softmax with a name of its own is left in its logarithm.
PATTERNS = (*SPELLINGS, *LOGARITHM_OF_SOFTMAX)
