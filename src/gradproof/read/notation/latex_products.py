r"""Sums, products, quotients and functions, and the calls in them that are refused."""

from __future__ import annotations

from dataclasses import replace

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
from gradproof.read.notation.latex_clarity import Item, bare_letter, check_clear, with_arguments
from gradproof.read.notation.latex_commands import BARE, DISTRIBUTIONS, FUNCTION_LETTERS, GREEK, TRIGONOMETRIC
from gradproof.read.notation.latex_names import Surroundings
from gradproof.read.notation.latex_nodes import OfMatrix, ScalarName, of_matrix
from gradproof.read.notation.latex_raising import raise_to
from gradproof.read.notation.latex_scripts import above, transposing
from gradproof.read.notation.latex_shapes import Dot, Times
from gradproof.read.notation.latex_tokens import Letter, Tok
from gradproof.read.notation.tree import Binary, Call, Comparison, Name, Node, Number, Span, Unary

_MANY = frozenset(
    ("max", "min", "arctan2", "logaddexp", "where", "kron", "polygamma", "mod", "maximum", "minimum")
)
_SCALARS = frozenset(("tr", "det", "logdet"))
_EXTREMA = {"max": "maximum", "min": "minimum"}


@builds("start")
def _start(tree: Parsed, around: Surroundings) -> Node:
    return node_of(parts(tree)[0], around)


@builds("comparison")
def _comparison(tree: Parsed, around: Surroundings) -> Node:
    left, right = (node_of(p, around) for p in parts(tree))
    return Comparison(span_of(tree), toks(tree)[0].value, left, right)


@builds("sum")
def _sum(tree: Parsed, around: Surroundings) -> Node:
    """Terms with signs, from the left."""
    result: Node | None = None
    sign: Tok | None = None
    for child in tree.children:
        if not isinstance(child, type(tree)):
            sign = tok(child)
            continue
        term = _cost(child, node_of(child, around), around)
        if result is None:
            result = term if sign is None else Unary((sign.span[0], term.span[1]), sign.value, term)
        else:
            assert sign is not None
            result = Binary((result.span[0], term.span[1]), sign.value, result, term, sign.span)
    assert result is not None
    return result


def _cost(tree: Parsed, node: Node, around: Surroundings) -> Node:
    """J as a term of a sum is the cost of before, a number, unless it is declared."""
    letter = bare_letter(tree)
    if letter is None or letter.base != "J" or type(node) is not Name or node.name in around.known:
        return node
    return ScalarName(node.span, node.name)


@builds("term")
def _term(tree: Parsed, around: Surroundings) -> Node:
    items = _with_calls(with_arguments(_items(tree), around), around)
    check_clear(items, around)
    return product_of(items, around)


def _items(tree: Parsed) -> list[Item]:
    items: list[Item] = []
    op, at = "", (0, 0)
    for child in tree.children:
        if isinstance(child, type(tree)):
            start = span_of(child)[0]
            items.append(Item(op, at if op else (start, start), child))
            op = ""
        else:
            op, at = tok(child).value, tok(child).span
    return items


def product_of(items: list[Item], around: Surroundings) -> Node:
    """The factors multiplied, from the left."""
    result: Node | None = None
    factors = [node_of(item.called or item.tree, around) for item in items]
    k = 0
    while k < len(items):
        item, factor = items[k], factors[k]
        k += 1
        if result is None:
            result = factor
        elif item.op == "dot":
            rest = k
            while k < len(items) and not items[k].op:
                k += 1
            span = (result.span[0], factors[k - 1].span[1])
            result = Dot(span, result, factor, item.at, tuple(factors[rest:k]))
        else:
            result = combined(result, factor, item.op, item.at)
    assert result is not None
    return result


def _with_calls(items: list[Item], around: Surroundings) -> list[Item]:
    """The factors, a name and the parentheses it applies to being one."""
    result: list[Item] = []
    k = 0
    while k < len(items):
        indicator = _call_of_name(items, k, around)
        result.append(replace(items[k], called=items[k + 1].tree) if indicator else items[k])
        k += 2 if indicator else 1
    return result


def combined(left: Node, right: Node, op: str, at: Span) -> Node:
    """Two factors with the operator between them."""
    span = (left.span[0], right.span[1])
    if op == "dot":
        return Dot(span, left, right, at)
    if op == "times":
        return Times(span, left, right, at)
    return Binary(span, op or "matmul", left, right, at)  # type: ignore[arg-type]


# --- a name before parentheses ------------------------------------------------------------------------


def _parentheses(tree: Parsed) -> Parsed | None:
    inner = parts(tree)[0] if tree.data == "scripted" else tree
    return inner if inner.data == "parentheses" else None


def _call_of_name(items: list[Item], k: int, around: Surroundings) -> bool:
    r"""Whether an indicator ``\mathbf{1}[x > 0]`` begins here; refuses ``f(x)``."""
    if k + 1 == len(items) or items[k + 1].op:
        return False
    inner = _parentheses(items[k + 1].tree)
    if inner is None:
        return False
    atom = unwrapped(items[k].tree)
    if atom.data == "ones" and parts(inner)[0].data == "comparison":
        return True
    _check_sigma(atom, around)
    letter = bare_letter(atom)
    if letter is not None and letter.base == "I" and parts(inner)[0].data == "comparison":
        raise around.refuse(
            "an indicator, or the identity matrix?", span_of(atom), r"an indicator is \mathbf{1}[x > 0]"
        )
    if letter is None or around.spelled(letter.name) is not None or _is_declared(atom, around):
        return False
    name, whole = source(atom, around), (span_of(atom)[0], span_of(inner)[1])
    first = unwrapped(parts(inner)[0])
    alone = first.data in ("name", "number") or (first.data == "scripted" and bare_letter(first) is not None)
    greek = letter.base in DISTRIBUTIONS or (
        letter.base in GREEK and letter.base[0].isupper() and first.data != "sum"
    )
    if len(parts(inner)) > 1 or letter.word or letter.base in FUNCTION_LETTERS or alone or greek:
        raise around.refuse(
            f"{around.text[slice(*whole)]}: a product, or a call of a function {name} that is not known",
            whole,
            rf"for the product declare {name} in shapes= or write {name} \cdot; for a function write it out",
        )  # fmt: skip
    return False


def _check_sigma(atom: Parsed, around: Surroundings) -> None:
    r"""``\sigma'(z)`` and ``\sigma^{-1}(z)`` are no products."""
    if atom.data != "scripted" or unwrapped(parts(atom)[0]).data != "name":
        return
    letter = tok(unwrapped(parts(atom)[0]).children[0]).value
    raised = around.text[slice(*span_of(atom))].partition("^")[2].strip("{}")
    if (
        letter.base == "sigma"
        and around.spelled("sigma") is None
        and (raised == "-1" or "'" in source(atom, around))
    ):
        raise around.refuse(
            "the derivative or the inverse of a function",
            span_of(atom),
            r"write it out; declare \sigma if it is a number",
        )


def _is_declared(atom: Parsed, around: Surroundings) -> bool:
    if atom.data != "scripted":
        return False
    node = node_of(atom, around)
    return getattr(node, "name", "") in around.known or not hasattr(node, "name")


# --- functions ----------------------------------------------------------------------------------------


@builds("application")
def _application(tree: Parsed, around: Surroundings) -> Node:
    head, argument = toks(tree)[0], parts(tree)[-1]
    scripts = [tok(s.children[0]) for s in parts(tree)[:-1]]
    below = [s for s in scripts if s.kind == "SUB"]
    raised = [s for s in scripts if s.kind == "SUP"]
    name = head.value
    at = head.span
    if below:
        name = _with_subscript(name, below[0], at, around)
    call = _applied(name, at, argument, around)
    if not raised:
        return call
    if len(raised[0].value) == 1 and raised[0].value[0].value == "hadamard" and isinstance(call, OfMatrix):
        return call.call
    exponent = read_tokens(raised[0].value, around)
    if not isinstance(exponent, Number) or exponent.value == 0:
        raise around.refuse(
            "a superscript of a function: a power of its value, or its inverse function", raised[0].span,
            r"write \left(\sin x\right)^{-1} for the power, \arcsin x for the inverse",
        )  # fmt: skip
    return Binary(call.span, "power", call, exponent, raised[0].span)


def _with_subscript(name: str, script: Tok, at: Span, around: Surroundings) -> str:
    base = "".join(str(t.value) for t in script.value)
    if name == "log" and base in ("2", "10"):
        return "log" + base
    whole = (at[0], script.span[1])
    if name in ("max", "min", "sum"):
        fix = r"write the function that is optimised alone; \max(x) is the largest entry"
        raise around.refuse("an optimum over an index or a variable", whole, fix)
    raise around.refuse(
        f"a subscript of {name}", whole, r"\log_2 and \log_{10} are read; write the others out"
    )


def _applied(name: str, at: Span, argument: Parsed, around: Surroundings) -> Node:
    """A function of what stands behind it."""
    span = (at[0], span_of(argument)[1])
    inner = _parentheses(argument)
    if inner is not None and argument.data == "scripted":
        return _scripted_call(name, at, argument, inner, around)
    if inner is None:
        return of_matrix(Call(span, name, (node_of(argument, around),), (), at))
    arguments = tuple(node_of(p, around) for p in parts(inner))
    if len(arguments) > 1 and name not in _MANY:
        raise around.refuse(f"{name} of {len(arguments)} arguments", span, "give one argument")
    if len(arguments) > 1:
        name = _EXTREMA.get(name, name)
        first = arguments[0]
        for other in arguments[1:-1] if name in _EXTREMA.values() else ():
            first = Call(span, name, (first, other), (), at)
        arguments = (first, arguments[-1]) if name in _EXTREMA.values() else arguments
    return of_matrix(Call(span, name, arguments, (), at))


def _scripted_call(name: str, at: Span, argument: Parsed, inner: Parsed, around: Surroundings) -> Node:
    r"""``\exp(x)^2`` is a power of the value; ``\log(x)^2`` can be two things."""
    scripts = [tok(s.children[0]) for s in parts(argument)[1:]]
    call = _applied(name, at, inner, around)
    how = transposing(scripts[0].value)
    if (
        how
        and all(s.kind == "SUP" for s in scripts)
        and (name not in BARE or (how == "T" and name not in _SCALARS))
    ):
        return raise_to(call, above(scripts, around), span_of(argument), around)
    subs = [s for s in scripts if s.kind == "SUB"]
    shown, raised = around.text[slice(*call.span)], around.text[scripts[0].span[0] : scripts[-1].span[1]]
    sized = around.text[at[0] : at[1] + 5] and around.text[slice(*span_of(inner))].startswith(r"\left")
    power = None if subs else read_power(scripts[0], around)
    if not subs and scripts[0].value[0].kind == "MUL" and (name not in BARE or sized):
        return raise_to(call, above(scripts, around), span_of(argument), around)
    if subs or len(scripts) > 1 or power is None:
        raise around.refuse(
            f"a script behind {shown}: it can belong to the argument or to the value", scripts[0].span,
            f"write \\left({shown}\\right){raised}, or put it inside the parentheses",
        )  # fmt: skip
    positive = isinstance(power, Number) and not isinstance(power.value, complex) and power.value > 0
    valued = sized or name in ("tr", "det", "logdet") or name in TRIGONOMETRIC
    if name in TRIGONOMETRIC and positive and not sized:
        around.notes.append(f"{shown}{raised} is read as ({shown}){raised}")
    if name in BARE and not (positive and valued):
        argument_text = around.text[slice(*span_of(inner))]
        raise around.refuse(
            f"{shown}{raised}: of the value, or of the argument?", (at[0], scripts[-1].span[1]),
            f"write \\left({shown}\\right){raised}, "
            f"or {around.text[slice(*at)]}\\left({argument_text}{raised}\\right)",
        )  # fmt: skip
    return Binary((at[0], scripts[0].span[1]), "power", call, power, scripts[0].span)


def read_power(script: Tok, around: Surroundings) -> Node | None:
    """A plain exponent; None for transposes and labels."""
    if any(t.kind in ("TOP", "PRIME", "DAGGER") for t in script.value) or script.value[-1].kind in (
        "ADD",
        "MUL",
    ):
        return None
    if len(script.value) == 1 and isinstance(script.value[0].value, Letter):
        return None
    if script.value[0].kind in ("LPAR", "MUL"):
        return None
    return read_tokens(script.value, around)
