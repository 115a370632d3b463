"""Mathematical notation as people type it: MATLAB, Julia, Octave, R, Unicode and plain ASCII habits.

A parser by precedence with one token of look-ahead. It is written by hand because what stands next to what,
and with which space, decides: a prime is a transpose or a quote, a bar opens or closes, ``1/2 x`` is half of x
while ``1/2x`` is refused.

    relation   sum [< sum]
    sum        term { +- term }
    term       factor { [* / .* ./ @ \\ nothing] factor }     left to right
    factor     - factor | operand { ' ^ .^ ² ᵀ _k }
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any, NoReturn

from gradproof.read.notation import vocabulary
from gradproof.read.notation.math_tokens import FRACTIONS, Token, ends_operand, normal_name, tokens_of
from gradproof.read.notation.names import GREEK
from gradproof.read.notation.problems import closest, refusal
from gradproof.read.notation.sums import bind_entries, index_of, index_ranges
from gradproof.read.notation.tree import (
    Bars,
    Binary,
    Call,
    Comparison,
    Constant,
    Items,
    Name,
    Node,
    Norm,
    Number,
    Operator,
    Relation,
    Span,
    String,
    SumOver,
    Transpose,
    Unary,
    names_in,
)

_PRODUCTS: dict[str, Operator] = {
    "*": "times",
    "/": "divide",
    ".*": "hadamard",
    "∘": "hadamard",
    "./": "elementwise_divide",
    "⊘": "elementwise_divide",
    "@": "matmul",
    "%*%": "matmul",
    "%o%": "outer",
    "\\": "left_divide",
    "⊗": "kron",
}
_RELATIONS: dict[str, Relation] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "==", "!=": "!="}
_PREFIX = frozenset(
    "tr trace Tr det logdet log ln exp sin cos tan tanh sqrt diag vec sinh cosh logdet nuclear".split()
)
_MODIFIED = {"-T": True, "T": False, "⊤": False}


def parse_math(text: str, known: Collection[str] = ()) -> Node:
    """The syntax tree of a formula in mathematical notation.

    Parameters
    ----------
    known : names that are declared; they are variables, also where a function has the same name
    """
    return _Parser(text, known).whole()


class _Parser:
    def __init__(self, text: str, known: Collection[str]) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.place = 0
        self.bars: list[str] = []
        self.known = {normal_name(name): name for name in known}
        for name in known:
            if "_" in name:
                self.known.setdefault(name.replace("_", ""), name)
            elif name[-1:].isdigit():
                self.known.setdefault(
                    name.rstrip("0123456789") + "_" + name[len(name.rstrip("0123456789")) :], name
                )

    # --- tokens -------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def following(self) -> Token:
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def at(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def expect(self, sign: str, opened: Token) -> Token:
        if not self.at(sign):
            what = "the text ends" if self.token.kind == "end" else f"{self.shown(self.token)} stands"
            place = opened.span if self.token.kind == "end" else self.token.span
            self.refuse(f"{what} where {sign!r} should close {self.shown(opened)}", place, f"put {sign!r} in")
        return self.take()

    def shown(self, token: Token) -> str:
        return repr(self.text[slice(*token.span)])

    def refuse(self, what: str, span: Span, fix: str) -> NoReturn:
        raise refusal(what, self.text, span, fix)

    # --- precedence ---------------------------------------------------------------------------------

    def whole(self) -> Node:
        self.skip_left_side()
        node = self.relation()
        token = self.token
        if token.kind == "end":
            return node
        if token.text == "=":
            self.refuse(
                "an equation has no value", token.span, "give one side, or prove that both sides are equal"
            )
        self.refuse(
            f"{self.shown(token)} does not belong here",
            token.span,
            "leave it out, or put an operand before it",
        )

    def skip_left_side(self) -> None:
        """``f(x) = ...`` and ``J = ...`` name what follows."""
        depth = 0
        for k, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in "()":
                depth += 1 if token.text == "(" else -1
            elif token.text == "=" and token.kind == "sign" and depth == 0:
                left = self.tokens[:k]
                named = left and left[0].kind == "name" and left[0].text not in self.known
                plain = all(t.kind in ("name",) or t.text in ("(", ")", ",", ";") for t in left)
                if named and plain and (k == 1 or left[1].text == "("):
                    self.place = k + 1
                return

    def relation(self) -> Node:
        left = self.sum()
        if self.token.kind == "sign" and self.token.text in _RELATIONS:
            op = _RELATIONS[self.take().text]
            right = self.sum()
            return Comparison((left.span[0], right.span[1]), op, left, right)
        return left

    def sum(self) -> Node:
        left = self.term()
        while self.at("+", "-"):
            token = self.take()
            right = self.term()
            self.not_a_summand(left, right)
            op: Operator = "+" if token.text == "+" else "-"
            left = Binary((left.span[0], right.span[1]), op, left, right, token.span)
        return left

    def not_a_summand(self, left: Node, right: Node) -> None:
        """``Σ_i a_i + b_i``: a term after a sum that has its index was probably meant to be summed."""
        last = left.right if isinstance(left, Binary) and left.op in ("+", "-") else left
        while isinstance(last, Binary | Unary):
            last = last.right if isinstance(last, Binary) else last.operand
        if not isinstance(last, SumOver) or self.text[last.span[1] - 1 : last.span[1]] == ")":
            if not isinstance(last, SumOver) or self.bracketed(last):
                return
        indices = {r.name for r in last.indices}
        for name in names_in(right):
            if index_of(name.name, indices) or name.name in indices:
                self.refuse(
                    f"whether this term belongs to the sum over {', '.join(sorted(indices))} is not clear", right.span,
                    "put what is summed in brackets",
                )  # fmt: skip

    def bracketed(self, node: Node) -> bool:
        return self.text[node.span[0] : node.span[0] + 1] == "("

    def term(self) -> Node:
        if self.at("-", "+"):
            token = self.take()
            operand = self.term()
            return Unary((token.span[0], operand.span[1]), "-" if token.text == "-" else "+", operand)
        left = self.factor()
        divided: Binary | None = None
        while True:
            token = self.token
            if token.kind == "sign" and token.text in _PRODUCTS:
                self.take()
                right = self.signed_factor()
                left = Binary((left.span[0], right.span[1]), _PRODUCTS[token.text], left, right, token.span)
                divided = left if token.text == "/" else None
            elif self.starts_operand():
                if divided is not None:
                    self.clear_divisor(divided, token)
                right = self.factor(after=left)
                at = (left.span[1], right.span[0])
                left, divided = Binary((left.span[0], right.span[1]), "matmul", left, right, at), None
            else:
                return left

    def clear_divisor(self, node: Binary, token: Token) -> None:
        """``1/2x``: with no space it cannot be told whether x is below the line."""
        bare = isinstance(node.right, Number | Name) and not self.bracketed(node.right)
        opens = token.text in ("|", "||", "sum", "prod") or (
            token.text == "(" and isinstance(node.right, Number)
        )
        if bare and not token.spaced and not opens:
            left, right = self.text[slice(*node.left.span)], self.text[slice(*node.right.span)]
            what = self.text[slice(*token.span)]
            self.refuse(
                f"whether {what} is divided by or belongs to the divisor is not clear",
                (node.span[0], token.span[1]), f"write ({left}/{right}) {what} or {left}/({right} {what})",
            )  # fmt: skip

    def signed_factor(self) -> Node:
        if self.at("-", "+"):
            token = self.take()
            operand = self.signed_factor()
            return Unary((token.span[0], operand.span[1]), "-" if token.text == "-" else "+", operand)
        return self.factor()

    def starts_operand(self) -> bool:
        token = self.token
        if token.kind in ("number", "name", "string"):
            return True
        if token.kind != "sign":
            return False
        if token.text in ("|", "||"):
            return not self.bars or self.bars[-1] != token.text
        return token.text in ("(", "√", "sum", "prod", "[")

    # --- operands -----------------------------------------------------------------------------------

    def factor(self, after: Node | None = None) -> Node:
        node = self.operand(after)
        return self.with_postfixes(node)

    def with_postfixes(self, node: Node) -> Node:
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
        at = self.take().span
        token = self.token
        if token.text in ("T", "⊤", "'") and token.text not in self.known:
            self.take()
            return Transpose((node.span[0], token.span[1]), self.ones_vector(node))
        if token.text in ("H", "T", "†", "+", "*") and token.text not in self.known:
            following = self.following
            if token.text in ("H", "†") or not following.kind == "number":
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
        if (
            self.at("/")
            and isinstance(exponent, Number)
            and not self.bracketed(exponent)
            and opened.text != "{"
        ):
            self.refuse("whether this belongs to the exponent is not clear", self.token.span,
                        "put the exponent in brackets: x^(1/2)")  # fmt: skip
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
        if self.at("-", "+"):
            token = self.take()
            operand = self.exponent()
            return Unary((token.span[0], operand.span[1]), "-" if token.text == "-" else "+", operand)
        if self.at("{"):
            opened = self.take()
            inside = self.relation()
            close = self.expect("}", opened)
            return _respanned(inside, (opened.span[0], close.span[1]))
        return self.operand(None)

    def is_norm(self, node: Node) -> bool:
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
        assert isinstance(node, Norm | Bars)
        return Norm((node.span[0], end), node.operand, kind)

    def operand(self, after: Node | None) -> Node:
        token = self.take()
        if token.kind == "number":
            return self.number(token, after)
        if token.kind == "string":
            return String(token.span, token.text)
        if token.kind == "name":
            return self.name(token)
        if token.text == "(":
            inside = self.inside(token)
            close = self.expect(")", token)
            return _respanned(inside, (token.span[0], close.span[1]))
        if token.text in ("|", "||"):
            return self.barred(token)
        if token.text == "√":
            argument = self.factor()
            return Call((token.span[0], argument.span[1]), "sqrt", (argument,), at=token.span)
        if token.text in ("sum", "prod"):
            return self.sum_over(token)
        if token.text == "∞":
            return Name(token.span, "∞")
        if token.text == "[":
            self.refuse(
                "matrices written out are not read here", token.span, "name the blocks, or use np.block"
            )
        if token.kind == "end":
            before = self.tokens[self.place - 2].span if self.place > 1 else token.span
            self.refuse("the text ends where an operand is needed", before, "finish the formula")
        self.refuse(
            f"an operand is needed, and not {self.shown(token)}", token.span, "put an operand before it"
        )

    def inside(self, opened: Token) -> Node:
        """What stands in brackets; bars that were opened outside do not close in here."""
        before, self.bars = self.bars, []
        node = self.relation()
        self.bars = before
        return node

    def number(self, token: Token, after: Node | None) -> Node:
        value = FRACTIONS.get(token.text) or Fraction(token.text)
        if self.at("_") and value == 1 and not self.token.spaced and self.following.kind == "name":
            self.take()
            size = self.take()
            return Call((token.span[0], size.span[1]), "ones", (Name(size.span, size.text),), at=token.span)
        if after is not None and not self.at("'", ".'", "^", "⊤"):
            if value == 1 and token.spaced and not isinstance(after, Number):
                return Call(token.span, "ones", (), at=token.span)
            self.refuse(
                "a number after a factor is not clear", token.span, "put it first, or write * or ^ before it"
            )
        return Number(token.span, value)

    def barred(self, token: Token) -> Node:
        self.bars.append(token.text)
        inside = self.relation()
        if not self.at(token.text):
            self.expect(token.text, token)
        close = self.take()
        self.bars.pop()
        span = (token.span[0], close.span[1])
        return Norm(span, inside) if token.text == "||" else Bars(span, inside)

    def sum_over(self, token: Token) -> Node:
        """``Σ_i body``; the body is a product, up to the next + or − outside brackets."""
        if not self.at("_"):
            if self.at("("):
                return self.call(Token("name", token.text, token.span, token.spaced))
            self.refuse("a sum sign needs the index it runs over", token.span, "write sum_i x_i or sum(x)")
        indices, self.place = index_ranges(self.text, self.tokens, self.place, parse_math)
        body = self.term()
        bound = {r.name for r in indices}
        return SumOver(
            (token.span[0], body.span[1]),
            indices,
            bind_entries(body, bound, self.known),
            token.text == "prod",
        )

    # --- names and functions ------------------------------------------------------------------------

    def name(self, token: Token) -> Node:
        text = token.text
        if text in self.known:
            return Name(token.span, self.known[text])
        function = vocabulary.find(text)
        opens = self.at("(")
        if text in ("sigma", "σ") and opens and self.token.spaced:
            self.refuse(f"{text} before brackets can be the sigmoid or a factor", token.span,
                        f"write {text}(...) without a space, or {text} * (...)")  # fmt: skip
        if function is not None and opens and (not self.token.spaced or len(text) > 1):
            return self.call(token)
        if text in ("I", "eye"):
            return Call(token.span, "eye", (), at=token.span)
        if text.startswith("I_") and text[2:]:
            return Call(token.span, "eye", (Name(token.span, text[2:]),), at=token.span)
        if text in ("𝟏", "𝟙", "ones"):
            return Call(token.span, "ones", (), at=token.span)
        if function is not None and text in _PREFIX:
            return self.applied(token)
        if opens and not self.token.spaced:
            self.no_function(token)
        return self.variable(token)

    def no_function(self, token: Token) -> None:
        """A name before a bracket that is no function: a factor, unless it looks like a function."""
        text = token.text
        if len(text.split("_")[0]) > 1 and text not in GREEK or text in ("f", "g", "h"):
            near = closest(text, vocabulary.VOCABULARY)
            self.refuse(
                f"{text!r} is no function that is known", token.span,
                f"did you mean {near}?" if near else f"declare {text} if it is a variable, and write {text} * (...)",
            )  # fmt: skip

    def variable(self, token: Token) -> Node:
        """A name that was not declared; several letters could be several factors."""
        base = token.text.split("_")[0].rstrip("0123456789")
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
            if not self.tokens[max(self.place - 2, 0)].text == "," and not base[1:].isdigit():
                self.refuse(
                    f"{token.text!r} was not declared: it can be one variable or several factors", token.span,
                    f"write {' '.join(base)} for factors, or declare {token.text}",
                )  # fmt: skip
        return Name(token.span, token.text)

    def call(self, token: Token) -> Node:
        opened = self.take()
        arguments: list[Node] = []
        keywords: list[tuple[str, Node]] = []
        before, self.bars = self.bars, []
        while not self.at(")"):
            if self.token.kind == "name" and self.following.text == "=" and self.following.kind == "sign":
                word = self.take().text
                self.take()
                keywords.append((word, self.argument()))
            else:
                arguments.append(self.argument())
            if not self.at(","):
                break
            self.take()
        close = self.expect(")", opened)
        self.bars = before
        span = (token.span[0], close.span[1])
        return Call(span, token.text, tuple(arguments), tuple(keywords), token.span)

    def argument(self) -> Node:
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
        """``tr A``, ``log det A``, ``log|A|``: a function without brackets takes one operand and no product."""
        if not self.starts_operand():
            self.refuse(f"{token.text} needs its argument", self.token.span, f"write {token.text}(...)")
        argument = self.factor()
        following = self.token
        if self.starts_operand() or (
            following.kind == "sign" and following.text in _PRODUCTS and following.text != "/"
        ):
            inside, rest = self.text[slice(*argument.span)], self.text[slice(*following.span)]
            self.refuse(
                f"how much belongs to {token.text} is not clear", (token.span[0], following.span[1]),
                f"write {token.text}({inside} {rest} ...) or {token.text}({inside}) {rest} ...",
            )  # fmt: skip
        return Call((token.span[0], argument.span[1]), token.text, (argument,), at=token.span)

    def entry(self, node: Name) -> Node:
        """``x[i]`` and ``A(i, j)``: an entry; ``A(x + y)`` with one operand is a product."""
        if self.at("("):
            depth = 0
            for token in self.tokens[self.place :]:
                depth += (token.text == "(") - (token.text == ")") if token.kind == "sign" else 0
                if token.text in (",", ":") and token.kind == "sign" and depth == 1:
                    self.refuse("entries are counted from 1 by some and from 0 by others", token.span,
                                f"write a sum over indices, or {node.name}[...] with dialect='numpy'")  # fmt: skip
                if depth == 0:
                    break
            return node
        self.refuse("entries are counted from 1 by some and from 0 by others", self.token.span,
                    f"write {node.name}_ij below a sum over i and j, or say dialect='numpy'")  # fmt: skip


def _respanned(node: Node, span: Span) -> Node:
    """The node with the brackets around it in its span."""
    values: dict[str, Any] = {
        name: getattr(node, name) for name in node.__dataclass_fields__ if name != "span"
    }
    return type(node)(span, **values)


__all__ = ["ends_operand", "parse_math"]
