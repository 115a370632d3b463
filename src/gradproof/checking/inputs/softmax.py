"""Recognising a softmax with its cross-entropy: the labels must be one class of several for each example."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from gradproof.checking.inputs.functions import Function


def compares_classes(functions: Iterable[Function]) -> bool:
    """Whether an exponential is divided by its sum somewhere, and a logarithm is taken somewhere."""
    nodes = [node for function in functions for node in ast.walk(function.node)]
    return any(_normalises(function) for function in functions) and any(_is_call(n, "log") for n in nodes)


def _normalises(function: Function) -> bool:
    """``np.exp(Z) / np.sum(np.exp(Z), axis=0)``, with names for the parts or without."""
    nodes = list(ast.walk(function.node))
    exponentials: set[str] = set()
    sums: set[str] = set()
    for node in sorted((n for n in nodes if isinstance(n, ast.Assign)), key=lambda n: n.lineno):
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if _sums(node.value, exponentials):
            sums |= names
        elif _is_call(node.value, "exp"):
            exponentials |= names
    divided = [(n.left, n.right) for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    divided += [
        (n.target, n.value) for n in nodes if isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Div)
    ]
    return any(
        (_is_call(above, "exp") or (isinstance(above, ast.Name) and above.id in exponentials))
        and (_sums(below, exponentials) or (isinstance(below, ast.Name) and below.id in sums))
        for above, below in divided
    )


def _sums(node: ast.expr, exponentials: set[str]) -> bool:
    if not (isinstance(node, ast.Call) and _is_call(node, "sum")):
        return False
    inner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    return any(
        _is_call(part, "exp") or (isinstance(part, ast.Name) and part.id in exponentials)
        for part in [*inner, *node.args]
    )


def _is_call(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == name
