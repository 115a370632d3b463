r"""A cursor over the pieces of a LaTeX source: groups in braces, and what LaTeX takes as an argument."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from gradproof.errors import InputError
from gradproof.read.notation.latex_scan import Piece
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import Span

MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Tok:
    """A token: its kind in the grammar, what it says, and where it stands."""

    kind: str
    value: Any
    span: Span
    spaced: bool = False


Tokens = tuple[Tok, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter or word that may be a name: with its accent, and the shape it is set in."""

    base: str
    accent: str = ""
    font: str = ""
    bold: bool = False
    word: bool = False  # typed as a word: \\text{loss}, \\mathrm{Tr}

    @property
    def name(self) -> str:
        """The name as people type it in code: ``y_hat``."""
        return f"{self.base}_{self.accent}" if self.accent else self.base


class Cursor(ABC):
    """One pass over the pieces."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self.text, self.pieces, self.at, self.depth = text, pieces, 0, 0
        self.environments: list[tuple[str, Span]] = []

    # --- help -------------------------------------------------------------------------------------------

    def refuse(self, what: str, span: Span, fix: str) -> InputError:
        """The error with a pointer at the place."""
        return refusal(what, self.text, span, fix)

    def peek(self) -> Piece | None:
        """The next piece, which stays where it is."""
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def next(self, after: Span) -> Piece:
        """The next piece, which is needed behind ``after``."""
        piece = self.peek()
        if piece is None:
            raise self.refuse("the formula ends here, and something is missing", after, "complete it")
        self.at += 1
        return piece

    # --- sequences --------------------------------------------------------------------------------------

    def all(self) -> list[Tok]:
        """The tokens of the whole source."""
        found: list[Tok] = []
        while self.peek() is not None:
            self.sequence(found, None)
            if (piece := self.peek()) is not None:
                raise self.refuse("this } closes nothing", piece.span, "remove it, or open { before")
        if self.environments:
            name, span = self.environments[-1]
            raise self.refuse(rf"\begin{{{name}}} is never closed", span, rf"write \end{{{name}}}")
        return found

    def sequence(self, found: list[Tok], opened: Piece | None) -> None:
        """Append tokens up to the brace that closes ``opened``, or up to any closing brace."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            assert self.peek() is not None
            raise self.refuse(
                "braces inside braces, more than can be read",
                self.pieces[self.at].span,
                "name a part with let=",
            )
        while (piece := self.peek()) is not None and not is_char(piece, "}"):
            self.at += 1
            self.one(piece, found)
        self.depth -= 1
        if opened is not None:
            if self.peek() is None:
                raise self.refuse("this { is never closed", opened.span, "close it with }")
            self.at += 1

    def braces(self, piece: Piece) -> list[Tok]:
        """The inside of braces that ``piece`` opens."""
        found: list[Tok] = []
        self.sequence(found, piece)
        return found

    def argument(self, of: Span, whole_word: bool = False) -> tuple[list[Tok], Span]:
        """What LaTeX takes as the argument: a group in braces, a command with its own, or one character."""
        piece = self.next(of)
        if is_char(piece, "}"):
            raise self.refuse("an argument is missing before this }", piece.span, "write it in braces")
        found: list[Tok] = []
        if is_char(piece, "{"):
            found = self.braces(piece)
        elif piece.kind == "number" and len(piece.text) > 1:
            if whole_word:
                typed = f"{self.text[slice(*of)]}{piece.text}"
                raise self.refuse(
                    f"LaTeX takes one digit only here: {typed} is {self.text[slice(*of)]}{{{piece.text[0]}}} "
                    f"followed by {piece.text[1:]}",
                    piece.span,
                    f"write {self.text[slice(*of)]}{{{piece.text}}}",
                )
            start = piece.span[0]
            self.at -= 1
            self.pieces[self.at] = Piece("number", piece.text[1:], (start + 1, piece.span[1]), False)
            found = [Tok("NUMBER", piece.text[0], (start, start + 1))]
        else:
            self.one(piece, found)
        stop = self.pieces[self.at - 1].span[1] if found else piece.span[1]
        if found and found[-1].kind == "NUMBER" and not is_char(piece, "{"):
            stop = found[-1].span[1]
        return found, (piece.span[0], stop)

    def wrapped(self, part: tuple[list[Tok], Span], found: list[Tok]) -> None:
        """Append tokens in braces."""
        inside, span = part
        if inside:
            first, last = (span[0], span[0] + 1), (span[1] - 1, span[1])
            found += [Tok("LBRACE", "}", first), *inside, Tok("RBRACE", "}", last)]

    @abstractmethod
    def one(self, piece: Piece, found: list[Tok]) -> None:
        """Append the tokens that begin with this piece."""


def is_char(piece: Piece, char: str) -> bool:
    """Whether a piece is a character that stands by itself."""
    return piece.kind == "char" and piece.text == char
