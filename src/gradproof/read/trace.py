"""What reading a function yields: the expression it computed, with the user's names, lines and values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradproof.expr.node import Expr


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in the user's source an expression was computed. Columns count characters from 0."""

    file: str
    function: str
    line: int
    end_line: int
    column: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Binding:
    """A variable of the user's that was assigned: its name as written, its expression, and the line.

    ``name`` is what stands on the left: ``dZ2``, ``grads["dW1"]``, ``self.h``, ``dZ[2]``; ``short`` is the
    name people would say: ``dZ2``, ``dW1``, ``h``, ``dZ[2]``.
    """

    name: str
    short: str
    expr: Expr
    file: str
    function: str
    line: int


@dataclass(slots=True)
class Trace:
    """A traced call.

    Attributes
    ----------
    returned : what the function returned, every traced value in it replaced by its expression
    parameters : the symbols of the parameters, by path
    inputs : value of every leaf symbol (parameters, data, hyperparameters, sizes), in float64
    values : value of every expression computed, as NumPy computed it
    names : the user's name of an expression: the one given nearest to the traced function, the first of those
    bindings : every assignment seen, in order; of a variable that a loop assigns often, the first and last
    origins : where each expression was first computed
    places : every place where it was computed (the first few), the same expression may stand on several lines
    notes : what could not be read exactly, in words; empty when the trace is complete
    random : whether random numbers were drawn inside
    """

    returned: Any
    parameters: dict[str, Expr]
    inputs: dict[Expr, Any]
    values: dict[Expr, Any]
    names: dict[Expr, str] = field(default_factory=dict)
    bindings: list[Binding] = field(default_factory=list)
    origins: dict[Expr, Origin] = field(default_factory=dict)
    places: dict[Expr, list[Origin]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    random: bool = False

    @property
    def cost(self) -> Expr:
        """The scalar expression returned: the value itself, or the first of a returned pair."""
        value = self.returned[0] if isinstance(self.returned, tuple | list) else self.returned
        assert isinstance(value, Expr)
        return value
