r"""Sums over the layers of a network, written out or split into one term and the others."""

from __future__ import annotations

from collections.abc import Iterable

from lark import Token

from gradproof.errors import InputError
from gradproof.read.notation.latex_build import Parsed, node_of, parts, tok, toks
from gradproof.read.notation.latex_names import Surroundings, spellings
from gradproof.read.notation.latex_products import combined
from gradproof.read.notation.latex_tokens import Letter, Tok, Tokens
from gradproof.read.notation.tree import Binary, IndexRange, Name, Node, Number, Span, names_in, walk

MAX_LAYERS = 64
OTHERS = "other_layers"


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


def counts_layers(body: Parsed, index: str, around: Surroundings) -> bool:
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
    return any(letter_in(tok(t), index) for t in tree.scan_values(lambda value: isinstance(value, Token)))


def letter_in(token: Tok, index: str) -> bool:
    """Whether a letter is a token, or stands in a script."""
    if token.kind in ("SUP", "SUB"):
        return any(letter_in(t, index) for t in token.value)
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


def layers_summed(index: IndexRange, body: Parsed, span: Span, around: Surroundings) -> Node:
    """The sum over the layers: every term where they are known, else one and the others."""
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
