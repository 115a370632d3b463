r"""Mathematical notation as people type it: MATLAB, Julia, Octave, R, Unicode and plain ASCII habits.

A parser by precedence with one token of look-ahead. It is written by hand because what stands next to what,
and with which space, decides: a prime is a transpose or a quote, a bar opens or closes, ``1/2 x`` is half
of x while ``1/2x`` is refused.

    relation   sum [< sum]
    sum        term { +- term }
    term       factor { [* / .* ./ @ \ nothing] factor }     left to right
    factor     - factor | operand { ' ^ .^ ² ᵀ _k }
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import NoReturn

from gradproof.read.notation.indexed_places import Paired
from gradproof.read.notation.math_clarity import check_no_derivative
from gradproof.read.notation.math_cursor import PRODUCTS, respanned
from gradproof.read.notation.math_powers import Powers
from gradproof.read.notation.math_tokens import FRACTIONS, Token
from gradproof.read.notation.math_words import Words
from gradproof.read.notation.sums import Pair, index_of, index_ranges, pair_of
from gradproof.read.notation.tree import (
    Bars,
    Binary,
    Blocks,
    Call,
    Comparison,
    IndexRange,
    Name,
    Node,
    Norm,
    Number,
    Operator,
    Relation,
    String,
    SumOver,
    Unary,
    names_in,
    walk,
)

_RELATIONS: dict[str, Relation] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "==", "!=": "!="}


def parse_math(text: str, known: Collection[str] = (), matlab: bool = False) -> Node:
    """The syntax tree of a formula in mathematical notation.

    Parameters
    ----------
    known : names that are declared; they are variables, also where a function has the same name
    matlab : whether ``x(1)`` is the first entry, as in MATLAB
    """
    check_no_derivative(text, known)
    return _Parser(text, known, matlab).whole()


class _Parser(Words, Powers):
    """The whole parser: relations, sums, products, operands."""

    def whole(self) -> Node:
        self.skip_left_side()
        node = self.relation()
        while self.at(";"):
            self.take()
        token = self.token
        if token.text == "=" and token.kind == "sign":
            self.refuse("an equation has no value", token.span, "give one side, or prove that both are equal")
        if token.kind != "end":
            what = f"{self.shown(token)} does not belong here"
            self.refuse(what, token.span, "leave it out, or put an operand before it")
        return node

    def parsed_again(self, start: int, stop: int) -> Node:
        inner = _Parser(" " * start + self.text[start:stop], tuple(self.known), self.matlab)
        inner.bound = self.bound
        return inner.relation()

    def skip_left_side(self) -> None:
        """``f(x) = ...`` and ``J = ...`` name what follows."""
        depth = 0
        for k, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in "()":
                depth += 1 if token.text == "(" else -1
            elif token.text == "=" and token.kind == "sign" and depth == 0:
                left = self.tokens[:k]
                named = left and left[0].kind == "name" and left[0].text not in self.known
                plain = all(t.kind == "name" or t.text in ("(", ")", ",", ";") for t in left)
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
        if not isinstance(last, SumOver) or self.bracketed(last):
            return
        indices = {r.name for r in last.indices}
        for name in names_in(right):
            if index_of(name.name, indices) or name.name in indices:
                self.refuse(
                    f"whether this belongs to the sum over {', '.join(sorted(indices))} is not clear",
                    right.span,
                    "put what is summed in brackets",
                )

    def term(self) -> Node:
        if self.at("-", "+"):
            token = self.take()
            operand = self.term()
            return Unary((token.span[0], operand.span[1]), "-" if token.text == "-" else "+", operand)
        left = self.factor()
        divided: Binary | None = None
        while True:
            token = self.token
            if token.kind == "sign" and token.text in PRODUCTS:
                self.take()
                if divided is not None and token.text != "/":
                    self.clear_divisor(divided, self.token, token)
                right = self.signed_factor()
                left = Binary((left.span[0], right.span[1]), PRODUCTS[token.text], left, right, token.span)
                divided = left if token.text == "/" else None
            elif self.starts_operand():
                if divided is not None:
                    self.clear_divisor(divided, token)
                right = self.factor(after=left)
                at = (left.span[1], right.span[0])
                left, divided = Binary((left.span[0], right.span[1]), "matmul", left, right, at), None
            else:
                return left

    def signed_factor(self) -> Node:
        if self.at("-", "+"):
            token = self.take()
            operand = self.signed_factor()
            return Unary((token.span[0], operand.span[1]), "-" if token.text == "-" else "+", operand)
        return self.factor()

    def factor(self, after: Node | None = None) -> Node:
        node = self.operand(after)
        return self.with_postfixes(node)

    def operand(self, after: Node | None) -> Node:
        token = self.take()
        if token.kind == "number":
            return self.number(token, after)
        if token.kind == "string":
            return String(token.span, token.text)
        if token.kind == "name":
            return self.name(token)
        opens = _OPENS.get(token.text)
        if opens is None:
            self.no_operand(token)
        return opens(self, token)

    def no_operand(self, token: Token) -> NoReturn:
        if token.kind == "end":
            before = self.tokens[self.place - 2].span if self.place > 1 else token.span
            self.refuse("the text ends where an operand is needed", before, "finish the formula")
        self.refuse(
            f"an operand is needed, and not {self.shown(token)}", token.span, "put an operand before it"
        )

    def in_brackets(self, token: Token) -> Node:
        inside = self.inside(token)
        close = self.expect(")", token)
        return respanned(inside, (token.span[0], close.span[1]))

    def root(self, token: Token) -> Node:
        argument = self.factor()
        return Call((token.span[0], argument.span[1]), "sqrt", (argument,), at=token.span)

    def in_square_brackets(self, token: Token) -> Node:
        inside = self.inside(token)
        if self.at("]") and (isinstance(inside, Comparison) or self._one_entry(inside)):
            return respanned(inside, (token.span[0], self.take().span[1]))
        return self.blocks(token, inside)

    def _one_entry(self, inside: Node) -> bool:
        """Whether square brackets are mere brackets: no space in them can part two entries."""
        if self.matlab or (isinstance(inside, Binary) and inside.op == "matmul"):
            return False
        return not any(
            isinstance(p, Binary) and p.op != "matmul" and self._parts_entries(p) for p in walk(inside)
        )

    def _parts_entries(self, node: Binary) -> bool:
        """Whether a space in a matrix could part two entries: [A B], and [x -1] as MATLAB reads it."""
        start, stop = node.at
        if node.op == "matmul":
            return self.text[start:stop].isspace()
        signed = node.op in ("+", "-") and not self.bracketed(node)
        return signed and self.text[start - 1].isspace() and not self.text[stop].isspace()

    def blocks(self, opened: Token, first: Node) -> Node:
        """``[A, B; C, D]``, with commas: a space could be a product."""
        rows: list[list[Node]] = [[first]]
        while self.at(",", ";"):
            if self.take().text == ";":
                rows.append([])
            rows[-1].append(self.inside(opened))
        close = self.expect("]", opened)
        node = Blocks((opened.span[0], close.span[1]), tuple(tuple(row) for row in rows))
        for part in walk(node):
            if isinstance(part, Binary) and self._parts_entries(part):
                self.refuse(
                    "a space in a matrix can be a product or part two entries",
                    part.at,
                    "write [A, B; C, D] with commas, and products with *",
                )
        return node

    def number(self, token: Token, after: Node | None) -> Node:
        value = FRACTIONS.get(token.text) or Fraction(token.text)
        if self.at("_") and value == 1 and not self.token.spaced and self.following.kind == "name":
            self.take()
            size = self.take()
            return Call((token.span[0], size.span[1]), "ones", (Name(size.span, size.text),), at=token.span)
        self.clear_number(token)
        if after is not None and not self.at("'", ".'", "^", "⊤"):
            parted = token.spaced or self.text[token.span[0] - 1] in "')⊤ᵀ"
            if value == 1 and parted and not isinstance(after, Number):
                return Call(token.span, "ones", (), at=token.span)
            self.refuse(
                "a number after a factor is not clear", token.span, "put it first, or write * or ^ before it"
            )
        return Number(token.span, value)

    def barred(self, token: Token) -> Node:
        self.bars.append(token.text)
        inside = self.relation()
        if token.text == "|" and self.at("||"):
            self.part_bars()
        if not self.at(token.text):
            self.expect(token.text, token)
        close = self.take()
        self.bars.pop()
        span = (token.span[0], close.span[1])
        return Norm(span, inside) if token.text == "||" else Bars(span, inside)

    def part_bars(self) -> None:
        """``|A||B|``: the two bars in the middle close one pair and open another."""
        token, (start, stop) = self.token, self.token.span
        two = [
            Token("sign", "|", (start, start + 1), token.spaced),
            Token("sign", "|", (start + 1, stop), False),
        ]
        self.tokens[self.place : self.place + 1] = two

    def inner(self, token: Token) -> Node:
        """``⟨x, y⟩``: the sum of the products of entries."""
        left = self.sum()
        comma = self.expect(",", token)
        right = self.sum()
        close = self.expect(">", token)
        span = (token.span[0], close.span[1])
        left = respanned(left, (left.span[0] - 1, left.span[1]))
        right = respanned(right, (right.span[0] - 1, right.span[1]))
        product = Binary(span, "hadamard", left, right, comma.span)
        return Call(span, "sum", (product,), at=token.span)

    def sum_over(self, token: Token) -> Node:
        """``Σ_i body``; the body is a product, up to the next + or − outside brackets."""
        if not self.at("_"):
            if self.at("("):
                return self.call(Token("name", token.text, token.span, token.spaced))
            self.refuse("a sum sign needs the index it runs over", token.span, "write sum_i x_i or sum(x)")
        pair = pair_of(self.tokens, self.place)
        indices, self.place = index_ranges(self.text, self.tokens, self.place, parse_math)
        if pair is not None:
            indices = self.free_of(pair, indices, token)
        outer = self.bound
        self.bound = outer | {r.name for r in indices}
        body = self.term()
        self.bound = outer
        if pair is not None:
            body = Paired(body.span, *pair, body)
        return SumOver((token.span[0], body.span[1]), indices, body, token.text == "prod")

    def free_of(self, pair: Pair, indices: tuple[IndexRange, ...], token: Token) -> tuple[IndexRange, ...]:
        """The indices of a pair that no sum around binds; ``sum_{j≠i}`` alone could have i fixed or not."""
        free = tuple(r for r in indices if r.name not in self.bound)
        first, relation, second = pair
        if not free or first == second or token.text == "prod":
            self.refuse("a condition on indices", token.span, "compare the index of a sum with another one")
        if len(free) == 2 and relation == "!=" and first > second:
            self.refuse(
                f"is {second} fixed, or does the sum run over all pairs?",
                token.span,
                f"write sum_{{{second}!={first}}} for all pairs, or sum_{second} before it",
            )
        return free


_OPENS: dict[str, Callable[[_Parser, Token], Node]] = {
    "(": _Parser.in_brackets,
    "[": _Parser.in_square_brackets,
    "|": _Parser.barred,
    "||": _Parser.barred,
    "<": _Parser.inner,
    "√": _Parser.root,
    "sum": _Parser.sum_over,
    "prod": _Parser.sum_over,
    "∞": lambda parser, token: Name(token.span, "∞"),
}
