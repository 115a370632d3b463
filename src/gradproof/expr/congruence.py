"""Facts of products: XᵀAX is symmetric where A is, AB invertible where A and B are, aᵀa is not negative."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from gradproof.expr.contraction import Spec
from gradproof.expr.known import KNOWN, NONE, known
from gradproof.expr.matching import Part, embeddings
from gradproof.expr.node import DELTA, Expr, number_value
from gradproof.expr.product import PRODUCT, specs_of

_SEARCHED = 12  # factors of a product whose symmetry is looked for


class Network:
    """A product with the products among its factors opened: coefficient, factors, result."""

    def __init__(self, coefficient: Fraction | float, parts: list[Part], out: Spec) -> None:
        self.coefficient, self.parts, self.out = coefficient, parts, out


def network(node: Expr) -> Network:
    """The expression as a product, the products among its factors opened."""
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
    return Network(coefficient, parts, axes)


def _named(place: dict[int, int], index: int, fresh: Iterable[int]) -> int:
    place[index] = next(iter(fresh))
    return place[index]


def _symmetric_part(node: Expr) -> bool:
    return node.ndim >= 2 and "symmetric" in KNOWN.get(node, NONE)


def is_own_transpose(terms: list[Network], node: Expr) -> bool:
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


def _mirrors(term: Network, other: Network) -> bool:
    if term.coefficient != other.coefficient or len(term.parts) != len(other.parts):
        return False
    axes = term.out
    swap = {**{i: i for i in axes[:-2]}, axes[-1]: axes[-2], axes[-2]: axes[-1]}
    return next(embeddings(term.parts, other.parts, swap, _symmetric_part), None) is not None


def product_facts(node: Expr) -> Iterable[str]:
    """The facts of a product node, once those of its factors are known."""
    parts = [known(a) for a in node.args]
    signs = [("positive" in p, "nonnegative" in p) for p in parts]
    if all(s[0] for s in signs):
        yield "positive"
    if all(s[1] for s in signs):
        yield "nonnegative"
    if all("integer" in p for p in parts):
        yield "integer"
    net = network(node)
    if _is_sum_of_squares(net):
        yield "nonnegative"
    if node.ndim == 2 and node.shape[0] == node.shape[1]:
        yield from _square_product(node, net)


def _is_sum_of_squares(net: Network) -> bool:
    """Σ a∘a and aᵀa: every real factor occurs twice with the same indices."""
    counts: dict[tuple[Expr, Spec], int] = {}
    for base, spec, _ in net.parts:
        if "nonnegative" not in known(base):
            counts[base, spec] = counts.get((base, spec), 0) + 1
    real = all("complex" not in known(base) for base, _ in counts)
    if net.coefficient < 0 or not real or any(n % 2 for n in counts.values()):
        return _is_psd_form(net)
    return True


def _is_psd_form(net: Network) -> bool:
    """xᵀ A x with A positive semidefinite."""
    if net.coefficient < 0 or len(net.parts) != 3 or net.out:
        return False
    middles = [(b, s) for b, s, _ in net.parts if b.ndim == 2 and "psd" in known(b)]
    vectors = [(b, s) for b, s, _ in net.parts if b.ndim == 1 and "complex" not in known(b)]
    return (
        len(middles) == 1
        and len(vectors) == 2
        and vectors[0][0] is vectors[1][0]
        and sorted((vectors[0][1], vectors[1][1])) == sorted((i,) for i in middles[0][1])
    )


def _square_product(node: Expr, net: Network) -> Iterable[str]:
    if len(net.parts) > _SEARCHED:
        return
    if is_own_transpose([net], node):
        yield "symmetric"
    row, column = net.out
    scalars = [known(b) for b, s, _ in net.parts if not s]
    if any(b.op is DELTA and set(s) == {row, column} for b, s, _ in net.parts):
        yield "diagonal"
        if net.coefficient > 0 and all("positive" in known(b) for b, _, _ in net.parts if b.op is not DELTA):
            yield "spd"
        return
    matrices = [(b, s) for b, s, _ in net.parts if s]
    chain = _chain(matrices, row, column)
    if chain is None:
        return
    middle = [known(b) for b, _ in chain]
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
    if any("complex" in known(b) for b, _ in chain):
        return False
    while len(chain) > 1:
        (first, flipped), (last, other) = chain[0], chain[-1]
        if first is not last or (flipped == other and not _symmetric_part(first)):
            return False
        chain = chain[1:-1]
    return not chain or "psd" in known(chain[0][0])
