"""Index notation: one entry of an expression as a form, with δ_ij and Σ."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import cast

from gradproof.expr.indexing import Template
from gradproof.expr.node import CONSTANT, DELTA, NUMBER, Expr
from gradproof.expr.product import specs_of
from gradproof.write.algebra import add, power, scaled
from gradproof.write.form import (
    DELTA_SIGN,
    ONE,
    Bracketed,
    Call,
    Entry,
    Form,
    Index,
    Name,
    Number,
    Power,
    Scaled,
    SumOver,
    Word,
)
from gradproof.write.rearranged import is_count, literal_array

Indices = tuple[Form, ...]
_ALPHABET = "ijklpqrstuvabcdefgh"
_ONLY = Word("scalar", "0", "0")  # the one value of an index over an axis of size 1


class Entries:
    """Writes entries; ``matrix_form`` gives what has no index notation of its own (inverses, softmax)."""

    def __init__(
        self, matrix_form: Callable[[Expr], Form], atoms: Iterable[Expr], reserved: Iterable[str]
    ) -> None:
        self.matrix_form = matrix_form
        self.atoms = set(atoms)
        self.reserved = set(reserved)

    def letters(self, count: int, used: set[str]) -> list[str]:
        """Fresh index letters, marked as used."""
        found: list[str] = []
        round_ = 0
        while len(found) < count:
            tail = str(round_) if round_ else ""
            for c in _ALPHABET:
                if len(found) < count and c + tail not in used and c + tail not in self.reserved:
                    found.append(c + tail)
            round_ += 1
        used.update(found)
        return found

    def free(self, node: Expr, used: set[str]) -> tuple[Indices, tuple[str, ...]]:
        """Fresh indices for the axes of a node; axes of size 1 need none."""
        names = iter(self.letters(sum(s != 1 for s in node.shape), used))
        indices = tuple(_ONLY if s == 1 else Index("scalar", next(names)) for s in node.shape)
        return indices, tuple(i.letter for i in indices if isinstance(i, Index))

    def entry(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        """The entry of ``node`` at ``indices``; ``used`` are the letters that are taken, and is extended."""
        if node in self.atoms or not node.args:
            return self._leaf(node, indices)
        if node.op.text == "{0}":  # casts
            return self.entry(node.args[0], indices, used)
        special = _SPECIAL.get(
            node.op.name, Entries._entrywise if node.op.elementwise else Entries._structured
        )
        return special(self, node, indices, used)

    def _sum(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        scopes = [set(used) for _ in node.args]  # terms may use the same letters
        terms = [self.entry(a, indices, scope) for a, scope in zip(node.args, scopes, strict=True)]
        used.update(*scopes)
        return add(terms)

    def _power(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        base, exponent = (self.entry(a, indices, used) for a in node.args)
        return power(base, exponent)

    def _entrywise(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        return Call("scalar", node, tuple(self.entry(a, indices, used) for a in node.args))

    def _index(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        inner = self._read(node, indices, used)
        if inner is None:
            return self._structured(node, indices, used)
        return self.entry(node.args[0], inner, used)

    def _structured(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        return _entry(self.matrix_form(node), node, indices)

    def _leaf(self, node: Expr, indices: Indices) -> Form:
        if node in self.atoms:
            return _entry(Name("matrix" if node.ndim else "scalar", node), node, indices)
        if node.op is DELTA:
            return ONE if indices[0] is indices[1] else Entry("scalar", DELTA_SIGN, indices)
        if node.op is NUMBER:
            return Number("scalar", cast("Fraction", node.attrs[0]))
        if node.op is CONSTANT and is_count(literal_array(node)):
            return indices[0]
        return _entry(self.matrix_form(node), node, indices)

    def _product(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        specs, out, sizes = specs_of(node)
        place: dict[int, Form] = dict(zip(out, indices, strict=True))
        held = {i for s in specs for i in s}
        summed = [i for i in range(len(sizes)) if i in held and i not in place and sizes[i] != 1]
        names = self.letters(len(summed), used)
        place |= {i: Index("scalar", name) for i, name in zip(summed, names, strict=True)}
        place |= {i: _ONLY for i in held if i not in place}
        outside: list[Form] = [
            Number("scalar", Fraction(s)) if isinstance(s, int) else Word("scalar", s, s)
            for i, s in enumerate(sizes)
            if i not in held and i not in out
        ]
        inside: list[Form] = []
        for arg, spec in zip(node.args, specs, strict=True):
            factor = self.entry(arg, tuple(place[i] for i in spec), used)
            (inside if spec else outside).append(factor)
        constants, factors, bound = _opened(inside)
        body = scaled(Fraction(1), _collected_powers(factors)) if factors else None
        if body is not None and (names or bound):
            body = SumOver("scalar", (*names, *bound), body)
        return scaled(Fraction(1), [*outside, *constants, *([] if body is None else [body])])

    def _reduction(self, node: Expr, indices: Indices, used: set[str]) -> Form:
        (x,) = node.args
        axes = cast("tuple[int, ...]", node.attrs[0])
        names = self.letters(len(axes), used)
        fresh = dict(zip(axes, names, strict=True))
        place = tuple(Index("scalar", fresh[a]) if a in fresh else i for a, i in enumerate(indices))
        body, name, below = self.entry(x, place, used), node.op.name, ",".join(names)
        latex_name = rf"\{name}" if name in ("max", "min") else rf"\operatorname{{{name}}}"
        return Bracketed(
            "scalar",
            (f"{name}_{''.join(names)}(", body, ")"),
            (rf"{latex_name}_{{{below}}}\left(", body, r"\right)"),
        )

    def _read(self, node: Expr, indices: Indices, used: set[str]) -> Indices | None:
        """Indices into the base of ``base[...]``; None where no such indices can be written."""
        template, arrays = cast("Template", node.attrs[0]), node.args[1:]
        kinds = [item[0] for item in template]
        places = [k for k, kind in enumerate(kinds) if kind == "array"]
        if len({a.ndim for a in arrays}) > 1 or (places and places != list(range(places[0], places[-1] + 1))):
            return None
        supply = list(indices)
        common: Indices | None = None
        inner: list[Form] = []
        for item in template:
            if item[0] == "new":
                supply.pop(0)
            elif item[0] == "int":
                inner.append(Number("scalar", Fraction(item[1])))
            elif item[0] == "slice":
                start, step = item[1] or 0, 1 if item[3] is None else item[3]
                if start < 0 or step < 1:
                    return None
                inner.append(_shifted(supply.pop(0), start, step))
            else:
                array = arrays[item[1]]
                if common is None:
                    common, supply = tuple(supply[: array.ndim]), supply[array.ndim :]
                if array.shape != tuple(arrays[0].shape):
                    return None
                inner.append(self.entry(array, common, used))
        return (*inner, *supply)


_SPECIAL: dict[str, Callable[[Entries, Expr, Indices, set[str]], Form]] = {
    "product": Entries._product,
    "sum": Entries._sum,
    "power": Entries._power,
    "index": Entries._index,
    "max": Entries._reduction,
    "min": Entries._reduction,
    "prod": Entries._reduction,
    "logsumexp": Entries._reduction,
}


def _opened(factors: Iterable[Form]) -> tuple[list[Form], list[Form], list[str]]:
    """Numbers, factors and bound letters of a product whose factors may be products and sums themselves."""
    numbers: list[Form] = []
    flat: list[Form] = []
    letters: list[str] = []
    for factor in factors:
        if isinstance(factor, SumOver):
            inner = _opened([factor.body])
            letters += factor.letters
        elif isinstance(factor, Scaled) and factor.body is None:
            inner = _opened(factor.over)
            numbers.append(Number("scalar", factor.coefficient))
            flat += [Power("scalar", f, Number("scalar", Fraction(-1))) for f in factor.under]
        elif isinstance(factor, Number):
            numbers.append(factor)
            continue
        else:
            flat.append(factor)
            continue
        numbers, flat, letters = numbers + inner[0], flat + inner[1], letters + inner[2]
    return numbers, flat, letters


def _collected_powers(factors: Iterable[Form]) -> list[Form]:
    """w_ij w_ij = w_ij²."""
    groups: dict[object, list[Form]] = {}
    for factor in factors:
        key: object = id(factor)
        if isinstance(factor, Entry) and isinstance(factor.array, Name):
            letters = [i.letter for i in factor.indices if isinstance(i, Index)]
            if len(letters) == len(factor.indices):
                key = (factor.array.node, *letters)
        groups.setdefault(key, []).append(factor)
    return [power(group[0], Number("scalar", Fraction(len(group)))) for group in groups.values()]


def _shifted(index: Form, start: int, step: int) -> Form:
    moved = scaled(Fraction(step), [index])
    return add([moved, Number("scalar", Fraction(start))]) if start else moved


def _entry(form: Form, node: Expr, indices: Indices) -> Form:
    """An entry, without the indices of axes of size 1."""
    kept = tuple(i for i, size in zip(indices, node.shape, strict=True) if size != 1)
    if not kept:
        return form
    return Entry("scalar", form, kept)
