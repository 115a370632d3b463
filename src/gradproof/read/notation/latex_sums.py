r"""Sums and products over indices, and sums over the layers of a network.

A sum over layers, ``\sum_l \|W^{[l]}\|_F^2``, has arrays of different shapes in its terms, so it is no sum
over an axis. Where the layers are known, by a range of numbers, by ``layers=`` or by declared arrays W[1],
W[2], ..., the terms are written out. Where they are not, the sum is its term for layer l plus one scalar for
all other terms, ``other_layers``. That is exact for a derivative by an array of layer l, the other terms
being constant in it; so it is allowed only where everything under the sum belongs to its layer, and no array
of another layer stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from lark import Token

from gradproof.errors import InputError
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
from gradproof.read.notation.latex_names import Surroundings, spellings
from gradproof.read.notation.latex_products import combined
from gradproof.read.notation.latex_tokens import Letter, Tok, Tokens
from gradproof.read.notation.tree import (
    Binary,
    IndexRange,
    Name,
    Node,
    Number,
    Span,
    SumOver,
    Unary,
    names_in,
    walk,
)

MAX_LAYERS = 64
OTHERS = "other_layers"


@builds("big")
def _big(tree: Parsed, around: Surroundings) -> Node:
    head = toks(tree)[0]
    scripts = [tok(p.children[0]) for p in parts(tree) if p.data == "script"]
    sign = next((t for t in toks(tree)[1:] if t.kind == "ADD"), None)
    body = parts(tree)[-1]
    product = head.value == "prod"
    ranges = _ranges(head, scripts, around)
    layer = next((r for r in ranges if _counts_layers(body, r.name, around)), None)
    span = span_of(tree)
    if layer is not None:
        if len(ranges) > 1 or sign or product:
            raise around.refuse(
                "a sum over layers with something else", span, "write one \\sum for the layers alone"
            )
        return _layers(layer, body, span, around)
    around.bound.update({r.name: None for r in ranges})
    try:
        inside = node_of(body, around)
    finally:
        for r in ranges:
            del around.bound[r.name]
    if sign is not None:
        inside = Unary((sign.span[0], inside.span[1]), sign.value, inside)
    return SumOver(span, ranges, inside, product)


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
        t.kind in ("SUP", "SUB") and any(_letter_in(u, letter) for u in t.value)
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


def index_letters(tokens: Tokens) -> set[str]:
    """The letters that the sums of a formula bind, wherever they stand."""
    found: set[str] = set()
    for k, token in enumerate(tokens):
        inner = token.value if token.kind in ("SUP", "SUB") else ()
        if token.kind == "MATRIX":
            inner = tuple(t for row in token.value[1] for cell in row for t in cell)
        found |= index_letters(inner)
        if token.kind != "BIG":
            continue
        for script in tokens[k + 1 : k + 3]:
            if script.kind == "SUB":
                stop = next((j for j, t in enumerate(script.value) if t.kind == "EQUALS"), len(script.value))
                between = [j for j, t in enumerate(script.value) if t.kind == "REL"]
                part = script.value[between[0] + 1 : between[1]] if len(between) == 2 else script.value[:stop]
                found |= {t.value.name for t in part if isinstance(t.value, Letter)}
            elif script.kind != "SUP":
                break
    return found


# --- layers -------------------------------------------------------------------------------------------


def _scripts_in(tree: Parsed) -> Iterable[tuple[Letter | None, Tokens]]:
    """Every superscript below a node, with the letter it belongs to."""
    for scripted in tree.iter_subtrees():
        if scripted.data != "scripted":
            continue
        atom = parts(scripted)[0]
        while atom.data == "group" and len(parts(atom)) == 1:
            atom = parts(atom)[0]
        letter = toks(atom)[0].value if atom.data == "name" else None
        for script in parts(scripted)[1:]:
            token = tok(script.children[0])
            if token.kind == "SUP":
                yield letter, token.value


def _counts_layers(body: Parsed, index: str, around: Surroundings) -> bool:
    """Whether an index stands above a letter in square brackets, or in round ones if layers are declared."""
    for letter, bracket in _labelled(body, index):
        if bracket == "]":
            return True
        stems = (letter.name, letter.name[:1].upper() + letter.name[1:])
        if any(around.spelled(s) is not None for s in stems):
            continue
        labels = (index, *map(str, range(MAX_LAYERS + 1)))
        if around.layers is not None or any(
            around.spelled(s, label) is not None for s in stems for label in labels
        ):
            return True
    return False


def _mentions(tree: Parsed, index: str) -> bool:
    """Whether a letter stands anywhere in a part of the formula, scripts included."""
    return any(_letter_in(tok(t), index) for t in tree.scan_values(lambda value: isinstance(value, Token)))


def _letter_in(token: Tok, index: str) -> bool:
    if token.kind in ("SUP", "SUB"):
        return any(_letter_in(t, index) for t in token.value)
    return isinstance(token.value, Letter) and token.value.name == index


def _labelled(body: Parsed, index: str) -> list[tuple[Letter, str]]:
    found = []
    for letter, tokens in _scripts_in(body):
        if letter is None:
            continue
        for k, token in enumerate(tokens[:-1]):
            inside = tokens[k + 1].value
            if token.kind == "LPAR" and isinstance(inside, Letter) and inside.name == index:
                found.append((letter, str(token.value)))
    return found


def _layers(index: IndexRange, body: Parsed, span: Span, around: Surroundings) -> Node:
    stems = list(dict.fromkeys(letter.name for letter, _ in _labelled(body, index.name)))
    values = _numbers(index, stems, around)
    if values is None:
        return _one_layer(index, body, stems, span, around)
    if len(values) > MAX_LAYERS:
        raise around.refuse(f"{len(values)} layers are too many to write out", span, f"at most {MAX_LAYERS}")
    terms = [_at(index.name, str(v), body, around) for v in values]
    result = terms[0]
    for term in terms[1:]:
        result = Binary(span, "+", result, term, index.span)
    return result


def _at(index: str, value: str, body: Parsed, around: Surroundings) -> Node:
    around.bound[index] = value
    try:
        return node_of(body, around)
    finally:
        del around.bound[index]


def _numbers(index: IndexRange, stems: list[str], around: Surroundings) -> list[int] | None:
    """The numbers of the layers: from the limits, from ``layers=``, or from what was declared."""
    start = _whole(index.start) if index.start is not None else 1
    stop = _whole(index.stop) if index.stop is not None else None
    if start is None:
        return None
    if stop is None and around.layers is not None:
        stop = around.layers
        if isinstance(index.stop, Binary):
            stop = _shifted(index.stop, around.layers, around)
    if stop is not None:
        if stop < start:
            raise around.refuse("a sum without terms", index.span, "give limits with at least one number")
        return list(range(start, stop + 1))
    known = [k for k in range(MAX_LAYERS + 1) if any(_declared(s, str(k), around) for s in stems)]
    if known and known != list(range(known[0], known[-1] + 1)):
        raise around.refuse(
            "some layers are declared, and some are not", index.span, "declare all, or give layers="
        )
    return known or None


def _shifted(stop: Binary, layers: int, around: Surroundings) -> int:
    """L - 1 where L is the number of layers."""
    number = _whole(stop.right)
    if not isinstance(stop.left, Name) or number is None or stop.op not in ("+", "-"):
        raise around.refuse("a limit that is not known", stop.span, "write numbers")
    return layers + number if stop.op == "+" else layers - number


def _declared(stem: str, label: str, around: Surroundings) -> bool:
    return around.spelled(stem, label) is not None or around.spelled(stem.capitalize(), label) is not None


def _whole(node: Node | None) -> int | None:
    return int(node.value) if isinstance(node, Number) and not isinstance(node.value, complex) else None


def _one_layer(index: IndexRange, body: Parsed, stems: list[str], span: Span, around: Surroundings) -> Node:
    """The term of layer l, and a scalar for the other terms."""
    outside, inside = _pulled_out(body, index.name, around)
    own = {spellings(s, index.name)[0] for s in stems} | {
        spellings(s.capitalize(), index.name)[0] for s in stems
    }
    own |= {n for s in stems for n in spellings(s, index.name) if n in around.known}
    own |= {r.name for r in walk(inside) if isinstance(r, IndexRange)}
    foreign = [n for n in names_in(inside) if n.name not in own and n.name not in around.bound]
    if foreign:
        name = around.text[slice(*foreign[0].span)]
        raise around.refuse(
            f"{name} stands under the sum over layers, and belongs to no layer", foreign[0].span,
            "give the number of layers, layers=2, or declare them: W[1], W[2]; or take it out of the sum",
        )  # fmt: skip
    constant_in = ", ".join(sorted({n.name for n in names_in(inside) if len(n.name) > 1}))
    around.notes.append(
        f"the sum over {index.name} is its term for layer {index.name} plus {OTHERS}, the terms of the other "
        f"layers, which do not depend on {constant_in}"
    )
    others = Name(index.span, OTHERS)
    total: Node = Binary(span, "+", inside, others, index.span)
    return total if outside is None else combined(outside, total, "", span)


def _pulled_out(body: Parsed, index: str, around: Surroundings) -> tuple[Node | None, Node]:
    """Leading factors without the index, which are no part of the sum, and the rest."""
    if body.data == "term" and all(p.data != "big" or p is body.children[-1] for p in parts(body)):
        children = list(body.children)
        place = next(
            (k for k, c in enumerate(children) if isinstance(c, type(body)) and _mentions(c, index)), 0
        )
        if place and len(parts(body)) == len(children):
            first = type(body)("term", children[:place]) if place > 1 else children[0]
            rest = type(body)("term", children[place:]) if len(children) - place > 1 else children[place]
            return node_of(first, around), _at(index, index, rest, around)
    return None, _at(index, index, body, around)


def check_layers(node: Node, around: Surroundings) -> None:
    """Refuse arrays of other layers beside a sum whose other terms are one scalar.

    Raises
    ------
    InputError
        Such an array stands in the formula.
    """
    names = names_in(node)
    if not any(n.name == OTHERS for n in names):
        return
    labelled = {n.name.partition("[")[0]: n.name for n in names if n.name.endswith("]")}
    for n in names:
        stem = n.name.partition("[")[0]
        if n.name.endswith("]") and stem in labelled and labelled[stem] != n.name:
            raise _other_layer(n, around)


def _other_layer(name: Name, around: Surroundings) -> InputError:
    return around.refuse(
        f"{name.name} is an array of another layer than the one that the sum over layers is read for",
        name.span,
        "give the number of layers, layers=2, or declare them: W[1], W[2]",
    )  # fmt: skip
