"""Common intermediates named instead of repeated: diag(s) − s sᵀ where s = softmax(x)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection

from gradproof.expr.node import Expr, symbol
from gradproof.write.form import (
    Call,
    Form,
    Function,
    Hadamard,
    Inverse,
    Kronecker,
    MatMul,
    MatrixPower,
    Name,
    Norm,
    Power,
    Scaled,
    Sum,
)
from gradproof.write.parts import parts_of, with_parts

MAX_NAMES = 5
ADDED = 9  # characters of ``where S = `` and of the line's end
WORTHWHILE = 2  # characters that a name has to save
_UID = -5_000_000
_RESERVED = {"I", "T", "J", "K", "e", "i", "j", "d", "E", "O"}
_LETTERS = {
    "softmax": ("S", "P", "s", "p"), "sigmoid": ("S", "P", "s", "p"), "log_softmax": ("L", "N", "l", "q"),
    "left_singular": ("U", "P"), "right_singular": ("V", "Q"), "eigenvectors_symmetric": ("Q", "V"),
    "eigenbasis": ("V", "Q"), "polar": ("Q", "P"), "v_max": ("v", "u"), "v_min": ("v", "u"),
    "exp": ("G", "F", "g", "f"), "tanh": ("H", "A", "h", "a"), "max": ("H", "A", "h", "a"),
}  # fmt: skip
_MATRICES, _COLUMNS, _SCALARS = "MRSPQHZDGLN", "rspqhzvugl", "csqabprtu"
_NAMED = (Call, Sum, Inverse, MatMul, Hadamard, Power, MatrixPower, Function, Norm, Scaled)


def named(
    form: Form, length: Callable[[Form], int], taken: Collection[str]
) -> tuple[Form, list[tuple[Expr, str, Form]]]:
    """The form with what it repeats named, and the definitions: symbol, name, what it stands for.

    Parameters
    ----------
    length : how long a form prints
    taken : names in use
    """
    page = [form]
    found: list[tuple[Expr, str]] = []
    in_use = {*taken, *_RESERVED}
    while len(found) < MAX_NAMES:
        best = _most_saving(page, length)
        if best is None:
            break
        name = _name_for(best, in_use)
        if name is None:
            break
        in_use.add(name)
        node = symbol(name, (), _UID - len(found))
        page = [_replaced(f, best, Name(best.kind, node)) for f in page]
        page.append(best)
        found.append((node, name))
    definitions = [(node, name, f) for (node, name), f in zip(found, page[1:], strict=True)]
    return page[0], definitions


def _most_saving(page: list[Form], length: Callable[[Form], int]) -> Form | None:
    counts: Counter[Form] = Counter()
    stack = list(page)
    while stack:
        form = stack.pop()
        if isinstance(form, _NAMED) and form not in page:
            counts[form] += 1
        stack.extend(parts_of(form))
    best, most = None, WORTHWHILE - 1
    for form, count in counts.items():
        if count > 1 and form.kind in ("scalar", "column", "matrix") and has_sizes(form):
            long = length(form)
            saved = (count - 1) * long - count - ADDED
            if saved > most:
                best, most = form, saved
    return best


def has_sizes(form: Form) -> bool:
    """Whether a form has one size wherever it stands; the I of c I may have another elsewhere."""
    if form.kind == "scalar":
        return True
    if isinstance(form, Scaled):
        return form.body is not None and has_sizes(form.body)
    if isinstance(form, MatMul):
        return has_sizes(form.parts[0]) and has_sizes(form.parts[-1])
    if isinstance(form, Kronecker):
        return all(map(has_sizes, form.parts))
    return isinstance(form, Name) or any(p.kind != "scalar" and has_sizes(p) for p in parts_of(form))


def _name_for(form: Form, taken: Collection[str]) -> str | None:
    matrix = form.kind == "matrix"
    preferred: tuple[str, ...] = ()
    if isinstance(form, Call) and form.node.op.name in _LETTERS and form.kind != "scalar":
        preferred = tuple(c for c in _LETTERS[form.node.op.name] if c.isupper() == matrix)
    usual = _MATRICES if matrix else _COLUMNS if form.kind == "column" else _SCALARS
    return next((c for c in (*preferred, *usual) if c not in taken), None)


def _replaced(form: Form, old: Form, new: Form) -> Form:
    def change(part: Form) -> Form:
        return _replaced(part, old, new)

    return new if form == old else with_parts(form, change)
