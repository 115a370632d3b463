"""Activations of hidden layers, and the losses with the output that belongs to each.

An activation is a name and a function from expression to expression; a loss is the same with its output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gradproof.errors import InputError
from gradproof.expr.activations import elu, gelu, leaky_relu, silu, softplus
from gradproof.expr.broadcast import minus, multiply, negate, plus, scale
from gradproof.expr.elementwise import apply, log, relu, sigmoid, square
from gradproof.expr.node import Expr, number
from gradproof.expr.reduction import softmax


@dataclass(frozen=True, slots=True)
class Activation:
    """What a layer does to Z.

    Attributes
    ----------
    name : how it is asked for
    of : A as an expression of Z
    scheme : how the weights of a layer with it are drawn: ``"he"``, N(0, 2/n_in), for those that are 0 on one
        side; ``"xavier"``, N(0, 1/n_in), for the others
    """

    name: str
    of: Callable[[Expr], Expr]
    scheme: str


ACTIVATIONS: Mapping[str, Activation] = {
    each.name: each
    for each in (
        Activation("relu", relu, "he"),
        Activation("leaky_relu", leaky_relu, "he"),
        Activation("elu", elu, "he"),
        Activation("gelu", gelu, "he"),
        Activation("silu", silu, "he"),
        Activation("softplus", softplus, "he"),
        Activation("tanh", lambda z: apply("tanh", z), "xavier"),
        Activation("sigmoid", sigmoid, "xavier"),
        Activation("identity", lambda z: z, "xavier"),
    )
}


@dataclass(frozen=True, slots=True)
class Loss:
    """The cost of one example, and what the network gives out.

    Attributes
    ----------
    name : how it is asked for
    output : A of the last layer as an expression of its Z
    of : the loss of A and Y entry by entry; the loss of an example is the sum of its column
    facts : what is true of Y: each column of one-hot labels adds up to 1
    """

    name: str
    output: Callable[[Expr], Expr]
    of: Callable[[Expr, Expr], Expr]
    facts: tuple[str, ...] = ()


def _cross_entropy(a: Expr, y: Expr) -> Expr:
    return negate(multiply(y, log(a)))


def _binary_cross_entropy(a: Expr, y: Expr) -> Expr:
    one = number(1)
    return negate(plus(multiply(y, log(a)), multiply(minus(one, y), log(minus(one, a)))))


def _squared_error(a: Expr, y: Expr) -> Expr:
    return scale(0.5, square(minus(a, y)))


LOSSES: Mapping[str, Loss] = {
    each.name: each
    for each in (
        Loss("cross_entropy", lambda z: softmax(z, -2), _cross_entropy, ("column_stochastic", "nonnegative")),
        Loss("binary_cross_entropy", sigmoid, _binary_cross_entropy),
        Loss("squared_error", lambda z: z, _squared_error),
    )
}


def activation(name: str) -> Activation:
    """The activation of that name."""
    if name not in ACTIVATIONS:
        raise InputError(f"there is no activation {name!r}", fix=f"choose one of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def loss(name: str) -> Loss:
    """The loss of that name."""
    if name not in LOSSES:
        raise InputError(f"there is no loss {name!r}", fix=f"choose one of {', '.join(LOSSES)}")
    return LOSSES[name]
