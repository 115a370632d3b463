"""What cannot be read is shown at its place: the text, carets under the part at fault, and a way out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from gradproof.errors import InputError, ShapeError
from gradproof.expr.node import Shape
from gradproof.read.notation.tree import Span


def pointed(text: str, span: Span) -> str:
    """The line of the text that holds the span, and carets under it."""
    start, stop = span
    start = min(max(start, 0), len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_stop = text.find("\n", start)
    line = text[line_start : line_stop if line_stop >= 0 else len(text)]
    column = start - line_start
    before, under = line[:column], line[column : max(stop, start + 1) - line_start]
    carets = "^" * max(1, _width(under))
    return f"{line}\n      {' ' * _width(before)}{carets}"


def _width(text: str) -> int:
    """Columns of a terminal that the text takes."""
    width = 0
    for char in text:
        if not unicodedata.combining(char):
            width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return width


def refusal(what: str, text: str, span: Span, fix: str) -> InputError:
    """The error for a formula that cannot be read, or can be read in two ways."""
    return InputError(what, where=pointed(text, span), fix=fix)


def misfit(what: str, text: str, span: Span, fix: str) -> ShapeError:
    """The error for shapes that do not fit together at a place."""
    return ShapeError(re.sub(r"\?\d+", "?", what), where=pointed(text, span), fix=fix)


def shown_shape(shape: Shape) -> str:
    """A shape as people read it: ``(n, k)``, ``(n,)``; a scalar is said so. Sizes not known yet are ``?``."""
    if not shape:
        return "a scalar"
    sizes = ["?" if isinstance(s, str) and s.startswith("?") else str(s) for s in shape]
    return "(" + ", ".join(sizes) + ("," if len(sizes) == 1 else "") + ")"


def closest(word: str, words: Iterable[str]) -> str:
    """The known word that a misspelt one was meant to be, or nothing."""
    known = {w.lower(): w for w in words}
    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.7)
    return known[found[0]] if found else ""
