r"""Sums and products over indices, and sums over the layers of a network.

A sum over layers, ``\sum_l \|W^{[l]}\|_F^2``, has arrays of different shapes in its terms, so it is no sum
over an axis. Where the layers are known, by a range of numbers, by ``layers=`` or by declared arrays W[1],
W[2], ..., the terms are written out. Where they are not, the sum is its term for layer l plus one scalar for
all other terms, ``other_layers``. That is exact for a derivative by an array of layer l, the other terms
being constant in it; so it is allowed only where everything under the sum belongs to its layer, and no array
of another layer stands elsewhere.
"""

from __future__ import annotations

from fractions import Fraction

from gradproof.read.notation.indexed_places import Paired
from gradproof.read.notation.latex_build import (
    Parsed,
    builds,
    node_of,
    parts,
    read_tokens,
    span_of,
    tok,
    toks,
)
from gradproof.read.notation.latex_layers import counts_layers, layers_summed, letter_in
from gradproof.read.notation.latex_names import Surroundings
from gradproof.read.notation.latex_tokens import Letter, Tok, Tokens
from gradproof.read.notation.tree import (
    IndexRange,
    Node,
    Number,
    Span,
    SumOver,
    Unary,
)


@builds("big")
def _big(tree: Parsed, around: Surroundings) -> Node:
    head = toks(tree)[0]
    scripts = [tok(p.children[0]) for p in parts(tree) if p.data == "script"]
    sign = next((t for t in toks(tree)[1:] if t.kind == "ADD"), None)
    body = parts(tree)[-1]
    product = head.value == "prod"
    pair = _pair(scripts, around)
    if pair is not None:
        if product or sign:
            raise around.refuse("a product over pairs", span_of(tree), r"write \exp\sum\log, or every factor")
        return _pairs(pair, head, scripts, body, span_of(tree), around)
    ranges = _ranges(head, scripts, around)
    layer = next((r for r in ranges if counts_layers(body, r.name, around)), None)
    span = span_of(tree)
    if layer is not None:
        if len(ranges) > 1 or sign or product:
            raise around.refuse(
                "a sum over layers with something else", span, "write one \\sum for the layers alone"
            )
        return layers_summed(layer, body, span, around)
    around.bound.update({r.name: None for r in ranges})
    try:
        inside = node_of(body, around)
    finally:
        for r in ranges:
            del around.bound[r.name]
    if sign is not None:
        inside = Unary((sign.span[0], inside.span[1]), sign.value, inside)
    return SumOver(span, ranges, inside, product)


# --- pairs --------------------------------------------------------------------------------------------


def _pair(scripts: list[Tok], around: Surroundings) -> tuple[str, str, str] | None:
    r"""The indices and the relation of ``_{i \ne j}``, ``_{i < j}`` and ``_{1 \le i < j \le n}``."""
    tokens: Tokens = next((s.value for s in scripts if s.kind == "SUB"), ())
    kinds = [t.kind for t in tokens]
    if len(tokens) not in (3, 7):
        return None
    place = 2 if kinds == ["NUMBER", "REL", "NAME", "REL", "NAME", "REL", tokens[-1].kind] else 0
    if place and (tokens[0].value != "1" or tokens[1].value != "<=" or tokens[5].value != "<="):
        return None
    if not place and kinds != ["NAME", "REL", "NAME"]:
        return None
    first, relation, second = tokens[place : place + 3]
    letters = (first.value, second.value)
    if any(x.accent or x.word or x.name in around.known for x in letters):
        return None
    return letters[0].name, str(relation.value), letters[1].name


def _pairs(
    pair: tuple[str, str, str],
    head: Tok,
    scripts: list[Tok],
    body: Parsed,
    span: Span,
    around: Surroundings,
) -> Node:
    """A sum over the indices of a pair that no sum around it binds."""
    below = next(s for s in scripts if s.kind == "SUB")
    stop = next((_limit(s, around) for s in scripts if s.kind == "SUP"), None)
    if len(below.value) == 7:
        stop = read_tokens(below.value[6:], around)
    start = None if stop is None else Number(below.span, Fraction(1))
    free = [i for i in (pair[0], pair[2]) if i not in around.bound]
    if pair[0] == pair[2] or not free:
        raise around.refuse(
            "a condition on indices that are bound already",
            below.span,
            "compare the index of the sum with them",
        )
    if len(free) == 2:
        if pair[1] == "!=" and pair[0] > pair[2]:
            raise around.refuse(
                f"is {pair[2]} fixed, or does the sum run over all pairs?", below.span,
                rf"write \sum_{{{pair[2]} \ne {pair[0]}}} for all pairs, or \sum_{{{pair[2]}}} before it",
            )  # fmt: skip
        typed = around.text[slice(*below.span)].strip("_{}")
        around.notes.append(f"the sum with {typed} runs over all pairs of {pair[0]} and {pair[2]}")
    around.bound.update(dict.fromkeys(free))
    try:
        inside = node_of(body, around)
    finally:
        for index in free:
            del around.bound[index]
    terms = Paired(inside.span, *pair, inside)
    return SumOver(span, tuple(IndexRange(below.span, i, start, stop) for i in free), terms)


# --- ranges -------------------------------------------------------------------------------------------


def _ranges(head: Tok, scripts: list[Tok], around: Surroundings) -> tuple[IndexRange, ...]:
    r"""``_{i}``, ``_{i,j}``, ``_{i=1}^{n}``, ``_{1 \le i \le n}``."""
    below = [s for s in scripts if s.kind == "SUB"]
    above = [s for s in scripts if s.kind == "SUP"]
    name = "\\sum" if head.value == "sum" else "\\prod"
    if len(below) != 1 or len(above) > 1:
        raise around.refuse(
            "a sum that does not say its index", head.span, rf"write {name}_{{i}} or {name}_{{i=1}}^{{n}}"
        )
    stop = _limit(above[0], around) if above and not _of_layer(above[0], around) else None
    letters, start, stop = _limits(below[0], stop, around)
    for letter, span in letters:
        if letter in around.bound:
            raise around.refuse(
                f"{letter} is the index of two sums, one in the other", span, "use another letter"
            )
        if letter in around.known:
            raise around.refuse(
                f"{letter} is declared, and is the index of a sum", span, "use another letter for one of them"
            )
    return tuple(IndexRange(span, letter, start, stop) for letter, span in letters)


def _limit(script: Tok, around: Surroundings) -> Node:
    """An upper limit; that it is L says nothing about how a variable L is set."""
    before = dict(around.used)
    around.used.clear()
    stop = read_tokens(script.value, around)
    around.used.clear()
    around.used.update(before)
    return stop


def _of_layer(script: Tok, around: Surroundings) -> bool:
    r"""Whether a limit is one of a layer, ``s_{l+1}``, which the array of the layer tells as well."""
    written = [letter for letter, value in around.bound.items() if value is not None]
    return any(
        t.kind in ("SUP", "SUB") and any(letter_in(u, letter) for u in t.value)
        for t in script.value
        for letter in written
    )


def _limits(
    script: Tok, stop: Node | None, around: Surroundings
) -> tuple[list[tuple[str, Span]], Node | None, Node | None]:
    tokens: Tokens = script.value
    equals = next((k for k, t in enumerate(tokens) if t.kind == "EQUALS"), None)
    if equals is not None:
        return _letters(tokens[:equals], script, around), read_tokens(tokens[equals + 1 :], around), stop
    relations = [k for k, t in enumerate(tokens) if t.kind == "REL"]
    if relations:
        if len(relations) == 2 and all(tokens[k].value == "<=" for k in relations) and stop is None:
            first, second = relations
            start = read_tokens(tokens[:first], around)
            return (
                _letters(tokens[first + 1 : second], script, around),
                start,
                read_tokens(tokens[second + 1 :], around),
            )
        raise around.refuse(
            "an index set with a condition", script.span,
            r"write limits, \sum_{i=1}^{n}; sums over pairs i \ne j or i < j are not read",
        )  # fmt: skip
    if stop is not None:
        return _letters(tokens, script, around), Number(script.span, Fraction(1)), stop
    return _letters(tokens, script, around), None, None


def _letters(tokens: Tokens, script: Tok, around: Surroundings) -> list[tuple[str, Span]]:
    found = []
    for token in tokens:
        if token.kind == "COMMA":
            continue
        if token.kind != "NAME" or token.value.accent or token.value.word:
            raise around.refuse(
                "no index of a sum", token.span, r"an index is a letter: \sum_{i}, \sum_{i,j}"
            )
        found.append((token.value.name, token.span))
    if not found or len({n for n, _ in found}) < len(found):
        raise around.refuse("no index, or one twice", script.span, r"write \sum_{i,j}")
    return found


def index_letters(tokens: Tokens, pairs: bool = True) -> set[str]:
    """The letters that the sums of a formula bind, wherever they stand; with those of pairs, or without."""
    found: set[str] = set()
    for k, token in enumerate(tokens):
        inner = token.value if token.kind in ("SUP", "SUB") else ()
        if token.kind == "MATRIX":
            inner = tuple(t for row in token.value[1] for cell in row for t in cell)
        if token.kind == "CASES":
            inner = tuple(t for cell in token.value for t in cell)
        found |= index_letters(inner, pairs)
        if token.kind != "BIG":
            continue
        for script in tokens[k + 1 : k + 3]:
            if script.kind == "SUB":
                stop = next((j for j, t in enumerate(script.value) if t.kind == "EQUALS"), len(script.value))
                between = [j for j, t in enumerate(script.value) if t.kind == "REL"]
                inner = len(between) > 1
                part = script.value[between[0] + 1 : between[-1]] if inner else script.value[:stop]
                if pairs or len(between) in (0, 2):
                    found |= {t.value.name for t in part if isinstance(t.value, Letter)}
            elif script.kind != "SUP":
                break
    return found
