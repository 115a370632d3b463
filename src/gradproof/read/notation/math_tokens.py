"""Words and signs of mathematical notation as it is typed, with their places in the text."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import Span
from gradproof.read.notation.vocabulary import find

TokenKind = Literal["number", "name", "string", "sign", "raised", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign.

    Attributes
    ----------
    kind : str
        "raised" is a superscript of Unicode, such as ``²`` or ``⁻ᵀ``; its text is the plain spelling.
    text : str
        The normal spelling: ``-`` for every minus sign, ``||`` for every double bar.
    span : (int, int)
    spaced : bool
        Whether a space stands before it.
    """

    kind: TokenKind
    text: str
    span: Span
    spaced: bool


_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵗᴴ"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋"
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀᵗᴴ", "0123456789+-TTH")
_LOWER = str.maketrans(_LOWERED, "0123456789aehijklmnoprstuvx+-")
FRACTIONS = {
    "½": Fraction(1, 2),
    "¼": Fraction(1, 4),
    "¾": Fraction(3, 4),
    "⅓": Fraction(1, 3),
    "⅔": Fraction(2, 3),
}
# Greek letters and the words that declare them; the first that is declared is meant.
GLYPHS = tuple(
    (glyph, spelled)
    for glyph, words in zip(
        "αβγδεζηθικλμνξοπρστυφχψωΓΔΘΛΞΠΣΦΨΩ",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon,eps,varepsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda,lam,lambd,lamda,lmbda",
            "mu",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
        ],
        strict=True,
    )
    for spelled in words.split(",")
)
_SIGNS = {
    "−": "-",
    "–": "-",
    "‖": "||",
    "∥": "||",
    "∣": "|",
    "⋅": "·",
    "⟨": "<",
    "⟩": ">",
    "∗": "*",
    "⊙": "∘",
    "⊤": "⊤",
    "†": "†",
    "′": "'",
    "’": "'",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "∑": "sum",
    "∏": "prod",
    "**": "^",
    ".(": "(",
    ".+": "+",
    ".-": "-",
    "^∘": ".^",
    "^⊙": ".^",
    "~=": "!=",
}
_LETTER = rf"(?![{_RAISED}{_LOWERED}½¼¾⅓⅔_])[^\W\d]"
_TOKEN = re.compile(
    rf"""
    (?P<number>\d+(?:\.(?![*/^'\\])\d*)?(?:[eE][+-]?\d+(?![^\W\d]))?|\.\d+(?:[eE][+-]?\d+)?)
  | (?P<name>(?:(?:np|numpy|torch|jnp)\.(?:linalg\.)?)?{_LETTER}[\u0300-\u036f]*
        (?:(?![{_RAISED}{_LOWERED}½¼¾⅓⅔_])\w[\u0300-\u036f]*)*
        (?:_(?:(?![{_RAISED}{_LOWERED}])\w)+|_\{{[^{{}}]*\}}|[{_LOWERED}]+)*)
  | (?P<raised>[{_RAISED}]+)
  | (?P<lowered>[{_LOWERED}]+)
  | (?P<fraction>[½¼¾⅓⅔])
  | (?P<dotT>\.T(?!\w))
  | (?P<sign>\^[∘⊙]|%\*%|%o%|\.\(|\.[-+]|\.\*|\./|\.\^|\.\\|\.'|\*\*|<=|>=|==|!=|~=|\|\|
        |[-+*/\\^_'"=<>|(),;:\[\]{{}}@√∑∏∞−–‖∥∣·⋅×∗⊙∘⊘⊗⊤†⟨⟩′’≤≥≠])
    """,
    re.VERBOSE,
)
_GREEK = re.compile(r"[α-γε-ωΓΘΛΞΠΦΨΩ][\u0300-\u036f]*(?=[A-Za-zα-ω])")  # not δx and Δx, which are one name
_SUM = re.compile(rf"(?P<word>sum|Sum|Σ|prod|Π)(?P<rest>[_{_LOWERED}].*)", re.DOTALL)
# x_1x_2 is a product of two names
_JOINED = re.compile(r"(?P<first>[^\W\d_]+_\d+)[^\W\d]")


def tokens_of(text: str, known: Collection[str] = ()) -> list[Token]:
    """The text as tokens, an end token last; ``λI`` is two of them unless it is a known name.

    A prime after an operand is a transpose; elsewhere it opens a quoted word.
    """
    found: list[Token] = []
    position, length = 0, len(text)
    while position < length:
        start = position
        while position < length and text[position].isspace():
            position += 1
        if position == length:
            break
        spaced = position > start
        token = _token_at(text, position, spaced, found[-1] if found else None, known)
        if token.kind == "sign" and token.text[:1] in _LOWERED:  # ‖x‖₂ and ∑ᵢ
            found.append(Token("sign", "_", (position, position), False))
            plain = token.text.translate(_LOWER)
            token = Token("number" if plain.isdigit() else "name", plain, token.span, False)
        found.append(token)
        position = token.span[1]
    found.append(Token("end", "", (length, length), True))
    return found


def ends_operand(token: Token | None) -> bool:
    """Whether an operand may end with this token, so that a prime after it is a transpose."""
    if token is None:
        return False
    return token.kind in ("number", "name", "raised") or token.text in (
        ")",
        "]",
        "}",
        "'",
        ".'",
        ".T",
        "⊤",
        "†",
    )


def _token_at(text: str, position: int, spaced: bool, before: Token | None, known: Collection[str]) -> Token:
    char = text[position]
    if char in "'\"" and not (char == "'" and (ends_operand(before) or _closes(before))):
        return _quoted(text, position, spaced)
    match = _TOKEN.match(text, position)
    if match is None:
        raise refusal(
            f"{char!r} is no sign that is known here", text, (position, position + 1),
            "leave it out, or write what it means in words",
        )  # fmt: skip
    found, kind, span = match.group(), match.lastgroup, match.span()
    if kind == "name":
        return _name_at(text, match, spaced, known)
    if kind == "raised":
        return Token("raised", found.translate(_PLAIN), span, spaced)
    if kind in {"fraction", "number"}:
        return Token("number", found, span, spaced)
    return Token("sign", _SIGNS.get(found, found), span, spaced)


def _name_at(text: str, match: re.Match[str], spaced: bool, known: Collection[str]) -> Token:
    """A name; a sum sign with its index after it; or the first of several names written together."""
    found, (position, end) = match.group(), match.span()
    summed = _SUM.match(found)
    if summed and not (summed["word"] in known and found in known):  # Σ_i: the sign alone, its index after it
        stop = position + len(summed["word"])
        return Token("sign", "prod" if summed["word"] in ("prod", "Π") else "sum", (position, stop), spaced)
    joined = _JOINED.match(found)
    if joined and normal_name(found) not in known:
        found, end = joined["first"], position + joined.end("first")
    if found not in known and _is_product(found, known):
        return Token("name", found[0], (position, position + 1), spaced)
    letter = _GREEK.match(found)
    if letter and normal_name(found) not in known:
        found, end = letter.group(), position + letter.end()
    return Token("name", normal_name(found), (position, end), spaced)


def _is_product(name: str, known: Collection[str]) -> bool:
    """Whether a name that nobody declared is several letters that all were: ``Xw`` is X w."""
    letters = 1 < len(name) <= 4 and name.isalpha() and all(letter in known for letter in name)
    return letters and find(name) is None


def _closes(before: Token | None) -> bool:
    return before is not None and before.text in ("|", "||")


def _quoted(text: str, position: int, spaced: bool) -> Token:
    end = text.find(text[position], position + 1)
    if end < 0:
        raise refusal(
            "this quote is not closed",
            text,
            (position, position + 1),
            "close it, or put an operand before a prime",
        )
    return Token("string", text[position + 1 : end], (position, end + 1), spaced)


def normal_name(name: str) -> str:
    """One spelling for a name: ``W_{1}``, ``W₁`` and ``W_1`` are ``W_1``; ``w_{i,j}`` is ``w_ij``."""
    if name.isascii() and "{" not in name:
        return name
    name = re.sub(r"_\{([^{}]*)\}", lambda m: "_" + re.sub(r"[\s,]", "", m.group(1)), name)
    return plain_subscripts(name)


def plain_subscripts(name: str) -> str:
    """Subscripts of Unicode behind an underscore, in plain letters."""
    return re.sub(rf"_?([{_LOWERED}]+)", lambda m: "_" + m.group(1).translate(_LOWER), name)
