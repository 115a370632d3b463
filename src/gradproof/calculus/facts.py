"""What is true of every value of an expression, from the facts declared of its symbols and from its structure.

XᵀX is symmetric and positive semidefinite whatever X is; the inverse of a positive definite matrix is positive
definite; an entry of a softmax is positive, and its rows have the total 1. What cannot be concluded is not
said: a missing fact is no denial.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import cast

import numpy as np

from gradproof.calculus.matching import Part, embeddings
from gradproof.expr.contraction import Spec
from gradproof.expr.node import (
    CONSTANT,
    DELTA,
    NUMBER,
    SYMBOL,
    ArrayData,
    Expr,
    facts_of,
    iterate_postorder,
    number_value,
)
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT, SUM, specs_of
from gradproof.expr.reduction import SOFTMAX, axes_of

Facts = frozenset[str]

NONE: Facts = frozenset()
IMPLIED: dict[str, tuple[str, ...]] = {
    "spd": ("symmetric", "psd", "invertible"),
    "psd": ("symmetric",),
    "diagonal": ("symmetric", "lower", "upper"),
    "orthogonal": ("invertible",),
    "positive": ("nonnegative",),
    "simplex": ("nonnegative",),
    "row_stochastic": ("nonnegative",),
    "column_stochastic": ("nonnegative",),
}
_IDENTITY: Facts = frozenset(
    [
        "symmetric",
        "psd",
        "spd",
        "diagonal",
        "lower",
        "upper",
        "orthogonal",
        "invertible",
        "nonnegative",
        "integer",
    ]
)
_TOTALS = {"simplex": 0, "row_stochastic": 1, "column_stochastic": 0}
_POSITIVE = {"exp", "exp2", "sigmoid", "softplus", "softmax", "cosh"}
_NONNEGATIVE = {"abs", "greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "isfinite"}
_ALWAYS_REAL = {"abs", "real", "imag", "angle", "eigenvalues_symmetric"}
_SPECTRAL = {"expm", "sinm", "cosm", "logm", "sqrtm", "matrix_power", "tanhm", "sinhm", "coshm"}
_SEARCHED = 12  # factors of a product whose symmetry is looked for
_LITERAL = 10_000  # entries of a literal array that are looked at

_KNOWN: weakref.WeakKeyDictionary[Expr, Facts] = weakref.WeakKeyDictionary()


def facts_about(node: Expr) -> Facts:
    """Everything known of an expression, as words; see :data:`IMPLIED` for what follows from what.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, transpose
    >>> from gradproof.expr.node import symbol
    >>> X = symbol("X", ("n", "k"))
    >>> sorted(facts_about(matmul(transpose(X), X)))
    ['psd', 'symmetric']
    """
    known = _KNOWN.get(node)
    if known is None:
        for below in iterate_postorder([node], _Seen()):
            _KNOWN[below] = _concluded(below)
        known = _KNOWN[node]
    return known


class _Seen(set[Expr]):
    """The nodes whose facts are known already, without a copy of them."""

    def __contains__(self, node: object) -> bool:
        return node in _KNOWN


def is_symmetric(node: Expr) -> bool:
    """Whether A = Aᵀ for the last two axes."""
    return node.ndim >= 2 and "symmetric" in facts_about(node)


def is_positive_definite(node: Expr) -> bool:
    """Whether the matrix is symmetric and all its eigenvalues are positive."""
    return "spd" in facts_about(node)


def is_positive_semidefinite(node: Expr) -> bool:
    """Whether the matrix is symmetric and none of its eigenvalues is negative."""
    return "psd" in facts_about(node)


def is_diagonal(node: Expr) -> bool:
    """Whether every entry off the diagonal is 0."""
    return "diagonal" in facts_about(node)


def is_invertible(node: Expr) -> bool:
    """Whether the matrix is square and has an inverse."""
    return "invertible" in facts_about(node)


def is_orthogonal(node: Expr) -> bool:
    """Whether QᵀQ = I, for real Q; of a square Q also QQᵀ = I."""
    return "orthogonal" in facts_about(node)


def is_complex(node: Expr) -> bool:
    """Whether a complex symbol takes part, so that the value may be complex."""
    return "complex" in facts_about(node)


def is_positive(node: Expr) -> bool:
    """Whether every entry is greater than 0."""
    return "positive" in facts_about(node)


def is_nonnegative(node: Expr) -> bool:
    """Whether no entry is less than 0."""
    return "nonnegative" in facts_about(node)


def total_one_axes(node: Expr) -> tuple[int, ...]:
    """The axes over which, taken together, the entries add up to 1; none where that is not known."""
    if node.op is SOFTMAX:
        return axes_of(node)
    for fact, axis in _TOTALS.items():
        if fact in facts_of(node) and axis < node.ndim:
            return (axis,)
    return ()


def closed(facts: Iterable[str]) -> Facts:
    """The facts with everything that follows from them."""
    found = set(facts)
    waiting = list(found)
    while waiting:
        for more in IMPLIED.get(waiting.pop(), ()):
            if more not in found:
                found.add(more)
                waiting.append(more)
    if {"lower", "upper"} <= found:
        found |= {"diagonal", "symmetric"}
    if {"psd", "invertible"} <= found:
        found.add("spd")
    if "complex" in found:  # positive definite, of a complex matrix, means Hermitian and not symmetric
        found -= {"spd", "psd", "orthogonal", "positive", "nonnegative"}
    return frozenset(found)


# --- one operation at a time, from the facts of its arguments ---------------------------------------


def _concluded(node: Expr) -> Facts:
    if node.op is SYMBOL:
        declared = facts_of(node)
        kept = closed(declared)
        # A declared complex spd matrix is Hermitian: nothing about its transpose follows.
        return kept - {"symmetric"} if "complex" in declared and declared & {"spd", "psd"} else kept
    rule = _RULES.get(node.op.name)
    if rule is not None:
        return closed(rule(node))
    return closed(_elementwise(node) if node.op.elementwise else _carried(node))


def _known(node: Expr) -> Facts:
    return _KNOWN[node]


def _number(node: Expr) -> Iterable[str]:
    value = number_value(node)
    assert value is not None
    if value > 0:
        yield "positive"
    if value >= 0:
        yield "nonnegative"
    if isinstance(value, Fraction) and value.denominator == 1:
        yield "integer"


def _literal(node: Expr) -> Iterable[str]:
    array = cast("ArrayData", node.attrs[0]).array
    if array.dtype.kind == "c":
        yield "complex"
    elif array.dtype.kind in "iufb" and 0 < array.size <= _LITERAL:
        if (array > 0).all():
            yield "positive"
        elif (array >= 0).all():
            yield "nonnegative"
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            yield from _literal_matrix(array)


def _literal_matrix(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Iterable[str]:
    if np.array_equal(array, array.T):
        yield "symmetric"
    if np.array_equal(array, np.tril(array)):
        yield "lower"
    if np.array_equal(array, np.triu(array)):
        yield "upper"


def _sum(node: Expr) -> Iterable[str]:
    parts = [_known(a) for a in node.args]
    common = frozenset.intersection(*parts)
    yield from common & {"symmetric", "psd", "diagonal", "lower", "upper", "nonnegative", "integer"}
    if "nonnegative" in common and any("positive" in p for p in parts):
        yield "positive"
    if "psd" in common and any("spd" in p for p in parts):
        yield "spd"
    if any("complex" in p for p in parts):
        yield "complex"
    if "symmetric" not in common and _is_own_transpose([_network(a) for a in node.args], node):
        yield "symmetric"


def _elementwise(node: Expr) -> Iterable[str]:
    name = node.op.name
    parts = [_known(a) for a in node.args]
    if name in _POSITIVE:
        yield "positive"
    if name in _NONNEGATIVE or (name == "maximum" and any("nonnegative" in p for p in parts)):
        yield "nonnegative"
    if any("complex" in p for p in parts) and name not in _ALWAYS_REAL:
        yield "complex"
    yield from _rearranged(node, parts)


def _rearranged(node: Expr, parts: list[Facts]) -> Iterable[str]:
    """A function applied entry by entry keeps a symmetric pattern."""
    square = node.ndim == 2 and node.shape[0] == node.shape[1]
    if square and all("symmetric" in p or _is_filled(a) for a, p in zip(node.args, parts, strict=True)):
        yield "symmetric"


def _is_filled(node: Expr) -> bool:
    """Whether every entry is the same: a scalar, or one broadcast."""
    if node.ndim == 0:
        return True
    return node.op is PRODUCT and all(a.ndim == 0 for a in node.args)


def _power(node: Expr) -> Iterable[str]:
    base, exponent = node.args
    parts = [_known(a) for a in node.args]
    value = scalar_exponent(exponent)
    real = "complex" not in parts[0]
    if "positive" in parts[0]:
        yield "positive"
    elif isinstance(value, Fraction) and real:
        even = value.denominator == 1 and value.numerator % 2 == 0
        if even or value.denominator % 2 == 0 or "nonnegative" in parts[0]:
            yield "nonnegative"
    if any("complex" in p for p in parts):
        yield "complex"
    yield from _rearranged(node, parts)
    if "diagonal" in parts[0] and isinstance(value, Fraction) and value > 0:
        yield "diagonal"


def _carried(node: Expr) -> Iterable[str]:
    """Operations without a rule of their own: complex where an argument is, nothing else is known."""
    if node.op.name in _POSITIVE:
        yield "positive"
    if node.op.name not in _ALWAYS_REAL and any("complex" in _known(a) for a in node.args):
        yield "complex"


def _keeping(*words: str) -> Callable[[Expr], Iterable[str]]:
    def rule(node: Expr) -> Iterable[str]:
        return frozenset.intersection(*(_known(a) for a in node.args)) & {*words, "complex"}

    return rule


def _inverse(node: Expr) -> Iterable[str]:
    yield "invertible"
    kept = {"symmetric", "psd", "diagonal", "lower", "upper", "orthogonal", "complex"}
    yield from _known(node.args[0]) & kept


def _exponential(node: Expr) -> Iterable[str]:
    yield from _known(node.args[0]) & {"symmetric", "diagonal", "lower", "upper", "complex"}
    yield "invertible"
    if "symmetric" in _known(node.args[0]):
        yield "psd"


def _determinant(node: Expr) -> Iterable[str]:
    inside = _known(node.args[0])
    if "spd" in inside:
        yield "positive"
    elif "psd" in inside:
        yield "nonnegative"
    if "complex" in inside:
        yield "complex"


def _solution(node: Expr) -> Iterable[str]:
    if any("complex" in _known(a) for a in node.args):
        yield "complex"


# --- products ---------------------------------------------------------------------------------------


class _Network:
    """A product with the products among its factors opened: coefficient, factors, result."""

    def __init__(self, coefficient: Fraction | float, parts: list[Part], out: Spec) -> None:
        self.coefficient, self.parts, self.out = coefficient, parts, out


def _network(node: Expr) -> _Network:
    fresh = iter(range(1, 10_000_000))
    axes = tuple(-k - 1 for k in range(node.ndim))
    coefficient: Fraction | float = Fraction(1)
    parts: list[Part] = []
    stack: list[tuple[Expr, Spec]] = [(node, axes)]
    while stack:
        current, spec = stack.pop()
        value = number_value(current)
        if value is not None:
            coefficient = coefficient * value
        elif current.op is PRODUCT and len(parts) + len(stack) < _SEARCHED:
            specs, out, _ = specs_of(current)
            place = dict(zip(out, spec, strict=True))
            for arg, own in zip(reversed(current.args), reversed(specs), strict=True):
                stack.append((arg, tuple(place.setdefault(i, 0) or _named(place, i, fresh) for i in own)))
        else:
            parts.append((current, spec, Fraction(1)))
    return _Network(coefficient, parts, axes)


def _named(place: dict[int, int], index: int, fresh: Iterable[int]) -> int:
    place[index] = next(iter(fresh))
    return place[index]


def _symmetric_part(node: Expr) -> bool:
    return node.ndim >= 2 and "symmetric" in _KNOWN.get(node, NONE)


def _is_own_transpose(terms: list[_Network], node: Expr) -> bool:
    """Whether exchanging the last two axes gives the same terms: XᵀAX for symmetric A, B + Bᵀ."""
    if node.ndim < 2 or node.shape[-1] != node.shape[-2] or any(len(t.parts) > _SEARCHED for t in terms):
        return False
    waiting = list(terms)
    while waiting:
        term = waiting.pop()
        if _mirrors(term, term):
            continue
        partner = next((t for t in waiting if _mirrors(term, t)), None)
        if partner is None:
            return False
        waiting.remove(partner)
    return True


def _mirrors(term: _Network, other: _Network) -> bool:
    if term.coefficient != other.coefficient or len(term.parts) != len(other.parts):
        return False
    axes = term.out
    swap = {**{i: i for i in axes[:-2]}, axes[-1]: axes[-2], axes[-2]: axes[-1]}
    return next(embeddings(term.parts, other.parts, swap, _symmetric_part), None) is not None


def _product(node: Expr) -> Iterable[str]:
    parts = [_known(a) for a in node.args]
    if any("complex" in p for p in parts):
        yield "complex"
    signs = [("positive" in p, "nonnegative" in p) for p in parts]
    if all(s[0] for s in signs):
        yield "positive"
    if all(s[1] for s in signs):
        yield "nonnegative"
    if all("integer" in p for p in parts):
        yield "integer"
    net = _network(node)
    if _is_sum_of_squares(net):
        yield "nonnegative"
    if node.ndim == 2 and node.shape[0] == node.shape[1]:
        yield from _square_product(node, net)


def _is_sum_of_squares(net: _Network) -> bool:
    """Σ a∘a and aᵀa: every real factor occurs twice with the same indices."""
    counts: dict[tuple[Expr, Spec], int] = {}
    for base, spec, _ in net.parts:
        if "nonnegative" not in _known(base):
            counts[base, spec] = counts.get((base, spec), 0) + 1
    real = all("complex" not in _known(base) for base, _ in counts)
    if net.coefficient < 0 or not real or any(n % 2 for n in counts.values()):
        return _is_psd_form(net)
    return True


def _is_psd_form(net: _Network) -> bool:
    """xᵀ A x with A positive semidefinite."""
    if net.coefficient < 0 or len(net.parts) != 3 or net.out:
        return False
    middles = [(b, s) for b, s, _ in net.parts if b.ndim == 2 and "psd" in _known(b)]
    vectors = [(b, s) for b, s, _ in net.parts if b.ndim == 1 and "complex" not in _known(b)]
    return (
        len(middles) == 1
        and len(vectors) == 2
        and vectors[0][0] is vectors[1][0]
        and sorted((vectors[0][1], vectors[1][1])) == sorted((i,) for i in middles[0][1])
    )


def _square_product(node: Expr, net: _Network) -> Iterable[str]:
    if len(net.parts) > _SEARCHED:
        return
    if _is_own_transpose([net], node):
        yield "symmetric"
    row, column = net.out
    scalars = [_known(b) for b, s, _ in net.parts if not s]
    if any(b.op is DELTA and set(s) == {row, column} for b, s, _ in net.parts):
        yield "diagonal"
        if net.coefficient > 0 and all("positive" in _known(b) for b, _, _ in net.parts if b.op is not DELTA):
            yield "spd"
        return
    matrices = [(b, s) for b, s, _ in net.parts if s]
    chain = _chain(matrices, row, column)
    if chain is None:
        return
    middle = [_known(b) for b, _ in chain]
    straight = all(not flipped for _, flipped in chain)
    if straight:
        yield from frozenset.intersection(*middle) & {"lower", "upper", "diagonal"}
    if net.coefficient != 0 and all("positive" in s for s in scalars):
        yield from frozenset.intersection(*middle) & {"invertible"}
    if net.coefficient == 1 and not scalars:
        yield from frozenset.intersection(*middle) & ({"orthogonal"} if _all_square(chain) else set())
    if net.coefficient > 0 and all("nonnegative" in s for s in scalars) and _is_congruence(chain):
        yield "psd"


def _all_square(chain: list[tuple[Expr, bool]]) -> bool:
    return all(b.shape[0] == b.shape[1] for b, _ in chain)


def _chain(matrices: list[tuple[Expr, Spec]], row: int, column: int) -> list[tuple[Expr, bool]] | None:
    """The factors of a matrix product in order, each with whether it is transposed; None if it is none."""
    left, at = list(matrices), row
    chain: list[tuple[Expr, bool]] = []
    while left:
        holders = [(b, s) for b, s in left if at in s]
        if len(holders) != 1 or len(holders[0][1]) != 2 or holders[0][1][0] == holders[0][1][1]:
            return None
        base, spec = holders[0]
        left.remove(holders[0])
        flipped = spec[1] == at
        chain.append((base, flipped))
        at = spec[0] if flipped else spec[1]
    return chain if at == column and chain else None


def _is_congruence(chain: list[tuple[Expr, bool]]) -> bool:
    """Bᵀ A B with A positive semidefinite, or Bᵀ B; B real."""
    if any("complex" in _known(b) for b, _ in chain):
        return False
    while len(chain) > 1:
        (first, flipped), (last, other) = chain[0], chain[-1]
        if first is not last or (flipped == other and not _symmetric_part(first)):
            return False
        chain = chain[1:-1]
    return not chain or "psd" in _known(chain[0][0])


_RULES: dict[str, Callable[[Expr], Iterable[str]]] = {
    NUMBER.name: _number,
    CONSTANT.name: _literal,
    DELTA.name: lambda node: _IDENTITY,
    SUM.name: _sum,
    PRODUCT.name: _product,
    POWER.name: _power,
    "inv": _inverse,
    "pinv": _keeping("symmetric", "psd", "diagonal"),
    "kron": _keeping("symmetric", "psd", "spd", "diagonal", "lower", "upper", "orthogonal", "invertible"),
    "expm": _exponential,
    "det": _determinant,
    "solve": _solution,
    "cholesky": lambda node: ("lower", "invertible"),
    "eigenvectors_symmetric": lambda node: ("orthogonal",),
    "nuclear_norm": lambda node: ("nonnegative",),
    "singular_values": lambda node: ("nonnegative",),
    **{name: _keeping("symmetric", "diagonal", "lower", "upper") for name in sorted(_SPECTRAL - {"expm"})},
}
