r"""From the grammar's tree to the shared syntax tree: one function per rule of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lark import Token, Tree

from gradproof.read.notation.latex_brackets import paired
from gradproof.read.notation.latex_grammar import parse
from gradproof.read.notation.latex_names import Surroundings
from gradproof.read.notation.latex_tokens import Tok, Tokens
from gradproof.read.notation.tree import Node, Span

Parsed: TypeAlias = "Tree[Any]"
Build = Callable[[Parsed, Surroundings], Node]
RULES: dict[str, Build] = {}


def builds(*rules: str) -> Callable[[Build], Build]:
    """Enter a function as the builder of rules of the grammar."""

    def enter(build: Build) -> Build:
        for rule in rules:
            RULES[rule] = build
        return build

    return enter


def node_of(tree: Parsed, around: Surroundings) -> Node:
    """The syntax node of a part of the formula."""
    return RULES[tree.data](tree, around)


def read_tokens(tokens: Tokens, around: Surroundings) -> Node:
    """The syntax node of tokens that stand by themselves, such as an exponent."""
    return node_of(parse(paired(tokens, around.text), around.text), around)


def tok(token: object) -> Tok:
    """What the scanner made of a token of the grammar's tree."""
    assert isinstance(token, Token) and isinstance(token.value, Tok)
    return token.value


def toks(tree: Parsed) -> list[Tok]:
    """The tokens directly below a node."""
    return [tok(c) for c in tree.children if isinstance(c, Token)]


def parts(tree: Parsed) -> list[Parsed]:
    """The rules directly below a node."""
    return [c for c in tree.children if isinstance(c, Tree)]


def span_of(tree: Parsed) -> Span:
    """The characters a part of the formula takes."""
    first: Any = tree
    while isinstance(first, Tree):
        first = first.children[0]
    last: Any = tree
    while isinstance(last, Tree):
        last = last.children[-1]
    return tok(first).span[0], tok(last).span[1]


def unwrapped(tree: Parsed) -> Parsed:
    """What braces that only group for typesetting hold."""
    while tree.data == "group" and len(parts(tree)) == 1:
        tree = parts(tree)[0]
    return tree


def source(tree: Parsed, around: Surroundings) -> str:
    """The text of a part."""
    return around.text[slice(*span_of(tree))]
