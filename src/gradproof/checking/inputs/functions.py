"""What a function's source says about how it is called and what it returns."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gradproof.read.files import UserFile

FunctionNode = ast.FunctionDef | ast.Lambda


@dataclass(slots=True, eq=False)
class Function:
    """A function of the user's.

    Attributes
    ----------
    name : as it is called: ``compute_cost``, or ``Network.loss`` for a method
    call : the callable itself; a method is bound
    args : names of its positional arguments, without ``self``
    defaults : default values by argument
    extra : names unpacked from ``*args`` inside, which stand for further positional arguments
    returns : names of what the last ``return`` gives back, "" where an element has none
    """

    name: str
    call: Callable[..., Any]
    node: FunctionNode
    args: list[str] = field(default_factory=list)
    defaults: dict[str, Any] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    returns: list[str] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Line of the definition."""
        return self.node.lineno

    @property
    def required(self) -> list[str]:
        """Arguments without a default."""
        return [name for name in self.args if name not in self.defaults]

    def __str__(self) -> str:
        shown = [f"{a}={self.defaults[a]!r}" if a in self.defaults else a for a in self.args]
        return f"{self.name}({', '.join(shown + self.extra)})"


def functions_of(user: UserFile) -> dict[str, Function]:
    """Functions that the file defines at module level, by name."""
    nodes = {node.name: node for node in user.tree.body if isinstance(node, ast.FunctionDef)}
    lambdas = {
        statement.targets[0].id: statement.value
        for statement in user.tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Lambda)
        and isinstance(statement.targets[0], ast.Name)
    }
    found = {}
    for name, node in _all_functions(user.tree, nodes, lambdas):
        value = user.namespace.get(name)
        if callable(value) and _is_plain(value):
            found[name] = make_function(name, value, node)
    return found


def _all_functions(
    tree: ast.Module, nodes: dict[str, ast.FunctionDef], lambdas: dict[str, ast.Lambda]
) -> Iterator[tuple[str, FunctionNode]]:
    yield from nodes.items()
    yield from lambdas.items()
    for statement in tree.body:
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for node in ast.walk(statement):
                if isinstance(node, ast.FunctionDef) and node.name not in nodes:
                    yield node.name, node


def _is_plain(value: Any) -> bool:
    return isinstance(inspect.unwrap(value), types.FunctionType)


def classes_of(user: UserFile) -> dict[str, tuple[type, ast.ClassDef]]:
    """Classes that the file defines at module level, by name."""
    return {
        node.name: (user.namespace[node.name], node)
        for node in user.tree.body
        if isinstance(node, ast.ClassDef) and isinstance(user.namespace.get(node.name), type)
    }


def methods_of(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    """Methods that a class defines itself, by name."""
    return {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}


def make_function(name: str, call: Callable[..., Any], node: FunctionNode) -> Function:
    """Read a function's signature and its last ``return``."""
    args, defaults = [], {}
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        parameters = ()  # type: ignore[assignment]
    variadic = ""
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            variadic = parameter.name
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        args.append(parameter.name)
        if parameter.default is not parameter.empty:
            defaults[parameter.name] = parameter.default
    extra = _unpacked(node, variadic) if variadic else []
    return Function(name, call, node, args, defaults, extra, return_names(node))


def _unpacked(node: FunctionNode, variadic: str) -> list[str]:
    """``X, y = args`` inside ``def f(theta, *args)`` names the further arguments."""
    for item in ast.walk(node):
        if isinstance(item, ast.Assign) and isinstance(item.value, ast.Name) and item.value.id == variadic:
            target = item.targets[0]
            if isinstance(target, ast.Tuple):
                return [name_of(element) for element in target.elts]
    return []


def return_names(node: FunctionNode) -> list[str]:
    """Names of the values in the ``return`` of a function; of several, in the one with most values."""
    if isinstance(node, ast.Lambda):
        value: ast.expr | None = node.body
    else:
        found = [item for item in own_nodes(node) if isinstance(item, ast.Return) and item.value is not None]
        value = max(found, key=lambda item: (_count(item.value), item.lineno)).value if found else None
    if value is None:
        return []
    if isinstance(value, ast.Tuple | ast.List):
        return [name_of(element) for element in value.elts]
    return [name_of(value)]


def _count(value: ast.expr | None) -> int:
    return len(value.elts) if isinstance(value, ast.Tuple) else 1


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions defined inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from own_nodes(child)


def name_of(node: ast.AST) -> str:
    """The name people would say for an expression: ``dW1`` for ``dW1``, ``grads["dW1"]`` and ``self.dW1``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return "" if node.attr == "T" else node.attr
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value) if isinstance(node.slice.value, str) else name_of(node.value)
    if isinstance(node, ast.Call):
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        wrapped = node.args[0] if node.args else None
        method = isinstance(node.func, ast.Attribute) and node.func.attr in {
            "flatten",
            "ravel",
            "reshape",
            "squeeze",
        }
        if method and inner is not None:
            name = name_of(inner)
            return name if name not in {"np", "numpy"} else name_of(wrapped) if wrapped is not None else ""
        if isinstance(node.func, ast.Name) and node.func.id == "float" and wrapped is not None:
            return name_of(wrapped)
    return ""


def called(node: ast.AST) -> set[str]:
    """Names of the functions and methods called inside."""
    calls = (item.func for item in ast.walk(node) if isinstance(item, ast.Call))
    return {
        f.id if isinstance(f, ast.Name) else f.attr for f in calls if isinstance(f, ast.Name | ast.Attribute)
    }


def reachable(roots: list[Function], functions: dict[str, Function]) -> list[Function]:
    """The functions given and those of the file that they call, directly or not."""
    found = list(roots)
    seen = {function.name for function in found}
    for function in found:
        for name in sorted(called(function.node)):
            if name in functions and name not in seen:
                seen.add(name)
                found.append(functions[name])
    return found
