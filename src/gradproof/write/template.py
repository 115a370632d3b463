"""The templates of operation records: ``exp({0})``, ``{0}^{1}``, ``np.max({0}, axis={attrs[0]})``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from string import Formatter
from typing import Any

from gradproof.expr.node import Attrs

ESCAPED = r"\_"

_OPENS = re.compile(r"(?:[(\[{|,;<>=≤≥≠]|\\[gln]eq)\s*$")
_CLOSES = re.compile(r"^\s*(?:[)\]}|,;<>=≤≥≠]|\\right|\\[gln]eq)")


class _Axes(tuple[Any, ...]):
    """A tuple of axes that prints as its one axis where it has only one."""

    __slots__ = ()

    def __str__(self) -> str:
        return str(self[0]) if len(self) == 1 else f"({', '.join(map(str, self))})"

    def __format__(self, spec: str) -> str:
        return str(self)


@cache
def _split(template: str) -> tuple[tuple[str, str | None, bool], ...]:
    """Literal text, field name, and whether brackets or commas enclose the field."""
    pieces = [(literal, field) for literal, field, _, _ in Formatter().parse(template)]
    result = []
    before = ""
    for k, (literal, field) in enumerate(pieces):
        before += literal
        after = pieces[k + 1][0] if k + 1 < len(pieces) else ""
        enclosed = bool(_OPENS.search(before) and _CLOSES.search(after))
        result.append((literal, field, enclosed))
        before += "" if field is None else "x"
    return tuple(result)


@cache
def uses(template: str, position: int) -> int:
    """How often a template repeats an argument."""
    return sum(field == str(position) for _, field, _ in _split(template))


def filled_in(template: str, attrs: Attrs, argument: Callable[[int, bool], str], count: int = 0) -> str:
    """The template with its fields filled.

    Parameters
    ----------
    argument : callable ``(k, enclosed) -> str``
        Print of the k-th argument; one that is not enclosed must bind tightly.
    count : number of arguments, for ``{all}``
    """
    shown = tuple(
        _Axes(a) if isinstance(a, tuple) and all(isinstance(i, int) for i in a) else a for a in attrs
    )
    text = ""
    for literal, field, enclosed in _split(template):
        text += literal
        if field is None:
            continue
        if field.isdigit():
            text += argument(int(field), enclosed)
        elif field == "all" and count:
            text += ", ".join(argument(k, True) for k in range(count))
        elif field.startswith("attrs"):
            text += f"{{{field}}}".format(attrs=shown)
        else:  # \operatorname{sign}: LaTeX's own braces around a word
            text += f"{{{field.replace('_', ESCAPED)}}}"
    return text


@cache
def postfix_mark(template: str) -> str | None:
    """What a template puts behind its one argument: ``⁺`` of ``{0}⁺``; None for other templates."""
    found = re.fullmatch(r"\{0\}(?:([⁺ᴴ⁻¹ᵀ]+)|\^\{\{([^{}]+)\}\})", template)
    if found is None:
        return None
    return found[1] or f"^{{{found[2]}}}"


@cache
def is_closed(template: str) -> bool:
    """Whether what the template prints needs no parentheses anywhere: ``exp({0})``, ``[{0} > {1}]``."""
    plain = re.sub(r"\{[^{}]*\}", "x", template.replace("{{", "⟦").replace("}}", "⟧"))
    plain = re.sub(r"\\left\W|\\left\\.", "(", re.sub(r"\\right\W|\\right\\.", ")", plain))
    plain = re.sub(r"^\|.*\|$", "x", plain)
    previous = None
    while plain != previous:
        previous, plain = plain, re.sub(r"\([^()\[\]⟦⟧]*\)|\[[^()\[\]⟦⟧]*\]|⟦[^()\[\]⟦⟧]*⟧", "", plain)
    return not re.search(r"[\s^+*/−⁻-]", plain)
