"""Sums written shorter: X b cᵀ + X c bᵀ is X (b cᵀ + c bᵀ), and A x/q − B x/q is (A − B) x/q.

Only what makes a formula shorter is done, the greatest gain first. Names of scalars stay with their terms
(1/m dZ Aᵀ + λ/m W), as people write them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations

from gradproof.write.algebra import add, matmul, power, scaled, transposed, transposes
from gradproof.write.count import operators
from gradproof.write.form import (
    IDENTITY,
    Call,
    Filled,
    Form,
    Function,
    Hadamard,
    MatMul,
    Name,
    Scaled,
    Sum,
    Transposed,
)
from gradproof.write.parts import MINUS_ONE, parts_of, with_parts
from gradproof.write.render import is_small

MAX_TERMS = 12
_ONE = Fraction(1)
Scalars = Counter[Form]


@dataclass(frozen=True, slots=True)
class Term:
    """coefficient · over / under · (product of the chain)."""

    coefficient: Fraction | float
    over: Scalars
    under: Scalars
    chain: tuple[Form, ...]

    @classmethod
    def of(cls, form: Form) -> Term:
        """A term taken apart."""
        if isinstance(form, Scaled):
            return cls(form.coefficient, Counter(form.over), Counter(form.under), _chain(form.body))
        if form.kind == "scalar" and not isinstance(form, Sum):
            return cls(_ONE, Counter([form]), Counter(), ())
        return cls(_ONE, Counter(), Counter(), _chain(form))

    def form(self) -> Form:
        """The term put together."""
        scalars = [*self.over.elements(), *(power(f, MINUS_ONE) for f in self.under.elements())]
        return scaled(self.coefficient, scalars, matmul(*self.chain) if self.chain else None)


def _chain(form: Form | None) -> tuple[Form, ...]:
    if form is None:
        return ()
    return form.parts if isinstance(form, MatMul) else (form,)


def shortest(form: Form) -> Form:
    """A result as people write it: factored, its terms in the usual order, one transpose for many."""
    form = factored(form)
    if isinstance(form, Sum):
        chains = any(isinstance(_body(t), MatMul) for t in form.terms)
        form = Sum(form.kind, tuple(sorted(form.terms, key=partial(_place, chains))))
    form = _without_minus(form)
    if isinstance(form, Scaled) and form.body is not None:
        body = _transposed_once(form.body)
        return form if body is form.body else scaled(form.coefficient, _scalars_of(form), body)
    return _transposed_once(form)


def _without_minus(form: Form) -> Form:
    """(B − A) C for −(A − B) C: the minus goes into a difference, if there is one."""
    if not isinstance(form, Scaled) or form.coefficient != -1 or form.body is None:
        return form
    turned = _turned(form.body)
    return form if turned is None else scaled(_ONE, _scalars_of(form), turned)


def _scalars_of(form: Scaled) -> list[Form]:
    return [Scaled("scalar", _ONE, form.over, form.under, None)] if form.over or form.under else []


def _turned(form: Form) -> Form | None:
    """Minus the form, where one of its factors is a difference of two terms."""
    if isinstance(form, Sum):
        signs = [isinstance(t, Scaled) and t.coefficient < 0 for t in form.terms]
        if sorted(signs) != [False, True]:
            return None
        return add(_ordered([scaled(-_ONE, (), t) for t in form.terms]))
    inside = isinstance(form, Transposed) or (isinstance(form, Function) and form.name == "diag")
    if inside or isinstance(form, MatMul | Hadamard):
        for part in parts_of(form):
            inner = _turned(part)
            if inner is not None:
                return with_parts(form, partial(_exchanged, part, inner))
    return None


def _exchanged(old: Form, new: Form, part: Form) -> Form:
    return new if part is old else part


def _body(term: Form) -> Form | None:
    return term.body if isinstance(term, Scaled) else term


def _place(chains: bool, term: Form) -> tuple[bool, bool, int]:
    """What is subtracted stands last, before it what is no product (b, λ w); first the fewest transposes."""
    negative = isinstance(term, Scaled) and term.coefficient < 0
    return negative, chains and isinstance(_body(term), Name | Call), transposes(term)


def _transposed_once(form: Form) -> Form:
    """(A X B + B X A)ᵀ for Bᵀ Xᵀ Aᵀ + Aᵀ Xᵀ Bᵀ, where that saves at least two operators."""
    if form.kind != "matrix" or not isinstance(form, Sum | MatMul):
        return form
    turned = Transposed("matrix", transposed(form))
    return turned if operators(turned) <= operators(form) - 2 else form


def _same_signs(form: Form) -> Form:
    """(x − a) (a − x)ᵀ = −(x − a) (x − a)ᵀ"""
    if not isinstance(form, MatMul):
        return form
    sums = [(k, p.part if isinstance(p, Transposed) else p) for k, p in enumerate(form.parts)]
    for (_, first), (k, second) in combinations([(k, p) for k, p in sums if isinstance(p, Sum)], 2):
        opposite = Counter(scaled(-_ONE, (), t) for t in first.terms)
        if Counter(second.terms) == opposite and second != first:
            turned = transposed(first) if isinstance(form.parts[k], Transposed) else first
            return scaled(-_ONE, (), matmul(*form.parts[:k], turned, *form.parts[k + 1 :]))
    return form


def factored(form: Form) -> Form:
    """The form with every sum in it as short as common factors make it."""
    known: dict[int, Form] = {}

    def change(part: Form) -> Form:
        if id(part) not in known:
            known[id(part)] = factored(part)
        return known[id(part)]

    changed = _same_signs(with_parts(form, change))
    return _factored_sum(changed) if isinstance(changed, Sum) else changed


def _factored_sum(form: Sum) -> Form:
    if len(form.terms) > MAX_TERMS:
        return form
    terms = list(form.terms)
    while len(terms) > 1:
        # Terms that are added as they are, c 1ᵀ understood, have no factors to compare.
        options = [c for c in _candidates(terms) if c is not None]
        if not options:
            break
        _, group, new = max(options, key=lambda c: c[0])
        at = group[0]
        terms = [new if k == at else t for k, t in enumerate(terms) if k == at or k not in group]
    return form if len(terms) == len(form.terms) else add(_ordered(terms)) if len(terms) > 1 else terms[0]


def _ordered(terms: Sequence[Form]) -> list[Form]:
    return sorted(terms, key=lambda t: isinstance(t, Scaled) and t.coefficient < 0)


Candidate = tuple[int, list[int], Form]


def _candidates(forms: Sequence[Form]) -> list[Candidate | None]:
    terms = [None if isinstance(f, Filled) else Term.of(f) for f in forms]
    found: list[Candidate | None] = []
    for (i, a), (j, b) in combinations(enumerate(terms), 2):
        if a is None or b is None:
            continue
        left = _common(a.chain, b.chain)
        right = _common(a.chain[::-1], b.chain[::-1])
        scalars = bool(_shared_scalars([a, b]) != (_ONE, Counter(), Counter()))
        for lead, tail in {(left, 0), (0, right), (left, min(right, _shorter(a, b) - left))}:
            if lead or tail or scalars:
                found.append(_gathered(forms, terms, i, j, (lead, tail)))
    return found


def _shorter(a: Term, b: Term) -> int:
    return min(len(a.chain), len(b.chain))


def _common(a: Sequence[Form], b: Sequence[Form]) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _gathered(
    forms: Sequence[Form], terms: Sequence[Term | None], i: int, j: int, ends: tuple[int, int]
) -> Candidate | None:
    """All terms that begin and end like the i-th and have what it shares with the j-th, as one term."""
    lead, tail = ends
    first, second = terms[i], terms[j]
    assert first is not None and second is not None
    head, end = first.chain[:lead], first.chain[len(first.chain) - tail :]
    wanted = _shared_scalars([first, second])
    group = [i, j]
    for k, term in enumerate(terms):
        if k in group or term is None or len(term.chain) < lead + tail:
            continue
        same_ends = term.chain[:lead] == head and term.chain[len(term.chain) - tail :] == end
        if same_ends and _shared_scalars([first, second, term]) == wanted:
            group.append(k)
    members = [t for k in sorted(group) if (t := terms[k]) is not None]
    coefficient, over, under = wanted
    rests, identities = [], 0
    for t in members:
        middle = t.chain[lead : len(t.chain) - tail]
        bare = not middle and bool(lead or tail)
        identities += bare
        rest = Term(t.coefficient / coefficient, t.over - over, t.under - under, middle)
        rests.append(scaled(_ONE, [rest.form()], IDENTITY) if bare else rest.form())
    inner = _inner_sum(rests)
    body = matmul(*head, inner, *end) if inner.kind != "scalar" or lead or tail else None
    scalars = [*over.elements(), *(power(f, MINUS_ONE) for f in under.elements())]
    new = scaled(coefficient, scalars if body is not None else [*scalars, inner], body)
    gain = operators(add([forms[k] for k in sorted(group)])) - operators(new) - identities
    return (gain, sorted(group), new) if gain > 0 else None


def _inner_sum(rests: list[Form]) -> Form:
    if all(_body(t) is IDENTITY and not (isinstance(t, Scaled) and (t.over or t.under)) for t in rests):
        return scaled(sum(t.coefficient if isinstance(t, Scaled) else _ONE for t in rests), (), IDENTITY)
    rests = sorted(
        rests, key=lambda t: (isinstance(t, Scaled) and t.coefficient < 0, isinstance(t, Transposed))
    )
    if all(isinstance(t, Transposed) for t in rests):
        return transposed(add([transposed(t) for t in rests]))
    return add(rests)


def _shared_scalars(terms: Sequence[Term]) -> tuple[Fraction | float, Scalars, Scalars]:
    """What all terms are multiplied with: everything if that is equal, else what is no mere name."""
    first, *rest = terms
    size = first.coefficient if first.coefficient > 0 else -first.coefficient
    coefficient = size if all(abs(t.coefficient) == size for t in rest) else _ONE
    if all(t.over == first.over and t.under == first.under for t in rest) and len(first.chain) > 0:
        return coefficient, first.over, first.under
    over, under = first.over, first.under
    for t in rest:
        over, under = over & t.over, under & t.under
    return (
        coefficient if all(t.over == first.over for t in rest) else _ONE,
        Counter({f: n for f, n in over.items() if not is_small(f)}),
        Counter({f: n for f, n in under.items() if not is_small(f)}),
    )
