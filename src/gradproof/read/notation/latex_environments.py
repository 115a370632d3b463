r"""Environments: those around a formula are left out, matrices are read entry by entry."""

from __future__ import annotations

from gradproof.read.notation import latex_commands as words
from gradproof.read.notation.latex_cursor import Tok, Tokens, is_char
from gradproof.read.notation.latex_fonts import Fonts
from gradproof.read.notation.latex_scan import Piece
from gradproof.read.notation.tree import Span


class Environments(Fonts):
    """The part of the scanner that reads environments."""

    def begin(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\begin{aligned}`` is left out, ``\begin{pmatrix}`` is a matrix."""
        name, span = self.letters_of(piece)
        bare, whole = name.removesuffix("*"), (piece.span[0], span[1])
        if bare in words.MATRICES:
            found.append(Tok("MATRIX", (bare, self.cells(bare, whole)), whole, piece.spaced))
        elif bare in words.ENVIRONMENTS:
            self.environments.append((name, whole))
            if (after := self.peek()) is not None and bare == "alignat" and is_char(after, "{"):
                self.argument(whole)
        else:
            fix = r"write \max, an indicator \mathbf{1}[x > 0], or each case by itself"
            raise self.refuse(
                f"the environment {name} is not read",
                whole,
                fix if bare == "cases" else "write pmatrix or bmatrix",
            )

    def end(self, piece: Piece, found: list[Tok]) -> None:
        """The end of what was begun last."""
        name, span = self.letters_of(piece)
        if not self.environments or self.environments[-1][0] != name:
            raise self.refuse(
                rf"\end{{{name}}} closes nothing that is open",
                (piece.span[0], span[1]),
                "write begin and end in pairs",
            )
        self.environments.pop()

    def cells(self, name: str, whole: Span) -> tuple[tuple[Tokens, ...], ...]:
        """The entries of a matrix that is written out."""
        rows: list[list[list[Tok]]] = [[[]]]
        while True:
            piece = self.next(whole)
            if piece.kind == "command" and piece.text == "end":
                closed, span = self.letters_of(piece)
                if closed != name:
                    raise self.refuse(rf"\end{{{closed}}} for \begin{{{name}}}", span, "close what is open")
                break
            if is_char(piece, "&"):
                rows[-1].append([])
            elif piece.text == "\\\\":
                rows.append([[]])
            elif is_char(piece, "}"):
                raise self.refuse("this } closes nothing", piece.span, "remove it")
            else:
                self.one(piece, rows[-1][-1])
        if rows[-1] == [[]]:
            rows.pop()
        if not rows or any(not cell for row in rows for cell in row) or len({len(r) for r in rows}) > 1:
            raise self.refuse(
                "a matrix with rows that differ, or with an empty entry", whole, "fill every entry"
            )
        return tuple(tuple(tuple(cell) for cell in row) for row in rows)
