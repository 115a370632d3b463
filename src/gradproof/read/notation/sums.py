"""Sums over indices in text: ``sum_i``, ``sum_{i=1}^n``, ``∑_ij``, and the entries ``w_ij`` below them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction

from gradproof.read.notation.math_tokens import Token
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import IndexRange, Name, Node, Number, Span

_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


Pair = tuple[str, str, str]


def index_ranges(
    text: str, tokens: Sequence[Token], place: int, parse: Callable[[str], Node]
) -> tuple[tuple[IndexRange, ...], int]:
    """The indices after a sum sign, and the place of the token after them. ``tokens[place]`` is ``_``."""
    token = tokens[place + 1]
    if token.text != "{":
        names, place = _letters(text, token), place + 2
        start = None
    else:
        names, start, place = _braced(text, tokens, place + 2, parse)
    stop: Node | None = None
    if tokens[place].text == "^" and tokens[place].kind == "sign":
        stop, place = _upper(text, tokens, place + 1, parse)
    return tuple(IndexRange(span, name, start, stop) for name, span in names), place


def _letters(text: str, token: Token) -> list[tuple[str, Span]]:
    if token.kind != "name" or not set(token.text) <= _LETTERS:
        raise refusal("a sum needs the letters it runs over", text, token.span, "write sum_i or sum_{i=1}^n")
    return [(letter, (token.span[0] + k, token.span[0] + k + 1)) for k, letter in enumerate(token.text)]


def _braced(
    text: str, tokens: Sequence[Token], place: int, parse: Callable[[str], Node]
) -> tuple[list[tuple[str, Span]], Node | None, int]:
    """``{i}``, ``{i,j}``, ``{i=1}``."""
    names: list[tuple[str, Span]] = []
    start: Node | None = None
    while tokens[place].text != "}":
        token = tokens[place]
        if token.kind == "end":
            raise refusal("this brace is not closed", text, tokens[place - 1].span, "close it with }")
        if token.text == "=" and names:
            end = place + 1
            while tokens[end].text not in ("}", ",") and tokens[end].kind != "end":
                end += 1
            first, last = tokens[place + 1].span[0], tokens[end - 1].span[1]
            start, place = parse(" " * first + text[first:last]), end
        elif token.kind == "name":
            names += _letters(text, token)
            place += 1
        elif token.text == "," or (
            token.text in PAIRED and len(names) == 1 and tokens[place + 1].kind == "name"
        ):
            place += 1
        else:
            raise refusal("this is no index of a sum", text, token.span, "write sum_{i=1}^n or sum_{i,j}")
    return names, start, place + 1


def _upper(text: str, tokens: Sequence[Token], place: int, parse: Callable[[str], Node]) -> tuple[Node, int]:
    """``n``, ``10``, ``{n-1}``."""
    token = tokens[place]
    if token.text == "{":
        end = place + 1
        while tokens[end].text != "}" and tokens[end].kind != "end":
            end += 1
        first, last = token.span[1], tokens[end].span[0]
        return parse(" " * first + text[first:last]), end + 1
    if token.kind == "number" and token.text.isdigit():
        return Number(token.span, Fraction(token.text)), place + 1
    if token.kind != "name":
        raise refusal("the last index must be a name or a number", text, token.span, "write sum_{i=1}^n")
    return Name(token.span, token.text), place + 1


def index_of(name: str, bound: Collection[str]) -> tuple[str, tuple[str, ...]] | None:
    """``w_ij`` below a sum over i and j is the entry (i, j) of w; None for any other name."""
    base, underscore, letters = name.rpartition("_")
    if not underscore or not base or not letters or not all(c in bound for c in letters):
        return None
    return base, tuple(letters)


PAIRED = ("<", "<=", "!=", ">", ">=")


def pair_of(tokens: Sequence[Token], place: int) -> Pair | None:
    """``i<j`` and ``i≠j`` below a sum: the indices and the relation between. ``tokens[place]`` is ``_``."""
    if tokens[place + 1].text != "{" or len(tokens) < place + 6 or tokens[place + 5].text != "}":
        return None
    first, relation, second = (t.text for t in tokens[place + 2 : place + 5])
    return (first, relation, second) if relation in PAIRED else None
