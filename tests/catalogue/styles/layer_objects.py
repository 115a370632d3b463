"""Layers as objects that remember their input and keep their gradients in attributes."""
import numpy as np


class Layer:
    def params(self):
        return {}


class Dense(Layer):
    def __init__(self, fan_in, fan_out, gen):
        self.W = gen.normal(0, 0.6, (fan_in, fan_out))
        self.b = gen.normal(0, 0.3, (1, fan_out))

    def forward(self, inputs):
        self.inputs = inputs
        return self.inputs @ self.W + self.b

    def backward(self, upstream):
        self.dW = self.inputs.T @ upstream
        self.db = upstream.sum(axis=0, keepdims=True)
        return upstream @ self.W.T


class Elu(Layer):
    def forward(self, inputs):
        self.inputs = inputs
        self.out = np.where(inputs > 0, inputs, np.exp(np.minimum(inputs, 0)) - 1)
        return self.out

    def backward(self, upstream):
        slope = np.where(self.inputs > 0, 1.0, self.out + 1)
        return upstream * slope


class MeanAbsolute:
    def forward(self, guess, truth):
        self.diff = guess - truth
        return np.abs(self.diff).mean()

    def backward(self):
        return np.sign(self.diff) / self.diff.size


class Sequential:
    def __init__(self, *layers, decay=0.02):
        self.layers = layers
        self.criterion = MeanAbsolute()
        self.decay = decay

    def dense(self):
        return [l for l in self.layers if isinstance(l, Dense)]

    def load(self, weights):
        for layer, (W, b) in zip(self.dense(), weights):
            layer.W, layer.b = W, b

    def cost(self, x, truth):
        for layer in self.layers:
            x = layer.forward(x)
        return self.criterion.forward(x, truth) + 0.5 * self.decay * sum((d.W ** 2).sum() for d in self.dense())

    def backward(self):
        upstream = self.criterion.backward()
        for layer in reversed(self.layers):
            upstream = layer.backward(upstream)
        for d in self.dense():
            d.dW = d.dW + self.decay * d.W
        return [(d.dW, d.db) for d in self.dense()]


def problem():
    gen = np.random.default_rng(14)
    net = Sequential(Dense(3, 5, gen), Elu(), Dense(5, 2, gen))
    x, truth = gen.normal(size=(8, 3)), gen.normal(size=(8, 2))

    def value_and_grad(weights):
        net.load(weights)
        value = net.cost(x, truth)
        return value, net.backward()

    return {"cost": value_and_grad, "params": [(d.W, d.b) for d in net.dense()]}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[0][0] [0][1], [1][0] [1][1]")
CASES = style.cases

style.wrong(
    "elu_slope_of_relu",
    ("slope = np.where(self.inputs > 0, 1.0, self.out + 1)", "slope = np.where(self.inputs > 0, 1.0, 0.0)"),
    blame={"[0][0]": Blame("wrong-mask", alternatives=("missing-derivative", "missing-term", "wrong-operation", "wrong-operand"))},
    inherited="[0][1]",
)
style.wrong(
    "elu_one_forgotten",
    ("1.0, self.out + 1)", "1.0, self.out)"),
    blame={"[0][0]": Blame("missing-term", alternatives=("wrong-operand", "wrong-operation", "wrong-mask"))},
    inherited="[0][1]",
)
style.wrong(
    "decay_on_everything",
    ("            d.dW = d.dW + self.decay * d.W\n", "            d.dW = d.dW + self.decay * d.W\n            d.db = d.db + self.decay * d.b\n"),
    blame={"[0][1]": Blame("penalty-on-bias", at="d.db = d.db + self.decay"), "[1][1]": Blame("penalty-on-bias", at="d.db = d.db + self.decay")},
)
style.wrong(
    "decay_forgotten",
    ("            d.dW = d.dW + self.decay * d.W\n", "            pass\n"),
    blame={"[0][0]": Blame("missing-term", at="self.dW = "), "[1][0]": Blame("missing-term", at="self.dW = ")},
    nearby=True,
)
style.wrong(
    "sign_without_mean",
    ("return np.sign(self.diff) / self.diff.size", "return np.sign(self.diff) / len(self.diff)"),
    blame={"[1][0]": Blame("wrong-factor", factor="2")},
    inherited="[1][1] [0][0] [0][1]",
)
style.wrong(
    "square_for_absolute",
    ("return np.sign(self.diff) / self.diff.size", "return 2 * self.diff / self.diff.size"),
    blame={"[1][0]": Blame("wrong-operation", alternatives=("wrong-operand", "missing-derivative", "wrong-factor"))},
    inherited="[1][1] [0][0] [0][1]",
    nearby=True,
)
style.wrong(
    "weights_untransposed_sum",
    ("self.db = upstream.sum(axis=0, keepdims=True)", "self.db = upstream[:1]"),
    blame={"[0][1]": Blame("wrong-axis", alternatives=("missing-term", "wrong-operation", "wrong-operand")),
           "[1][1]": Blame("wrong-axis", alternatives=("missing-term", "wrong-operation", "wrong-operand"))},
)
