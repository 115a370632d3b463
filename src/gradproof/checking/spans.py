"""Where in the user's source the gradient by a parameter was computed."""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from types import CodeType
from typing import Any

from gradproof.checking.align import gradient_names
from gradproof.expr.node import NUMBER, Expr
from gradproof.expr.product import PRODUCT
from gradproof.read.recorder import is_internal
from gradproof.read.sources import origin
from gradproof.read.trace import Binding, Origin, Trace


def origin_of(
    node: Expr, places: Mapping[Expr, Sequence[Origin]], named: Collection[Expr], near: Binding | None = None
) -> Origin | None:
    """Where a node was computed; next to the assignment ``near`` if it was in several places.

    A node that the code does not spell, such as a broadcast, stands where its argument does.
    """
    while node not in places and node not in named and (node.op is PRODUCT or len(node.args) == 1):
        arrays = [a for a in node.args if a.op is not NUMBER]
        if len(arrays) != 1:
            break
        node = arrays[0]
    found = list(places.get(node, []))
    if near is not None:
        same = [o for o in found if o.file == near.file and o.line <= near.line <= o.end_line]
        inside = [o for o in found if o.file == near.file and o.function == near.function]
        found = same or [o for o in inside if o.line <= near.line][::-1] or found
    return found[0] if found else None


def statement_of(place: Origin | None, binding: Binding | None) -> Origin | None:
    """The place itself where it stands in the statement that bound it, else that statement."""
    if binding is not None and (place is None or (place.file, place.line) != (binding.file, binding.line)):
        return Origin(binding.file, binding.function, binding.line, binding.line, 0, 0)
    return place


def gradient_span(trace: Trace, expr: Expr, parameter: str) -> Origin | None:
    """The statement that computed the gradient by a parameter, as the candidate's trace has it."""
    bound = [b for b in trace.bindings if b.expr is expr]
    announced = [b for b in bound if b.short in gradient_names(parameter)[1:]]
    binding = next(iter(announced or bound), None)
    return statement_of(origin_of(expr, trace.places, {b.expr for b in bound}, binding), binding)


def return_span(function: Callable[..., Any]) -> Origin | None:
    """The last ``return`` of the user's function; None for a function that is not written in Python."""
    code = _code_of(function)
    if code is None:
        return None
    returns = [i for i in dis.get_instructions(code) if i.opname in ("RETURN_VALUE", "RETURN_CONST")]
    return origin(code, returns[-1].offset) if returns else None


def _code_of(function: Any) -> CodeType | None:
    """The code of the user's function behind methods, partial calls and wrappers."""
    for _ in range(8):
        if isinstance(function, functools.partial):
            function = function.func
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif hasattr(function, "__func__"):
            function = function.__func__
        else:
            break
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    return code if isinstance(code, CodeType) and not is_internal(code) else None
