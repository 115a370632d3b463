"""What stands above or below an operand: powers, transposes, inverses, the kind of a norm."""

from __future__ import annotations

from fractions import Fraction

from gradproof.read.notation.math_clarity import Clarity
from gradproof.read.notation.math_cursor import respanned
from gradproof.read.notation.tree import (
    Bars,
    Binary,
    Call,
    Name,
    Node,
    Norm,
    Number,
    Span,
    Transpose,
    Unary,
)


class Powers(Clarity):
    """The part of the parser that reads superscripts and subscripts."""

    def with_postfixes(self, node: Node) -> Node:
        """An operand with everything that is raised or lowered behind it."""
        while True:
            token = self.token
            start = node.span[0]
            if token.kind == "sign" and token.text in ("'", ".'", ".T", "⊤"):
                self.take()
                node = Transpose((start, token.span[1]), self.ones_vector(node))
            elif token.kind == "raised":
                self.take()
                node = self.raised(node, token.text, token.span, token.span)
            elif self.at("^"):
                node = self.power(node)
            elif self.at(".^"):
                at = self.take().span
                exponent = self.exponent()
                node = Binary((start, exponent.span[1]), "elementwise_power", node, exponent, at)
            elif self.at("_") and self.is_norm(node):
                node = self.subscripted(node)
            elif self.at("[", "(") and not token.spaced and isinstance(node, Name):
                node = self.entry(node)
                if isinstance(node, Name):
                    return node
            else:
                return node

    def ones_vector(self, node: Node) -> Node:
        """``1'`` is the transpose of a vector of ones."""
        if isinstance(node, Number) and node.value == 1:
            return Call(node.span, "ones", (), at=node.span)
        return node

    def power(self, node: Node) -> Node:
        """``x^...``: a power, or a transpose or an inverse written as one."""
        at = self.take().span
        token = self.token
        self.clear_transpose(node, token)
        self.clear_label(node)
        if token.text in ("T", "⊤", "'") and token.text not in self.known:
            self.take()
            return Transpose((node.span[0], token.span[1]), self.ones_vector(node))
        if token.text in ("H", "T", "†", "+", "*") and token.text not in self.known:
            following = self.following
            if token.text in ("H", "†") or following.kind != "number":
                self.take()
                return self.raised(node, token.text, at, token.span)
        if (
            token.kind == "name"
            and token.text[0] == "T"
            and token.text not in self.known
            and len(token.text) > 1
        ):
            rest = token.text[1:]
            self.refuse(
                f"{token.text!r} in an exponent is not clear", token.span, f"write ^T {rest}, with spaces"
            )
        if self.at("-") and self.following.text in ("T", "⊤", "H") and self.following.text not in self.known:
            self.take()
            last = self.take()
            return self.raised(node, "-" + last.text, at, last.span)
        opened = self.token
        if self.at("{", "(") and self.tokens[self.place + 1].text in ("T", "⊤", "H", "-", "†", "+"):
            word = self.bracketed_modifier()
            if word is not None:
                return self.raised(node, word, at, self.tokens[self.place - 1].span)
        exponent = self.exponent()
        self.clear_exponent(node, exponent, opened)
        if (
            self.at("/")
            and isinstance(exponent, Number)
            and not self.bracketed(exponent)
            and opened.text != "{"
            and exponent.value in (1, 3)  # x^1/2 and x^3/2; in x^2/2 the power is divided
            and self.following.kind == "number"
        ):
            self.refuse(
                "whether this belongs to the exponent is not clear",
                self.token.span,
                "put the exponent in brackets: x^(1/2)",
            )
        if self.at("^", ".^") or (self.token.kind == "raised"):
            self.refuse("a power of a power needs brackets", self.token.span, "write (x^a)^b or x^(a^b)")
        span = (node.span[0], exponent.span[1])
        if isinstance(node, Name) and node.name == "e" and "e" not in self.known:
            return Call(span, "exp", (exponent,), at=node.span)
        return Binary(span, "power", node, exponent, at)

    def bracketed_modifier(self) -> str | None:
        """``{T}``, ``{-1}``, ``(-T)``, taken; None where something else stands in the brackets."""
        inside = []
        k = self.place + 1
        while self.tokens[k].text not in ("}", ")") and self.tokens[k].kind != "end":
            inside.append(self.tokens[k].text)
            k += 1
        word = "".join(inside)
        if word not in ("T", "⊤", "H", "-T", "-⊤", "-H", "-1", "†", "+") or word.strip("-") in self.known:
            return None
        self.place = k + 1
        return word

    def raised(self, node: Node, word: str, at: Span, end: Span) -> Node:
        """What a superscript makes of an operand: transpose, inverse, power."""
        span = (node.span[0], end[1])
        word = word.replace("⊤", "T")
        if word == "T":
            return Transpose(span, self.ones_vector(node))
        if word == "H":
            return Transpose(span, node, conjugate=True)
        if len(word) > 1 and word[0] in "+†" and word[1:] in ("T", "H"):
            pseudoinverse = Call(span, "pinv", (node,), at=at)
            return Transpose(span, pseudoinverse, conjugate=word[1:] == "H")
        if word in ("-T", "-H"):
            inverse = Binary(span, "power", node, Number(at, Fraction(-1)), at)
            return Transpose(span, inverse, conjugate=word == "-H")
        if word in ("†", "+"):
            return Call(span, "pinv", (node,), at=at)
        if word == "*":
            self.refuse("^* can be a conjugate, an adjoint or an optimum", end, "write conj(x) or x^H")
        try:
            exponent = Number(end, Fraction(int(word)))
        except ValueError:
            self.refuse(f"{word!r} is no exponent", end, "write ^( ) with the exponent in brackets")
        return Binary(span, "power", node, exponent, at)

    def exponent(self) -> Node:
        """What is raised: one operand, with its sign."""
        if self.at("-", "+"):
            token = self.take()
            operand = self.exponent()
            return Unary((token.span[0], operand.span[1]), "-" if token.text == "-" else "+", operand)
        if self.at("{"):
            opened = self.take()
            inside = self.relation()
            close = self.expect("}", opened)
            return respanned(inside, (opened.span[0], close.span[1]))
        return self.operand(None)

    def is_norm(self, node: Node) -> bool:
        """Whether a subscript here is the kind of a norm."""
        if isinstance(node, Binary) and node.op == "power":
            return isinstance(node.left, Norm | Bars)
        return isinstance(node, Norm | Bars)

    def subscripted(self, node: Node) -> Node:
        """``||W||_F``, and ``||W||^2_F``."""
        self.take()
        if self.at("{"):
            opened = self.take()
            parts = []
            while not self.at("}") and self.token.kind != "end":
                parts.append(self.take().text)
            close = self.expect("}", opened)
            kind, end = "".join(parts), close.span[1]
        else:
            token = self.take()
            kind, end = token.text, token.span[1]
        if kind in ("∞", "infty", "infinity"):
            kind = "inf"
        if isinstance(node, Binary):
            inner = self.with_kind(node.left, kind, node.left.span[1])
            return Binary((node.span[0], end), "power", inner, node.right, node.at)
        return self.with_kind(node, kind, end)

    def with_kind(self, node: Node, kind: str, end: int) -> Node:
        """The norm of a kind."""
        assert isinstance(node, Norm | Bars)
        return Norm((node.span[0], end), node.operand, kind)
