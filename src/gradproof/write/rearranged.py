"""Forms of the operations that rearrange entries: ``p[0:5, y]``, ``[A; B]``, stores and scatters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from gradproof.expr.indexing import Template
from gradproof.expr.node import CONSTANT, ArrayData, Expr
from gradproof.write.form import Bracketed, Form, Kind, Word, kind_of
from gradproof.write.names import escaped, latex_name, text_name

FormOf = Callable[[Expr], Form]
_SMALL = 8


def literal_array(node: Expr) -> np.ndarray[Any, Any] | None:
    """The array of a literal, None for any other expression."""
    return cast("ArrayData", node.attrs[0]).array if node.op is CONSTANT else None


def is_count(array: np.ndarray[Any, Any] | None) -> bool:
    """Whether an array is 0, 1, 2, ..."""
    return (
        array is not None
        and array.ndim == 1
        and array.dtype.kind in "iu"
        and np.array_equal(array, np.arange(array.size))
    )


def literal_form(node: Expr) -> Form:
    """A literal array: by its label, as arange(n), entry by entry if it is small, else by its shape."""
    data = cast("ArrayData", node.attrs[0])
    kind = kind_of(node.shape)
    if data.label:
        return Word(kind, text_name(data.label), latex_name(data.label))
    if is_count(data.array) and data.array.size > 1:
        n = data.array.size
        return Word(kind, f"arange({n})", rf"\operatorname{{arange}}\left({n}\right)")
    if data.array.size <= _SMALL:
        text = str(data.array.tolist()).replace("-", "−")
        return Word(kind, text, escaped(text).replace("−", "-"))
    text = f"array({', '.join(map(str, node.shape))})"
    return Word(kind, text, rf"\mathrm{{{text}}}")


def _slice(item: tuple[Any, ...]) -> str:
    start, stop, step = ("" if v is None else str(v) for v in item[1:])
    return f"{start}:{stop}" + (f":{step}" if step else "")


def place(template: Template, arrays: Sequence[Form | str]) -> list[str | Form]:
    """What stands between the brackets of ``a[...]``."""
    pieces: list[str | Form] = []
    for item in template:
        if pieces:
            pieces.append(", ")
        if item[0] == "slice":
            pieces.append(_slice(item))
        elif item[0] == "new":
            pieces.append("None")
        else:
            pieces.append(str(item[1]) if item[0] == "int" else arrays[item[1]])
    return pieces


_LATEX = {
    "[": r"\left[",
    "]": r"\right]",
    "{": r"\left\{",
    "}": r"\right\}",
    "scatter(": r"\operatorname{scatter}\left(",
    ")": r"\right)",
    " ← ": r" \leftarrow ",
    " at [": r"\ \mathrm{at}\ \left[",
}


def _both(kind: Kind, pieces: Sequence[str | Form]) -> Form:
    """The same words in both styles, but for those that LaTeX spells its own way."""
    latex = tuple(_LATEX.get(p, p) if isinstance(p, str) else p for p in pieces)
    return Bracketed(kind, tuple(pieces), latex)


def index_form(node: Expr, form: FormOf) -> Form:
    """``base[template]``."""
    base, *arrays = node.args
    inside = place(cast("Template", node.attrs[0]), [form(a) for a in arrays])
    return _both(kind_of(node.shape), [form(base), "[", *inside, "]"])


def scatter_form(node: Expr, form: FormOf) -> Form:
    """Zeros, with entries added at places that may repeat."""
    value, *arrays = node.args
    inside = place(cast("Template", node.attrs[0]), [form(a) for a in arrays])
    return _both(kind_of(node.shape), ["scatter(", form(value), " at [", *inside, "]", ")"])


def store_form(node: Expr, form: FormOf) -> Form:
    """``base{[0] ← v, [1:3] ← w}``, and ``base{[0] += v}`` where values are added."""
    templates, counts = cast("tuple[tuple[Template, ...], tuple[int, ...]]", node.attrs)
    arrow = " ← " if node.op.name == "store" else " += "
    pieces: list[str | Form] = [form(node.args[0]), "{"]
    position = 1
    for k, (template, n) in enumerate(zip(templates, counts, strict=True)):
        value, arrays = node.args[position], node.args[position + 1 : position + 1 + n]
        position += 1 + n
        pieces += [", "] if k else []
        pieces += ["[", *place(template, [form(a) for a in arrays]), "]", arrow, form(value)]
    return _both(kind_of(node.shape), [*pieces, "}"])


def concatenate_form(node: Expr, form: FormOf) -> Form:
    """``[A; B]`` below each other, ``[A, B]`` beside each other."""
    (axis,) = node.attrs
    between = "; " if axis == 0 else ", " if axis == 1 else f" |{axis} "
    pieces: list[str | Form] = ["["]
    for k, arg in enumerate(node.args):
        pieces += [between, form(arg)] if k else [form(arg)]
    return _both(kind_of(node.shape), [*pieces, "]"])


REARRANGED: dict[str, Callable[[Expr, FormOf], Form]] = {
    "index": index_form,
    "scatter_add": scatter_form,
    "store": store_form,
    "accumulate": store_form,
    "concatenate": concatenate_form,
}
