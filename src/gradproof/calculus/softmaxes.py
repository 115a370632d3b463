"""Softmax and logsumexp recognised where they are spelled out, and freed of what they do not depend on."""

from __future__ import annotations

from fractions import Fraction

from gradproof.calculus.monomial import UNIT, Monomial, build, flat
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import broadcast_to, minus, multiply, sum_over
from gradproof.expr.contraction import Spec
from gradproof.expr.elementwise import divide, exp, log
from gradproof.expr.node import OPERATIONS, Expr, make, number, symbol
from gradproof.expr.product import PRODUCT, SUM, add, filled
from gradproof.expr.reduction import LOGSUMEXP, SOFTMAX, axes_of

ONE = Fraction(1)


def sum_of_exp(node: Expr) -> tuple[Expr, tuple[int, ...], Spec] | None:
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
        found = sum_of_exp(base) if exponent == -1 else None
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


def _log_softmax(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op is not SOFTMAX:
        return None
    (u,) = x.args
    return minus(u, make(LOGSUMEXP, (u,), x.attrs))


def softmax_of_difference(x: Expr) -> Expr | None:
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


_SHORTER = "the result has fewer functions"
_DEFINED = "definition of the function"
_Z = symbol("Z", (3, 4))


def _row_sums(z: Expr) -> Expr:
    """Row sums, repeated along the rows."""
    return broadcast_to(sum_over(z, 1, keepdims=True), z.shape)


SOFTMAXES = (
    Rule(
        "softmax",
        _softmax,
        ("product",),
        "eᶻ/Σeᶻ = softmax(z)",
        _SHORTER,
        _DEFINED,
        (lambda: divide(exp(_Z), sum_over(exp(_Z), 1, keepdims=True)),),
    ),
    Rule(
        "shift of softmax",
        _shifted_softmax,
        ("softmax",),
        "softmax(z + c) = softmax(z) for c constant along the axes",
        "fewer terms below a softmax",
        "Blanchard, Higham, Higham, Accurately computing the log-sum-exp and softmax functions, 2021",
        (lambda: make(SOFTMAX, (add(_Z, _row_sums(_Z)),), ((1,),)),),
    ),
    Rule(
        "shift of logsumexp",
        _shifted_logsumexp,
        ("logsumexp",),
        "logsumexp(z + c) = logsumexp(z) + c for c constant along the axes",
        "fewer terms below a logsumexp",
        "Blanchard, Higham, Higham, 2021",
        (lambda: make(LOGSUMEXP, (add(_Z, _row_sums(_Z)),), ((1,),)),),
    ),
)
LOGARITHM_OF_SOFTMAX = (
    Rule(
        "logarithm of softmax",
        _log_softmax,
        ("log",),
        "log softmax(z) = z − logsumexp(z)",
        "the logarithm is gone",
        _DEFINED,
        (lambda: log(make(SOFTMAX, (_Z,), ((1,),))),),
    ),
)
