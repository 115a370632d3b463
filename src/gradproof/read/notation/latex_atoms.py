r"""Operands: letters with their scripts, numbers, brackets, norms, fractions, roots, matrices."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradproof.read.notation.latex_build import (
    Parsed,
    builds,
    node_of,
    parts,
    read_tokens,
    source,
    span_of,
    tok,
    toks,
    unwrapped,
)
from gradproof.read.notation.latex_letters import named
from gradproof.read.notation.latex_names import Surroundings, shown
from gradproof.read.notation.latex_nodes import Inner, Ones, VectorNorm, Written, of_matrix
from gradproof.read.notation.latex_raising import entry_of, raise_to
from gradproof.read.notation.latex_scripts import Above, above, parts_of, transposing
from gradproof.read.notation.latex_shapes import Cases
from gradproof.read.notation.latex_tokens import Letter, Tok
from gradproof.read.notation.tree import (
    Bars,
    Binary,
    Call,
    Comparison,
    Name,
    Node,
    Norm,
    Number,
    Span,
)

_WORDS = {"2,1": "l21", "21": "l21", "1,1": "norm1", "op": "spectral_norm", "spec": "spectral_norm"}
_KINDS = {"F": "F", "Fro": "F", "fro": "F", "infty": "inf", "*": "*", "nuc": "*", "tr": "*", "HS": "F"}


@builds("number")
def _number(tree: Parsed, around: Surroundings) -> Node:
    token = toks(tree)[0]
    return Number(token.span, Fraction(token.value))


@builds("infinity")
def _infinity(tree: Parsed, around: Surroundings) -> Node:
    raise around.refuse(
        "infinity is no value here", span_of(tree), "write a number; norms are \\|x\\|_{\\infty}"
    )


@builds("ones")
def _ones(tree: Parsed, around: Surroundings) -> Node:
    return Ones(span_of(tree))


@builds("name")
def _name(tree: Parsed, around: Surroundings) -> Node:
    return named(toks(tree)[0], [], Above((), (), (0, 0)), around)


@builds("parentheses", "group")
def _parentheses(tree: Parsed, around: Surroundings) -> Node:
    inside = parts(tree)
    if len(inside) > 1:
        raise around.refuse(
            "a comma: a point, or the arguments of a function?", span_of(tree), "give one expression"
        )
    node = node_of(inside[0], around)
    return replace(node, span=span_of(tree)) if tree.data == "parentheses" else node


@builds("over", "fraction")
def _fraction(tree: Parsed, around: Surroundings) -> Node:
    if "d" not in around.known and all(_is_differential(p) for p in parts(tree)):
        raise around.refuse(
            "a derivative", span_of(tree), "give the function alone, and the variable as wrt="
        )
    over, under = (node_of(p, around) for p in parts(tree))
    return Binary(span_of(tree), "divide", over, under, span_of(tree))


def _is_differential(tree: Parsed) -> bool:
    """Whether a part of a fraction begins with the letter d, or is it."""
    tree = unwrapped(tree)
    if tree.data == "term":
        tree = unwrapped(parts(tree)[0])
    if tree.data == "scripted":
        tree = unwrapped(parts(tree)[0])
    return tree.data == "name" and toks(tree)[0].value.base in ("d", "dX", "dx")


@builds("root")
def _root(tree: Parsed, around: Surroundings) -> Node:
    degree: tuple[Tok, ...] = toks(tree)[0].value
    inside, span = node_of(parts(tree)[0], around), span_of(tree)
    if not degree:
        return of_matrix(Call(span, "sqrt", (inside,), (), toks(tree)[0].span))
    exponent = Binary(span, "divide", Number(span, Fraction(1)), read_tokens(degree, around), span)
    return Binary(span, "power", inside, exponent, span)


@builds("bars")
def _bars(tree: Parsed, around: Surroundings) -> Node:
    return Bars(span_of(tree), node_of(parts(tree)[0], around))


@builds("norm")
def _norm(tree: Parsed, around: Surroundings) -> Node:
    return VectorNorm(span_of(tree), Norm(span_of(tree), node_of(parts(tree)[0], around)))


@builds("inner")
def _inner(tree: Parsed, around: Surroundings) -> Node:
    left, right = (node_of(p, around) for p in parts(tree))
    return Inner(span_of(tree), left, right)


@builds("matrix")
def _matrix(tree: Parsed, around: Surroundings) -> Node:
    kind, rows = toks(tree)[0].value
    span = span_of(tree)
    blocks = Written(span, tuple(tuple(read_tokens(cell, around) for cell in row) for row in rows))
    return Call(span, "det", (blocks,), (), span) if kind == "vmatrix" else blocks


@builds("cases")
def _cases(tree: Parsed, around: Surroundings) -> Node:
    first, condition, second = (read_tokens(cell, around) for cell in toks(tree)[0].value)
    if not isinstance(condition, Comparison):
        raise around.refuse(
            "a case without a condition", condition.span, r"write x & x > 0 \\ 0 & \text{otherwise}"
        )
    return Cases(span_of(tree), condition, first, second)


@builds("scripted")
def _scripted(tree: Parsed, around: Surroundings) -> Node:
    atom = unwrapped(parts(tree)[0])
    scripts = [tok(s.children[0]) for s in parts(tree)[1:]]
    below = [s for s in scripts if s.kind == "SUB"]
    raised = above([s for s in scripts if s.kind == "SUP"], around)
    if atom.data == "scripted" and unwrapped(parts(atom)[0]).data == "name":
        return _on_node(node_of(atom, around), below, raised, span_of(tree), around)
    if atom.data == "name":
        return named(toks(atom)[0], below, raised, around)
    if atom.data == "inner" and below and _is_frobenius(below[0]):
        below = below[1:]
    if atom.data == "norm":
        return _scripted_norm(atom, below, raised, span_of(tree), around)
    if atom.data == "ones":
        return _scripted_ones(tree, below, raised, around)
    if atom.data in ("fraction", "over") or atom.data in ("term", "sum", "application") or atom.data == "big":
        inside = source(parts(tree)[0], around)
        shown = inside.strip("{}") if atom.data in ("term", "sum") else inside
        raise around.refuse(
            "a script of something without parentheses: of all of it, or of its last part?", span_of(tree),
            rf"write \left({shown}\right) before the script",
        )  # fmt: skip
    if atom.data == "bars" and below:
        raise around.refuse("single bars with a subscript", span_of(tree), r"a norm has double bars: \|x\|_1")
    if atom.data == "number" and below:
        raise around.refuse("a number with a subscript", span_of(tree), r"a vector of ones is \mathbf{1}_n")
    return _on_node(node_of(atom, around), below, raised, span_of(tree), around)


def _on_node(node: Node, below: list[Tok], raised: Above, span: Span, around: Surroundings) -> Node:
    """Scripts of an expression in brackets: an entry of it, a transpose or a power."""
    if raised.labels:
        raise around.refuse(
            "a superscript in brackets behind an expression", raised.span, "write a power without brackets"
        )
    if below:
        node = entry_of(node, below, span, around)
    return raise_to(node, raised, span, around)


# --- norms and ones -----------------------------------------------------------------------------------


def _scripted_norm(tree: Parsed, below: list[Tok], raised: Above, span: Span, around: Surroundings) -> Node:
    kind: str | None = None
    if below and (word := _word_of_norm(below[0])):
        return _norm_by_word(word, tree, below[0], raised, span, around)
    if below:
        kind = _kind_of_norm(below[0], around)
    if raised.labels or (raised.exponent and transposing(raised.exponent)):
        raise around.refuse("a superscript of a norm that is no power", raised.span, r"write \|x\|^2")
    norm = Norm(
        (span_of(tree)[0], max(span_of(tree)[1], below[0].span[1] if below else 0)),
        _inside(tree, around),
        kind,
    )
    return raise_to(VectorNorm(norm.span, norm), raised, span, around)


def _word_of_norm(script: Tok) -> str:
    r"""The vocabulary's word for norms of matrices with a subscript of their own."""
    said = "".join(shown(t) for t in script.value if not t.kind.endswith("BRACE"))
    return _WORDS.get(said, "")


def _norm_by_word(
    word: str, tree: Parsed, script: Tok, raised: Above, span: Span, around: Surroundings
) -> Node:
    whole = (span_of(tree)[0], script.span[1])
    if raised.labels or (raised.exponent and transposing(raised.exponent)):
        raise around.refuse("a superscript of a norm that is no power", raised.span, r"write \|x\|^2")
    if word == "l21":
        around.notes.append(
            f"{around.text[slice(*whole)]} is the sum of the 2-norms of the rows; that of the columns is "
            "the norm of the transpose"
        )
    return raise_to(Call(whole, word, (_inside(tree, around),), (), script.span), raised, span, around)


def _is_frobenius(script: Tok) -> bool:
    return "".join(shown(t) for t in script.value) in ("F", "Fro", "fro", "HS")


def _inside(tree: Parsed, around: Surroundings) -> Node:
    return node_of(parts(tree)[0], around)


def _kind_of_norm(script: Tok, around: Surroundings) -> str:
    tokens = script.value
    if len(tokens) == 1:
        token = tokens[0]
        said = token.value.name if isinstance(token.value, Letter) else str(token.value)
        if token.kind == "NUMBER":
            return said
        if said in _KINDS:
            return _KINDS[said]
        if said == "p":
            raise around.refuse(
                "a p-norm with a letter",
                script.span,
                r"write the number, or \left(\sum_i |x_i|^p\right)^{1/p}",
            )
    fix = (
        r"the norms are \|x\|_1, \|x\|_2, \|x\|_{\infty}, \|A\|_F and \|A\|_*; a weighted one is x^{\top} A x"
    )
    raise around.refuse("a norm of a kind that is not known", script.span, fix)


def _scripted_ones(tree: Parsed, below: list[Tok], raised: Above, around: Surroundings) -> Node:
    span = span_of(parts(tree)[0])
    if not below:
        return raise_to(Ones(span), raised, span_of(tree), around)
    tokens = below[0].value
    if any(t.kind == "REL" for t in tokens):
        condition = read_tokens(tokens, around)
        if isinstance(condition, Comparison):
            return raise_to(condition, raised, span_of(tree), around)
    if any(t.kind == "MUL" for t in tokens):
        place = next(k for k, t in enumerate(tokens) if t.kind == "MUL")
        pieces = [tokens[:place], tokens[place + 1 :]]
    else:
        pieces = parts_of(tokens)
    sizes = tuple(read_tokens(p, around) for p in pieces)
    if len(sizes) > 2 or not all(isinstance(s, Name | Number) for s in sizes):
        raise around.refuse(
            "the sizes of an array of ones", below[0].span, r"write \mathbf{1}_n or \mathbf{1}_{m \times n}"
        )
    return raise_to(Ones((span[0], below[0].span[1]), sizes), raised, span_of(tree), around)
