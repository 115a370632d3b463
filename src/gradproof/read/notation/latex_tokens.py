r"""From the pieces of a LaTeX source to the tokens of the grammar.

Here everything that only concerns typesetting goes: dollars, spaces, sizes of brackets, environments, fonts.
What LaTeX lets stand without braces gets its braces as LaTeX would give them: ``\frac12`` is ``\frac{1}{2}``
and ``x^10`` is ``x^{1}0``, which is refused. Scripts become one token each, which holds its own tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradproof.errors import InputError
from gradproof.read.notation import latex_commands as words
from gradproof.read.notation.latex_scan import Piece, scan
from gradproof.read.notation.problems import closest, refusal
from gradproof.read.notation.tree import Span
from gradproof.read.notation.vocabulary import find

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
    word: bool = False  # typed as a word: \\text{loss}, \\mathrm{Tr}

    @property
    def name(self) -> str:
        """The name as people type it in code: ``y_hat``."""
        return f"{self.base}_{self.accent}" if self.accent else self.base


def tokens_of(text: str) -> Tokens:
    """The tokens of a LaTeX source.

    Raises
    ------
    InputError
        For what cannot be read at this level: macros, ellipses, unknown commands, braces that do not match.
    """
    return tuple(_Structure(text, scan(text)).all())


class _Structure:
    """One pass over the pieces."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        self.text, self.pieces, self.at, self.depth = text, pieces, 0, 0
        self.environments: list[tuple[str, Span]] = []

    # --- help -------------------------------------------------------------------------------------------

    def refuse(self, what: str, span: Span, fix: str) -> InputError:
        return refusal(what, self.text, span, fix)

    def peek(self) -> Piece | None:
        return self.pieces[self.at] if self.at < len(self.pieces) else None

    def next(self, after: Span) -> Piece:
        piece = self.peek()
        if piece is None:
            raise self.refuse("the formula ends here, and something is missing", after, "complete it")
        self.at += 1
        return piece

    # --- sequences --------------------------------------------------------------------------------------

    def all(self) -> list[Tok]:
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
        while (piece := self.peek()) is not None and not _is(piece, "}"):
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
        if _is(piece, "}"):
            raise self.refuse("an argument is missing before this }", piece.span, "write it in braces")
        found: list[Tok] = []
        if _is(piece, "{"):
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
        if found and found[-1].kind == "NUMBER" and not _is(piece, "{"):
            stop = found[-1].span[1]
        return found, (piece.span[0], stop)

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
        if (
            text in ("$", "&", "\\\\", "\\(", "\\)", "\\[", "\\]")
            or text[1:] in words.SPACE_SYMBOLS
            and text[0] == "\\"
        ):
            if text == "\\\\" and self.peek() is not None and _is(self.pieces[self.at], "["):
                self.skip_to("]", span)
            if text in ("&", "\\\\"):
                found.append(Tok("BREAK", text, span))
        elif text == "{":
            self.group(piece, found)
        elif text in ("^", "_"):
            self.script(piece, found)
        elif text == "'":
            self.prime(piece, found)
        elif text == "|" and (after := self.peek()) is not None and _is(after, "|") and not after.spaced:
            self.at += 1
            found.append(Tok("NORM", "||", (span[0], after.span[1]), piece.spaced))
        elif text == ":" and (after := self.peek()) is not None and _is(after, "="):
            self.at += 1
            found.append(Tok("EQUALS", ":=", (span[0], after.span[1])))
        elif text == "." and (after := self.peek()) is not None and _is(after, "."):
            raise self.refuse(*_with_span(words.REFUSED["ldots"], span))
        else:
            found.append(self.symbol(text, piece))

    def symbol(self, text: str, piece: Piece) -> Tok:
        """Brackets, bars, operators, relations."""
        span = piece.span
        for table in (words.OPENING, words.CLOSING):
            if text in table:
                return Tok(table[text][0], table[text][1], span, piece.spaced)
        if text in words.BARS:
            return Tok(words.BARS[text], text, span, piece.spaced)
        if text in words.OPERATORS:
            return Tok(*words.OPERATORS[text], span, piece.spaced)
        if text in words.RELATIONS:
            return Tok("REL", words.RELATIONS[text], span)
        if text in words.EQUALS:
            return Tok("EQUALS", text, span)
        if text in words.TRANSPOSES:
            return Tok("TOP", text, span)
        if text == ",":
            return Tok("COMMA", text, span)
        if text in (".", ";", ":", "*", "!"):
            return Tok({".": "STOP", ";": "SEMI", ":": "COLON", "*": "STAR", "!": "BANG"}[text], text, span)
        raise self.refuse(
            f"{text!r} is no part of a formula that can be read",
            span,
            "write it as LaTeX does, or leave it out",
        )

    def group(self, piece: Piece, found: list[Tok]) -> None:
        """Braces: they keep together what they hold. Empty ones only part two scripts."""
        inside = self.braces(piece)
        if len(inside) == 1 and inside[0].kind in ("LPAR", "RPAR", "BAR", "NORM", "ADD", "MUL", "EQUALS", "COMMA"):
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
            or len(found) > 1
            and found[-2].kind == kind
            and found[-1].kind in ("SUP", "SUB")
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
        while not _is(self.next(opened), closing):
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
                 "over": "OVER", "dagger": "DAGGER", "prime": "PRIME", "colon": "COLON", "cr": "BREAK"}  # fmt: skip
        if name in fixed:
            return Tok(fixed[name], name, span, piece.spaced)
        tables = (words.OPENING, words.CLOSING, words.BARS, words.OPERATORS, words.RELATIONS, words.EQUALS,
                  words.TRANSPOSES)  # fmt: skip
        if name in ("vert", "mid") and (after := self.peek()) is not None and _same_bar(piece, after):
            self.at += 1
            return Tok("NORM", "||", (span[0], after.span[1]), piece.spaced)
        if any(name in table for table in tables):
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
        if (piece := self.peek()) is not None and _is(piece, "*"):
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
        if (after := self.peek()) is not None and _is(after, "["):
            self.at += 1
            while not _is(self.pieces[self.at] if self.peek() else after, "]"):
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
        if _is(bracket, "|") and (after := self.peek()) is not None and _is(after, "|") and not after.spaced:
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
            depth += _is(piece, "{") - _is(piece, "}")
            if depth == 0:
                if piece.kind == "command" and (follow := self.peek()) is not None and _is(follow, "{"):
                    continue
                return

    def wrapped(self, part: tuple[list[Tok], Span], found: list[Tok]) -> None:
        inside, span = part
        if inside:
            found += [
                Tok("LBRACE", "}", (span[0], span[0] + 1)),
                *inside,
                Tok("RBRACE", "}", (span[1] - 1, span[1])),
            ]

    # --- letters ----------------------------------------------------------------------------------------

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
        if token.kind == "NAME":
            letter: Letter = token.value
            if font == "blackboard" and letter.base in ("R", "E", "N", "Z", "C", "P"):
                raise self.refuse(
                    "a set or an expectation", whole, "write a sum over samples, or the expression itself"
                )
            if font == "blackboard" and letter.base == "I":
                return Tok("NAME", Letter("I"), whole, token.spaced)
            kept = "" if font == "bold" else font
            return Tok("NAME", Letter(letter.base, letter.accent, letter.font or kept), whole, token.spaced)
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
        if not _is(first, "{"):
            return first.text, first.span
        start, last = first.span[1], first
        while not _is(last := self.next(piece.span), "}"):
            if _is(last, "{") or last.kind == "command" and last.text not in words.SPACES:
                raise self.refuse("a command where words are", last.span, "write plain letters")
        text = self.text[start : last.span[0]].replace("\\,", "").replace("\\ ", " ").replace("-", "")
        return text.strip().strip(".").strip(), (first.span[0], last.span[1])

    def accent(self, piece: Piece, found: list[Tok]) -> None:
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
        found.append(Tok("NAME", Letter(letter.base, accent, letter.font, letter.word), whole, piece.spaced))

    # --- environments -----------------------------------------------------------------------------------

    def begin(self, piece: Piece, found: list[Tok]) -> None:
        name, span = self.letters_of(piece)
        bare, whole = name.removesuffix("*"), (piece.span[0], span[1])
        if bare in words.MATRICES:
            found.append(Tok("MATRIX", (bare, self.cells(bare, whole)), whole, piece.spaced))
        elif bare in words.ENVIRONMENTS:
            self.environments.append((name, whole))
            if (after := self.peek()) is not None and bare == "alignat" and _is(after, "{"):
                self.argument(whole)
        else:
            fix = r"write \max, an indicator \mathbf{1}[x > 0], or each case by itself"
            raise self.refuse(
                f"the environment {name} is not read",
                whole,
                fix if bare == "cases" else "write pmatrix or bmatrix",
            )

    def end(self, piece: Piece, found: list[Tok]) -> None:
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
            if _is(piece, "&"):
                rows[-1].append([])
            elif piece.text == "\\\\":
                rows.append([[]])
            elif _is(piece, "}"):
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


def _is(piece: Piece, char: str) -> bool:
    return piece.kind == "char" and piece.text == char


def _same_bar(piece: Piece, after: Piece) -> bool:
    return after.kind == "command" and after.text == piece.text and not after.spaced


def _with_span(problem: tuple[str, str], span: Span) -> tuple[str, Span, str]:
    return problem[0], span, problem[1]
