r"""From the pieces of a LaTeX source to the tokens of the grammar.

Here everything that only concerns typesetting goes: dollars, spaces, sizes of brackets, environments, fonts.
What LaTeX lets stand without braces gets its braces as LaTeX would give them: ``\frac12`` is ``\frac{1}{2}``
and ``x^10`` is ``x^{1}0``, which is refused. Scripts become one token each, which holds its own tokens.
"""

from __future__ import annotations

from collections.abc import Callable

from gradproof.read.notation import latex_commands as words
from gradproof.read.notation.latex_cursor import Letter, Tok, Tokens, is_char
from gradproof.read.notation.latex_environments import Environments
from gradproof.read.notation.latex_scan import Piece, scan
from gradproof.read.notation.problems import closest
from gradproof.read.notation.tree import Span

__all__ = ["Letter", "Tok", "Tokens", "tokens_of"]


def tokens_of(text: str) -> Tokens:
    """The tokens of a LaTeX source.

    Raises
    ------
    InputError
        For what cannot be read at this level: macros, ellipses, unknown commands, braces that do not match.
    """
    return tuple(_Structure(text, scan(text)).all())


class _Structure(Environments):
    """One pass over the pieces."""

    # --- one piece --------------------------------------------------------------------------------------

    def one(self, piece: Piece, found: list[Tok]) -> None:
        """Append the tokens that begin with this piece."""
        if piece.kind == "command":
            self.command(piece, found)
        elif piece.kind == "letter":
            found.append(Tok("NAME", Letter(piece.text), piece.span, piece.spaced))
        elif piece.kind == "number":
            if found and found[-1].kind == "NUMBER":
                raise self.refuse(
                    "two numbers beside each other, which LaTeX prints as one",
                    (found[-1].span[0], piece.span[1]),
                    r"write \cdot between them, or one number",
                )
            found.append(Tok("NUMBER", piece.text, piece.span, piece.spaced))
        else:
            self.character(piece, found)

    def character(self, piece: Piece, found: list[Tok]) -> None:
        text, span = piece.text, piece.span
        if text in ("$", "&", "\\\\", "\\(", "\\)", "\\[", "\\]") or (
            text[1:] in words.SPACE_SYMBOLS and text[0] == "\\"
        ):
            if text == "\\\\" and self.peek() is not None and is_char(self.pieces[self.at], "["):
                self.skip_to("]", span)
            if text in ("&", "\\\\"):
                found.append(Tok("BREAK", text, span))
        elif text == "{":
            self.group(piece, found)
        elif text in ("^", "_"):
            self.script(piece, found)
        elif text == "'":
            self.prime(piece, found)
        elif text == "|" and (after := self.peek()) is not None and is_char(after, "|") and not after.spaced:
            self.at += 1
            found.append(Tok("NORM", "||", (span[0], after.span[1]), piece.spaced))
        elif text == ":" and (after := self.peek()) is not None and is_char(after, "="):
            self.at += 1
            found.append(Tok("EQUALS", ":=", (span[0], after.span[1])))
        elif text == "." and (after := self.peek()) is not None and is_char(after, "."):
            raise self.refuse(*_with_span(words.REFUSED["ldots"], span))
        else:
            found.append(self.symbol(text, piece))

    def symbol(self, text: str, piece: Piece) -> Tok:
        """Brackets, bars, operators, relations."""
        span = piece.span
        if text in words.SIGNS:
            return Tok(*words.SIGNS[text], span, piece.spaced)
        raise self.refuse(
            f"{text!r} is no part of a formula that can be read",
            span,
            "write it as LaTeX does, or leave it out",
        )

    def group(self, piece: Piece, found: list[Tok]) -> None:
        """Braces: they keep together what they hold. Empty ones only part two scripts."""
        inside = self.braces(piece)
        if len(inside) == 1 and inside[0].kind in (
            "LPAR",
            "RPAR",
            "BAR",
            "NORM",
            "ADD",
            "MUL",
            "EQUALS",
            "COMMA",
        ):
            found += inside
            return
        span = (piece.span[0], self.pieces[self.at - 1].span[1])
        if inside:
            found += [
                Tok("LBRACE", "}", piece.span, piece.spaced),
                *inside,
                Tok("RBRACE", "}", (span[1] - 1, span[1])),
            ]
        elif (after := self.peek()) is not None and after.text in ("^", "_"):
            found.append(Tok("EMPTY", "", span))

    def script(self, piece: Piece, found: list[Tok]) -> None:
        inside, span = self.argument(piece.span, whole_word=True)
        kind = "SUP" if piece.text == "^" else "SUB"
        whole = (piece.span[0], span[1])
        if found and found[-1].kind == "EMPTY":
            found.pop()
            if not found:
                raise self.refuse("a script before its base", whole, r"write it behind: X^{\top}")
        elif found and (
            found[-1].kind == kind
            or (len(found) > 1 and found[-2].kind == kind and found[-1].kind in ("SUP", "SUB"))
        ):
            raise self.refuse(
                "a second script of one base, an error in LaTeX", whole, "put braces around the base"
            )
        if not inside:
            raise self.refuse("an empty script", whole, "remove it")
        found.append(Tok(kind, tuple(inside), whole))

    def prime(self, piece: Piece, found: list[Tok]) -> None:
        if found and found[-1].kind == "SUP":
            raise self.refuse("a prime behind a superscript", piece.span, r"write x^{\top} for the transpose")
        found.append(Tok("SUP", (Tok("PRIME", "'", piece.span),), piece.span))

    def skip_to(self, closing: str, opened: Span) -> None:
        while not is_char(self.next(opened), closing):
            pass

    # --- commands ---------------------------------------------------------------------------------------

    def command(self, piece: Piece, found: list[Tok]) -> None:
        name, span = piece.text, piece.span
        special: Callable[[Piece, list[Tok]], None] | None = {
            "frac": self.fraction, "dfrac": self.fraction, "tfrac": self.fraction, "cfrac": self.fraction,
            "sqrt": self.root, "left": self.sized, "right": self.sized, "begin": self.begin, "end": self.end,
            "overset": self.decorated, "stackrel": self.decorated, "textcolor": self.coloured,
        }.get(name)  # fmt: skip
        if special is not None:
            special(piece, found)
        elif name in words.SPACES:
            return
        elif name in words.SIZED:
            self.sized(piece, found)
        elif name in words.SKIPPED_WITH_ARGUMENT:
            self.starred()
            self.argument(span)
        elif name in words.CONTENTS_OF:
            self.contents(piece, found)
        elif name in words.LETTER_FONTS:
            self.letters(piece, found)
        elif name in words.WORD_FONTS:
            self.starred()
            self.word(piece, found)
        elif name in words.ACCENTS:
            self.accent(piece, found)
        elif name in words.REFUSED:
            raise self.refuse(*_with_span(words.REFUSED[name], span))
        else:
            found.append(self.named(piece))

    def named(self, piece: Piece) -> Tok:
        """A command that is one token by itself."""
        name, span = piece.text, piece.span
        if name in words.GREEK:
            return Tok("NAME", Letter(name), span, piece.spaced)
        if name in words.VARIANTS:
            font = name if name not in ("ell", "hbar", "digamma") else ""
            return Tok("NAME", Letter(words.VARIANTS[name], font=font), span, piece.spaced)
        if name in words.COMMANDS:
            return Tok("FUNC", words.FUNCTIONS[name], span, piece.spaced)
        fixed = {"sum": "BIG", "prod": "BIG", "partial": "PARTIAL", "nabla": "NABLA", "infty": "INFINITY",
                 "over": "OVER", "dagger": "DAGGER", "prime": "PRIME", "colon": "COLON",
                 "cr": "BREAK"}  # fmt: skip
        if name in fixed:
            return Tok(fixed[name], name, span, piece.spaced)
        if name in ("vert", "mid") and (after := self.peek()) is not None and _same_bar(piece, after):
            self.at += 1
            return Tok("NORM", "||", (span[0], after.span[1]), piece.spaced)
        if name in words.SIGNS:
            return self.symbol(name, piece)
        known = (
            words.GREEK | words.COMMANDS | words.LETTER_FONTS.keys() | {"frac", "sqrt", "sum", "operatorname"}
        )
        meant = closest(name, known)
        raise self.refuse(
            rf"the command \{name} is not known",
            span,
            rf"did you mean \{meant}?"
            if meant
            else r"write what it stands for; functions are \operatorname{name}(x)",
        )

    def starred(self) -> None:
        if (piece := self.peek()) is not None and is_char(piece, "*"):
            self.at += 1

    def fraction(self, piece: Piece, found: list[Tok]) -> None:
        over, a = self.argument(piece.span)
        under, b = self.argument(piece.span)
        for part, span in ((over, a), (under, b)):
            if not part:
                raise self.refuse("an empty part of a fraction", span, "complete the fraction")
        found.append(Tok("FRAC", piece.text, piece.span, piece.spaced))
        for part, span in ((over, a), (under, b)):
            found += [
                Tok("LBRACE", "}", (span[0], span[0] + 1)),
                *part,
                Tok("RBRACE", "}", (span[1] - 1, span[1])),
            ]

    def root(self, piece: Piece, found: list[Tok]) -> None:
        degree: list[Tok] = []
        if (after := self.peek()) is not None and is_char(after, "["):
            self.at += 1
            while not is_char(self.pieces[self.at] if self.peek() else after, "]"):
                self.one(self.next(after.span), degree)
                if self.peek() is None:
                    raise self.refuse("this [ is never closed", after.span, r"write \sqrt[3]{x}")
            self.at += 1
        inside, span = self.argument(piece.span)
        if not inside:
            raise self.refuse("the root of nothing", piece.span, r"write \sqrt{x}")
        found.append(Tok("ROOT", tuple(degree), piece.span, piece.spaced))
        found += [
            Tok("LBRACE", "}", (span[0], span[0] + 1)),
            *inside,
            Tok("RBRACE", "}", (span[1] - 1, span[1])),
        ]

    def sized(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\left(``, ``\bigl|``: the bracket, and for bars the side that is said."""
        bracket = self.next(piece.span)
        if bracket.text == "." and piece.text in ("left", "right"):
            raise self.refuse("a bracket on one side only", piece.span, "write both brackets, or none")
        if (
            is_char(bracket, "|")
            and (after := self.peek()) is not None
            and is_char(after, "|")
            and not after.spaced
        ):
            self.at += 1
            bracket = Piece("char", "||", (bracket.span[0], after.span[1]), False)
        token = self.symbol(bracket.text, bracket)
        if token.kind in ("BAR", "NORM") and (piece.text in ("left", "right") or piece.text[-1] in "lr"):
            side = "L" if piece.text == "left" or piece.text[-1] == "l" else "R"
            closing = "rvert" if token.kind == "BAR" else "rVert"
            token = Tok(side + token.kind, closing, bracket.span)
        found.append(Tok(token.kind, token.value, (piece.span[0], bracket.span[1]), piece.spaced))

    def decorated(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\overset{def}{=}``: what stands below."""
        self.argument(piece.span)
        found += self.argument(piece.span)[0]

    def coloured(self, piece: Piece, found: list[Tok]) -> None:
        self.argument(piece.span)
        self.wrapped(self.argument(piece.span), found)

    def contents(self, piece: Piece, found: list[Tok]) -> None:
        r"""``\underbrace{X}_{text}``: X."""
        self.wrapped(self.argument(piece.span), found)
        after = self.peek()
        if "brace" in piece.text and after is not None and after.text in ("_", "^"):
            self.at += 1
            self.skip_argument(after)

    def skip_argument(self, after: Piece) -> None:
        """Leave out an argument without reading it: words under a brace need not be a formula."""
        depth = 0
        while True:
            piece = self.next(after.span)
            depth += is_char(piece, "{") - is_char(piece, "}")
            if depth == 0:
                if piece.kind == "command" and (follow := self.peek()) is not None and is_char(follow, "{"):
                    continue
                return


def _same_bar(piece: Piece, after: Piece) -> bool:
    return after.kind == "command" and after.text == piece.text and not after.spaced


def _with_span(problem: tuple[str, str], span: Span) -> tuple[str, Span, str]:
    return problem[0], span, problem[1]
