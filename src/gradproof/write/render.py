"""One traversal from forms to strings, for every style: signs, fractions, exactly the parentheses needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from gradproof.expr.node import Expr
from gradproof.write.algebra import numeric_exponent, power
from gradproof.write.axes import axes_template
from gradproof.write.form import (
    Bracketed,
    Call,
    Collected,
    Entry,
    Filled,
    Form,
    Function,
    Hadamard,
    Index,
    Inverse,
    Kronecker,
    MatMul,
    MatrixPower,
    Name,
    Norm,
    Number,
    Power,
    Scaled,
    Sum,
    SumOver,
    Transposed,
    Word,
)
from gradproof.write.style import Style, decimal
from gradproof.write.template import filled_in, is_closed, postfix_mark

# How tightly a print binds. An operand printed more loosely than its place asks for gets parentheses.
SUM, ENTRYWISE, PRODUCT, FRACTION, POSTFIX, ATOM = range(6)
Print = tuple[str, int]


class Renderer:
    """Prints forms in one style, each once."""

    def __init__(self, style: Style, names: Mapping[Expr, str]) -> None:
        self.style = style
        self.names = dict(names)
        self._done: dict[int, tuple[Form, Print]] = {}  # the form is kept, so that its id stays its own

    def text(self, form: Form) -> str:
        """The form, without parentheses around it."""
        return self.print(form)[0]

    def at(self, form: Form, level: int) -> str:
        """The form, in parentheses if it binds more loosely than ``level``."""
        text, own = self.print(form)
        return text if own >= level else self.style.parenthesized(text)

    def argument(self, form: Form) -> str:
        """The form where brackets enclose it: Q Kᵀ/c and not 1/c Q Kᵀ."""
        if isinstance(form, Scaled) and form.body and not form.over and form.coefficient == 1:
            return quotient(self, "1", form)[0]
        return self.text(form)

    def print(self, form: Form) -> Print:
        """The form and how tightly its print binds."""
        done = self._done.get(id(form))
        if done is None:
            done = self._done[id(form)] = (form, PRINTERS[type(form)](self, form))
        return done[1]

    def signed(self, form: Form) -> tuple[bool, Form]:
        """Whether the print of a form begins with a minus, and the form without it."""
        if isinstance(form, Filled):
            return self.signed(form.scalar)
        if isinstance(form, Number) and form.value < 0:
            return True, Number("scalar", -form.value)
        if isinstance(form, Scaled) and form.coefficient < 0:
            return True, _rescaled(form, -form.coefficient)
        return False, form

    def terms(self, form: Sum) -> list[tuple[str, str]]:
        """Sign and print of each term."""
        result = []
        for term in form.terms:
            negative, positive = self.signed(term)
            result.append((self.style.minus if negative else "+", self.at(positive, ENTRYWISE)))
        return result


def _rescaled(form: Scaled, coefficient: Fraction | float) -> Form:
    if coefficient == 1 and not form.over and not form.under and form.body:
        return form.body
    if coefficient == 1 and not form.under and form.body is None and len(form.over) == 1:
        return form.over[0]
    return Scaled(form.kind, coefficient, form.over, form.under, form.body)


def _name(r: Renderer, form: Name) -> Print:
    return r.names[form.node], ATOM


def _word(r: Renderer, form: Word) -> Print:
    return r.style.word(form), ATOM


def _number(r: Renderer, form: Number) -> Print:
    if form.value < 0:
        return r.style.minus + r.text(Number("scalar", -form.value)), SUM
    p, q = decimal(form.value)
    return (r.style.number(p), ATOM) if q == "1" else (r.style.fraction([p], [q]), FRACTION)


def _filled(r: Renderer, form: Filled) -> Print:
    return r.print(form.scalar)


def is_small(form: Form) -> bool:
    """Whether a scalar may stand in a fraction before an array: λ and σ², not tr(A)."""
    if isinstance(form, Power):
        return is_small(form.base) and is_small(form.exponent)
    return isinstance(form, Name | Number | Word | Index)


def _is_quotient(form: Scaled) -> bool:
    """Whether an array is printed above its divisor: X/‖X‖; one by a name has it in front, 1/m X."""
    return (
        form.body is not None
        and not isinstance(form.body, SumOver)
        and any(not is_small(f) for f in form.under)
    )


def quotient(r: Renderer, p: str, form: Scaled, q: str = "1") -> Print:
    """p · over · body / (q · under)."""
    assert form.body is not None
    body, level = r.print(form.body)
    tops = [r.style.number(p)] if p != "1" else []
    tops += [r.at(f, POSTFIX) for f in form.over]
    needed = PRODUCT if tops or not r.style.latex else SUM
    product = level >= needed or (isinstance(form.body, MatMul) and level == PRODUCT)
    tops.append(body if product else r.style.parenthesized(body))
    bottoms = [r.style.number(q)] if q != "1" else []
    alone = len(form.under) == 1 and not bottoms and r.style.latex
    bottoms += [r.text(form.under[0])] if alone else [r.at(f, POSTFIX) for f in form.under]
    return r.style.fraction(tops, bottoms), FRACTION if r.style.latex else PRODUCT


def _scaled(r: Renderer, form: Scaled) -> Print:
    if form.coefficient < 0:
        return r.style.minus + r.at(_rescaled(form, -form.coefficient), ENTRYWISE), SUM
    p, q = decimal(form.coefficient)
    if _is_quotient(form):
        return quotient(r, p, form, q)
    everything = form.body is None and not all(is_small(f) for f in form.under)
    over = [f for f in form.over if everything or is_small(f)]
    behind = sorted((f for f in form.over if f not in over), key=lambda f: isinstance(f, SumOver))
    body = form.body
    if body is None and behind:
        body = behind.pop()
    front = _front(r, p, q, over, form.under)
    parts = [*front, *(r.at(f, POSTFIX) for f in behind)]
    if body is None:
        return r.style.beside(parts), FRACTION if len(parts) == 1 and (q != "1" or form.under) else PRODUCT
    text, level = r.print(body)
    last = isinstance(body, SumOver | Hadamard | Kronecker) or level >= FRACTION or isinstance(body, MatMul)
    parts.append(text if last else r.style.parenthesized(text))
    return r.style.beside(parts), min(PRODUCT, level) if last else PRODUCT


def _front(r: Renderer, p: str, q: str, over: Sequence[Form], under: Sequence[Form]) -> list[str]:
    """The scalars that lead a product, as one fraction where anything is divided by."""
    tops = [r.style.number(p)] if p != "1" else []
    bottoms = [r.style.number(q)] if q != "1" else []
    if not under and not bottoms:
        return tops + [r.at(f, POSTFIX) for f in over]
    alone = len(over) == 1 and not tops and r.style.latex
    tops += [r.text(over[0])] if alone else [r.at(f, POSTFIX) for f in over]
    alone = len(under) == 1 and not bottoms and r.style.latex
    bottoms += [r.text(under[0])] if alone else [r.at(f, POSTFIX) for f in under]
    return [r.style.fraction(tops, bottoms)]


def _matmul(r: Renderer, form: MatMul) -> Print:
    return r.style.beside([r.at(p, POSTFIX) for p in form.parts]), PRODUCT


def _is_divisor(form: Form) -> bool:
    exponent = numeric_exponent(form)
    return exponent is not None and exponent < 0


def _without_minus(form: Form) -> Form:
    assert isinstance(form, Power) and isinstance(form.exponent, Number)
    return power(form.base, Number("scalar", -form.exponent.value))


def _hadamard(r: Renderer, form: Hadamard) -> Print:
    over = [r.at(p, POSTFIX) for p in form.parts if not _is_divisor(p)]
    under = [r.at(_without_minus(p), POSTFIX) for p in form.parts if _is_divisor(p)]
    text = f" {r.style.circle} ".join(over or ["1"])
    return "".join([text, *(f" {r.style.slash} {u}" for u in under)]), ENTRYWISE


def _kronecker(r: Renderer, form: Kronecker) -> Print:
    return f" {r.style.kronecker} ".join(r.at(p, PRODUCT) for p in form.parts), ENTRYWISE


def _matrix_power(r: Renderer, form: MatrixPower) -> Print:
    return r.style.raised(r.at(form.base, ATOM), str(form.exponent)), POSTFIX


def _transposed(r: Renderer, form: Transposed) -> Print:
    if isinstance(form.part, Call) and form.part.node.op.name == "conj":
        return r.style.postfix(r.at(form.part.parts[0], ATOM), r.style.hermitian), POSTFIX
    if isinstance(form.part, Inverse):
        return r.style.postfix(r.at(form.part.part, ATOM), r.style.inverse_transpose), POSTFIX
    return r.style.postfix(r.at(form.part, ATOM), r.style.transpose), POSTFIX


def _inverse(r: Renderer, form: Inverse) -> Print:
    return r.style.postfix(r.at(form.part, ATOM), r.style.inverse), POSTFIX


def _power(r: Renderer, form: Power) -> Print:
    value = numeric_exponent(form)
    if value is not None and value < 0:
        if form.kind == "scalar":
            return r.print(Scaled("scalar", Fraction(1), (), (_without_minus(form),), None))
        return _hadamard(r, Hadamard(form.kind, (form,)))
    if value == Fraction(1, 2):
        return r.style.root(r.text(form.base)), ATOM
    base = r.at(form.base, ATOM)
    return r.style.raised(base, r.text(form.exponent), form.kind != "scalar"), POSTFIX


def _function(r: Renderer, form: Function) -> Print:
    return r.style.function(form.name, r.text(form.part)), ATOM


def _norm(r: Renderer, form: Norm) -> Print:
    return r.style.norm(r.text(form.part), form.frobenius, form.exponent), POSTFIX


def _sum(r: Renderer, form: Sum) -> Print:
    (sign, first), *rest = r.terms(form)
    lead = sign if sign == r.style.minus else ""
    return lead + first + "".join(f" {s} {t}" for s, t in rest), SUM


def _call(r: Renderer, form: Call) -> Print:
    op = form.node.op
    template = axes_template(form.node, latex=r.style.latex) or r.style.template(op)
    template = template or f"{op.name}({', '.join(f'{{{k}}}' for k in range(len(form.parts)))})"

    mark = postfix_mark(template)
    if mark is not None:
        return r.style.postfix(r.at(form.parts[0], ATOM), mark), POSTFIX

    def argument(k: int, enclosed: bool) -> str:
        return r.argument(form.parts[k]) if enclosed else r.at(form.parts[k], ATOM)

    return filled_in(template, form.node.attrs, argument, len(form.parts)), ATOM if is_closed(
        template
    ) else SUM


def _bracketed(r: Renderer, form: Bracketed) -> Print:
    pieces = r.style.pieces(form)
    text = ""
    for piece, following in zip(pieces, (*pieces[1:], ""), strict=True):
        if isinstance(piece, str):
            text += piece
        else:
            tight = isinstance(following, str) and following.lstrip("\\left").startswith(("[", "{", "\\{"))
            text += r.at(piece, ATOM if tight else SUM)
    return text, ATOM


def _entry(r: Renderer, form: Entry) -> Print:
    base = r.at(form.array, ATOM)
    if isinstance(form.array, Name):
        lower = r.style.entry_name(base)
        base = base if lower in r.names.values() else lower
    return r.style.lowered(base, [r.text(i) for i in form.indices]), ATOM


def _index(r: Renderer, form: Index) -> Print:
    return form.letter, ATOM


def _sum_over(r: Renderer, form: SumOver) -> Print:
    return r.style.sum_over(form.letters, r.at(form.body, PRODUCT)), ENTRYWISE


def _collected(r: Renderer, form: Collected) -> Print:
    return r.style.collected(r.text(form.body), form.letters), ATOM


PRINTERS: dict[type[Form], Callable[[Renderer, Any], Print]] = {
    Name: _name, Word: _word, Number: _number, Filled: _filled, Scaled: _scaled, MatMul: _matmul,
    Hadamard: _hadamard, Transposed: _transposed, Inverse: _inverse, MatrixPower: _matrix_power,
    Kronecker: _kronecker, Power: _power, Function: _function,
    Norm: _norm, Sum: _sum, Call: _call, Bracketed: _bracketed, Entry: _entry, Index: _index,
    SumOver: _sum_over, Collected: _collected,
}  # fmt: skip
