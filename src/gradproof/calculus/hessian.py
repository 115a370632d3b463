"""Derivatives of second and higher order, and the product of a Hessian with a direction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradproof.calculus.derivative import Derivative, Working
from gradproof.calculus.differential import plain_differential
from gradproof.calculus.jacobian import jacobian, jacobian_vector, plain_jacobian
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES
from gradproof.calculus.textbook import textbook
from gradproof.calculus.unconstrained import Freed
from gradproof.errors import InputError
from gradproof.expr.node import Expr


def derivative(output: Expr, wrt: Expr | Sequence[Expr], order: int = 1) -> Derivative:
    """The derivative of any order: of order 2 of a scalar, its Hessian.

    Parameters
    ----------
    output : a scalar, or an expression of any shape
    wrt : one variable for all orders, or one for each: ``[x, y]`` gives ∂²f/∂x∂y
    order : how often to differentiate, where ``wrt`` is one variable

    Returns
    -------
    Derivative
        Of shape ``output.shape`` followed by the shape of each variable; entry ``[i..., j...]`` of
        ∂²f/∂x∂y is the derivative of ∂f/∂x_i by y_j. Each order is taken of the simplified one before.
    """
    variables = [wrt] * order if isinstance(wrt, Expr) else list(wrt)
    if not variables:
        raise InputError("a derivative of order 0 was asked for", fix="give an order of 1 or more")
    if len(variables) == 1:
        return jacobian(output, variables[0])
    free = Freed(variables)
    orders: list[Derivative] = []
    value = free.freed(output)
    for variable in free.variables:
        orders.append(jacobian(value, variable))
        value = orders[-1].value

    def plain() -> Expr:
        found = free.freed(output)
        for variable in free.variables:
            found = plain_jacobian(found, variable)
        return found

    return _restored(free, output, variables, orders, plain)


def _restored(
    free: Freed,
    output: Expr,
    variables: Sequence[Expr],
    orders: Sequence[Derivative],
    plain: Callable[[], Expr],
) -> Derivative:
    """The last derivative in the variables as declared, where their facts may shorten it now."""
    simplified = Rewriter(RULES)
    value = orders[-1].value
    if free.back:
        value = textbook(simplified(free.restored(value)))

    def working() -> Working:
        steps = [s for found in orders for s in found.steps]
        rewrites = [s for found in orders for s in found.rewrites]
        return Working(free.restored_steps(steps), [*free.restored_steps(rewrites), *simplified.steps])

    return Derivative(output, variables, value, lambda: free.restored(plain()), working)


def hessian(output: Expr, wrt: Expr, other: Expr | None = None) -> Derivative:
    """∂²f/∂x∂x of a scalar, or the mixed ∂²f/∂x∂y; of shape ``x.shape + y.shape``."""
    if output.shape != ():
        raise InputError(
            f"a Hessian needs a scalar; this has shape {output.shape}",
            fix="ask for the derivative of order 2, of shape output.shape + x.shape + x.shape",
        )
    return derivative(output, [wrt, wrt if other is None else other])


def hessian_vector(output: Expr, wrt: Expr, vector: Expr, other: Expr | None = None) -> Derivative:
    """Σ_j ∂²f/∂x∂y_j v_j, of the shape of ``wrt``: the gradient's differential in a direction.

    The Hessian is never formed: for ‖T − UVᵀ‖² by U the product is 2 V' Vᵀ V for the direction V'.
    """
    if output.shape != ():
        raise InputError(
            f"a Hessian-vector product needs a scalar; this has shape {output.shape}",
            fix="sum or average it to one number",
        )
    variables = (wrt, other or wrt)
    free = Freed(variables)
    first = jacobian(free.freed(output), free.variables[0])
    second = jacobian_vector(first.value, free.variables[1], vector)

    def plain() -> Expr:
        gradient = plain_jacobian(free.freed(output), free.variables[0])
        return plain_differential(gradient, {free.variables[1]: vector})

    return _restored(free, output, variables, [first, second], plain)
