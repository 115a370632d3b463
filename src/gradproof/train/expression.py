"""A network as an expression: the cost J = data cost + penalty, with the names of its parts.

With ``copies`` every parameter, and λ, gets a leading axis: as many networks in one expression, which is how
a path of λ is trained in one run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from gradproof.expr.broadcast import matmul, multiply, plus, scale, sum_over
from gradproof.expr.elementwise import divide
from gradproof.expr.node import Expr, Size, number, size_symbol, symbol
from gradproof.train.activations import activation, loss
from gradproof.train.network import Network

BATCH = "m"  # the axis of the examples
COPIES = "r"  # the axis of the networks, where there are several


@dataclass(frozen=True, slots=True)
class NetworkExpression:
    """The cost of a network and everything in it that has a name.

    Attributes
    ----------
    network : what was written down
    X, Y : symbols of the data, shapes (n_x, m) and (n_y, m)
    weights : symbol of the examples' weights, shape (1, m), or None
    parameters : W1, b1, W2, ...: symbol of each
    masks : D1, ...: symbols of dropout's masks, 1 where a unit is kept, shape of the layer's A
    lambdas : symbols of λ, by the names of ``network.lambdas``
    rows : symbol of the m of penalties that are per row of the data
    data_cost, penalty : the two parts of the cost, shape () or (copies,)
    cost : their sum over everything, a scalar
    names : Z1, A1, ...: names of the intermediate values
    prediction : the last A without dropout
    """

    network: Network
    X: Expr
    Y: Expr
    weights: Expr | None
    parameters: Mapping[str, Expr]
    masks: Mapping[str, Expr]
    lambdas: Mapping[str, Expr]
    rows: Expr
    data_cost: Expr
    penalty: Expr
    cost: Expr
    names: Mapping[Expr, str]
    prediction: Expr


def expression(
    network: Network,
    *,
    copies: Size | None = None,
    weighted: bool = False,
    rows: Expr | None = None,
) -> NetworkExpression:
    """The cost of a network.

    Parameters
    ----------
    network : its layers, loss and penalties
    copies : size of a leading axis of all parameters and of λ, for as many networks at once
    weighted : whether examples have weights
    rows : the m of penalties per row of the data; by default it is the m of the data cost

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.penalties import L2
    >>> from gradproof.write.matrix import to_text
    >>> J = expression(dense([4, 3], loss="squared_error", penalty=L2(0.7)))
    >>> print(to_text(J.cost))
    1/(2m) ‖W₁ X + b₁ 1ᵀ − Y‖²_F + λ/(2m) ‖W₁‖²_F
    """
    lead: tuple[Size, ...] = () if copies is None else (copies,)
    m = size_symbol(BATCH)
    rows = m if rows is None else rows
    parameters = {name: symbol(name, (*lead, *shape)) for name, shape in network.parameter_shapes.items()}
    last = loss(network.loss)
    X = symbol("X", (network.inputs, BATCH))
    Y = symbol("Y", (network.sizes[-1], BATCH), 0, last.facts)
    masks = {
        f"D{k}": symbol(f"D{k}", (*lead, layer.units, BATCH))
        for k, layer in enumerate(network.layers, start=1)
        if layer.keep_prob < 1
    }
    names: dict[Expr, str] = {}
    output = _forward(network, X, parameters, masks, names)
    prediction = output if not masks else _forward(network, X, parameters, {}, {})
    weights = symbol("s", (1, BATCH)) if weighted else None
    each = last.of(output, Y)
    each = each if weights is None else multiply(weights, each)
    data_cost = divide(sum_over(each, (-2, -1)), m)
    lambdas = {name: symbol(name, lead) for name in network.lambdas}
    penalty = _penalty(network, parameters, lambdas, m, rows)
    cost = plus(data_cost, penalty)
    cost = sum_over(cost) if lead else cost
    return NetworkExpression(
        network, X, Y, weights, parameters, masks, lambdas, rows, data_cost, penalty, cost, names,
        prediction,
    )  # fmt: skip


def _forward(
    network: Network,
    X: Expr,
    parameters: Mapping[str, Expr],
    masks: Mapping[str, Expr],
    names: dict[Expr, str],
) -> Expr:
    """The last layer's A; what has a name on the way is noted."""
    A = X
    for k, layer in enumerate(network.layers, start=1):
        Z = plus(matmul(parameters[f"W{k}"], A), parameters[f"b{k}"])
        names.setdefault(Z, f"Z{k}")
        is_last = k == network.depth
        A = loss(network.loss).output(Z) if is_last else activation(layer.activation).of(Z)
        names.setdefault(A, f"A{k}")
        if f"D{k}" in masks:  # inverted dropout, before the next layer
            A = scale(1 / layer.keep_prob, multiply(A, masks[f"D{k}"]))
            names.setdefault(A, f"A{k}_kept")
    return A


def _penalty(
    network: Network, parameters: Mapping[str, Expr], lambdas: Mapping[str, Expr], m: Expr, rows: Expr
) -> Expr:
    """Σ_l of the layers' penalties, 0 where there are none."""
    terms: dict[tuple[Fraction, Expr, Expr], list[Expr]] = {}
    for k, layer in enumerate(network.layers, start=1):
        if layer.penalty is None:
            continue
        lambd = lambdas["λ"] if "λ" in lambdas else lambdas[f"λ{k}"]
        per = {"batch": m, "data": rows, "none": number(1)}[layer.penalty.per]
        for name in (f"W{k}", f"b{k}") if layer.penalty.biases else (f"W{k}",):
            for factor, total in layer.penalty.terms(parameters[name], (-2, -1)):
                terms.setdefault((factor, lambd, per), []).append(total)
    return plus(
        *(
            multiply(scale(factor, divide(lambd, per)), plus(*each))
            for (factor, lambd, per), each in terms.items()
        ),
        number(0),
    )
