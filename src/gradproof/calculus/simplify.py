"""Normal forms that people recognise, and the table of rules that lead to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from fractions import Fraction
from itertools import product
from math import prod

from gradproof.calculus.canonical import merged, terms
from gradproof.calculus.centring import CENTRING
from gradproof.calculus.content import CONTENT, OPPOSITES, SCALARS
from gradproof.calculus.determinants import DETERMINANTS
from gradproof.calculus.exponents import EXPONENTS
from gradproof.calculus.factoring import FACTORING
from gradproof.calculus.facts import is_symmetric
from gradproof.calculus.inverses import INVERSES
from gradproof.calculus.kroneckers import KRONECKERS
from gradproof.calculus.linearity import LINEARITY
from gradproof.calculus.monomial import UNIT, Factor, Monomial, build, flat, joined
from gradproof.calculus.patterns import PATTERNS
from gradproof.calculus.pseudoinverses import PSEUDOINVERSES, RECOGNISED
from gradproof.calculus.rational import rational
from gradproof.calculus.rewrite import Rewriter, Rule
from gradproof.calculus.selection import SELECTION
from gradproof.calculus.size import length
from gradproof.calculus.step import Step
from gradproof.calculus.totals import REAL, TOTALS
from gradproof.calculus.unconstrained import Freed
from gradproof.expr.broadcast import matmul, minus, multiply, scale, trace, transpose
from gradproof.expr.elementwise import apply, divide
from gradproof.expr.node import DELTA, Expr, iterate_postorder, make, number, symbol
from gradproof.expr.product import SUM, add, filled

MAX_EXPANDED = 32
SUMMED = -9


def simplify(expr: Expr, atoms: Set[Expr] = frozenset()) -> Expr:
    """The expression in a form that people recognise; same value wherever the expression is defined."""
    found = Rewriter(RULES, atoms)(expr)
    if any(node.op.name == "inv" for node in iterate_postorder([found], set(atoms))):
        return Rewriter((*RECOGNISED, *RULES), atoms)(found)
    return found


def prepared(cost: Expr, wrt: Sequence[Expr]) -> tuple[Expr, list[Step]]:
    """A cost in the form to differentiate, and the steps to it: Σ λ a trace, Π λ a determinant, no spectra.

    What is declared of the variables is not used, since their gradient is that of free entries.
    """
    free = Freed(wrt)
    rewriter = Rewriter(PREPARATION)
    found = rewriter(free.freed(cost))
    return free.restored(found), free.restored_steps(rewriter.steps)


def _one_product(node: Expr) -> Expr | None:
    return build(flat(node))


def _like_terms(node: Expr) -> Expr | None:
    found = merged(m for arg in node.args for m in _signed_terms(arg))
    if not found:
        return filled(number(0), node.shape)
    return add(*(build(m) for m in sorted(found, key=lambda m: m.coefficient < 0)))


def _opened(node: Expr) -> Expr | None:
    """Products over sums are expanded in a sum where terms of different products then merge."""
    seen: dict[_Signature, tuple[int, bool]] = {}
    for k, arg in enumerate(node.args):
        part = flat(arg)
        opened = [f for f, e in part.powers.items() if f[0].op is SUM and e == 1]
        inside = len(opened) == 1 and len(opened[0][0].args) <= MAX_EXPANDED
        for signature in _signatures(part, opened[0]) if inside else [_signature(_placed(part))]:
            other, was_inside = seen.setdefault(signature, (k, inside))
            if other != k and (inside or was_inside):
                found = terms(node)
                new = add(*found) if found else filled(number(0), node.shape)
                return new if length(new) < length(node) else None
    return None


_Place = tuple[Expr, Fraction, tuple[int, ...]]
_Signature = frozenset[tuple[_Place, int]]


def _signature(places: list[_Place]) -> _Signature:
    return frozenset((place, places.count(place)) for place in places)


def _placed(mono: Monomial, axes: Mapping[int, int] | None = None) -> list[_Place]:
    """The factors with the axes of the result that they carry; the names of summed indices say nothing."""
    places = axes if axes is not None else {k: k for k in range(mono.ndim)}
    return [
        (base, e, tuple((sorted if is_symmetric(base) else tuple)(places.get(i, SUMMED) for i in spec)))
        for (base, spec), e in mono.powers.items()
    ]


def _signatures(part: Monomial, opened: Factor) -> list[_Signature]:
    """One for each term that the product expands to; equal terms have equal ones."""
    rest = {f: e for f, e in part.powers.items() if f != opened}
    outside = _placed(Monomial(part.coefficient, rest, part.shape, part.sizes))
    axes = {k: i for k, i in enumerate(opened[1]) if 0 <= i < part.ndim}
    return [_signature([*outside, *_placed(flat(t), axes)]) for t in opened[0].args]


def _signed_terms(arg: Expr) -> list[Monomial]:
    """−(a − b) = −a + b, (A + B)ᵀ = Aᵀ + Bᵀ: a sum, a multiple or transpose of one, inside another sum."""
    mono = flat(arg)
    if len(mono.powers) == 1 and not mono.sizes:
        (((base, spec), exponent),) = mono.powers.items()
        if base.op is SUM and exponent == 1:
            axes = [i for i in spec if i != UNIT]
            if sorted(axes) == [k for k, n in enumerate(arg.shape) if n != 1]:
                inner = [joined([(flat(t), spec)], arg.shape, {}) for t in base.args]
                return [m.times(mono.coefficient) for m in inner]
    return [mono]


def _expanded(node: Expr) -> Expr | None:
    """A product over a sum whose terms then merge: tr(dWᵀ W + Wᵀ dW) = 2 tr(Wᵀ dW)."""
    mono = flat(node)
    counts = [len(base.args) for (base, _), e in mono.powers.items() if base.op is SUM and e == 1]
    if not counts or prod(counts) > MAX_EXPANDED or not _may_merge(mono):
        return None
    found = terms(node)
    if not found:
        return filled(number(0), node.shape)
    new = add(*found)
    return new if length(new) < length(node) else None


def _may_merge(mono: Monomial) -> bool:
    """Whether terms could become equal or cancel when the product is expanded; else it only grows.

    Terms can only merge where they have the same factors, and only cancel against a power or a delta.
    """
    opened = [(base, spec) for (base, spec), e in mono.powers.items() if base.op is SUM and e == 1]
    rest = _bases(f for f in mono.powers.items() if f[0] not in opened)
    choices = [[_bases(flat(t).powers.items()) for t in base.args] for base, _ in opened]
    if any(base.op is DELTA for part in (rest, *(t for found in choices for t in found)) for base in part):
        return True
    seen: set[frozenset[tuple[Expr, Fraction]]] = set()
    for chosen in product(*choices):
        total = dict(rest)
        for part in chosen:
            for base, exponent in part.items():
                if total.get(base, exponent) * exponent < 0:
                    return True
                total[base] = total.get(base, Fraction(0)) + exponent
        key = frozenset(total.items())
        if key in seen:
            return True
        seen.add(key)
    return False


def _bases(powers: Iterable[tuple[Factor, Fraction]]) -> dict[Expr, Fraction]:
    """Factors without their indices, and how often each occurs."""
    found: dict[Expr, Fraction] = {}
    for (base, _), exponent in powers:
        found[base] = found.get(base, Fraction(0)) + exponent
    return found


def _one_power(node: Expr) -> Expr | None:
    mono = flat(node)
    return build(mono) if mono.coefficient != Fraction(1) or len(mono.powers) != 1 else None


_A, _B, _X = symbol("A", (3, 3)), symbol("B", (3, 3)), symbol("X", (3, 2))


def _sample_expanded() -> Expr:
    """tr(dWᵀ W + Wᵀ dW)."""
    return trace(add(matmul(transpose(_A), _B), matmul(transpose(_B), _A)))


def _sample_cross_entropy() -> Expr:
    """(−y/a + (1 − y)/(1 − a))·a·(1 − a)."""
    y, a = symbol("y"), symbol("a", (), 0, ("positive",))
    rest = minus(number(1), a)
    inner = minus(divide(minus(number(1), y), rest), divide(y, a))
    return multiply(inner, a, rest)


ALGEBRA = (
    Rule(
        "one product",
        _one_product,
        ("product",),
        "Σ_j a_ij (Σ_k b_jk c_k) = Σ_jk a_ij b_jk c_k; equal factors are one power, numbers one number",
        "the result has no product among its factors",
        "associativity and commutativity of the product",
        (lambda: matmul(_A, matmul(_B, _X)), lambda: multiply(_A, _A)),
    ),
    Rule(
        "distributivity",
        _expanded,
        ("product",),
        "a (b + c) = a b + a c, where terms then merge",
        "the result is strictly shorter",
        "distributivity",
        (lambda: trace(matmul(transpose(_A), add(_B, scale(-1, _B), _A))), _sample_expanded),
    ),
    Rule(
        "distributivity",
        _opened,
        ("sum",),
        "a (b + c) − a b = a c: what merges in a sum of products",
        "the result is strictly shorter",
        "distributivity",
        (lambda: add(matmul(add(_A, _B), _X), scale(-1, matmul(_A, _X))),),
    ),
    Rule(
        "power of a product",
        _one_power,
        ("power",),
        "(c a b)ᵖ = cᵖ aᵖ bᵖ for whole p",
        "the result has no product below a power",
        "laws of exponents",
        (lambda: apply("power", scale(2, _A), number(2)),),
    ),
    Rule(
        "like terms",
        _like_terms,
        ("sum",),
        "c a + d a = (c + d) a; −(a − b) = −a + b; what is subtracted stands last",
        "fewer terms, or fewer sums below a sum",
        "distributivity",
        (lambda: make(SUM, (_A, _A)), lambda: make(SUM, (_X, scale(-1, make(SUM, (_X, _X)))))),
    ),
)
RATIONAL = (
    Rule(
        "rational simplification",
        rational,
        ("product", "sum"),
        "p/q = (p/g)/(q/g) entrywise, g the greatest common divisor; wherever q ≠ 0",
        "the result is strictly cheaper to write",
        "Geddes, Czapor, Labahn, Algorithms for Computer Algebra, 1992, ch. 7",
        (_sample_cross_entropy,),
    ),
)
RULES: tuple[Rule, ...] = (
    *PATTERNS,
    *SELECTION,
    *LINEARITY,
    *TOTALS,
    *CENTRING,
    *INVERSES,
    *DETERMINANTS,
    *PSEUDOINVERSES,
    *KRONECKERS,
    *ALGEBRA,
    *EXPONENTS,
    *OPPOSITES,
    *RATIONAL,
    *CONTENT,
    *FACTORING,
    *SCALARS,
)
PREPARATION: tuple[Rule, ...] = (*REAL, *INVERSES, *DETERMINANTS, *PSEUDOINVERSES, *KRONECKERS)
ALL_RULES: tuple[Rule, ...] = (*RULES, *RECOGNISED)
