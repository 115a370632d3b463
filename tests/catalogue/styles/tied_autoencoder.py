"""A denoising autoencoder with tied weights: W is used twice, so its gradient has two parts."""
import numpy as np


class Autoencoder:
    def __init__(self, n_visible=5, n_hidden=3):
        self.rs = np.random.RandomState(3)
        self.W = self.rs.uniform(-1, 1, (n_visible, n_hidden))
        self.hbias = self.rs.uniform(-1, 1, n_hidden)
        self.vbias = self.rs.uniform(-1, 1, n_visible)

    def sigmoid(self, v):
        return 1. / (1. + np.exp(-v))

    def encode(self, x):
        return self.sigmoid(np.dot(x, self.W) + self.hbias)

    def decode(self, h):
        return self.sigmoid(np.dot(h, self.W.T) + self.vbias)

    def reconstruction_cost(self, x):
        z = self.decode(self.encode(x))
        return -np.mean(np.sum(x * np.log(z) + (1 - x) * np.log(1 - z), axis=1))

    def gradients(self, x):
        h = self.encode(x)
        z = self.decode(h)
        L_h2 = (z - x) / x.shape[0]
        L_h1 = np.dot(L_h2, self.W) * h * (1 - h)
        L_W = np.dot(x.T, L_h1) + np.dot(L_h2.T, h)
        L_hbias = np.sum(L_h1, axis=0)
        L_vbias = np.sum(L_h2, axis=0)
        return L_W, L_hbias, L_vbias


def problem():
    ae = Autoencoder()
    x = ae.rs.rand(7, 5)

    def assign(theta):
        ae.W, ae.hbias, ae.vbias = theta

    def cost(theta):
        assign(theta)
        return ae.reconstruction_cost(x)

    def grad(theta):
        assign(theta)
        return ae.gradients(x)

    return {"cost": cost, "grad": grad, "params": (ae.W, ae.hbias, ae.vbias)}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[0] [1] [2]")
CASES = style.cases

style.wrong(
    "decoder_part_forgotten",
    ("L_W = np.dot(x.T, L_h1) + np.dot(L_h2.T, h)", "L_W = np.dot(x.T, L_h1)"),
    blame={"[0]": "missing-term"},
)
style.wrong(
    "encoder_part_forgotten",
    ("L_W = np.dot(x.T, L_h1) + np.dot(L_h2.T, h)", "L_W = np.dot(L_h2.T, h)"),
    blame={"[0]": "missing-term"},
)
style.wrong(
    "encoder_part_subtracted",
    ("L_W = np.dot(x.T, L_h1) + np.dot(L_h2.T, h)", "L_W = np.dot(L_h2.T, h) - np.dot(x.T, L_h1)"),
    blame={"[0]": Blame("wrong-factor", factor="-1")},
)
style.wrong(
    "input_for_reconstruction",
    ("np.dot(x.T, L_h1) + np.dot(L_h2.T, h)", "np.dot(z.T, L_h1) + np.dot(L_h2.T, h)"),
    blame={"[0]": "wrong-operand"},
)
style.wrong(
    "reconstruction_sign",
    ("L_h2 = (z - x) / x.shape[0]", "L_h2 = (x - z) / x.shape[0]"),
    blame={"[0]": Blame("wrong-factor", factor="-1", variable="L_h2", alternatives=("inherited",))},
    inherited="[1] [2]",
    first_wrong="L_h2",
)
style.wrong(
    "hidden_derivative_of_the_output",
    ("L_h1 = np.dot(L_h2, self.W) * h * (1 - h)", "L_h1 = np.dot(L_h2, self.W) * h * (1 + h)"),
    blame={"[0]": Blame("wrong-factor", variable="L_h1", alternatives=("wrong-operation", "inherited"))},
    inherited="[1]",
    first_wrong="L_h1",
)
style.wrong(
    "biases_swapped",
    ("return L_W, L_hbias, L_vbias", "return L_W, L_vbias, L_hbias"),
    blame={k: Blame("wrong-shape", at="*", alternatives=("wrong-operand",)) for k in ("[1]", "[2]")},
)
