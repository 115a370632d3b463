"""Calls of the vocabulary's functions: their arguments brought into the form that the records ask for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradproof.errors import InputError, ShapeError
from gradproof.expr import broadcast
from gradproof.expr.node import NUMBER, SYMBOL, Expr, Size, constant, delta, facts_of, number, number_value
from gradproof.expr.product import PRODUCT, SUM, filled, specs_of
from gradproof.expr.sizes import plus, times
from gradproof.read.notation import vocabulary
from gradproof.read.notation.evaluation import expression, means, placed, value_of
from gradproof.read.notation.problems import closest, shown_shape
from gradproof.read.notation.scope import Row, Scope, Value, described, expr_of
from gradproof.read.notation.spellings import respelled
from gradproof.read.notation.tree import Call, Items, Name, Node, Number, Repeated, Unary
from gradproof.read.notation.vocabulary import Function, Parameter

_RANKS = {
    "scalar": (0, "a scalar"),
    "vector": (1, "a vector"),
    "matrix": (2, "a matrix"),
    "square": (2, "a matrix"),
}


@means(Call)
def _call(node: Call, scope: Scope) -> Value:
    name = node.function.lstrip(".")
    function = vocabulary.find(name)
    if function is None:
        raise unknown_function(node, name, scope)
    if node.arguments and isinstance(node.arguments[0], Repeated) and function.name in ("sum", "prod"):
        return _of_terms(node, function.name, scope)
    if function.name in _UNSIZED and not scope.convention.broadcasts and _is_unsized(node, function.name):
        return _unsized(node, function.name, scope)
    function, node, written = respelled(function, node, scope)
    return _applied(function, node, scope) if written is None else value_of(written, scope)


def _applied(function: Function, node: Call, scope: Scope) -> Value:
    """The function of the vocabulary, with its arguments."""
    values = _bound(node, function, scope)
    arrays = [v for v in values.values() if isinstance(v, Expr | Row)]
    plain: dict[str, Any] = {k.lower(): v.expr if isinstance(v, Row) else v for k, v in values.items()}
    if function.broadcasts:
        _meet(node, arrays, scope)
    elif function.name == "einsum":
        _meet_indices(plain["pattern"], plain["factors"], scope)
    elif function.name in _JOINED:
        _meet_parts(function.name, plain, scope)
    try:
        result = function.build(**plain)
    except InputError as error:
        shapes = [described(v) for v in arrays]
        told = all(shape in error.what for shape in shapes) or not isinstance(error, ShapeError)
        shown = "" if told or not shapes else f" ({function.name} of {' and '.join(shapes)})"
        raise placed(error, node, scope, shown, f"write {function.signature}") from None
    of_columns = (
        scope.convention.dialect == "matlab" and plain.get("axis") == 0
    )  # sums of columns lie in a row
    lies = of_columns or (function.broadcasts and any(isinstance(v, Row) for v in arrays))
    return Row(result) if lies and isinstance(result, Expr) and result.ndim == 1 else result


def unknown_function(node: Call, name: str, scope: Scope) -> InputError:
    """The error for a function that is not in the vocabulary, with the name that was probably meant."""
    bare = name.rpartition(".")[2]
    if bare in vocabulary.UNREAD:
        return scope.refuse(f"{bare} is not read", node.at, vocabulary.UNREAD[bare])
    near = closest(bare, vocabulary.VOCABULARY)
    fix = f"did you mean {near}?" if near else "the functions of the notation are listed in its documentation"
    return scope.refuse(f"{name!r} is no function that is known", node.at, fix)


# Arrays whose size the rest of the formula gives: I, 1', and vector(1) as matrixcalculus.org writes it.
_UNSIZED = {"eye": 2, "ones": 1, "zeros": 1, "vector": 1, "matrix": 2}


def _is_unsized(node: Call, name: str) -> bool:
    return not node.arguments or name in ("vector", "matrix")


def _unsized(node: Call, name: str, scope: Scope) -> Value:
    sizes = [scope.sizes.fresh((scope.text, node.span, axis)) for axis in range(_UNSIZED[name])]
    if name == "eye":
        return delta(sizes[0])
    entry = expression(node.arguments[0], scope) if node.arguments else number(0 if name == "zeros" else 1)
    if entry.shape:
        raise scope.misfit(f"every entry of {name}(...) is one scalar", node, f"write {name}(1)")
    return filled(entry, tuple(sizes))


def _of_terms(node: Call, name: str, scope: Scope) -> Value:
    terms = value_of(node.arguments[0], scope)
    assert isinstance(terms, tuple)
    parts = [t for t in map(expr_of, terms) if t is not None]
    if not parts:
        return number(0 if name == "sum" else 1)
    try:
        return broadcast.plus(*parts) if name == "sum" else broadcast.multiply(*parts)
    except ShapeError as error:
        raise placed(error, node, scope) from None


def _meet(node: Call, arrays: list[Expr | Row], scope: Scope) -> None:
    """Arguments of an entrywise function have one shape, or broadcast."""
    shapes = [v.expr.shape if isinstance(v, Row) else v.shape for v in arrays]
    if len(shapes) < 2:
        return
    if scope.convention.broadcasts:
        scope.unify_broadcast(shapes)
        return
    full = [(v, s) for v, s in zip(arrays, shapes, strict=True) if s]
    for value, shape in full[1:]:
        rows = isinstance(value, Row) == isinstance(full[0][0], Row)
        if not rows or not scope.unify_shapes(full[0][1], shape):
            raise scope.misfit(
                f"{node.function} of shapes {' and '.join(described(v) for v, _ in full)}", node,
                "make the shapes equal: transpose one of them",
            )  # fmt: skip


_JOINED = {"hstack": 1, "vstack": 0, "concatenate": 0, "stack": 0}


def _meet_parts(name: str, values: dict[str, Any], scope: Scope) -> None:
    """Parts that are joined along an axis have equal sizes along the others."""
    shapes = [part.shape for part in values["parts"]]
    axis = values.get("axis", _JOINED[name] if shapes and len(shapes[0]) > 1 else 0)
    if shapes:
        scope.unify_joined(shapes, axis if name != "stack" else len(shapes[0]) + 1)


def _meet_indices(pattern: str, factors: list[Expr], scope: Scope) -> None:
    """Axes with one letter have one size."""
    sizes: dict[str, Size] = {}
    for letters, factor in zip(pattern.replace(" ", "").split("->")[0].split(","), factors, strict=False):
        for letter, size in zip(letters, factor.shape, strict=False):
            scope.sizes.unify(sizes.setdefault(letter, size), size)


# --- arguments --------------------------------------------------------------------------------------


def _bound(node: Call, function: Function, scope: Scope) -> dict[str, Any]:
    """Arguments by the names of their parameters."""
    parameters = function.parameters
    nodes: dict[str, Node] = {}
    for place, argument in enumerate(node.arguments):
        if parameters and parameters[-1].kind in ("sizes", "arrays") and place >= len(parameters) - 1:
            last = parameters[-1].name
            before = nodes.get(last)
            several = before.items if isinstance(before, Items) and before.span == node.span else (before,)
            nodes[last] = Items(node.span, (*several, argument)) if before is not None else argument
        elif place < len(parameters):
            nodes[parameters[place].name] = argument
        else:
            raise scope.refuse(
                f"{function.name} takes {_arguments(len(parameters))}, and {len(node.arguments)} were given",
                argument, f"write {function.signature}",
            )  # fmt: skip
    for keyword, argument in node.keywords:
        index = vocabulary.keyword_place(function, keyword)
        if index is None or index >= len(parameters) or parameters[index].name in nodes:
            raise scope.refuse(
                f"{function.name} has no argument {keyword!r}", argument, f"write {function.signature}"
            )
        nodes[parameters[index].name] = argument
    values: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name in nodes:
            values[parameter.name] = _converted(parameter, nodes[parameter.name], scope, function)
            if parameter.kind == "axis" and nodes[parameter.name] in node.arguments:
                values[parameter.name] = _counted(
                    values[parameter.name], nodes[parameter.name], scope, function
                )
        elif parameter.required:
            raise scope.refuse(
                f"{function.name} needs its argument {parameter.name}", node, f"write {function.signature}"
            )
    return values


def _arguments(count: int) -> str:
    return "no arguments" if not count else "1 argument" if count == 1 else f"at most {count} arguments"


def _converted(parameter: Parameter, node: Node, scope: Scope, function: Function) -> Any:
    kind = parameter.kind
    if kind == "array" or kind in _RANKS:
        return _array(parameter, node, scope, function)
    if kind == "size":
        return size_of(node, scope)
    if kind == "sizes":
        items = node.items if isinstance(node, Items) else (node,)
        sizes = tuple(s for item in items for s in _sizes(item, scope))
        if -1 in sizes and function.name != "reshape":
            raise scope.refuse("a size is negative", node, "write a whole number from 0 on, or n")
        return sizes
    if kind in ("arrays", "list"):
        items = node.items if isinstance(node, Items) else (node,)
        items = items[0].items if len(items) == 1 and isinstance(items[0], Items) else items
        return [expression(item, scope) for item in items]
    return _plain(parameter, node, scope, function)


def _array(parameter: Parameter, node: Node, scope: Scope, function: Function) -> Expr | Row:
    value = value_of(node, scope)
    if isinstance(value, tuple):
        value = literal(value)
    expr = expr_of(value)
    if expr is None:
        raise scope.refuse(
            f"{function.name} needs an expression, not {described(value)}",
            node,
            f"write {function.signature}",
        )
    rank, called = _RANKS.get(parameter.kind, (expr.ndim, ""))
    if expr.ndim < rank or (rank < 2 and expr.ndim != rank):
        raise scope.misfit(
            f"{function.name} needs {called}, and this has the shape {described(value)}", node,
            f"write {function.signature}",
        )  # fmt: skip
    if parameter.kind == "square" and not scope.sizes.unify(expr.shape[-2], expr.shape[-1]):
        raise scope.misfit(
            f"{function.name} needs a square matrix, and this has the shape {shown_shape(expr.shape)}", node,
            "multiply it with its transpose, or use pinv or svd" if function.name in ("inv", "det", "logdet")
            else "make both sizes equal",
        )  # fmt: skip
    return value if isinstance(value, Expr | Row) else expr


def literal(items: tuple[Value, ...]) -> Value:
    """A tuple of numbers, nested as NumPy nests rows, as an array; anything else stays a tuple."""

    def numbers(value: Value) -> Any:
        if isinstance(value, tuple):
            return [numbers(v) for v in value]
        known = number_value(value) if isinstance(value, Expr) else None
        if known is None:
            raise ValueError
        return float(known)

    try:
        return constant(numbers(items))
    except ValueError:
        return items


def _plain(parameter: Parameter, node: Node, scope: Scope, function: Function) -> Any:
    """A word, a flag, a number, an axis: what is known before any value is."""
    if isinstance(node, Name) and node.name in ("inf", "np.inf", "Inf", "∞"):
        return number(float("inf"))
    if parameter.kind == "any" and isinstance(node, Name) and not _is_variable(node, scope):
        return node.name
    value = value_of(node, scope)
    if parameter.kind == "any":
        return _axes(value) if isinstance(value, tuple) else value
    converted = _AS[parameter.kind](value)
    if converted is _NOT:
        raise scope.refuse(
            f"the argument {parameter.name} of {function.name} must be {_CALLED[parameter.kind]}, and not "
            f"{described(value)}", node, f"write {function.signature}",
        )  # fmt: skip
    return converted


def _counted(axis: Any, node: Node, scope: Scope, function: Function) -> Any:
    """An axis given by its place among the arguments: numbered as the notation numbers axes.

    Given as ``axis=`` it is NumPy's number in every notation.
    """
    first = scope.convention.first_axis
    if axis is None or scope.convention.broadcasts:
        return axis
    if scope.convention.dialect in ("math", "latex"):
        raise scope.refuse(
            f"axes are counted from 1 by some and from 0 by others: which does {function.name} mean?",
            node, "write axis=0 or axis=1 as NumPy does, say dialect='matlab', or write X 1 for row sums",
        )  # fmt: skip
    return axis - first if isinstance(axis, int) and axis >= first else axis


def _is_variable(node: Name, scope: Scope) -> bool:
    return node.name in scope.locals or scope.names.is_known(node.name)


_NOT = object()
_CALLED = {
    "axis": "a whole number or a tuple of them",
    "integer": "a whole number",
    "number": "a number",
    "flag": "True or False",
    "word": "a quoted word",
}


def _integer(value: Value) -> Any:
    known = number_value(value) if isinstance(value, Expr) else None
    return int(known) if isinstance(known, Fraction) and known.denominator == 1 else _NOT


def _axes(value: Value) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        axes = tuple(_integer(v) for v in value)
        return _NOT if _NOT in axes else axes
    return _integer(value)


def _number(value: Value) -> Any:
    known = number_value(value) if isinstance(value, Expr) else None
    return _NOT if known is None else float(known)


def _flag(value: Value) -> Any:
    if isinstance(value, bool):
        return value
    known = _integer(value)
    return bool(known) if known in (0, 1) else _NOT


_AS: dict[str, Any] = {
    "axis": _axes,
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "word": lambda value: value if isinstance(value, str) else _NOT,
}


# --- sizes ------------------------------------------------------------------------------------------


def _sizes(node: Node, scope: Scope) -> tuple[Size, ...]:
    if isinstance(node, Items):
        return tuple(s for item in node.items for s in _sizes(item, scope))
    if isinstance(node, Call) and node.function in ("shape", ".shape"):
        return expression(node.arguments[0], scope).shape
    if (
        isinstance(node, Unary)
        and isinstance(node.operand, Number)
        and (node.op, node.operand.value) == ("-", 1)
    ):
        return (-1,)  # whatever is left
    return (size_of(node, scope),)


def size_of(node: Node, scope: Scope) -> Size:
    """The size that a node names: a number, a name such as ``n``, or ``len(X)``."""
    if isinstance(node, Name) and not _is_variable(node, scope):
        return node.name
    value = value_of(node, scope)
    size = as_size(value) if isinstance(value, Expr) else None
    if size is None:
        raise scope.refuse(
            f"a size is needed, and not {described(value)}", node, "write a whole number, n, or len(X)"
        )
    return size


def as_size(expr: Expr) -> Size | None:
    """The size an expression of sizes is; None where it is none."""
    if expr.op is NUMBER:
        known = number_value(expr)
        whole = isinstance(known, Fraction) and known.denominator == 1 and known >= 0
        return int(known) if whole and known is not None else None
    if expr.op is SYMBOL and not expr.shape:
        return expr.name if "size" in facts_of(expr) or expr.name.isidentifier() else None
    if expr.shape or expr.op not in (SUM, PRODUCT) or (expr.op is PRODUCT and any(specs_of(expr)[0])):
        return None
    parts = [as_size(a) for a in expr.args]
    if any(p is None for p in parts):
        return None
    return (plus if expr.op is SUM else times)(*parts)
