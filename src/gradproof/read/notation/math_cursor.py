"""What every part of the parser of mathematical notation needs: the tokens, and what parts ask each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from gradproof.read.notation.math_tokens import GLYPHS, Token, normal_name, tokens_of
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import Name, Node, Operator, Span

PRODUCTS: dict[str, Operator] = {
    "*": "times",
    "/": "divide",
    "·": "dot",
    "×": "dot",
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


class Cursor(ABC):
    """A place among the tokens of a text.

    Attributes
    ----------
    bars : list of str
        The bars that are open and can be closed here.
    bound : set of str
        The indices of the sums around here.
    known : dict
        Declared names by every spelling they are found under.
    ranks : dict
        The number of axes of names whose shape is declared.
    matlab : bool
        Whether brackets behind a name hold indices.
    """

    def __init__(self, text: str, known: Collection[str], matlab: bool = False) -> None:
        self.text = text
        self.matlab = matlab
        shapes = known if isinstance(known, Mapping) else {}
        self.ranks: dict[str, int] = {n: len(s) for n, s in shapes.items() if s is not None}
        self.place = 0
        self.bars: list[str] = []
        self.bound: frozenset[str] = frozenset()
        self.known = {normal_name(name): name for name in known}
        for glyph, spelled in GLYPHS:
            if glyph not in self.known and spelled in known:
                self.known[glyph] = spelled
        self.in_r = "%*%" in text or "%o%" in text  # there, functions and variables have names of their own
        for name in known:
            if "_" in name:
                self.known.setdefault(name.replace("_", ""), name)
            elif name[-1:].isdigit():
                self.known.setdefault(
                    name.rstrip("0123456789") + "_" + name[len(name.rstrip("0123456789")) :], name
                )
        self.tokens = tokens_of(text, self.known)

    @abstractmethod
    def relation(self) -> Node:
        """What stands in brackets, up to their end."""

    @abstractmethod
    def term(self) -> Node:
        """A product, with its sign."""

    @abstractmethod
    def factor(self, after: Node | None = None) -> Node:
        """An operand with what is raised above it."""

    @abstractmethod
    def parsed_again(self, start: int, stop: int) -> Node:
        """A part of the text as a formula of its own, with the indices bound here."""

    @abstractmethod
    def entry(self, node: Name) -> Node:
        """What stands in brackets right behind a name."""

    @abstractmethod
    def operand(self, after: Node | None) -> Node:
        """A number, a name, a call, or something in brackets; ``after`` is the factor before it."""

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self.tokens[self.place]

    @property
    def following(self) -> Token:
        """The token after it."""
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)]

    def take(self) -> Token:
        """The token at hand, passed."""
        token = self.tokens[self.place]
        self.place += 1
        return token

    def at(self, *signs: str) -> bool:
        """Whether one of the signs is at hand."""
        return self.token.kind == "sign" and self.token.text in signs

    def expect(self, sign: str, opened: Token) -> Token:
        """The sign that closes what was opened."""
        if not self.at(sign):
            what = "the text ends" if self.token.kind == "end" else f"{self.shown(self.token)} stands"
            place = opened.span if self.token.kind == "end" else self.token.span
            self.refuse(f"{what} where {sign!r} should close {self.shown(opened)}", place, f"put {sign!r} in")
        return self.take()

    def shown(self, token: Token) -> str:
        """A token as it stands in the text."""
        return repr(self.text[slice(*token.span)])

    def refuse(self, what: str, span: Span, fix: str) -> NoReturn:
        """Raise the error for a place that cannot be read, or not in one way only."""
        raise refusal(what, self.text, span, fix)

    def bracketed(self, node: Node) -> bool:
        """Whether a node has brackets around it."""
        return self.text[node.span[0] : node.span[0] + 1] in ("(", "[")

    def starts_operand(self) -> bool:
        """Whether an operand begins here, so that nothing before it is a product."""
        token = self.token
        if token.kind in ("number", "name", "string"):
            return True
        if token.kind != "sign":
            return False
        if token.text == "||" and self.bars and self.bars[-1] == "|" and not token.spaced:
            return self._opens_norm(token)
        if token.text in ("|", "||"):
            return not self.bars or self.bars[-1] != token.text
        return token.text in ("(", "√", "sum", "prod", "[") or self.text[token.span[0]] == "⟨"

    def _opens_norm(self, token: Token) -> bool:
        """Whether ``||`` right behind something in single bars opens a norm, or is | twice: ``|A||B|``."""
        if all(t.text != "||" for t in self.tokens[self.place + 1 :]):
            return False
        raise refusal(
            "two bars after one can close it, or open a norm",
            self.text,
            token.span,
            "put spaces between: |A| |B|, |a ||x|| |",
        )

    def inside(self, opened: Token) -> Node:
        """What stands in brackets; bars that were opened outside do not close in here."""
        before, self.bars = self.bars, []
        node = self.relation()
        self.bars = before
        return node


def respanned(node: Node, span: Span) -> Node:
    """The node with the brackets around it in its span."""
    values: dict[str, Any] = {
        name: getattr(node, name) for name in node.__dataclass_fields__ if name != "span"
    }
    return type(node)(span, **values)
