r"""Environments: those around a formula are left out, matrices are read entry by entry."""

from __future__ import annotations

from gradproof.read.notation import latex_commands as words
from gradproof.read.notation.latex_cursor import Letter, Tok, Tokens, is_char
from gradproof.read.notation.latex_fonts import Fonts
from gradproof.read.notation.latex_scan import Piece
from gradproof.read.notation.tree import Span

_WORDS = words.word_set("if when for where otherwise else elsewhere ow ow. Otherwise If")
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


class Environments(Fonts):
    """The part of the scanner that reads environments."""

    def begin(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\begin{aligned}`` is left out, ``\begin{pmatrix}`` is a matrix."""
        name, span = self.letters_of(piece)
        bare, whole = name.removesuffix("*"), (piece.span[0], span[1])
        if bare in words.MATRICES:
            found.append(Tok("MATRIX", (bare, self.cells(bare, whole)), whole, piece.spaced))
        elif bare in ("cases", "dcases"):
            rows = self.cells(name, whole)
            closed = (piece.span[0], self.pieces[self.at - 1].span[1])
            found.append(Tok("CASES", self.two_cases(rows, whole), closed, piece.spaced))
        elif bare in words.ENVIRONMENTS:
            self.environments.append((name, whole))
            if (after := self.peek()) is not None and bare == "alignat" and is_char(after, "{"):
                self.argument(whole)
        else:
            raise self.refuse(f"the environment {name} is not read", whole, "write pmatrix or bmatrix")

    def two_cases(self, rows: tuple[tuple[Tokens, ...], ...], whole: Span) -> tuple[Tokens, Tokens, Tokens]:
        """The first value, its condition, and the second value.

        Raises
        ------
        InputError
            There are not two cases, or the second is not what remains.
        """
        if len(rows) != 2 or any(len(row) != 2 for row in rows):
            fix = r"write \max, an indicator \mathbf{1}[x > 0], or cases inside the second of two cases"
            raise self.refuse("cases that are not two values with their conditions", whole, fix)
        (first, one), (second, other) = ((_ended(value), _condition(said)) for value, said in rows)
        if not first or not second or not _one_relation(one):
            raise self.refuse(
                "a case without a value, or without one relation as its condition", whole,
                r"write x & x > 0 \\ 0 & \text{otherwise}",
            )  # fmt: skip
        if other and not _remaining(one, other):
            raise self.refuse(
                "the second condition is not surely what the first leaves", other[0].span,
                r"write \text{otherwise}",
            )  # fmt: skip
        return first, one, second

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


def _ended(tokens: Tokens) -> Tokens:
    """Without the comma or full stop at the end."""
    while tokens and tokens[-1].kind in ("COMMA", "STOP", "SEMI"):
        tokens = tokens[:-1]
    return tokens


def _condition(tokens: Tokens) -> Tokens:
    """A condition without the words before it; nothing for "otherwise"."""
    tokens = _ended(tokens)
    while tokens and isinstance(tokens[0].value, Letter) and tokens[0].value.base in _WORDS:
        tokens = tokens[1:]
    return tokens


def _one_relation(tokens: Tokens) -> bool:
    return sum(t.kind == "REL" for t in tokens) == 1 and tokens[0].kind != "REL" != tokens[-1].kind


def _remaining(one: Tokens, other: Tokens) -> bool:
    """Whether two conditions compare the same things, and together leave out nothing."""
    if not _one_relation(other):
        return False
    (a, said, b), (c, says, d) = _split(one), _split(other)
    if (a, b) == (d, c) and (a, b) != (c, d):
        c, d, says = d, c, _TURNED.get(says, says)
    together = {said, says}
    return (a, b) == (c, d) and (together in ({"<", ">="}, {">", "<="}, {"<=", ">="}))


def _split(tokens: Tokens) -> tuple[list[object], str, list[object]]:
    """Both sides of a relation, without their places, and the relation."""
    k = next(k for k, t in enumerate(tokens) if t.kind == "REL")
    return _values(tokens[:k]), str(tokens[k].value), _values(tokens[k + 1 :])


def _values(tokens: Tokens) -> list[object]:
    return [(t.kind, _values(t.value)) if t.kind in ("SUP", "SUB") else (t.kind, t.value) for t in tokens]
