"""Spelled-out functions recognised: 1/(1 + e^(−z)) is σ(z), e^z/Σe^z is softmax(z), and their kin."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradproof.calculus.canonical import same
from gradproof.calculus.monomial import UNIT, Monomial, build, counted, flat, of_atom, whole_power
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import minus, multiply, negate
from gradproof.expr.contraction import Spec
from gradproof.expr.elementwise import sigmoid
from gradproof.expr.function import apply
from gradproof.expr.node import OPERATIONS, Expr, make, number
from gradproof.expr.product import PRODUCT, SUM, add, filled, is_zero
from gradproof.expr.reduction import LOGSUMEXP, SOFTMAX, axes_of

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


def _sum_of_exp(node: Expr) -> tuple[Expr, tuple[int, ...], Spec] | None:
    """(u, axes, spec) where the node is Σ exp(u) over the axes; spec gives the result's axis of u's axes."""
    mono = flat(node)
    if mono.coefficient != 1 or len(mono.powers) != 1 or node.op is not PRODUCT:
        return None
    (((base, spec), exponent),) = mono.powers.items()
    if base.op.name != "exp" or exponent != 1 or len({i for i in spec if i >= 0}) < sum(i >= 0 for i in spec):
        return None
    axes = tuple(k for k, i in enumerate(spec) if i in mono.sizes)
    if not axes or len({i for i in spec if 0 <= i < mono.ndim}) < sum(n != 1 for n in mono.shape):
        return None
    return base.args[0], axes, tuple(UNIT if k in axes else i for k, i in enumerate(spec))


def _softmax(node: Expr) -> Expr | None:
    """exp(u)/Σ exp(u), the sum over some axes."""
    mono = flat(node)
    for (base, spec), exponent in mono.powers.items():
        found = _sum_of_exp(base) if exponent == -1 else None
        if found is None:
            continue
        u, axes, own = found
        numerator = make(OPERATIONS["exp"], (u,))
        for (other, place), e in mono.powers.items():
            expected = {own[k]: place[k] for k in range(len(own)) if k not in axes and own[k] != UNIT}
            actual = {i: spec[i] for i in range(len(spec)) if spec[i] != UNIT}
            if e == 1 and other is numerator and expected == actual:
                powers = {f: p for f, p in mono.powers.items() if f not in ((base, spec), (other, place))}
                powers[make(SOFTMAX, (u,), (axes,)), place] = ONE
                return build(Monomial(mono.coefficient, powers, mono.shape, mono.sizes))
    return None


def _constant_terms(x: Expr, axes: tuple[int, ...]) -> tuple[list[Expr], list[Expr]]:
    """Terms of x that vary along one of the axes, and those that do not."""
    varying: list[Expr] = []
    constant: list[Expr] = []
    for term in x.args if x.op is SUM else (x,):
        used = {i for _, spec in flat(term).powers for i in spec}
        (constant if used.isdisjoint(axes) else varying).append(term)
    return varying, constant


def _shifted_softmax(node: Expr) -> Expr | None:
    """softmax(u + c) = softmax(u) for c constant along the axes: the shift by the maximum."""
    varying, constant = _constant_terms(node.args[0], axes_of(node))
    if not varying or not constant:
        return None
    return make(SOFTMAX, (add(*varying),), node.attrs)


def _shifted_logsumexp(node: Expr) -> Expr | None:
    """logsumexp(u + c) = logsumexp(u) + c for c constant along the axes."""
    axes = axes_of(node)
    varying, constant = _constant_terms(node.args[0], axes)
    if not varying or not constant:
        return None
    outside = [_kept(term, node, axes) for term in constant]
    return add(make(LOGSUMEXP, (add(*varying),), node.attrs), *outside)


def _kept(term: Expr, node: Expr, axes: tuple[int, ...]) -> Expr:
    """A term that is constant along the axes, with size 1 there."""
    mono = flat(term)
    return build(Monomial(mono.coefficient, mono.powers, node.shape, mono.sizes))


def _log(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op.name == "exp":
        return x.args[0]
    exponent = _one_plus_exp(x)
    if exponent is not None:
        return apply("softplus", exponent)
    found = _sum_of_exp(x)
    if found is not None:
        u, axes, spec = found
        factor = make(LOGSUMEXP, (u,), (axes,)), spec
        return build(Monomial(ONE, {factor: ONE}, node.shape, {}))
    return None


def _log_softmax(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op is not SOFTMAX:
        return None
    (u,) = x.args
    return minus(u, make(LOGSUMEXP, (u,), x.attrs))


def _log1p(node: Expr) -> Expr | None:
    (x,) = node.args
    return apply("softplus", x.args[0]) if x.op.name == "exp" else None


def _exp(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op.name == "log":
        return x.args[0]
    return _softmax_of_difference(x)


def _softmax_of_difference(x: Expr) -> Expr | None:
    """exp(u − logsumexp(u)) = softmax(u)."""
    if x.op is not SUM:
        return None
    for k, term in enumerate(x.args):
        mono = flat(term)
        if len(mono.powers) != 1 or mono.coefficient != -1:
            continue
        (((base, _), exponent),) = mono.powers.items()
        if base.op is LOGSUMEXP and exponent == 1:
            rest = add(*x.args[:k], *x.args[k + 1 :])
            expected = flat(multiply(filled(number(-1), x.shape), base)) if base.ndim == x.ndim else None
            if rest is base.args[0] and expected is not None and expected.powers == mono.powers:
                return make(SOFTMAX, (rest,), base.attrs)
    return None


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


COMPARISONS = ("greater", "greater_equal", "less", "less_equal", "equal", "not_equal")
_SHORTER = "the result has fewer functions"

SPELLINGS = (
    Rule("logistic function", _sigmoid, ("power",), "1/(1 + e⁻ᶻ) = σ(z)", _SHORTER),
    Rule("logistic function", _sigmoid_of_product, ("product",), "eᶻ/(1 + eᶻ) = σ(z)", _SHORTER),
    Rule("hyperbolic tangent", _tanh, ("product",), "(eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ) = tanh z", _SHORTER),
    Rule("softmax", _softmax, ("product",), "eᶻ/Σeᶻ = softmax(z)", _SHORTER),
    Rule(
        "shift of softmax",
        _shifted_softmax,
        ("softmax",),
        "softmax(z + c) = softmax(z) for c constant along the axes",
        "fewer terms below a softmax",
        "Blanchard, Higham, Higham, Accurately computing the log-sum-exp and softmax functions, 2021",
    ),
    Rule(
        "shift of logsumexp",
        _shifted_logsumexp,
        ("logsumexp",),
        "logsumexp(z + c) = logsumexp(z) + c for c constant along the axes",
        "fewer terms below a logsumexp",
        "Blanchard, Higham, Higham, 2021",
    ),
    Rule(
        "logarithm",
        _log,
        ("log",),
        "log eᶻ = z; log Σeᶻ = logsumexp(z); log(1 + eᶻ) = softplus(z)",
        "the logarithm is gone",
    ),
    Rule("softplus", _log1p, ("log1p",), "log(1 + eᶻ) = softplus(z)", "the logarithm is gone"),
    Rule("exponential", _exp, ("exp",), "e^(log z) = z; e^(z − logsumexp(z)) = softmax(z)", _SHORTER),
    Rule("softplus", _logaddexp, ("logaddexp",), "log(e⁰ + eᶻ) = softplus(z)", _SHORTER),
    Rule("rectifier", _relu, ("maximum",), "max(0, z) = max(z, 0)", "the zero stands second"),
    Rule("rectifier", _relu_by_mask, ("product",), "z∘[z > 0] = max(z, 0)", _SHORTER),
    Rule("selection", _where, ("where",), "where(c, x, 0) = c∘x", "the selection is gone"),
    Rule("number type", _cast, ("cast_float", "cast_int"), "a mask of 0 and 1 is one in any type", _SHORTER),
)
# What is made of functions that are recognised. A softmax with a name of its own is left in its logarithm.
PATTERNS = (
    *SPELLINGS,
    Rule(
        "logarithm of softmax",
        _log_softmax,
        ("log",),
        "log softmax(z) = z − logsumexp(z)",
        "the logarithm is gone",
    ),
)
