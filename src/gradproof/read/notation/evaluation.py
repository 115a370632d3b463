"""Where a kind of syntax node meets its meaning: one function per kind, entered with :func:`means`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from gradproof.errors import InputError, InternalError
from gradproof.expr.node import Expr
from gradproof.read.notation.scope import Scope, Value, described, expr_of
from gradproof.read.notation.tree import Node

Meaning = Callable[[Any, Scope], Value]
MEANINGS: dict[type[Node], Meaning] = {}
_Function = TypeVar("_Function", bound=Meaning)


def means(*kinds: type[Node]) -> Callable[[_Function], _Function]:
    """Enter a function as the meaning of kinds of nodes."""

    def enter(function: _Function) -> _Function:
        for kind in kinds:
            if kind in MEANINGS:
                raise ValueError(f"{kind.__name__} has a meaning already")
            MEANINGS[kind] = function
        return function

    return enter


def value_of(node: Node, scope: Scope) -> Value:
    """What a node means.

    Raises
    ------
    InputError
        It has no meaning, or more than one; the error shows the place in the text.
    """
    meaning = MEANINGS.get(type(node))
    if meaning is None:
        raise InternalError(f"no meaning was entered for {type(node).__name__}")
    return meaning(node, scope)


def operand(node: Node, scope: Scope) -> Value:
    """What a node means, where it must be an expression or a row."""
    value = value_of(node, scope)
    if expr_of(value) is None:
        raise scope.refuse(
            f"{described(value)} stands where an expression is needed",
            node,
            "write a scalar, vector or matrix",
        )
    return value


def expression(node: Node, scope: Scope) -> Expr:
    """What a node means, as an expression; a row vector as its vector."""
    result = expr_of(operand(node, scope))
    assert result is not None
    return result


def placed(error: InputError, node: Node, scope: Scope, arguments: str = "", fix: str = "") -> InputError:
    """An error of a constructor, at the place in the text where it arose."""
    if "\n" in error.where:
        return error
    what = re.sub(r"'?\?\d+'?", "?", f"{error.what}{arguments}")  # sizes that are not known yet
    return type(error)(
        what, where=scope.refuse("", node, "").where, fix=error.fix or fix or "make the shapes fit"
    )
