"""How a step changes the parameters: the optimiser's equations, and the largest norm that rows may have."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply, sum_over
from gradproof.expr.elementwise import divide, sqrt, square
from gradproof.expr.function import apply
from gradproof.expr.node import Expr, number
from gradproof.expr.product import filled
from gradproof.train.optimizers import Optimizer
from gradproof.train.program import Program

Equations = list[tuple[Expr, Expr]]  # each symbol that is assigned and its new value, in their order


def updates(step: Program, optimizer: Optimizer) -> dict[str, Equations]:
    """The update of each parameter.

    Examples
    --------
    >>> from gradproof.train.expression import expression
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.optimizers import SGD
    >>> from gradproof.train.program import program
    >>> from gradproof.write.matrix import to_text
    >>> step = program(expression(dense([4, 3, 2], max_norm=3)))
    >>> for target, value in updates(step, SGD())["W1"]:
    ...     print(target.name, "=", to_text(value))
    W1 = W₁ − α dW₁
    W1 = 3 diag(max(sqrt(W₁^∘2 1), 3))⁻¹ W₁
    """
    source = step.source
    found = {}
    for name, leaf in source.parameters.items():
        equations = optimizer.equations(leaf, step.gradients[name])
        layer = source.network.layers[int(name[1:]) - 1]
        if layer.max_norm is not None and name.startswith("W"):
            equations.append((leaf, _shortened(leaf, layer.max_norm)))
        found[name] = equations
    return found


def _shortened(W: Expr, largest: float) -> Expr:
    """Rows longer than ``largest`` scaled to that length: w_i = w_i c / max(‖w_i‖, c)."""
    norms = sqrt(sum_over(square(W), -1, keepdims=True))
    bound = filled(number(largest), norms.shape)
    return multiply(number(largest), W, divide(number(1), apply("maximum", norms, bound)))
