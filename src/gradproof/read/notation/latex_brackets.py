r"""Brackets and bars in pairs, and the equals sign.

A bar ``|`` opens where no operand stands before it, or none of its kind is open at this level, and closes
otherwise: ``|a| b |c|`` is a product of three. Where the pairs do not come out, the formula is refused.
"""

from __future__ import annotations

from gradproof.errors import InputError
from gradproof.read.notation.latex_tokens import Tok, Tokens
from gradproof.read.notation.problems import refusal

_OPENS = {"LPAR": "RPAR", "LBRACE": "RBRACE", "LANGLE": "RANGLE", "LBAR": "RBAR", "LNORM": "RNORM"}
_CLOSES = frozenset(_OPENS.values())
# Tokens behind which an operand is complete.
_OPERANDS = frozenset(("NAME", "NUMBER", "ONES", "SUP", "SUB", "MATRIX", "INFINITY", *_CLOSES))
MAX_OPEN = 40
# What may stand between the brackets of p(x, y | z) on the left of the equals sign.
_NAMED = frozenset(
    (
        "NAME",
        "COMMA",
        "SEMI",
        "BAR",
        "NORM",
        "LBAR",
        "RBAR",
        "LNORM",
        "RNORM",
        "LBRACE",
        "RBRACE",
        "SUP",
        "SUB",
    )
)


def paired(tokens: Tokens, text: str) -> Tokens:
    """The tokens with every bar told apart as opening or closing.

    Raises
    ------
    InputError
        A bracket or bar has no partner, or one of another kind.
    """
    opened: list[Tok] = []
    result: list[Tok] = []
    for token in tokens:
        if token.kind in ("BAR", "NORM"):
            token = _sided(token, opened, result)
        if token.kind in _OPENS:
            opened.append(token)
            if len(opened) > MAX_OPEN:
                raise refusal(
                    "brackets inside brackets, more than can be read", text, token.span, "use let= for a part"
                )
        elif token.kind in _CLOSES:
            _close(token, opened, text)
        result.append(token)
    if opened:
        raise refusal("this bracket is never closed", text, opened[-1].span, "close it")
    return tuple(result)


def _sided(token: Tok, opened: list[Tok], before: list[Tok]) -> Tok:
    """A bar as opening or closing."""
    complete = bool(before) and before[-1].kind in _OPERANDS
    kind = token.kind
    value = "rvert" if kind == "BAR" else "rVert"
    if complete and opened and opened[-1].kind == f"L{kind}":
        return Tok(f"R{kind}", value, token.span, token.spaced)
    return Tok(f"L{kind}", value, token.span, token.spaced)


def _close(token: Tok, opened: list[Tok], text: str) -> None:
    if not opened:
        raise refusal("this bracket closes nothing", text, token.span, "remove it, or open it before")
    first = opened.pop()
    if _OPENS[first.kind] != token.kind or first.value != token.value:
        raise refusal(
            f"{text[slice(*first.span)]} is closed with {text[slice(*token.span)]}",
            text,
            (first.span[0], token.span[1]),
            "write brackets in pairs of one kind; bars inside bars are \\lvert x \\rvert",
        )


def sides(tokens: Tokens, text: str) -> tuple[Tokens, Tokens]:
    """The left-hand side, empty where there is none, and the formula, its bars in pairs.

    Raises
    ------
    InputError
        More than one equals sign, or a left-hand side that is no name of what stands on the right.
    """
    level = 0
    places: list[int] = []
    for k, token in enumerate(tokens):
        level += (token.kind in _OPENS) - (token.kind in _CLOSES)
        if token.kind == "EQUALS" and level == 0:
            places.append(k)
        elif token.kind == "EQUALS":
            raise refusal("= inside brackets", text, token.span, "write the expression alone")
    if not places:
        return (), paired(tokens, text)
    if len(places) > 1:
        raise refusal(
            "more than one =: which side is meant?",
            text,
            tokens[places[1]].span,
            "give one equation, or one side",
        )
    left, right = tokens[: places[0]], tokens[places[0] + 1 :]
    if not right:
        raise refusal("nothing stands behind =", text, tokens[places[0]].span, "complete the formula")
    if problem := _no_name(left):
        what, found = problem
        raise _left(what, text, tokens[places[0]] if found is None else found)
    return left, paired(right, text)


def _left(what: str, text: str, token: Tok) -> InputError:
    return refusal(
        f"the left-hand side is {what}", text, token.span,
        "the left of = is the name of the cost: J = ..., f(x) = ...; give one side of an equation alone",
    )  # fmt: skip


def _no_name(left: Tokens) -> tuple[str, Tok | None] | None:
    """Why a left-hand side names nothing. J, f(x), J(W, b) and derivatives of them do."""
    if not left:
        return "empty", None
    derivative = any(t.kind in ("PARTIAL", "NABLA") for t in left)
    if derivative or (left[0].kind == "FRAC" and _is_quotient_of_differentials(left)):
        return None
    if len(left) > 2 and left[0].kind == "FUNC" and left[0].value == "log" and left[1].kind == "NAME":
        return _no_call(left[1:])
    if left[0].kind not in ("NAME", "FUNC"):
        return "no name", left[0]
    return _no_call(left)


def _no_call(left: Tokens) -> tuple[str, Tok | None] | None:
    """Why what begins with a name is neither it nor f(x)."""
    start = 1
    while start + 1 < len(left) and all(
        t.kind == "NAME" and len(t.value.base) == 1 for t in left[: start + 1]
    ):
        start += 1  # TV(x), MSE(w): letters before parentheses are one name
    start = start if start < len(left) and left[start].kind == "LPAR" else 1
    rest = [t for t in left[start:] if t.kind not in ("SUP", "SUB")]
    if not rest:
        return None
    if rest[0].kind != "LPAR" or rest[-1].kind != "RPAR" or left[0].kind == "FUNC":
        return "an expression, not a name", rest[0]
    inside = rest[1:-1]
    if not all(t.kind in _NAMED for t in inside):
        return "an expression, not a name", rest[1] if len(rest) > 1 else None
    return None


def _is_quotient_of_differentials(left: Tokens) -> bool:
    names = [t.value.base for t in left if t.kind == "NAME"]
    return len(names) > 1 and names[0] == "d" and "d" in names[1:]
