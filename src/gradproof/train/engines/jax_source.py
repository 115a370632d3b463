"""The code that the JAX engine runs, written from the program's assignments.

What depends on the optimiser's numbers and on t only, such as 1/(1 − β₂ᵗ), is not computed on the device: it
is a NumPy function of its own, in float64, since in float32 1 − β₂ᵗ has lost most of its digits when t is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from gradproof.calculus.blocks import substituted
from gradproof.expr.node import SYMBOL, Expr, postorder, symbol, symbols
from gradproof.train.engines.base import ROWS
from gradproof.train.expression import NetworkExpression, expression
from gradproof.train.network import Network
from gradproof.train.optimizers import Optimizer
from gradproof.train.program import Program, program
from gradproof.train.updates import updates
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_function import FunctionWriter, Options
from gradproof.write.code_module import module_source
from gradproof.write.jax_dialect import JaxDialect

_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")  # β₁ is no name in Python, β1 is


@dataclass(frozen=True, slots=True)
class JaxSource:
    """A module, and the order of its functions' arguments.

    - ``gradients(X, Y[, s], parameters, masks, λ, N)``: the data cost, the penalty, the gradients;
    - ``gradients_without_dropout(X, Y[, s], parameters, λ, N)``: the same, where the network drops;
    - ``update(parameters, gradients, slots, scalars)``: the new parameters and the new slots;
    - ``scalars(t, α, settings)``: what ``update`` needs of these;
    - ``predict(X, parameters)``: the last A.

    Attributes
    ----------
    text : the module
    parameters, slots, masks, lambdas : names in the order of the arguments
    settings : the optimiser's numbers in the order of the arguments of ``scalars``, after t and α
    """

    text: str
    parameters: tuple[str, ...]
    slots: tuple[str, ...]
    masks: tuple[str, ...]
    lambdas: tuple[str, ...]
    settings: tuple[str, ...]


def jax_source(network: Network, optimizer: Optimizer, *, weighted: bool = False) -> JaxSource:
    """Write the training step of one network with one optimiser.

    Examples
    --------
    >>> from gradproof.train.network import dense
    >>> from gradproof.train.optimizers import SGD
    >>> source = jax_source(dense([4, 3], loss="squared_error"), SGD(0.1, momentum=0.9))
    >>> update = source.text.split("def update")[1].split("def predict")[0]
    >>> print("def update" + update.strip())
    def update(W1, b1, dW1, db1, vW1, vb1, μ, α):
        vW1_new = μ * vW1 + dW1  # vW₁_new = μ vW₁ + dW₁
        W1_new = W1 - α * vW1_new  # W₁_new = W₁ − α vW₁_new
        vb1_new = μ * vb1 + db1  # vb₁_new = μ vb₁ + db₁
        b1_new = b1 - α * vb1_new  # b₁_new = b₁ − α vb₁_new
        return W1_new, b1_new, vW1_new, vb1_new
    """
    step = program(expression(network, weighted=weighted, rows=ROWS))
    source = step.source
    leaves = list(source.parameters.values())
    changed = _updates(step, optimizer)
    given = [*leaves, *step.gradients.values(), *changed.slots, *changed.scalars.values()]
    pieces = [
        _gradients(step, "gradients"),
        _Piece("update", changed.new, changed.names, given),
        _Piece("predict", {"A": source.prediction}, {}, [source.X, *leaves]),
    ]
    if network.drops:
        plain = program(expression(network.without_dropout(), weighted=weighted, rows=ROWS))
        pieces.append(_gradients(plain, "gradients_without_dropout"))
    return JaxSource(
        _module(pieces, _scalars(changed.scalars, optimizer)),
        tuple(source.parameters), tuple(s.name for s in changed.slots), tuple(source.masks),
        tuple(source.lambdas), tuple(optimizer.settings),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one function computes."""

    name: str
    exprs: Mapping[str, Expr]
    names: Mapping[Expr, str]
    arguments: Sequence[Expr]

    def written(self, dialect: Dialect) -> str:
        """Its source."""
        options = Options(self.arguments, "values")
        return FunctionWriter(self.exprs, self.names, self.name, dialect, options).source()


def _gradients(step: Program, name: str) -> _Piece:
    """The costs and the gradients, with the names of the variables on the way."""
    values: dict[Expr, Expr] = {}
    names: dict[Expr, str] = {}
    for each in (*step.forward, *step.backward):
        values[each.target] = substituted(each.value, values)
        names.setdefault(values[each.target], each.target.name)
    found = {"data_cost": substituted(step.data_cost, values), "penalty": step.penalty}
    found |= {f"d{parameter}": values[g] for parameter, g in step.gradients.items()}
    return _Piece(name, found, names, _arguments(step.source))


def _arguments(source: NetworkExpression) -> list[Expr]:
    data = [source.X, source.Y, *([] if source.weights is None else [source.weights])]
    return [*data, *source.parameters.values(), *source.masks.values(), *source.lambdas.values(), ROWS]


@dataclass(slots=True)
class _Updates:
    """The new values of parameters and slots.

    Attributes
    ----------
    new : the value of each result, parameters first
    names : names of what is computed on the way
    slots : symbols of the optimiser's state arrays
    scalars : what is computed of the optimiser's numbers alone -> the argument that brings it
    """

    new: dict[str, Expr] = field(default_factory=dict)
    names: dict[Expr, str] = field(default_factory=dict)
    slots: list[Expr] = field(default_factory=list)
    scalars: dict[Expr, Expr] = field(default_factory=dict)


def _updates(step: Program, optimizer: Optimizer) -> _Updates:
    """The assignments of each parameter's update, one put into the next."""
    made, state, changes = _Updates(), dict[str, Expr](), updates(step, optimizer)
    settings = {symbol(name) for name in ("t", "α", *optimizer.settings)}
    for name, leaf in step.source.parameters.items():
        values: dict[Expr, Expr] = {}
        for target, value in changes[name]:
            values[target] = substituted(_without_settings(value, settings, made.scalars), values)
            made.names.setdefault(values[target], f"{target.name}_new")
        made.new[f"{name}_new"] = values[leaf]
        own = [symbol(f"{slot}{name}", leaf.shape) for slot in optimizer.slots]
        made.slots += own
        state |= {f"{slot.name}_new": values[slot] for slot in own}
    made.new |= state
    return made


def _without_settings(value: Expr, settings: Set[Expr], found: dict[Expr, Expr]) -> Expr:
    """The largest parts that depend on settings only replaced by arguments, which are noted in ``found``."""
    order = postorder(value)
    known = {n for n in order if n.shape == () and symbols(n) and set(symbols(n)) <= settings}
    largest = [a for n in order if n not in known for a in n.args if a in known]
    for node in dict.fromkeys(largest):
        if node not in found:
            name = node.name if node.op is SYMBOL else f"k{sum(n.op is not SYMBOL for n in found) + 1}"
            found[node] = symbol(name.translate(_PLAIN))
    return substituted(value, {node: found[node] for node in largest})


def _scalars(found: Mapping[Expr, Expr], optimizer: Optimizer) -> _Piece:
    """The function of t, α and the settings."""
    arguments = {symbol(name): symbol(name.translate(_PLAIN)) for name in ("t", "α", *optimizer.settings)}
    exprs = {argument.name: substituted(node, arguments) for node, argument in found.items()}
    return _Piece("scalars", exprs, {}, list(arguments.values()))


def _module(pieces: Sequence[_Piece], scalars: _Piece) -> str:
    """All functions, with what they import; each is written by a writer of its own."""
    shared, plain, texts = JaxDialect(), Dialect(), list[str]()
    for piece in pieces:
        dialect = JaxDialect()
        texts.append(piece.written(dialect))
        shared.used |= dialect.used
    texts.append(scalars.written(plain))
    return f"{plain.imports}\n{module_source(shared, texts)}\n"
