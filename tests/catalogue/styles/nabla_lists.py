"""Lists of weights and biases, one sample at a time as a column, negative indices, a mini batch summed up."""
import numpy as np


class Network(object):

    def __init__(self, sizes, seed):
        gen = np.random.RandomState(seed)
        self.num_layers = len(sizes)
        self.biases = [gen.randn(k, 1) for k in sizes[1:]]
        self.weights = [gen.randn(k, j) / np.sqrt(j) for j, k in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = squash(np.dot(w, a) + b)
        return a

    def total_cost(self, batch, lmbda):
        cost = 0.0
        for x, y in batch:
            a = self.feedforward(x)
            cost += 0.5 * np.linalg.norm(a - y) ** 2 / len(batch)
        cost += 0.5 * (lmbda / len(batch)) * sum(np.linalg.norm(w) ** 2 for w in self.weights)
        return cost

    def batch_gradient(self, batch, lmbda):
        sum_b = [np.zeros(b.shape) for b in self.biases]
        sum_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in batch:
            nabla_b, nabla_w = self.one_sample(x, y)
            sum_b = [s + d for s, d in zip(sum_b, nabla_b)]
            sum_w = [s + d for s, d in zip(sum_w, nabla_w)]
        grad_b = [s / len(batch) for s in sum_b]
        grad_w = [(s + lmbda * w) / len(batch) for s, w in zip(sum_w, self.weights)]
        return grad_b, grad_w

    def one_sample(self, x, y):
        nabla_b = [None] * len(self.biases)
        nabla_w = [None] * len(self.weights)
        activation, activations, zs = x, [x], []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = squash(z)
            activations.append(activation)
        delta = (activations[-1] - y) * squash_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            sp = squash_prime(zs[-l])
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return nabla_b, nabla_w


def squash(z):
    return 1.0 / (1.0 + np.exp(-z))


def squash_prime(z):
    return squash(z) * (1 - squash(z))


def problem():
    net = Network([3, 5, 4, 2], 23)
    gen = np.random.RandomState(24)
    batch = [(gen.randn(3, 1), gen.rand(2, 1)) for _ in range(6)]

    def cost(theta):
        net.biases, net.weights = theta
        return net.total_cost(batch, 0.9)

    def grad(theta):
        net.biases, net.weights = theta
        return net.batch_gradient(batch, 0.9)

    return {"cost": cost, "grad": grad, "params": (net.biases, net.weights)}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[0][0] [1][0], [0][1] [1][1], [0][2] [1][2]")
CASES = style.cases

style.wrong(
    "penalty_not_averaged",
    ("grad_w = [(s + lmbda * w) / len(batch)", "grad_w = [s / len(batch) + lmbda * w"),
    blame={f"[1][{k}]": Blame("wrong-factor", factor="6|m") for k in range(3)},
    nearby=True,
)
style.wrong(
    "output_prime_forgotten",
    ("delta = (activations[-1] - y) * squash_prime(zs[-1])", "delta = activations[-1] - y"),
    blame={"[1][2]": Blame("missing-derivative", variable="delta", alternatives=("inherited",))},
    inherited="[0][0] [0][1] [0][2] [1][0] [1][1]",
    first_wrong="delta",
)
style.wrong(
    "prime_of_the_next_layer_up",
    ("sp = squash_prime(zs[-l])", "sp = squash_prime(self.biases[-l])"),
    blame={"[1][1]": Blame("wrong-operand", alternatives=("inherited", "missing-derivative"))},
    inherited="[0][0] [0][1] [1][0]",
)
style.wrong(
    "batch_overwritten",
    ("sum_w = [s + d for s, d in zip(sum_w, nabla_w)]", "sum_w = [d for s, d in zip(sum_w, nabla_w)]"),
    blame={f"[1][{k}]": Blame("missing-term", alternatives=("wrong-operation",)) for k in range(3)},
)
style.wrong(
    "mean_of_biases_forgotten",
    ("grad_b = [s / len(batch) for s in sum_b]", "grad_b = [s for s in sum_b]"),
    blame={f"[0][{k}]": Blame("wrong-factor", factor="6|m") for k in range(3)},
)
style.wrong(
    "hidden_delta_forgets_prime",
    ("delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp", "delta = np.dot(self.weights[-l + 1].transpose(), delta)"),
    blame={"[1][1]": Blame("missing-derivative", variable="delta", alternatives=("inherited",))},
    inherited="[0][0] [0][1] [1][0]",
    first_wrong="delta",
)
style.wrong(
    "norm_not_squared_in_the_cost",
    ("0.5 * np.linalg.norm(a - y) ** 2 / len(batch)", "0.5 * np.linalg.norm(a - y) / len(batch)"),
    blame={"[1][2]": Blame("wrong-factor", at="*", alternatives=("wrong-operation", "missing-term", "unexplained"))},
    inherited="[0][0] [0][1] [0][2] [1][0] [1][1]",
)
