r"""The grammar of formulas in LaTeX, over the tokens of :mod:`~gradproof.read.notation.latex_tokens`.

How far things reach:

- ``\sum`` and ``\prod`` take everything up to the next ``+`` or ``-`` at their own level.
- A function without parentheses takes the next operand with its scripts: ``\log x^2 + 1`` is log(x²) + 1.
- Nothing between two operands is a product, which binds as ``\cdot`` and ``\odot`` do: from the left.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput
from lark.lexer import Lexer

from gradproof.errors import InputError
from gradproof.read.notation.latex_commands import word_set
from gradproof.read.notation.latex_tokens import Tok, Tokens
from gradproof.read.notation.problems import refusal

GRAMMAR = r"""
start: relation

?relation: expr
    | expr REL expr                         -> comparison

?expr: term
    | sum
sum: ADD term
    | term (ADD term)+
    | ADD term (ADD term)+

?term: _chain
    | big
    | _chain big
    | _chain MUL big

_chain: factor
    | _chain factor
    | _chain MUL factor

big: BIG script* term
    | BIG script* ADD term
    | FUNC script* big                      -> application

?factor: scripted
    | application

application: FUNC script* scripted
    | FUNC script* application

?scripted: atom
    | atom script+                          -> scripted
script: SUP | SUB

?atom: NAME                                 -> name
    | NUMBER                                -> number
    | ONES                                  -> ones
    | INFINITY                              -> infinity
    | MATRIX                                -> matrix
    | CASES                                 -> cases
    | LPAR relation (COMMA relation)* RPAR  -> parentheses
    | LBRACE relation RBRACE                -> group
    | LBRACE expr OVER expr RBRACE          -> over
    | LBAR expr RBAR                        -> bars
    | LNORM expr RNORM                      -> norm
    | LANGLE expr COMMA expr RANGLE         -> inner
    | FRAC LBRACE relation RBRACE LBRACE relation RBRACE -> fraction
    | ROOT LBRACE expr RBRACE               -> root

%declare REL ADD MUL BIG FUNC SUP SUB NAME NUMBER ONES INFINITY MATRIX CASES LPAR RPAR COMMA LBRACE RBRACE
%declare OVER LBAR RBAR LNORM RNORM LANGLE RANGLE FRAC ROOT
"""
_TERMINALS = word_set(
    "REL ADD MUL BIG FUNC SUP SUB NAME NUMBER ONES INFINITY MATRIX CASES LPAR RPAR COMMA LBRACE RBRACE OVER "
    "LBAR RBAR LNORM RNORM LANGLE RANGLE FRAC ROOT"
)
_STRAY = {
    "PARTIAL": ("a partial derivative", "give the function alone, and the variable as wrt="),
    "NABLA": ("a gradient", "give the function alone, and the variable as wrt="),
    "STAR": ("* is no operator of LaTeX formulas", r"write \odot, \cdot or nothing"),
    "COLON": (": is the Frobenius product to some and a definition to others", r"write \langle A, B \rangle"),
    "BANG": ("a factorial", "write the number"),
    "STOP": ("a full stop inside the formula", "remove it"),
    "SEMI": ("a semicolon inside the formula", "give one formula"),
    "TOP": ("a transpose sign that is no superscript", r"write X^{\top}"),
    "DAGGER": (r"\dagger that is no superscript", r"write A^{\dagger}"),
    "PRIME": (r"\prime that is no superscript", r"write X^{\top} for the transpose"),
    "EMPTY": ("empty braces before a script: its base is missing", r"write the script behind: X^{\top}"),
    "EQUALS": ("= inside the formula", "give one side"),
}
_STARTS = frozenset(("NAME", "NUMBER", "LPAR", "FRAC"))


class _Given(Lexer):
    """Hands the tokens that were made before to the parser."""

    def __init__(self, conf: Any) -> None:
        """Nothing to configure."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        """The tokens, with their places."""
        for token in data:
            yield Token(token.kind, token, start_pos=token.span[0], end_pos=token.span[1])


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer=_Given, maybe_placeholders=False)


def parse(tokens: Tokens, text: str, end: int | None = None) -> Tree[Any]:
    """The tree of a formula.

    Raises
    ------
    InputError
        The tokens are no formula; the place is where reading had to stop.
    """
    for token in tokens:
        if token.kind not in _TERMINALS:
            what, fix = _STRAY.get(token.kind, ("this cannot stand here", "remove it"))
            raise refusal(what, text, token.span, fix)
    if not tokens:
        raise refusal("no formula", text, (0, len(text)), "write one")
    try:
        return _parser().parse(tokens)
    except UnexpectedInput as error:
        raise _syntax(error, tokens, text) from None


def _syntax(error: UnexpectedInput, tokens: Tokens, text: str) -> InputError:
    token = getattr(error, "token", None)
    stop = tokens[-1].span
    if not isinstance(token, Token) or token.type == "$END":
        place = (stop[0], stop[1])
        return refusal("the formula ends where an operand is missing", text, place, "complete it")
    found: Tok = token.value
    shown = text[slice(*found.span)]
    expected = set(getattr(error, "expected", None) or getattr(error, "accepts", None) or ())
    if found.kind == "COMMA":
        return refusal("a comma where one expression is read", text, found.span, "give one expression")
    if found.kind == "REL":
        return refusal(
            "a relation inside the formula",
            text,
            found.span,
            r"write an indicator as \mathbf{1}[x > 0], in brackets",
        )
    if found.kind in ("SUP", "SUB"):
        return refusal("a script without a base", text, found.span, "write it behind what it belongs to")
    if _STARTS & expected:
        what = f"an operand is missing before {shown}"
        return refusal(what, text, found.span, "write what stands before it, or remove it")
    return refusal(
        f"{shown} cannot stand here", text, found.span, "complete what is open before it, or remove it"
    )
