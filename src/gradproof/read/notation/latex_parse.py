"""From LaTeX to the syntax tree that all readers share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from gradproof.errors import InputError
from gradproof.expr.node import Shape
from gradproof.read.notation import latex_atoms, latex_products, latex_sums
from gradproof.read.notation.latex_brackets import sides
from gradproof.read.notation.latex_build import node_of
from gradproof.read.notation.latex_commands import FUNCTIONS, word_set
from gradproof.read.notation.latex_grammar import parse
from gradproof.read.notation.latex_layers import check_layers
from gradproof.read.notation.latex_names import Surroundings
from gradproof.read.notation.latex_nodes import Collected, Noted
from gradproof.read.notation.latex_sums import index_letters
from gradproof.read.notation.latex_tokens import Letter, Tok, Tokens, tokens_of
from gradproof.read.notation.tree import Name, Node

_COMMAND = re.compile(r"\\[A-Za-z]{2,}|\\[|,;!{(\[]|\$|[_^]\{|[\])]_\+")
_LAYER = re.compile(r"\s*([A-Za-z]\w*\[\w+\])\s*")  # the reader's own spelling of W^{[l]}
# Functions that people type without a backslash; LaTeX sets them as a product of letters.
_TYPED = word_set(
    "log ln exp tr Tr det sin cos tan tanh sinh cosh max min diag vec relu ReLU softmax sigmoid sum norm sgn "
    "sign trace Trace logdet inv erf softplus"
)


_INDEX_LETTERS = frozenset("ijklrst")


def looks_like_latex(text: str) -> bool:
    """Whether a text has a sign that only LaTeX has: a command, a dollar, a script in braces."""
    return _COMMAND.search(text) is not None


def parse_latex(
    text: str, known: Mapping[str, Shape | None] | None = None, layers: int | None = None
) -> Node:
    """The syntax tree of a formula in LaTeX.

    Parameters
    ----------
    text : str
    known : what was declared: names with their shapes, None for the name of a let
    layers : the number of layers, for sums over layers

    Raises
    ------
    InputError
        The text cannot be read, or in more than one way.
    """
    if (layer := _LAYER.fullmatch(text)) is not None:
        return Name(layer.span(1), layer[1])
    around = Surroundings(text, dict(known or {}), layers)
    tokens = _words(_trimmed(tokens_of(text)), around)
    left, right = sides(tokens, text)
    right = _trimmed(right)
    around.indices = index_letters(right) - _compared_only(left, right)
    free = _free_indices(left, right, around)
    around.bound.update(dict.fromkeys(free))
    node = node_of(parse(right, text), around)
    check_layers(node, around)
    if free:
        node = Collected(node.span, tuple(free), node)
    output = text[left[0].span[0] : left[-1].span[1]] if left else ""
    return Noted(node.span, node, tuple(around.notes), output) if around.notes or output else node


def symbol_name(spelling: str, names: Collection[str]) -> str | None:
    r"""The name of a formula that a spelling in LaTeX means: ``W^{[l]}`` is W[l], ``\theta`` is theta.

    Parameters
    ----------
    names : the names of the formula's symbols

    Returns
    -------
    str or None
        None where the spelling names none of them.
    """
    if spelling in names:
        return spelling
    try:
        node = parse_latex(spelling, dict.fromkeys(names))
    except InputError:
        return None
    if isinstance(node, Name):
        return node.name if node.name in names else None
    return None


def _trimmed(tokens: Tokens) -> Tokens:
    """Without line breaks, and without the comma or full stop that ends a displayed formula."""
    kept = [t for t in tokens if t.kind != "BREAK"]
    while kept and kept[-1].kind in ("STOP", "COMMA", "SEMI"):
        kept.pop()
    return tuple(kept)


def _free_indices(left: Tokens, right: Tokens, around: Surroundings) -> list[str]:
    """The indices of the left-hand side, ``y_i = ...``, over which the right side is an array."""
    if len(left) != 2 or left[1].kind != "SUB":
        return []
    letters = [t for t in left[1].value if t.kind != "COMMA"]
    names = [t.value.name for t in letters if isinstance(t.value, Letter) and not t.value.word]
    if len(names) < len(letters) or not set(names) <= set("ijklpqrstuvab"):
        return []
    below = {t.value.name for s in _subscripts(right) for t in s if isinstance(t.value, Letter)}
    return names if set(names) <= below and not set(names) & around.indices else []


def _compared_only(left: Tokens, right: Tokens) -> set[str]:
    r"""The indices of the left side that the right side only compares: i of ``y_i = \sum_{j \ne i} ...``."""
    named = {t.value.name for s in _subscripts(left) for t in s if isinstance(t.value, Letter)}
    return named - index_letters(right, pairs=False)


def _subscripts(tokens: Tokens) -> list[Tokens]:
    return [t.value for t in tokens if t.kind == "SUB"] + [
        s for t in tokens if t.kind == "SUP" for s in _subscripts(t.value)
    ]


# --- letters beside each other that are a word -------------------------------------------------------


def _words(tokens: Tokens, around: Surroundings) -> Tokens:
    """Letters typed as a word: a declared name, or a function that lost its backslash."""
    result: list[Tok] = []
    k = 0
    while k < len(tokens):
        run = _run(tokens, k)
        if len(run) > 1:
            after = tokens[k + len(run)] if k + len(run) < len(tokens) else None
            result += _word(run, after, around)
            k += len(run)
            continue
        token = tokens[k]
        after = tokens[k + 1] if k + 1 < len(tokens) else None
        if _is_sigma(token, after):
            if around.spelled("sigma") is not None:
                raise around.refuse(
                    r"\sigma is declared: its product with the parentheses, or the sigmoid?", token.span,
                    r"write \sigma \cdot for the product, \operatorname{sigmoid} for the function",
                )  # fmt: skip
            token = Tok("FUNC", "sigmoid", token.span, token.spaced)
        elif (word := _extreme(tokens, k, around)) is not None:
            token = Tok("FUNC", word, (token.span[0], tokens[k + 1].span[1]), token.spaced)
            k += 1
        elif token.kind == "SUB" and after is not None:
            _check_subscript(token, after, tokens[k + 2] if k + 2 < len(tokens) else None, around)
        if token.kind == "SUP":
            token = Tok(token.kind, _words(token.value, around), token.span, token.spaced)
        result.append(token)
        k += 1
    return tuple(result)


def _is_sigma(token: Tok, after: Tok | None) -> bool:
    r"""``\sigma(``: the sigmoid, unless sigma is declared."""
    bare = token.kind == "NAME" and token.value == Letter("sigma")
    return bare and after is not None and after.kind == "LPAR"


def _extreme(tokens: Tokens, k: int, around: Surroundings) -> str | None:
    r"""``\lambda_{\max}(``: the largest eigenvalue, unless a variable has that name."""
    if k + 2 >= len(tokens) or tokens[k].kind != "NAME" or tokens[k].value.base not in ("lambda", "sigma"):
        return None
    letter, script, after = tokens[k : k + 3]
    if script.kind != "SUB" or len(script.value) != 1 or after.kind != "LPAR" or letter.value.accent:
        return None
    said = script.value[0].value
    said = said.base if isinstance(said, Letter) else said
    if said not in ("max", "min") or around.spelled(letter.value.base, "", said) is not None:
        return None
    if letter.value.base == "lambda":
        typed = around.text[letter.span[0] : script.span[1]]
        around.notes.append(f"{typed} is the eigenvalue with the largest or smallest real part")
    return f"{letter.value.base}_{said}"


def _check_subscript(script: Tok, after: Tok, then: Tok | None, around: Surroundings) -> None:
    """``w_ij`` is w_i j in LaTeX, which nobody means."""
    bare = script.span[1] - script.span[0] == 2 and after.kind == "NAME" and not after.spaced
    if bare and after.value.base in _INDEX_LETTERS and not (then is not None and then.kind in ("SUP", "SUB")):
        typed = around.text[script.span[0] : after.span[1]]
        raise around.refuse(
            f"{typed}: LaTeX lowers one letter only", (script.span[0], after.span[1]),
            f"write _{{{typed[1:]}}}, or a blank before {typed[-1]} for the product",
        )  # fmt: skip


def _run(tokens: Tokens, k: int) -> list[Tok]:
    """Plain letters with nothing between them."""
    run: list[Tok] = []
    for token in tokens[k:]:
        plain = token.kind == "NAME" and len(token.value.base) == 1 and not token.value.accent
        if not plain or token.value.font or token.value.word or token.span[1] - token.span[0] != 1:
            break
        if run and token.span[0] != run[-1].span[1]:
            break
        run.append(token)
    return run


def _word(run: list[Tok], after: Tok | None, around: Surroundings) -> list[Tok]:
    word = "".join(t.value.base for t in run)
    span = (run[0].span[0], run[-1].span[1])
    if word in around.known:
        if all(c in around.known for c in word):
            raise around.refuse(
                f"{word}: the variable of that name, or a product?", span,
                rf"write \mathrm{{{word}}} for the variable, {' '.join(word)} for the product",
            )  # fmt: skip
        return [Tok("NAME", Letter(word, word=True), span, run[0].spaced)]
    inside = next((n for n in around.known if len(n) > 1 and n in word and n.isalpha()), None)
    if inside is not None and not all(c in around.known for c in inside):
        raise around.refuse(
            f"letters beside each other that hold the name {inside}",
            span,
            rf"write \mathrm{{{inside}}} for the variable",
        )
    found = next((word[-n:] for n in range(len(word), 1, -1) if word[-n:] in _TYPED), None)
    if found is None or all(c in around.known for c in found):
        return run
    start = len(run) - len(found)
    at = (run[start].span[0], span[1])
    if after is not None and after.kind in ("LPAR", "LBRACE"):
        return [*run[:start], Tok("FUNC", FUNCTIONS[found], at, run[start].spaced)]
    if found == word:
        raise around.refuse(
            f"{word} is a product of letters in LaTeX", at,
            rf"write \operatorname{{{word}}} for the function, {' '.join(word)} for the product",
        )  # fmt: skip
    return run


__all__ = ["latex_atoms", "latex_products", "latex_sums", "looks_like_latex", "parse_latex"]
