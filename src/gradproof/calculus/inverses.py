"""Inverses in products and of products: X X⁻¹ = I, (A B)⁻¹ = B⁻¹A⁻¹, orthogonal factors."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradproof.calculus.facts import is_orthogonal, is_symmetric
from gradproof.calculus.labelling import in_any_order
from gradproof.calculus.monomial import UNIT, Factor, Monomial, Powers, build, flat
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import matmul, multiply, scale, transpose
from gradproof.expr.contraction import Spec
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.matching import Part, embeddings, orientations
from gradproof.expr.node import DELTA, OPERATIONS, Expr, delta, make, symbol
from gradproof.expr.product import PRODUCT, SUM, add, einsum

ONE = Fraction(1)
HORN = "Horn, Johnson, Matrix Analysis, 2013, 0.5"


def summed_only_in(mono: Monomial, index: int, factors: set[Factor]) -> bool:
    """Whether an index is summed and no other factor carries it."""
    return index in mono.sizes and all(index not in f[1] for f in mono.powers if f not in factors)


def without(mono: Monomial, taken: set[Factor], lost: set[int], put: list[Factor]) -> Monomial:
    """The monomial with some factors replaced, and some summed indices gone with them.

    New factors stand where the first of the old ones stood.
    """
    powers = Powers()
    placed = False
    for factor, exponent in mono.powers.items():
        if factor not in taken:
            powers[factor] = powers.get(factor, Fraction(0)) + exponent
        elif not placed:
            placed = True
            for new in put:
                powers[new] = powers.get(new, Fraction(0)) + ONE
    sizes = {i: s for i, s in mono.sizes.items() if i not in lost}
    return Monomial(mono.coefficient, {f: e for f, e in powers.items() if e}, mono.shape, sizes)


def _parts(mono: Monomial) -> list[Part]:
    return [
        (in_any_order(base) if base.op is SUM else base, spec, exponent)
        for (base, spec), exponent in mono.powers.items()
    ]


def inverses_in(mono: Monomial) -> Iterator[tuple[Factor, Spec]]:
    """The inverses among the factors, with each way to read their indices."""
    for (base, spec), exponent in mono.powers.items():
        if base.op.name == "inv" and base.ndim == 2 and exponent == 1 and UNIT not in spec:
            for oriented in orientations(base, spec, is_symmetric):
                yield (base, spec), oriented


def _inverse_cancels(node: Expr) -> Expr | None:
    mono = flat(node)
    for factor, (row, column) in inverses_in(mono):
        matrix = flat(factor[0].args[0])
        others = {f: e for f, e in mono.powers.items() if f != factor}
        if len(matrix.powers) > len(others) or (row == column and row not in mono.sizes):
            continue
        host = Monomial(mono.coefficient, others, mono.shape, mono.sizes)
        for fixed, inner, outer in (({1: row}, row, (0, column)), ({0: column}, column, (1, row))):
            for used, places in embeddings(_parts(matrix), _parts(host), fixed, is_symmetric):
                taken = {list(others)[k] for k in used} | {factor}
                inside = {places[i] for i in matrix.sizes}
                open_, kept = places[outer[0]], outer[1]
                if inner in (open_, kept) or not all(
                    summed_only_in(mono, i, taken) for i in inside | {inner}
                ):
                    continue
                if open_ in inside or kept in inside:
                    continue
                identity = delta(factor[0].shape[0]), (open_, kept)
                result = without(mono, taken, inside | {inner}, [identity])
                return build(result.times(1 / matrix.coefficient))
    return None


def _orthogonal(node: Expr) -> Expr | None:
    """Σ_k q_ki q_kj = δ_ij, and of a square Q also Σ_k q_ik q_jk = δ_ij."""
    mono = flat(node)
    factors = [f for f, e in mono.powers.items() if e == 1 and f[0].ndim == 2 and is_orthogonal(f[0])]
    for k, first in enumerate(factors):
        for second in factors[k + 1 :]:
            if first[0] is not second[0]:
                continue
            for axis in (0, 1) if first[0].shape[0] == first[0].shape[1] else (0,):
                inner = first[1][axis]
                both = {first, second}
                if inner == second[1][axis] and summed_only_in(mono, inner, both) and inner != UNIT:
                    identity = delta(first[0].shape[1 - axis]), (first[1][1 - axis], second[1][1 - axis])
                    return build(without(mono, both, {inner}, [identity]))
    return None


# --- the inverse of a product -----------------------------------------------------------------------


def _inverse_of_product(node: Expr) -> Expr | None:
    """Scalars, diagonal scalings at the ends, then the square factors in reverse order."""
    (x,) = node.args
    if x.op is not PRODUCT or x.ndim != 2:
        return x if x.op is DELTA else None
    mono = flat(x)
    taken = _taken_apart(mono) if mono.coefficient else None
    if taken is None:
        return None
    powers, chain = taken
    if any(spec in ((0,), (1,)) for _, spec in powers) and any(b.op is DELTA for b, _ in chain):
        return _diagonal(mono)
    order = in_chain(chain)
    return None if order is None else _reversed(mono, powers, order)


def _taken_apart(mono: Monomial) -> tuple[Powers, list[Factor]] | None:
    """Reciprocals of the scalars and of the scalings of rows and columns, and the square matrices."""
    powers = Powers()
    chain: list[Factor] = []
    for (base, spec), exponent in mono.powers.items():
        if len(spec) == 0:
            powers[base, spec] = -exponent
        elif len(spec) == 1 and spec[0] in (0, 1):
            powers[base, (1 - spec[0],)] = -exponent
        elif len(spec) == 2 and exponent == 1 and base.shape[0] == base.shape[1]:
            chain.append((base, spec))
        else:
            return None
    return powers, chain


def _reversed(mono: Monomial, powers: Powers, order: list[Factor]) -> Expr | None:
    flip = {0: 1, 1: 0}
    for base, spec in reversed(order):
        turned = tuple(flip.get(i, i) for i in spec)
        key = (base, turned) if base.op is DELTA else (inv(base), turned[::-1])
        if key in powers:
            return None
        powers[key] = ONE
    return build(Monomial(1 / mono.coefficient, powers, mono.shape, mono.sizes))


def _diagonal(mono: Monomial) -> Expr | None:
    """diag(v)⁻¹ = diag(1/v)."""
    powers = {f: (e if f[0].op is DELTA else -e) for f, e in mono.powers.items()}
    if mono.sizes or any(len(spec) > 1 and base.op is not DELTA for base, spec in powers):
        return None
    return build(Monomial(1 / mono.coefficient, powers, mono.shape, {}))


def in_chain(factors: list[Factor]) -> list[Factor] | None:
    """The factors of a matrix product from left to right; None where they are none."""
    left, at = list(factors), 0
    order: list[Factor] = []
    while left:
        holders = [f for f in left if at in f[1]]
        if len(holders) != 1 or holders[0][1][0] == holders[0][1][1]:
            return None
        (found,) = holders
        left.remove(found)
        order.append(found)
        at = found[1][1] if found[1][0] == at else found[1][0]
    return order if at == 1 and order else None


def _inverse_of_known(node: Expr) -> Expr | None:
    (x,) = node.args
    if x.op.name == "inv":
        return x.args[0]
    if x.ndim == 2 and is_orthogonal(x):
        return transpose(x)
    return None


def _solution(node: Expr) -> Expr | None:
    a, b = node.args
    if a.ndim != 2 or b.ndim != 2:
        return None
    return matmul(inv(a), b)


def _primitive(node: Expr) -> Expr | None:
    """(c A + c B)⁻¹ = c⁻¹ (A + B)⁻¹."""
    (x,) = node.args
    if x.op is not SUM:
        return None
    parts = [flat(t) for t in x.args]
    sizes = {abs(p.coefficient) for p in parts}
    signs = {p.coefficient > 0 for p in parts}
    if len(sizes) != 1 or 0 in sizes:
        return None
    number = sizes.pop() * (1 if True in signs else -1)
    if number == 1:
        return None
    inner = add(*(build(p.times(1 / number)) for p in parts))
    return multiply(build(Monomial(1 / number, {}, (), {})), make(node.op, (inner,)))


def _a(name: str = "A") -> Expr:
    return symbol(name, (3, 3), 0, ("invertible",))


_Q = symbol("Q", (3, 3), 0, ("orthogonal",))
INVERSES = (
    Rule(
        "inverse of an inverse",
        _inverse_of_known,
        ("inv",),
        "(A⁻¹)⁻¹ = A; Q⁻¹ = Qᵀ for orthogonal Q",
        "one inverse fewer",
        HORN,
        (lambda: make(OPERATIONS["inv"], (linalg("inv", _a()),)), lambda: inv(_Q)),
    ),
    Rule(
        "inverse of a product",
        _inverse_of_product,
        ("inv",),
        "(c A B)⁻¹ = c⁻¹ B⁻¹A⁻¹ for square A and B; (Aᵀ)⁻¹ = (A⁻¹)ᵀ; diag(v)⁻¹ = diag(1/v)",
        "fewer factors below an inverse",
        HORN,
        (lambda: inv(matmul(_a(), _a("B"))), lambda: inv(transpose(_a()))),
    ),
    Rule(
        "inverse of a multiple",
        _primitive,
        ("inv",),
        "(c A + c B)⁻¹ = c⁻¹ (A + B)⁻¹",
        "a number leaves the inverse",
        HORN,
        (lambda: inv(add(scale(2, _a()), scale(2, _a("B")))),),
    ),
    Rule(
        "solution of a linear system",
        _solution,
        ("solve",),
        "the X with A X = B is A⁻¹ B",
        "one solution fewer, and no rule makes one",
        HORN,
        (lambda: make(OPERATIONS["solve"], (_a(), symbol("B", (3, 2)))),),
    ),
    Rule(
        "inverse beside its matrix",
        _inverse_cancels,
        ("product",),
        "A A⁻¹ = A⁻¹ A = I, also where A is itself a product or a sum",
        "one inverse fewer",
        HORN,
        (
            lambda: matmul(_a(), matmul(inv(_a()), symbol("B", (3, 2)))),
            lambda: einsum([(0, 1), (1, 2)], [inv(_a()), _a()], (2, 0)),
        ),
    ),
    Rule(
        "orthogonal factor",
        _orthogonal,
        ("product",),
        "QᵀQ = I for orthogonal Q, QQᵀ = I where it is square",
        "two factors fewer",
        "Horn, Johnson, Matrix Analysis, 2013, 2.1",
        (lambda: matmul(transpose(_Q), matmul(_Q, symbol("B", (3, 2)))),),
    ),
)
