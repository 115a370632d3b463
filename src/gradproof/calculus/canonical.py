"""The additive terms of an expression, and a canonical form for equality.

Products are flattened (Σ_j a_ij (Σ_k b_jk c_k) is one product), powers of equal factors are collected,
products are expanded over sums, equal terms are merged. What would grow beyond a bound is not opened, so
both functions are linear in the size of the graph up to that bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from fractions import Fraction
from math import prod

from gradproof.calculus.labelling import labelled
from gradproof.calculus.monomial import (
    MAX_FACTORS,
    Factors,
    Monomial,
    as_stack,
    build,
    factors,
    joined,
    of_atom,
    of_number,
    product_of,
    raised,
    stack_order,
    whole_power,
)
from gradproof.calculus.order import digest
from gradproof.expr.contraction import Spec
from gradproof.expr.node import NUMBER, Expr, iterate_postorder, make, number, number_value
from gradproof.expr.powers import POWER, power
from gradproof.expr.product import PRODUCT, SUM, add, filled, specs_of

__all__ = ["Factors", "canonical", "factors", "merged", "same", "terms"]

MAX_TERMS = 1000
MAX_OPENED_POWER = 4


def canonical(expr: Expr, atoms: Set[Expr] = frozenset()) -> Expr:
    """A form that equal sums of products have in common: expanded, sorted, equal terms merged.

    Equal results prove equality wherever both expressions are defined; different results prove nothing.
    The nodes in ``atoms`` are not looked into.
    """
    return _Expansion(atoms, sort=True).result(expr)


def same(a: Expr, b: Expr, atoms: Set[Expr] = frozenset()) -> bool:
    """Whether two expressions have one canonical form."""
    if a is b:
        return True
    expansion = _Expansion(atoms, sort=True)
    return a.shape == b.shape and expansion.result(a) is expansion.result(b)


def terms(expr: Expr, atoms: Set[Expr] = frozenset()) -> list[Expr]:
    """The additive terms of an expression after expanding products over sums.

    The nodes in ``atoms`` are not looked into, factors keep the order in which they were written:
    ``1/m · dZ Aᵀ + λ/m · W`` has two terms if ``dZ``, ``A`` and ``W`` are atoms. Zero has none.
    """
    expansion = _Expansion(atoms, sort=False)
    return [build(m) for m in expansion.terms(expr)]


def merged(monomials: Iterable[Monomial]) -> list[Monomial]:
    """Sum of monomials with equal terms added up, in the order met; terms that cancel are gone."""
    found: dict[object, Monomial] = {}
    for mono in monomials:
        form = labelled(mono)
        key = (tuple(form.powers.items()), form.shape)
        known = found.get(key)
        total = mono.coefficient + (known.coefficient if known else 0)
        first = known or mono
        found[key] = Monomial(total, first.powers, first.shape, first.sizes)
    return [m for m in found.values() if m.coefficient]


class _Expansion:
    """Terms of every node below a root, each computed once, arguments first.

    A *closed* form is one monomial in which sums are factors; the *terms* are what it expands to.
    With ``sort``, everything is canonical: also the arguments of functions, and the sums inside powers.
    """

    def __init__(self, atoms: Set[Expr], *, sort: bool) -> None:
        self.atoms, self.sort = atoms, sort
        self._closed: dict[Expr, Monomial] = {}
        self._opened: dict[Expr, list[Monomial]] = {}  # terms of the sums that stand as factors
        self._results: dict[Expr, Expr] = {}

    def terms(self, root: Expr) -> list[Monomial]:
        for node in self._region(root):
            if node not in self._closed:
                self._closed[node] = self._close(node)
        return merged(self._open(self._closed[root]))

    def result(self, node: Expr) -> Expr:
        """The canonical expression of a node."""
        known = self._results.get(node)
        if known is None:
            found = self._in_order(self.terms(node))
            built = [build(m) for m in found]
            known = built[0] if len(built) == 1 else add(*built) if built else filled(number(0), node.shape)
            self._results[node] = self._results[known] = known
        return known

    def _region(self, root: Expr) -> Iterable[Expr]:
        """Nodes to look at, arguments first: all of them, or only those that can be opened."""
        if root in self._closed:
            return
        if root in self.atoms:
            yield root
            return
        if self.sort:
            yield from self.atoms
            yield from iterate_postorder([root], {*self.atoms, *self._closed})
            return
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif node not in self._closed:
                stack.append((node, True))
                if node not in self.atoms and node.op in (SUM, PRODUCT, POWER):
                    stack.extend((a, False) for a in reversed(node.args))

    def _close(self, node: Expr) -> Monomial:
        if node in self.atoms:
            return of_atom(node)
        if node.op is NUMBER:
            value = number_value(node)
            return of_number(value, ()) if isinstance(value, Fraction) else of_atom(node)
        if node.op is PRODUCT:
            return self._close_product(node)
        if node.op is SUM:
            return self._close_sum(node)
        base = whole_power(node)
        if base is not None:
            return self._close_power(node, *base)
        return self._close_function(node) if self.sort else of_atom(node)

    def _close_product(self, node: Expr) -> Monomial:
        specs, _, _ = specs_of(node)
        parts: list[tuple[Monomial, Spec]] = []
        count = len(node.args)
        for arg, spec in zip(node.args, specs, strict=True):
            mono = self._closed[arg]
            count += len(mono.powers) - 1
            if count > MAX_FACTORS and len(mono.powers) > 1:
                count -= len(mono.powers) - 1
                mono = self._closed_atom(arg)
            elif not self.sort and mono.sizes and _repeated(node, arg):
                mono = of_atom(arg)  # (Σ a)² is easier to read than Σ a · Σ a
            parts.append((mono, spec))
        return product_of(parts, node)

    def _close_sum(self, node: Expr) -> Monomial:
        found: list[Monomial] = []
        for arg in node.args:
            opened = self._open(self._closed[arg])
            if len(found) + len(opened) > MAX_TERMS:
                opened = [self._closed[arg]]
            found.extend(opened)
        found = self._in_order(merged(found))
        if not found:
            return of_number(Fraction(0), node.shape)
        if len(found) == 1:
            return found[0]
        if not self.sort:
            self._opened[node] = found
            return of_atom(node)
        lead = found[0].coefficient
        primitive = [m.times(1 / lead) for m in found]
        base = add(*(build(m) for m in primitive))
        self._opened[base] = primitive
        return of_atom(base).times(lead)

    def _close_power(self, node: Expr, base: Expr, exponent: Fraction) -> Monomial:
        mono = self._closed[base]
        result = raised(mono, exponent)
        if result is not None:
            return result
        if self.sort and exponent.denominator == 1 and 0 < exponent <= MAX_OPENED_POWER:
            axes = tuple(range(node.ndim))
            if len(mono.powers) * exponent <= MAX_FACTORS:
                return joined([(mono, axes)] * int(exponent), node.shape, {})
        return of_atom(power(self.result(base), exponent) if self.sort else node)

    def _close_function(self, node: Expr) -> Monomial:
        """A function of canonical arguments; f of a rearrangement is the rearrangement of f."""
        if not node.args:
            return of_atom(node)
        args = tuple(self.result(a) for a in node.args)
        if node.op.elementwise:
            moved = self._rearranged([self._closed[a] for a in node.args])
            if moved is not None:
                base, spec, numbers = moved
                inner = tuple(
                    base if value is None else filled(number(value), base.shape) for value in numbers
                )
                return Monomial(
                    Fraction(1), {(make(node.op, inner, node.attrs), spec): Fraction(1)}, node.shape, {}
                )
        return of_atom(make(node.op, args, node.attrs))

    def _rearranged(self, args: list[Monomial]) -> tuple[Expr, Spec, list[Fraction | None]] | None:
        """One base with one spec in every argument that is no number."""
        found: set[tuple[Expr, Spec]] = set()
        numbers: list[Fraction | None] = []
        for mono in args:
            if not mono.powers:
                numbers.append(mono.coefficient)
                continue
            if mono.sizes or mono.coefficient != 1 or list(mono.powers.values()) != [1]:
                return None
            found |= mono.powers.keys()
            numbers.append(None)
        if len(found) != 1:
            return None
        ((base, spec),) = found
        return base, spec, numbers

    def _closed_atom(self, arg: Expr) -> Monomial:
        return of_atom(self.result(arg)) if self.sort else of_atom(arg)

    def _in_order(self, found: list[Monomial]) -> list[Monomial]:
        """Sorted by content, every monomial labelled; as met where no order is wanted."""
        if not self.sort:
            return found
        forms = [labelled(m) for m in found]
        return forms if len(forms) == 1 else sorted(forms, key=_sort_key)

    def _open(self, mono: Monomial) -> list[Monomial]:
        """Expand the product over the sums among its factors, unless too many terms would come."""
        opened = [
            (factor, int(exponent))
            for factor, exponent in mono.powers.items()
            if factor[0] in self._opened and exponent.denominator == 1 and 0 < exponent <= MAX_OPENED_POWER
        ]
        count = prod(len(self._opened[base]) ** exponent for (base, _), exponent in opened)
        if not opened or count > MAX_TERMS:
            return [mono]
        powers = dict(mono.powers)
        for factor, _ in opened:
            del powers[factor]
        rest = Monomial(mono.coefficient, powers, mono.shape, mono.sizes)
        products = [as_stack(rest)]
        place = stack_order(mono)
        axes = tuple(range(len(place)))
        shape = products[0].shape
        for (base, spec), exponent in opened:
            moved = tuple(place.get(i, i) for i in spec)
            for _ in range(exponent):
                products = merged(
                    joined([(left, axes), (right, moved)], shape, {})
                    for left in products
                    for right in self._opened[base]
                )
        summed = tuple(place)
        return merged(joined([(p, summed)], mono.shape, mono.sizes) for p in products)


def _repeated(node: Expr, arg: Expr) -> bool:
    return sum(a is arg for a in node.args) > 1


def _sort_key(mono: Monomial) -> list[tuple[str, Spec, Fraction]]:
    return [(digest(base), spec, exponent) for (base, spec), exponent in mono.powers.items()]
