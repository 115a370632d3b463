"""Optimisers: one paragraph each, its update as equations that engines run and :func:`equations` prints.

An update is written entrywise: w the parameter, g its gradient, α the learning rate, t the number of this
step. State arrays begin at 0. To add an optimiser, copy a paragraph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf

from gradproof.errors import InputError
from gradproof.expr.broadcast import minus, multiply, negate, plus, scale
from gradproof.expr.elementwise import divide, power, sqrt, square
from gradproof.expr.node import Expr, number, symbol

Scalars = Mapping[str, Expr]
State = Mapping[str, Expr]
Update = dict[str, Expr]  # of each state array and of "w", in the order of computation


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A rule that changes the parameters along their gradients.

    Attributes
    ----------
    name : the field's name
    learning_rate : α
    settings : the other numbers, by their symbols
    slots : names of the state arrays
    update : callable ``(w, g, state, scalars) -> {slot or "w": new value}``, assignments in this order: a
        slot that was assigned has its new value from then on. Scalars are ``α``, ``t`` and the settings.
    decays : whether the setting ``ω`` is a weight decay, which applies to W only, unless ``decays_biases``
    decays_biases : whether the biases decay as well, as PyTorch has it unless told otherwise
    source : where the rule comes from
    """

    name: str
    learning_rate: float
    settings: Mapping[str, float]
    slots: tuple[str, ...]
    update: Callable[[Expr, Expr, State, Scalars], Update]
    decays: bool = False
    decays_biases: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < inf:
            raise InputError(f"the learning rate is {self.learning_rate}", fix="give a positive number")
        for name, sign in (("epsilon", "ε"), ("weight_decay", "ω")):
            if not 0 <= self.settings.get(sign, 0.0) < inf:
                raise InputError(f"{name} is {self.settings[sign]}", fix="give a number that is at least 0")

    @property
    def key(self) -> tuple[tuple[Expr, Expr], ...]:
        """The equations for a W and for a b: optimisers that differ in numbers alone have the same."""
        pairs = ((symbol(n, ("n",)), symbol(f"d{n}", ("n",))) for n in ("W", "b"))
        return tuple(equation for w, g in pairs for equation in self.equations(w, g))

    def equations(self, parameter: Expr, gradient: Expr) -> list[tuple[Expr, Expr]]:
        """The update of one parameter: each symbol that is assigned, and its new value."""
        state = {slot: symbol(f"{slot}{parameter.name}", parameter.shape) for slot in self.slots}
        settings = dict(self.settings)
        if self.decays and parameter.name.startswith("b") and not self.decays_biases:
            settings["ω"] = 0.0
        scalars = {name: symbol(name) for name in ("α", "t", *settings) if settings.get(name) != 0}
        scalars |= {name: number(0) for name, value in settings.items() if value == 0}
        targets = {**state, "w": parameter}
        return [(targets[k], v) for k, v in self.update(parameter, gradient, state, scalars).items()]


def SGD(learning_rate: float = 0.1, *, momentum: float = 0.0, nesterov: bool = False) -> Optimizer:
    """v = μ v + g, w = w − α v; with Nesterov's look ahead, w = w − α (g + μ v). Without either w = w − α g.

    At a constant learning rate this is PyTorch's and scikit-learn's.
    """
    _share("momentum", momentum)
    if nesterov and not momentum:
        raise InputError("Nesterov's method without momentum", fix="give momentum=0.9, say")

    slots = ("v",) if momentum else ()
    name = "nesterov" if nesterov else "momentum" if momentum else "sgd"
    update = partial(_sgd_update, momentum=bool(momentum), nesterov=nesterov)
    return Optimizer(
        name, learning_rate, {"μ": momentum} if momentum else {}, slots, update,
        source="Polyak 1964; Nesterov 1983; Sutskever, Martens, Dahl and Hinton, ICML 2013",
    )  # fmt: skip


def _sgd_update(
    w: Expr, g: Expr, state: State, scalars: Scalars, *, momentum: bool, nesterov: bool
) -> Update:
    if not momentum:
        return {"w": minus(w, scale(scalars["α"], g))}
    v = state["v"]
    along = plus(g, scale(scalars["μ"], v)) if nesterov else v
    return {"v": plus(scale(scalars["μ"], v), g), "w": minus(w, scale(scalars["α"], along))}


def RMSprop(learning_rate: float = 1e-3, *, decay: float = 0.9, epsilon: float = 1e-8) -> Optimizer:
    """s = ρ s + (1 − ρ) g², w = w − α g / (√s + ε)."""
    _share("decay", decay)
    return Optimizer(
        "rmsprop", learning_rate, {"ρ": decay, "ε": epsilon}, ("s",), _rmsprop_update,
        source="Tieleman and Hinton, lecture 6.5, 2012",
    )  # fmt: skip


def _rmsprop_update(w: Expr, g: Expr, state: State, scalars: Scalars) -> Update:
    s = state["s"]
    step = scale(scalars["α"], divide(g, plus(sqrt(s), scalars["ε"])))
    return {"s": _averaged(scalars["ρ"], s, square(g)), "w": minus(w, step)}


def Adam(
    learning_rate: float = 1e-3, *, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
    epsilon_hat: bool = False,
) -> Optimizer:  # fmt: skip
    """v = β₁ v + (1 − β₁) g, s = β₂ s + (1 − β₂) g², w = w − α v̂ / (√ŝ + ε).

    v̂ = v/(1 − β₁ᵗ) and ŝ = s/(1 − β₂ᵗ). With ``epsilon_hat`` ε is added to √s instead of √ŝ, as scikit-learn
    and TensorFlow do: w = w − α √(1 − β₂ᵗ)/(1 − β₁ᵗ) v / (√s + ε).
    """
    return _adam("adam", learning_rate, beta1, beta2, epsilon, epsilon_hat, None)


def AdamW(
    learning_rate: float = 1e-3, *, weight_decay: float = 0.01, beta1: float = 0.9, beta2: float = 0.999,
    epsilon: float = 1e-8, biases: bool = False,
) -> Optimizer:  # fmt: skip
    """Adam with decoupled weight decay: before the step, w = (1 − α ω) w.

    The decay is no part of the cost, and ω is no λ: see ``gradproof translate``.
    """
    return _adam("adamw", learning_rate, beta1, beta2, epsilon, False, weight_decay, biases)


def _adam(
    name: str, learning_rate: float, beta1: float, beta2: float, epsilon: float, hat: bool,
    weight_decay: float | None, biases: bool = False,
) -> Optimizer:  # fmt: skip
    _share("beta1", beta1)
    _share("beta2", beta2)
    settings = {"β₁": beta1, "β₂": beta2, "ε": epsilon}
    if weight_decay is not None:
        settings["ω"] = weight_decay
    source = "Kingma and Ba, ICLR 2015"
    return Optimizer(
        name, learning_rate, settings, ("v", "s"), partial(_adam_update, hat=hat),
        weight_decay is not None, biases,
        f"{source}; Loshchilov and Hutter, ICLR 2019" if weight_decay is not None else source,
    )  # fmt: skip


def _adam_update(w: Expr, g: Expr, state: State, scalars: Scalars, *, hat: bool) -> Update:
    one, t = number(1), scalars["t"]
    v, s = state["v"], state["s"]
    first = minus(one, power(scalars["β₁"], t))
    second = minus(one, power(scalars["β₂"], t))
    if hat:
        rate = divide(multiply(scalars["α"], sqrt(second)), first)
        step = scale(rate, divide(v, plus(sqrt(s), scalars["ε"])))
    else:
        root = scale(divide(one, sqrt(second)), sqrt(s))
        step = scale(divide(scalars["α"], first), divide(v, plus(root, scalars["ε"])))
    if "ω" in scalars:
        w = scale(minus(one, multiply(scalars["α"], scalars["ω"])), w)
    averaged = {
        "v": _averaged(scalars["β₁"], v, g),
        "s": _averaged(scalars["β₂"], s, square(g)),
    }
    return {**averaged, "w": minus(w, step)}


def _averaged(rate: Expr, old: Expr, new: Expr) -> Expr:
    """ρ old + (1 − ρ) new."""
    return plus(scale(rate, old), scale(plus(number(1), negate(rate)), new))


def _share(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise InputError(f"{name} is {value}", fix="give a number from 0 to below 1")
