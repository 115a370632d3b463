r"""Superscripts that do something: transposes, inverses, powers; and entries of expressions."""

from __future__ import annotations

from fractions import Fraction

from gradproof.read.notation.latex_build import read_tokens
from gradproof.read.notation.latex_names import Surroundings
from gradproof.read.notation.latex_scripts import Above, parts_of, transposing
from gradproof.read.notation.latex_shapes import Dagger, PositivePart
from gradproof.read.notation.latex_tokens import Letter, Tok
from gradproof.read.notation.tree import Binary, Call, Entry, Name, Node, Number, Span, Transpose, Unary


def entry_of(node: Node, below: list[Tok], span: Span, around: Surroundings) -> Node:
    r"""``(A x)_i``."""
    if len(below[0].value) == 1 and below[0].value[0].kind == "ADD":
        if below[0].value[0].value == "-":
            raise around.refuse("a negative part, with or without its sign", span, r"write \max(0, -x)")
        return PositivePart(span, node)
    indices = tuple(read_tokens(p, around) for p in parts_of(below[0].value))
    for index in indices:
        if not isinstance(index, Number) and not (isinstance(index, Name) and index.name in around.bound):
            raise around.refuse(
                "an entry whose index no sum runs over",
                below[0].span,
                r"write \sum_{i} before it, or a number",
            )
    return Entry(span, node, indices)


def raise_to(node: Node, raised: Above, span: Span, around: Surroundings) -> Node:
    """A transpose, an inverse or a power."""
    tokens = raised.exponent
    if not tokens:
        return node
    whole = (node.span[0], max(span[1], raised.span[1]))
    how = transposing(tokens)
    if how:
        return _transposed(node, how, raised, whole, around)
    if tokens[0].kind == "MUL":
        return _entrywise(node, tokens, raised, whole, around)
    if any(t.kind in ("STAR", "TOP", "PRIME", "DAGGER", "INFINITY") for t in tokens):
        raise around.refuse(
            "a superscript with more than one meaning", raised.span,
            r"write ^{H} for the conjugate transpose, ^{\dagger} for the pseudoinverse, or another name",
        )  # fmt: skip
    exponent = read_tokens(tokens, around)
    if isinstance(exponent, Name) and exponent.name == "t" and "t" not in around.known:
        raise around.refuse(
            "^t: a transpose, or a power?",
            raised.span,
            r"write ^{\top} for the transpose; declare t for the power",
        )
    if isinstance(exponent, Name) and exponent.name in around.bound and around.bound[exponent.name] is None:
        raise around.refuse(
            f"the superscript {exponent.name}: an index, or a power?", raised.span,
            f"write ^{{[{exponent.name}]}} for a layer, ^{{({exponent.name})}} for a sample",
        )  # fmt: skip
    return Binary(whole, "power", node, exponent, raised.span)


def _transposed(node: Node, how: str, raised: Above, whole: Span, around: Surroundings) -> Node:
    rank = around.rank(node.name) if isinstance(node, Name) else None
    if how in ("T", "H", "-T") and rank == 0:
        letter = how.strip("-")
        if letter in around.known and how != "-T":
            return Binary(whole, "power", node, Name(raised.span, letter), raised.span)
        raise around.refuse(
            f"the transpose of the scalar {around.text[slice(*node.span)]}",
            whole,
            "declare it as a vector or matrix",
        )
    plain_letter = isinstance(raised.exponent[-1].value, Letter) and how in ("T", "H")
    if plain_letter and how in around.known and rank is None:
        raise around.refuse(
            f"^{how}: the transpose, or the power {how} that is declared?", raised.span,
            r"write ^{\top} for the transpose",
        )  # fmt: skip
    if how == "'" and (rank is None if isinstance(node, Name) else False):
        raise around.refuse(
            "a prime: the transpose, or another name?",
            raised.span,
            r"write ^{\top}, or declare the name before it",
        )
    if how == "pinv" and raised.exponent[0].kind == "DAGGER":
        return Dagger(whole, node, raised.span)
    if how == "pinv":
        return Call(whole, "pinv", (node,), (), raised.span)
    if how == "-T":
        inverse = Binary(
            whole, "power", node, Unary(raised.span, "-", Number(raised.span, Fraction(1))), raised.span
        )
        return Transpose(whole, inverse)
    return Transpose(whole, node, conjugate=how == "H")


def _entrywise(node: Node, tokens: tuple[Tok, ...], raised: Above, whole: Span, around: Surroundings) -> Node:
    r"""``X^{\circ 2}``."""
    if tokens[0].value != "hadamard" or len(tokens) == 1:
        raise around.refuse("an operator as a superscript", raised.span, r"entrywise powers are X^{\circ 2}")
    exponent = read_tokens(tokens[1:], around)
    return Binary(whole, "elementwise_power", node, exponent, raised.span)
