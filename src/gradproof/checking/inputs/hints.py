"""What the source reveals about arguments: keys read from them, ranks, strings they are compared with."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from gradproof.checking.inputs.functions import Function


@dataclass(slots=True)
class Hint:
    """What is known of one argument name.

    Attributes
    ----------
    keys : string keys read from it, in order
    layered : key prefixes to which a layer number is appended (``"W" + str(l)``)
    rank : number of axes its shape is unpacked into; 0 where unknown
    least_rank : number of axes it has at least
    strings : string constants it is compared with
    indexes : whether it is used inside another array's subscript
    mapping : whether it is used as a dictionary
    listed : whether it is iterated over, or counted as a list
    called : whether it is called, as a function
    classes : whether it is one class of several for each example, if it is a label
    parameter : whether a gradient by it is returned
    """

    keys: list[str] = field(default_factory=list)
    layered: list[str] = field(default_factory=list)
    rank: int = 0
    least_rank: int = 0
    strings: list[str] = field(default_factory=list)
    indexes: bool = False
    mapping: bool = False
    listed: bool = False
    called: bool = False
    parameter: bool = False
    classes: bool = False
    numbered: int = 0


Hints = dict[str, Hint]


def hints_of(functions: Iterable[Function]) -> Hints:
    """Hints by argument name, over all functions that take part in a call."""
    hints: Hints = defaultdict(Hint)
    for function in functions:
        for node in ast.walk(function.node):
            _read(node, hints)
    return hints


def _read(node: ast.AST, hints: Hints) -> None:
    match node:
        case ast.Subscript(value=value, slice=index):
            _read_subscript(value, index, hints)
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
            if (owner := _shape_owner(value)) and not any(isinstance(n, ast.Starred) for n in names):
                hints[owner].rank = max(hints[owner].rank, len(names))
            elif isinstance(value, ast.Name):
                hints[value.id].numbered = max(hints[value.id].numbered, len(names))
        case ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=str(text))]):
            if text not in hints[name].strings:
                hints[name].strings.append(text)
        case ast.Call():
            _read_call(node, hints)
        case ast.For(iter=ast.Name(id=name)) | ast.comprehension(iter=ast.Name(id=name)):
            hints[name].listed = True


def _read_call(node: ast.Call, hints: Hints) -> None:
    match node:
        case ast.Call(
            func=ast.Attribute(
                value=ast.Name(id=name), attr="get" | "setdefault" | "keys" | "items" | "values"
            )
        ):
            hints[name].mapping = True
        case ast.Call(func=ast.Name(id="len" | "enumerate" | "zip" | "reversed"), args=args):
            for arg in args:
                if owner := _plain_name(arg):
                    hints[owner].listed = True
        case ast.Call(func=ast.Name(id=name)):
            hints[name].called = True


def _read_subscript(value: ast.expr, index: ast.expr, hints: Hints) -> None:
    for inner in index.elts if isinstance(index, ast.Tuple) else [index]:
        if used := _plain_name(inner.value if isinstance(inner, ast.Subscript) else inner):
            hints[used].indexes = True
    if (shaped := _shape_owner(value)) and isinstance(index, ast.Constant) and isinstance(index.value, int):
        hints[shaped].least_rank = max(hints[shaped].least_rank, index.value + 1)
    if owner := _plain_name(value):
        _read_index(owner, index, hints)


def _read_index(owner: str, index: ast.expr, hints: Hints) -> None:
    hint = hints[owner]
    match index:
        case ast.Constant(value=str(key)):
            if key not in hint.keys:
                hint.keys.append(key)
        case ast.Constant(value=int(number)):
            hint.numbered = max(hint.numbered, number + 1)
        case ast.Tuple(elts=parts):
            new = sum(_adds_axis(part) for part in parts)
            hint.least_rank = max(hint.least_rank, len(parts) - new)
        case _:
            prefix = _prefix(index)
            if prefix is not None and prefix not in hint.layered:
                hint.layered.append(prefix)


def _adds_axis(part: ast.expr) -> bool:
    """``None``, ``...`` and ``np.newaxis`` index no axis of the array."""
    if isinstance(part, ast.Constant):
        return part.value in {None, ...}
    return isinstance(part, ast.Attribute) and part.attr == "newaxis"


def _prefix(index: ast.expr) -> str | None:
    """The constant that a layer number is appended to, of ``"W" + str(l)``, ``f"W{l}"`` and ``"W%d" % l``."""
    match index:
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add()):
            return text
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            return text.split("%")[0]
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), ast.FormattedValue()]):
            return text
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return text.split("{")[0]
    return None


def _shape_owner(node: ast.expr) -> str:
    """``X`` of ``X.shape`` and ``np.shape(X)``."""
    match node:
        case ast.Attribute(value=value, attr="shape"):
            return _plain_name(value)
        case ast.Call(func=ast.Attribute(attr="shape"), args=[value]):
            return _plain_name(value)
    return ""


def _plain_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return ""
