r"""What stands above and below: exponents, transposes, labels of layers and samples, indices."""

from __future__ import annotations

from dataclasses import dataclass

from gradproof.read.notation.latex_names import Surroundings
from gradproof.read.notation.latex_tokens import Letter, Tok, Tokens
from gradproof.read.notation.tree import Span

_TRANSPOSES = frozenset(("T", "top", "intercal", "transp", "⊤", "ᵀ"))


@dataclass(frozen=True, slots=True)
class Label:
    """A superscript in brackets: ``[l]`` or ``(i)``."""

    tokens: Tokens
    bracket: str
    span: Span


@dataclass(frozen=True, slots=True)
class Above:
    """Superscripts: labels, then the exponent."""

    labels: tuple[Label, ...]
    exponent: Tokens
    span: Span


def above(scripts: list[Tok], around: Surroundings) -> Above:
    """The superscripts of one base: labels in brackets first, then at most one exponent."""
    labels: list[Label] = []
    exponent: Tokens = ()
    span = (scripts[0].span[0], scripts[-1].span[1]) if scripts else (0, 0)
    for script in scripts:
        rest: Tokens = script.value
        while rest and (label := _label(rest)) is not None and not exponent:
            labels.append(label)
            rest = rest[len(label.tokens) + 2 :]
        if rest and exponent:
            raise around.refuse("two exponents", script.span, "write one, or put the power in parentheses")
        exponent = rest or exponent
    return Above(tuple(labels), exponent, span)


def _label(tokens: Tokens) -> Label | None:
    """A label at the start: brackets around a letter, a number, or one of them plus or minus a number."""
    if tokens[0].kind != "LPAR":
        return None
    stop = next((k for k, t in enumerate(tokens) if t.kind == "RPAR"), None)
    if stop is None or stop == 1:
        return None
    inside = tokens[1:stop]
    bracket = str(tokens[0].value)
    simple = len(inside) == 1 and inside[0].kind in ("NAME", "NUMBER")
    if not (simple or bracket == "]" or (len(inside) == 3 and inside[1].kind == "ADD")):
        return None
    return Label(inside, bracket, (tokens[0].span[0], tokens[stop].span[1]))


def transposing(tokens: Tokens) -> str:
    """What an exponent does to a matrix: "T", "-T", "H", "pinv", "'" or nothing."""
    sign = ""
    if len(tokens) == 2 and tokens[0].kind == "ADD" and tokens[0].value == "-":
        sign, tokens = "-", tokens[1:]
    elif len(tokens) == 2 and tokens[1].kind == "ADD" and tokens[1].value == "-":
        sign, tokens = "", ()
    if len(tokens) == 3 and tokens[0].kind == "LBRACE":
        tokens = tokens[1:2]
    if len(tokens) != 1:
        return ""
    token = tokens[0]
    letter = (
        token.value.base if isinstance(token.value, Letter) and not token.value.accent else str(token.value)
    )
    if token.kind in ("TOP", "NAME") and letter in _TRANSPOSES:
        return sign + "T"
    if sign:
        return ""
    if token.kind == "NAME" and letter in ("H", "*"):
        return "H"
    if token.kind == "DAGGER" or (token.kind == "ADD" and token.value == "+"):
        return "pinv"
    return "'" if token.kind == "PRIME" else ""


def parts_of(tokens: Tokens) -> list[Tokens]:
    """The indices in a subscript: between commas, or else letter by letter: ``ij``, ``1j``, ``i+1,j``."""
    if any(t.kind == "COMMA" for t in tokens):
        parts: list[list[Tok]] = [[]]
        for token in tokens:
            if token.kind == "COMMA":
                parts.append([])
            else:
                parts[-1].append(token)
        return [tuple(p) for p in parts]
    if any(t.kind not in ("NAME", "NUMBER") for t in tokens):
        return [tokens]
    found: list[Tokens] = []
    for token in tokens:
        if token.kind == "NUMBER" and len(tokens) > 1 and len(token.value) > 1:
            start = token.span[0]
            found += [(Tok("NUMBER", c, (start + k, start + k + 1)),) for k, c in enumerate(token.value)]
        else:
            found.append((token,))
    return found
