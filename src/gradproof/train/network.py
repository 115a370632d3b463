"""A network as data: its layers, its loss and its penalties. What it computes is in :mod:`.expression`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Any

from gradproof.errors import InputError
from gradproof.train.activations import activation, loss
from gradproof.train.penalties import Penalty


@dataclass(frozen=True, slots=True)
class Layer:
    """One dense layer: Z = W A + b, then an activation.

    Attributes
    ----------
    units : rows of W
    activation : of a hidden layer; the last layer's is that of the loss
    penalty : on this layer's W (and b, if it says so), or None
    keep_prob : share of the outputs that inverted dropout keeps; 1 for none
    max_norm : largest Euclidean norm of a row of W, restored after each step; None for none
    """

    units: int
    activation: str = "relu"
    penalty: Penalty | None = None
    keep_prob: float = 1.0
    max_norm: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", _whole(self.units, "a layer of {} units"))
        if not 0 < self.keep_prob <= 1:
            raise InputError(
                f"keep_prob is {self.keep_prob}", fix="give the share that is kept, from above 0 to 1"
            )
        if self.max_norm is not None and not 0 < self.max_norm < inf:
            raise InputError(f"max_norm is {self.max_norm}", fix="give a positive number, or None")
        activation(self.activation)


@dataclass(frozen=True, slots=True)
class Network:
    """A network of dense layers with its cost.

    Examples stand along the columns: X has shape (n_x, m), W[l] (n_l, n_(l−1)), b[l] (n_l, 1), as in the
    course and in the printed equations.

    Attributes
    ----------
    inputs : n_x, the number of features
    layers : the hidden layers and the last one
    loss : ``"cross_entropy"`` with softmax, ``"binary_cross_entropy"`` with a sigmoid, or
        ``"squared_error"``, half the squared distance, with the identity

    Examples
    --------
    >>> from gradproof.train.penalties import L2
    >>> network = dense([64, 32, 10], penalty=L2(0.7))
    >>> network.sizes, network.parameter_shapes["W2"]
    ((64, 32, 10), (10, 32))
    """

    inputs: int
    layers: tuple[Layer, ...]
    loss: str = "cross_entropy"

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", _whole(self.inputs, "a network of {} inputs"))
        if not self.layers:
            raise InputError("a network without layers", fix="give at least the last layer")
        if self.layers[-1].keep_prob != 1:
            raise InputError("dropout on the last layer's output", fix="give it to the hidden layers only")
        loss(self.loss)
        if self.loss == "binary_cross_entropy" and self.layers[-1].units != 1:
            raise InputError(
                f"binary_cross_entropy with {self.layers[-1].units} outputs",
                fix="give the last layer one unit, or use cross_entropy",
            )
        if self.loss == "cross_entropy" and self.layers[-1].units == 1:
            raise InputError(
                "cross_entropy with one output, whose softmax is always 1",
                fix="use binary_cross_entropy, or give the last layer a unit for each class",
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_x, n_1, ..., n_L."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return len(self.layers)

    @property
    def parameter_shapes(self) -> dict[str, tuple[int, int]]:
        """Shape of W1, b1, W2, b2, ..."""
        found: dict[str, tuple[int, int]] = {}
        for k, (below, layer) in enumerate(zip(self.sizes, self.layers, strict=False), start=1):
            found[f"W{k}"] = (layer.units, below)
            found[f"b{k}"] = (layer.units, 1)
        return found

    @property
    def drops(self) -> bool:
        """Whether some layer has dropout."""
        return any(layer.keep_prob < 1 for layer in self.layers)

    def with_penalty(self, penalty: Penalty | None) -> Network:
        """The same network with one penalty on every layer."""
        return replace(self, layers=tuple(replace(layer, penalty=penalty) for layer in self.layers))

    @property
    def lambdas(self) -> dict[str, float]:
        """λ where all penalised layers have one penalty; λ1, λ2, ..., of each layer, otherwise."""
        found = {k: layer.penalty for k, layer in enumerate(self.layers, start=1) if layer.penalty}
        is_one = len(set(found.values())) == 1
        return {"λ" if is_one else f"λ{k}": penalty.lambd for k, penalty in found.items()}

    def with_placeholders(self) -> Network:
        """The network with 1, 2, ... for its different λ, which an engine is given anew for every epoch.

        Networks that differ in λ alone become the same one, so that what is derived from it is derived once.
        """
        numbers: dict[float, float] = {}
        layers = []
        for layer in self.layers:
            penalty = layer.penalty
            if penalty is not None:
                penalty = replace(penalty, lambd=numbers.setdefault(penalty.lambd, len(numbers) + 1.0))
            layers.append(replace(layer, penalty=penalty))
        return replace(self, layers=tuple(layers))

    def without_dropout(self) -> Network:
        """The network as it predicts."""
        return replace(self, layers=tuple(replace(layer, keep_prob=1.0) for layer in self.layers))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, from which :meth:`from_dict` makes the network again."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Network:
        """The network that :meth:`to_dict` described."""
        layers = []
        for each in data["layers"]:
            penalty = Penalty(**each["penalty"]) if each["penalty"] else None
            layers.append(Layer(**{**each, "penalty": penalty}))
        return Network(data["inputs"], tuple(layers), data["loss"])


def dense(
    sizes: Sequence[int],
    *,
    activation: str | Sequence[str] = "relu",
    loss: str = "cross_entropy",
    penalty: Penalty | Sequence[Penalty | None] | None = None,
    keep_prob: float | Sequence[float] = 1.0,
    max_norm: float | None = None,
) -> Network:
    """A network from its sizes.

    Parameters
    ----------
    sizes : n_x, the hidden sizes, n_y
    activation : of the hidden layers, one name or one for each
    loss : see :class:`Network`
    penalty : one for all layers, or one (or None) for each
    keep_prob : of the hidden layers, one number or one for each
    max_norm : of the hidden layers' rows

    Raises
    ------
    InputError
        There are fewer than two sizes, or a list does not have one entry for each layer.
    """
    if len(sizes) < 2:
        raise InputError(f"sizes {list(sizes)}", fix="give at least the inputs and the outputs: [64, 32, 10]")
    hidden, count = len(sizes) - 2, len(sizes) - 1
    names = _each(activation, hidden, "activation")
    kept = _each(keep_prob, hidden, "keep_prob")
    penalties = _each(penalty, count, "penalty")
    layers = [
        Layer(n, names[k], penalties[k], kept[k], max_norm) if k < hidden
        else Layer(n, "identity", penalties[k])
        for k, n in enumerate(sizes[1:])
    ]  # fmt: skip
    return Network(sizes[0], tuple(layers), loss)


def _whole(value: Any, what: str) -> int:
    """A number of units as an int of Python's own."""
    try:
        if int(value) == value >= 1:
            return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(what.format(value), fix="give a whole number from 1 on")


def _each(given: Any, count: int, what: str) -> list[Any]:
    """One value for each layer."""
    if not isinstance(given, list | tuple):
        return [given] * count
    if len(given) != count:
        raise InputError(
            f"{len(given)} values of {what} for {count} layers", fix="give one for each, or one for all"
        )
    return list(given)
