r"""Products that can be read in two ways, and are refused: ``\lambda/2m``, ``\log x y``, ``A B \odot C``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lark import Tree

from gradproof.read.notation.latex_build import Parsed, parts, source, span_of, tok, toks, unwrapped
from gradproof.read.notation.latex_commands import BARE, GREEK, TRIGONOMETRIC
from gradproof.read.notation.latex_names import Surroundings, shown
from gradproof.read.notation.latex_tokens import Letter
from gradproof.read.notation.tree import Span

_ENTRYWISE = frozenset(("hadamard", "kron", "elementwise_divide"))


@dataclass(frozen=True, slots=True)
class Item:
    """A factor: the operator before it, where that stands, and the part of the formula."""

    op: str
    at: Span
    tree: Parsed
    called: Parsed | None = None


def check_clear(items: list[Item], around: Surroundings) -> None:
    """Refuse a product that can be read in two ways.

    Raises
    ------
    InputError
        It can; the message has both ways to write it.
    """
    _check_functions(items, around)
    _check_numbers(items, around)
    _check_slashes(items, around)
    _check_mixture(items, around)


def bare_letter(tree: Parsed) -> Letter | None:
    """The letter that a factor is, with or without subscripts."""
    tree = unwrapped(tree)
    if tree.data == "scripted":
        atom, *scripts = parts(tree)
        if any(tok(s.children[0]).kind == "SUP" for s in scripts):
            return None
        tree = unwrapped(atom)
    return tok(tree.children[0]).value if tree.data == "name" else None


def with_arguments(items: list[Item], around: Surroundings) -> list[Item]:
    r"""The factors, those that a function takes as its argument being part of it.

    ``\sin 2\theta`` and ``\log 2\pi`` take the numbers and scalars that follow without a sign, as far as
    they go; a factor of another kind behind them leaves the formula as it is, to be refused.
    """
    result: list[Item] = []
    k = 0
    while k < len(items):
        stop = _end_of_argument(items, k, around)
        if stop is None:
            result.append(items[k])
            k += 1
            continue
        result.append(_with_argument(items[k], items[k + 1 : stop], around))
        k = stop
    return result


def _end_of_argument(items: list[Item], k: int, around: Surroundings) -> int | None:
    """Where the factors end that a function without parentheses takes; None where that is not clear."""
    tree = items[k].tree
    if tree.data != "application" or not _open_ended(tree) or k + 1 == len(items):
        return None
    argument = parts(tree)[-1]
    if argument.data == "application" or not _is_number(argument, around):
        return None
    stop = k + 1
    while stop < len(items) and not items[stop].op and _is_number(items[stop].tree, around):
        stop += 1
    head = toks(tree)[0].value
    if stop > k + 1 and not (_typed_number(argument) or head in TRIGONOMETRIC):
        return None
    if stop < len(items) and (items[stop].op or items[stop].tree.data != "application"):
        return None
    return stop


def _with_argument(item: Item, factors: list[Item], around: Surroundings) -> Item:
    """A function with its argument and the factors that belong to it."""
    *head, argument = item.tree.children
    product = Tree("term", [argument, *(f.tree for f in factors)]) if factors else argument
    tree: Parsed = Tree("application", [*head, Tree("group", [product])])
    if factors:
        start, stop = span_of(item.tree)[0], span_of(tree)[1]
        name = around.text[slice(*toks(tree)[0].span)]
        inside = around.text[span_of(argument)[0] : stop]
        around.notes.append(f"{around.text[start:stop]} is read as {name}({inside})")
    return Item(item.op, item.at, tree)


def _typed_number(tree: Parsed) -> bool:
    return unwrapped(tree).data == "number"


def _is_number(tree: Parsed, around: Surroundings) -> bool:
    """Whether a factor is surely a number, a power of one, or a circle's pi."""
    tree = unwrapped(tree)
    if tree.data == "scripted":
        atom, *scripts = parts(tree)
        kinds = [tok(s.children[0]) for s in scripts]
        plain = all(t.kind == "SUB" or [u.kind for u in t.value] == ["NUMBER"] for t in kinds)
        if len(kinds) == 1 and kinds[0].kind == "SUP" and plain:
            return _is_number(atom, around)
        return plain and _is_scalar(atom, around) and around.rank(_lowered_name(tree, around)) == 0
    return _is_scalar(tree, around)


def _lowered_name(tree: Parsed, around: Surroundings) -> str:
    """The declared name that a letter with a subscript is."""
    letter = bare_letter(tree)
    text = "".join(shown(t) for s in parts(tree)[1:] for t in tok(s.children[0]).value)
    return (letter and around.spelled(letter.name, "", text)) or ""


def _open_ended(tree: Parsed) -> bool:
    """Whether a factor is a function whose argument stands without parentheses or bars."""
    while tree.data == "application":
        tree = parts(tree)[-1]
        if tree.data != "application":
            inner = parts(tree)[0] if tree.data == "scripted" else tree
            return inner.data not in ("parentheses", "bars", "norm", "inner", "group")
    return False


def _check_functions(items: list[Item], around: Surroundings) -> None:
    for item, after in pairwise(items):
        tree = item.tree
        if tree.data != "application":
            continue
        whole = (span_of(tree)[0], span_of(after.tree)[1])
        head = toks(tree)[0].value
        if _open_ended(tree) or (not after.op and head in BARE and _continues(head, tree, after.tree)):
            function = around.text[slice(*toks(tree)[0].span)]
            argument = source(parts(tree)[-1], around)
            following = around.text[span_of(after.tree)[0] : span_of(items[-1].tree)[1]]
            sign = around.text[slice(*after.at)] + " " if after.op else ""
            raise around.refuse(
                f"how far does {function} reach?", whole,
                f"write {function}\\left({argument} {sign}{following}\\right), "
                f"or \\left({function} {argument}\\right) {sign}{following}",
            )  # fmt: skip


def _continues(head: str, call: Parsed, after: Parsed) -> bool:
    """Whether what follows f(x + y) without a sign may be meant as part of the argument."""
    argument = parts(call)[-1]
    if argument.data != "parentheses" or parts(argument)[0].data != "sum":
        return False
    inner = parts(after)[0] if after.data == "scripted" else after
    if inner.data == "parentheses":
        return True
    return head in ("tr", "det", "logdet") and inner.data in ("name", "group")


def _check_numbers(items: list[Item], around: Surroundings) -> None:
    for before, item in pairwise(items):
        inner = parts(item.tree)[0] if item.tree.data == "scripted" else item.tree
        if not item.op and inner.data == "number":
            whole = (span_of(before.tree)[0], span_of(item.tree)[1])
            number, base = source(item.tree, around), source(before.tree, around)
            raise around.refuse(
                "a number behind a factor: a product, or a script that lost its ^ or _?", whole,
                rf"write {number} {base}, {base}_{{{number}}} or {base}^{{{number}}}",
            )  # fmt: skip


def _check_slashes(items: list[Item], around: Surroundings) -> None:
    for k, item in enumerate(items):
        if item.op != "divide" or k + 1 == len(items):
            continue
        over = around.text[span_of(items[0].tree)[0] : span_of(items[k - 1].tree)[1]]
        under, rest = (
            source(item.tree, around),
            around.text[span_of(item.tree)[1] : span_of(items[-1].tree)[1]].strip(),
        )
        whole = (span_of(items[0].tree)[0], span_of(items[k + 1].tree)[1])
        raise around.refuse(
            "how much stands under the slash?", whole,
            rf"write \frac{{{over}}}{{{under} {rest}}} or \frac{{{over}}}{{{under}}} {rest}",
        )  # fmt: skip


def _check_mixture(items: list[Item], around: Surroundings) -> None:
    r"""``A B \odot C`` depends on which product comes first, unless the factors before are numbers."""
    while len(items) > 1 and items[1].op in ("", "dot", "times") and _is_scalar(items[0].tree, around):
        items = items[1:]
    ops = {item.op for item in items[1:]}
    special = ops & _ENTRYWISE
    if not special or (len(special) == 1 and ops <= special):
        return
    if len(special) == 1 and ops == special | {"divide"} and items[-1].op == "divide":
        return
    first, last = span_of(items[0].tree)[0], span_of(items[-1].tree)[1]
    raise around.refuse(
        "two kinds of products without parentheses: which comes first?", (first, last),
        r"put parentheses around one of them: \left(A B\right) \odot C or A \left(B \odot C\right)",
    )  # fmt: skip


def _is_scalar(tree: Parsed, around: Surroundings) -> bool:
    """Whether a factor is surely a number: digits, small Greek letters, declared scalars, their fractions."""
    tree = unwrapped(tree)
    if tree.data in ("number", "norm", "bars", "inner"):
        return tree.data != "bars"
    if tree.data in ("fraction", "over", "root", "term"):
        return all(_is_scalar(p, around) for p in parts(tree))
    letter = bare_letter(tree)
    if letter is None:
        return False
    name = around.spelled(letter.name)
    if name is not None and tree.data == "name":
        return around.rank(name) == 0
    return letter.base in GREEK and letter.base.islower() and tree.data == "name"
