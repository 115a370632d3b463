"""What every elementwise function has in common: its record, and its application with broadcasting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradproof.errors import ShapeError
from gradproof.expr.broadcast import broadcast_shapes, broadcast_to, multiply
from gradproof.expr.node import OPERATIONS, Attrs, Expr, Operation, Shape, make, register, symbol

Derivative = Callable[..., Expr]


def same_shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    """The shape rule of elementwise functions: all arguments have one shape, the result's."""
    for other in args[1:]:
        if other.shape != args[0].shape:
            raise ShapeError(f"an elementwise function of shapes {args[0].shape} and {other.shape}")
    return args[0].shape


def elementwise(
    name: str,
    value: Callable[..., Any],
    derivatives: tuple[Derivative | None, ...],
    *,
    text: str = "",
    latex: str = "",
    numpy: str = "",
    rule: str = "",
    domain: tuple[float, float] = (-2.0, 2.0),
    kink: Callable[..., Any] | None = None,
    samples: tuple[Callable[[], Expr], ...] = (),
    source: str = "Abramowitz and Stegun, Handbook of Mathematical Functions, ch. 3-7",
    pullback: Callable[[Expr, Expr], Sequence[Expr | None]] | None = None,
    field: str = "",
) -> Operation:
    """Register an elementwise function; ``derivatives[k](*args)`` is ∂f/∂(argument k), None where zero.

    A function that is not analytic where its arguments are complex gives its own ``pullback``.
    """

    def product_rule(node: Expr, g: Expr) -> list[Expr | None]:
        return [None if d is None else multiply(g, d(*node.args)) for d in derivatives]

    arity = len(derivatives)
    arguments = ", ".join(f"{{{k}}}" for k in range(arity))
    record = Operation(
        name,
        shape=same_shape,
        value=lambda attrs, dtype, *arrays: value(*arrays),
        pullback=pullback or product_rule,
        rule=rule or f"derivative of {name}",
        text=text or f"{name}({arguments})",
        latex=latex or rf"\operatorname{{{name}}}\left({arguments}\right)",
        numpy=numpy or f"np.{name}({arguments})",
        samples=samples or (lambda: apply(name, *(symbol(s, (2, 3)) for s in "XYZ"[:arity])),),
        domain=domain,
        kink=kink,
        source=source,
        elementwise=True,
        field=field,
    )
    return register(record)


def apply(name: str, *args: Expr) -> Expr:
    """The elementwise function called ``name``, with NumPy broadcasting."""
    if len(args) > 1:
        shape = broadcast_shapes(*[a.shape for a in args])
        args = tuple([broadcast_to(a, shape) for a in args])
    return make(OPERATIONS[name], args)
