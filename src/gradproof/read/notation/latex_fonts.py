r"""Fonts, accents and words: what names look like in LaTeX."""

from __future__ import annotations

from gradproof.read.notation import latex_commands as words
from gradproof.read.notation.latex_cursor import Cursor, Letter, Tok, is_char
from gradproof.read.notation.latex_scan import Piece
from gradproof.read.notation.tree import Span
from gradproof.read.notation.vocabulary import find


class Fonts(Cursor):
    """The part of the scanner that reads letters."""

    def letters(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\mathbf{x}``: the font of each letter; ``\mathbf{1}`` is a vector of ones."""
        font = words.LETTER_FONTS[piece.text]
        inside, span = self.argument(piece.span)
        whole = (piece.span[0], span[1])
        set_in = [self.in_font(t, font, whole) for t in inside]
        if len(set_in) == 1:
            found.append(Tok(set_in[0].kind, set_in[0].value, whole, piece.spaced))
        else:
            self.wrapped((set_in, whole), found)

    def in_font(self, token: Tok, font: str, whole: Span) -> Tok:
        """A token of which the font is known."""
        if token.kind == "NAME":
            letter: Letter = token.value
            if font == "blackboard" and letter.base in ("R", "E", "N", "Z", "C", "P"):
                raise self.refuse(
                    "a set or an expectation", whole, "write a sum over samples, or the expression itself"
                )
            if font == "blackboard" and letter.base == "I":
                return Tok("NAME", Letter("I"), whole, token.spaced)
            kept = "" if font == "bold" else font
            return Tok(
                "NAME",
                Letter(letter.base, letter.accent, letter.font or kept, font == "bold"),
                whole,
                token.spaced,
            )
        if token.kind == "NUMBER":
            if token.value == "1":
                return Tok("ONES", "1", whole, token.spaced)
            if token.value == "0" and font == "bold":
                return token
            raise self.refuse("a number in this font", whole, r"write \mathbf{1} for a vector of ones")
        return token

    def word(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\operatorname{tr}``, ``\mathrm{T}``, ``\text{loss}``: a function, or a name."""
        text, span = self.letters_of(piece)
        whole = (piece.span[0], span[1])
        if text in words.FUNCTIONS and (piece.text == "operatorname" or len(text) > 1):
            found.append(Tok("FUNC", words.FUNCTIONS[text], whole, piece.spaced))
        elif piece.text == "operatorname" and find(text) is not None:
            found.append(Tok("FUNC", text, whole, piece.spaced))
        elif text.isalnum() and text.isascii() and not text[:1].isdigit():
            found.append(Tok("NAME", Letter(text, word=True), whole, piece.spaced))
        elif text.isdigit():
            found.append(Tok("NUMBER", text, whole, piece.spaced))
        elif not text:
            return
        else:
            raise self.refuse(
                f"words in a formula: {text!r}",
                whole,
                "leave them out; a name of several letters has no blanks",
            )

    def letters_of(self, piece: Piece) -> tuple[str, Span]:
        """The characters of an argument that is words."""
        first = self.next(piece.span)
        if not is_char(first, "{"):
            return first.text, first.span
        start, last = first.span[1], first
        while not is_char(last := self.next(piece.span), "}"):
            if is_char(last, "{") or (last.kind == "command" and last.text not in words.SPACES):
                raise self.refuse("a command where words are", last.span, "write plain letters")
        text = self.text[start : last.span[0]].replace("\\,", "").replace("\\ ", " ").replace("-", "")
        return text.strip().strip(".").strip(), (first.span[0], last.span[1])

    def accent(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\hat{y}``: a letter with an accent is one name."""
        inside, span = self.argument(piece.span)
        whole = (piece.span[0], span[1])
        if len(inside) != 1 or inside[0].kind != "NAME" or inside[0].value.accent:
            raise self.refuse(
                "an accent over more than one letter",
                whole,
                r"accents belong to names: \hat{y}, \bar{x}, \tilde{A}",
            )
        letter: Letter = inside[0].value
        accent = words.ACCENTS[piece.text]
        found.append(
            Tok(
                "NAME",
                Letter(letter.base, accent, letter.font, letter.bold, letter.word),
                whole,
                piece.spaced,
            )
        )
