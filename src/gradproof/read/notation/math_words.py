"""Names and functions in mathematical notation: which word is a variable, what a function is applied to."""

from __future__ import annotations

import re
from fractions import Fraction

from gradproof.read.notation import vocabulary
from gradproof.read.notation.latex_nodes import Collected
from gradproof.read.notation.math_clarity import SPECIAL, Clarity
from gradproof.read.notation.math_cursor import PRODUCTS
from gradproof.read.notation.math_tokens import Token
from gradproof.read.notation.names import GREEK
from gradproof.read.notation.problems import closest
from gradproof.read.notation.tree import Binary, Call, Constant, Items, Name, Node, Number

_PREFIX = frozenset(
    [
        "tr",
        "trace",
        "Tr",
        "det",
        "logdet",
        "log",
        "ln",
        "exp",
        "sin",
        "cos",
        "tan",
        "tanh",
        "sqrt",
        "diag",
        "vec",
        "sinh",
        "cosh",
        "logdet",
        "nuclear",
    ]
)


_LITERALS = {"I": "eye", "eye": "eye", "𝟏": "ones", "𝟙": "ones", "ones": "ones"}


_RAISED = frozenset(["sin", "cos", "tan", "sinh", "cosh", "tanh"])
_OPTIMUM = re.compile(r"(max|min)_([a-zA-Z]+)")


class Words(Clarity):
    """The part of the parser that reads names and calls."""

    def name(self, token: Token) -> Node:
        """A name: an entry of an array, a variable, a function that is applied, or a literal such as I."""
        return self.linked(token) or self.word(token)

    def word(self, token: Token) -> Node:
        """A name that is no entry."""
        text = token.text
        function = vocabulary.find(text)
        opens = self.at("(")
        if text in self.known and not (self.in_r and opens and function is not None):
            return Name(token.span, self.known[text])
        if text in ("sigma", "σ") and opens and self.token.spaced:
            self.refuse(
                f"{text} before brackets can be the sigmoid or a factor",
                token.span,
                f"write {text}(...) without a space, or {text} * (...)",
            )
        special = self.written_specially(token)
        if special is not None:
            return special
        if text in _LITERALS:
            return Call(token.span, _LITERALS[text], (), at=token.span)
        if text.startswith("I_"):
            return Call(token.span, "eye", (Name(token.span, text[2:]),), at=token.span)
        if function is not None and text in _PREFIX:
            return self.applied(token)
        if opens and not self.token.spaced:
            self.no_function(token)
        return self.variable(token)

    def no_function(self, token: Token) -> None:
        """A name before a bracket that is no function: a factor, unless it looks like a function."""
        text = token.text
        if text in vocabulary.UNREAD:
            self.refuse(f"{text} is not read", token.span, vocabulary.UNREAD[text])
        if (len(text.split("_")[0]) > 1 and text not in GREEK) or text in ("f", "g", "h"):
            near = closest(text, vocabulary.VOCABULARY)
            self.refuse(
                f"{text!r} is no function that is known",
                token.span,
                f"did you mean {near}?"
                if near
                else f"declare {text} if it is a variable, and write {text} * (...)",
            )

    def variable(self, token: Token) -> Node:
        """A name that was not declared; several letters could be several factors."""
        base = token.text.split("_")[0].rstrip("0123456789")
        if base[0] == "d" and base[1:] in self.known:  # the differential of a declared variable
            return Name(token.span, token.text)
        if (
            len(base) > 1
            and base.isascii()
            and base.lower() not in GREEK
            and base not in ("inf", "Inf", "pi")
        ):
            if vocabulary.find(token.text) is not None:
                self.refuse(
                    f"{token.text} needs its argument in brackets", token.span, f"write {token.text}(...)"
                )
            if self.tokens[max(self.place - 2, 0)].text != "," and not base[1:].isdigit():
                self.refuse(
                    f"{token.text!r} was not declared: it can be one variable or several factors",
                    token.span,
                    f"write {' '.join(base)} for factors, or declare {token.text}",
                )
        return Name(token.span, token.text)

    def call(self, token: Token) -> Node:
        """A function with its arguments in brackets."""
        opened = self.take()
        arguments: list[Node] = []
        keywords: list[tuple[str, Node]] = []
        before, self.bars = self.bars, []
        ends = ")" if opened.text == "(" else "]"
        while not self.at(ends):
            if self.token.kind == "name" and self.following.text == "=" and self.following.kind == "sign":
                word = self.take().text
                self.take()
                keywords.append((word, self.argument()))
            else:
                arguments.append(self.argument())
            if not self.at(","):
                break
            self.take()
        close = self.expect(ends, opened)
        self.bars = before
        span = (token.span[0], close.span[1])
        return Call(span, token.text, tuple(arguments), tuple(keywords), token.span)

    def written_specially(self, token: Token) -> Node | None:
        """``sin^2(x)``, ``max_i x_i``, ``Tr[X]``; letters that could be functions are refused."""
        text = token.text
        if text in SPECIAL and self.at("(") and not self.token.spaced:
            self.refuse(
                f"{text} before brackets can be a function or a factor",
                token.span,
                f"write {SPECIAL[text]}, or {text} * (...) for the factor",
            )
        if text in _PREFIX - {"exp"} and (self.at("^") or self.token.kind == "raised"):
            return self.raised_function(token)
        if _OPTIMUM.fullmatch(text):
            return self.optimum(token)
        called = (self.at("(", "[") and not self.token.spaced) or (self.at("(") and len(text) > 1)
        return self.call(token) if called and vocabulary.find(text) is not None else None

    def raised_function(self, token: Token) -> Node:
        """``sin^2(x)`` is the square of the sine; ``sin^-1`` could be the inverse."""
        at = self.take()
        exponent = self.take() if at.text == "^" else at
        if token.text not in _RAISED or not exponent.text.isdigit() or not self.at("("):
            other = f"arc{token.text}(x) for the inverse" if token.text in _RAISED else "the function twice"
            self.refuse(
                f"a power of the function {token.text}",
                (token.span[0], exponent.span[1]),
                f"write {token.text}(x)^2, or {other}",
            )
        called = self.call(token)
        power = Number(exponent.span, Fraction(exponent.text))
        return Binary(called.span, "elementwise_power", called, power, at.span)

    def optimum(self, token: Token) -> Node:
        """``max_i x_i``: the largest entry; an optimum over a variable is not read."""
        word, _, letters = token.text.partition("_")
        if not set(letters) <= set("ijklmn"):
            self.refuse(
                "an optimum over a variable is not read", token.span, "write the function that is optimised"
            )
        outer, self.bound = self.bound, self.bound | set(letters)
        body = self.term()
        self.bound = outer
        span = (token.span[0], body.span[1])
        return Call(span, word, (Collected(body.span, tuple(letters), body),), at=token.span)

    def argument(self) -> Node:
        """An argument of a function; a tuple where commas stand in brackets of its own."""
        if self.at("[") and self.following.text == "]":
            first, last = self.take(), self.take()
            return Constant((first.span[0], last.span[1]), None)
        if self.at("(") and self.tokens[self.place + 2].text == ",":
            opened = self.take()
            items = [self.relation()]
            while self.at(","):
                self.take()
                items.append(self.relation())
            close = self.expect(")", opened)
            return Items((opened.span[0], close.span[1]), tuple(items))
        if self.token.kind == "name" and self.token.text in ("True", "False", "TRUE", "FALSE", "None"):
            token = self.take()
            value = None if token.text == "None" else token.text.lower() == "true"
            return Constant(token.span, value)
        return self.relation()

    def applied(self, token: Token) -> Node:
        """``tr A``, ``log det A``: a function without brackets takes one operand and no product."""
        if not self.starts_operand():
            self.refuse(f"{token.text} needs its argument", self.token.span, f"write {token.text}(...)")
        argument = self.factor()
        following = self.token
        if self.starts_operand() or (
            following.kind == "sign" and following.text in PRODUCTS and following.text != "/"
        ):
            inside, rest = self.text[slice(*argument.span)], self.text[slice(*following.span)]
            self.refuse(
                f"how much belongs to {token.text} is not clear",
                (token.span[0], following.span[1]),
                f"write {token.text}({inside} {rest} ...) or {token.text}({inside}) {rest} ...",
            )
        return Call((token.span[0], argument.span[1]), token.text, (argument,), at=token.span)
