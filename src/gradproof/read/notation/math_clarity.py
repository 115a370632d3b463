"""What could be read in two ways in text, and is refused: divisors, exponents, derivatives, functions."""

from __future__ import annotations

import re

from gradproof.errors import InputError
from gradproof.read.notation.math_entries import Entries
from gradproof.read.notation.math_tokens import Token
from gradproof.read.notation.names import default_rank
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import Bars, Binary, Call, Name, Node, Norm, Number, Unary

# Letters that are also known as functions, and how the function is written.
SPECIAL = {
    **dict.fromkeys(("gamma", "Gamma", "γ", "Γ"), "exp(gammaln(x)) for the gamma function"),
    **dict.fromkeys(("phi", "φ"), "exp(-x.^2/2)/sqrt(2*pi) for the normal density"),
    **dict.fromkeys(("Phi", "Φ"), "normal_cdf(x) for the normal distribution function"),
    **dict.fromkeys(("psi", "Psi", "ψ", "Ψ"), "digamma(x) for the digamma function"),
    **dict.fromkeys(("beta", "Beta", "β"), "gammaln(a) + gammaln(b) - gammaln(a + b) for its logarithm"),
    **dict.fromkeys(("zeta", "ζ"), "another name for the zeta function, which is not known"),
}
_DERIVATIVE = re.compile(r"\s*(?:d\s*/\s*d|∂|∇|d\s*\(.*\)\s*/\s*d)\s*_?\s*([^\W\d]\w*)?", re.DOTALL)


def check_no_derivative(text: str, known: object) -> None:
    """Refuse ``d/dx x'x``: the formula is the function alone.

    Raises
    ------
    InputError
        The text begins with a sign of differentiation.
    """
    match = _DERIVATIVE.match(text)
    if match is None or (isinstance(known, dict) and text.lstrip()[0] == "d" and "d" in known):
        return
    sign = text[match.start() : match.end()].strip()
    by = match[1] if sign.replace(" ", "").startswith("d/d") and match[1] else "x"
    rest = text[match.end() :].strip() or "the function"
    raise refusal(
        "a derivative, where a function is needed", text, match.span(),
        f"write {rest if sign.replace(' ', '').startswith('d/d') else 'the function'} alone, "
        f"and the variable as wrt='{by}' (on the command line --wrt {by})",
    )  # fmt: skip


class Clarity(Entries):
    """The part of the parser that refuses what is not clear."""

    def ahead(self) -> str:
        """The text of the factor at hand."""
        place, bars, token = self.place, list(self.bars), self.token
        try:
            return self.text[slice(*self.factor().span)]
        except InputError:
            return self.text[slice(*token.span)]
        finally:
            self.place, self.bars = place, bars

    def clear_divisor(self, node: Binary, token: Token, sign: Token | None = None) -> None:
        """``1/2x``, ``a'b / a'a``: it cannot be told whether what follows is below the line."""
        divisor = node.right
        if sign is None:
            number = isinstance(divisor, Number)
            scalar = number or (isinstance(divisor, Name) and default_rank(divisor.name) == 0)
            opens = token.text in ("|", "||", "sum", "prod") or (token.text == "(" and number)
            clear = scalar and (token.spaced or opens)
        else:
            norms = isinstance(divisor, Norm | Bars) and token.text in ("|", "||")
            clear = self.matlab or (self._one_number(divisor) and not norms)
        if clear or self.bracketed(divisor):
            return
        what = self.ahead()
        if sign is not None:
            what = f"{self.text[slice(*sign.span)]} {what}"
        left, right = self.text[slice(*node.left.span)], self.text[slice(*divisor.span)]
        self.refuse(
            f"whether {what} is divided by or belongs to the divisor is not clear",
            (node.span[0], token.span[1]),
            f"write ({left}/{right}) {what} or {left}/({right} {what})",
        )

    def _one_number(self, node: Node) -> bool:
        """Whether a divisor is surely a scalar, or has its end marked."""
        if isinstance(node, Binary) and node.op in ("power", "elementwise_power"):
            return self._one_number(node.left)
        if isinstance(node, Name):
            return self.rank_of(node.name) == 0
        return isinstance(node, Number | Norm | Bars | Call) or self.bracketed(node)

    def clear_exponent(self, base: Node, exponent: Node, opened: Token) -> None:
        """``e^-x'x``, ``x^-1/2``, ``e^-2x``: it cannot be told how far the exponent reaches."""
        inner = exponent
        while isinstance(inner, Unary):
            inner = inner.operand
        if opened.text in ("{", "("):
            return
        euler = isinstance(base, Name) and base.name == "e" and "e" not in self.known
        signed = inner is not exponent
        number, marked = isinstance(inner, Number), self.bracketed(inner) or isinstance(inner, Norm | Bars)
        primed = self.at("'", ".'", "⊤", ".T") and not number and not marked
        joined = (
            (euler or (signed and not number))
            and not marked
            and not self.token.spaced
            and self.starts_operand()
        )
        halved = self.at("/") and self.following.kind == "number" and (euler or (signed and number))
        if not (primed or joined or halved):
            return
        what = f"{self.text[slice(*base.span)]}^"
        self.refuse(
            "how far the exponent reaches is not clear",
            (exponent.span[0], self.token.span[1]),
            f"put the exponent in brackets: {what}({self.text[slice(*exponent.span)]} ...)",
        )

    def clear_label(self, base: Node) -> None:
        """``x^(i)``, ``W^(1)``, ``W^{[l]}``: a sample or a layer, or a power?"""
        place = self.place + (self.at("{") and self.following.text in ("(", "["))
        opened, inside, close = (self.tokens[min(place + k, len(self.tokens) - 1)] for k in range(3))
        array = not isinstance(base, Name) or self.rank_of(base.name) > 0
        label = inside.kind == "number" and inside.text.isdigit() and isinstance(base, Name) and array
        index = inside.text in ("i", "j", "l") and inside.text not in self.known
        if opened.text != "[" and not (opened.text == "(" and close.text == ")" and (label or index)):
            return
        shown = self.text[slice(*base.span)]
        self.refuse(
            f"{opened.text}{inside.text} ... above {shown} can be a label or a power",
            (base.span[0], close.span[1]),
            f"write {shown}^{inside.text} for the power, and declare {shown}_{inside.text} for a label",
        )

    def clear_transpose(self, base: Node, at: Token) -> None:
        """``A^T`` where T is declared: the transpose, or a power?"""
        if at.text not in ("T", "H") or at.text not in self.known:
            return
        if isinstance(base, Number) or (isinstance(base, Name) and not self.rank_of(base.name)):
            return
        shown = self.text[slice(*base.span)]
        self.refuse(
            f"{at.text} is declared, and could be the transpose here",
            at.span,
            f"write {shown}' for the transpose, {shown}^({at.text}) for the power",
        )

    def clear_number(self, token: Token) -> None:
        """``1j`` and ``2e``: complex numbers are not read, and e could be a variable."""
        following = self.token
        if (
            following.kind != "name"
            or following.spaced
            or following.text in self.known | dict.fromkeys(self.bound)
        ):
            return
        if following.text in ("i", "j"):
            self.refuse(
                "complex numbers are not read",
                (token.span[0], following.span[1]),
                f"declare a complex variable instead, or write {token.text}*{following.text}",
            )
        if following.text == "e" and self.following.text != "^":
            self.refuse(
                "e can be Euler's number or a variable",
                following.span,
                "write exp(1) for the number, or declare e",
            )
