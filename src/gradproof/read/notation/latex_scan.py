r"""LaTeX source as characters and commands, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradproof.read.notation.latex_commands import CHARACTERS, GREEK_CHARACTERS
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import Span

MAX_LENGTH = 20_000
_PIECE = re.compile(
    r"(?P<comment>(?<!\\)%[^\n]*)"
    r"|(?P<space>\s+|~)"
    r"|\\(?P<command>[A-Za-z]+)"
    r"|\\(?P<symbol>[^A-Za-z])"
    r"|(?P<number>\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<letter>[A-Za-z])"
    r"|(?P<char>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    r"""A character or command of the source.

    Attributes
    ----------
    kind : str
        "command" (``\frac``), "symbol" (``\,``), "number", "letter" or "char".
    text : str
        The command's name without the backslash, the symbol with it, else the characters.
    span : (int, int)
    spaced : bool
        Whether white space stands before it.
    """

    kind: str
    text: str
    span: Span
    spaced: bool


def scan(text: str) -> list[Piece]:
    """The pieces of a source, comments and white space left out."""
    if len(text) > MAX_LENGTH:
        raise refusal(
            f"a formula of {len(text)} characters", text[:60], (0, 60), f"at most {MAX_LENGTH} are read"
        )
    pieces: list[Piece] = []
    spaced = False
    for match in _PIECE.finditer(text):
        kind, span = match.lastgroup or "char", match.span()
        if kind in ("comment", "space"):
            spaced = True
            continue
        piece = _normal(kind, match.group(kind), span, spaced)
        pieces.append(piece)
        spaced = False
    return pieces


def _normal(kind: str, found: str, span: Span, spaced: bool) -> Piece:
    if kind == "symbol":
        return Piece("symbol", "\\" + found, span, spaced)
    if kind == "char" and found in GREEK_CHARACTERS:
        return Piece("command", GREEK_CHARACTERS[found], span, spaced)
    if kind == "char" and found in CHARACTERS:
        return Piece("command", CHARACTERS[found], span, spaced)
    return Piece(kind, found, span, spaced)
