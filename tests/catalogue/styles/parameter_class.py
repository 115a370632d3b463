"""A class with self.params and loss(X, y) -> (loss, grads)."""
import numpy as np


class TwoLayerNet(object):
    """input - dense - leaky relu - dense - softmax"""

    def __init__(self, n_in, n_hid, n_out, reg=0.0, slope=0.1, seed=0):
        gen = np.random.RandomState(seed)
        self.params = {}
        self.reg = reg
        self.slope = slope
        self.params['W1'] = 0.7 * gen.standard_normal((n_in, n_hid))
        self.params['b1'] = 0.2 * gen.standard_normal(n_hid)
        self.params['W2'] = 0.7 * gen.standard_normal((n_hid, n_out))
        self.params['b2'] = 0.2 * gen.standard_normal(n_out)

    def loss(self, X, y=None):
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        num = X.shape[0]

        pre = X.dot(W1) + b1
        hid = np.where(pre > 0, pre, self.slope * pre)
        scores = hid.dot(W2) + b2
        if y is None:
            return scores

        scores = scores - scores.max(axis=1)[:, np.newaxis]
        exps = np.exp(scores)
        probs = exps / exps.sum(axis=1)[:, None]
        loss = -np.log(probs[np.arange(num), y]).mean()
        loss += 0.5 * self.reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))

        grads = {}
        onehot = np.zeros_like(probs)
        onehot[np.arange(num), y] = 1
        dscores = (probs - onehot) / num
        grads['W2'] = hid.T.dot(dscores) + self.reg * W2
        grads['b2'] = dscores.sum(axis=0)
        dhid = dscores.dot(W2.T)
        dpre = dhid * np.where(pre > 0, 1.0, self.slope)
        grads['W1'] = X.T.dot(dpre) + self.reg * W1
        grads['b1'] = dpre.sum(axis=0)
        return loss, grads


def problem():
    model = TwoLayerNet(4, 6, 3, reg=0.35, seed=21)
    gen = np.random.RandomState(22)
    X, y = gen.randn(10, 4), gen.randint(0, 3, 10)

    def f(params):
        model.params = params
        return model.loss(X, y)

    return {"cost": f, "params": model.params}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="W1 b1, W2 b2")
CASES = style.cases

style.wrong(
    "slope_forgotten",
    ("dpre = dhid * np.where(pre > 0, 1.0, self.slope)", "dpre = dhid * (pre > 0)"),
    blame={"W1": Blame("wrong-mask", variable="dpre", alternatives=("missing-derivative", "missing-term", "wrong-operation"))},
    inherited="b1",
    first_wrong="dpre",
)
style.wrong(
    "mask_of_input_swapped",
    ("np.where(pre > 0, 1.0, self.slope)", "np.where(pre > 0, self.slope, 1.0)"),
    blame={"W1": Blame("wrong-mask", variable="dpre", alternatives=("wrong-operand", "wrong-operation"))},
    inherited="b1",
    first_wrong="dpre",
)
style.wrong(
    "penalty_of_the_other_square",
    ("+ self.reg * W2", "+ self.reg * W2 ** 2"),
    blame={"W2": Blame("wrong-operation", alternatives=("wrong-operand",))},
)
style.wrong(
    "norm_for_penalty",
    ("+ self.reg * W1", "+ self.reg * np.linalg.norm(W1)"),
    blame={"W1": Blame("wrong-operation", alternatives=("sum-for-matrix",))},
)
style.wrong(
    "bias_penalised",
    ("grads['b2'] = dscores.sum(axis=0)", "grads['b2'] = dscores.sum(axis=0) + self.reg * b2"),
    blame={"b2": "penalty-on-bias"},
)
style.wrong(
    "gradient_of_logits",
    ("dscores = (probs - onehot) / num", "dscores = -onehot / probs / num"),
    blame={"W2": Blame("missing-derivative", variable="dscores", alternatives=("wrong-operation", "wrong-operand", "missing-term"))},
    inherited="b2 W1 b1",
    first_wrong="dscores",
)
style.wrong(
    "none_returned",
    ("grads['b1'] = dpre.sum(axis=0)", "grads['b1'] = None"),
    blame={"b1": Blame("missing-parameter", at="*")},
)
style.wrong(
    "not_a_number",
    ("grads['b2'] = dscores.sum(axis=0)", "grads['b2'] = dscores.sum(axis=0) / (probs - probs).sum(axis=0)"),
    blame={"b2": "not-a-number"},
)
style.wrong(
    "all_penalties_dropped",
    ("+ self.reg * W2", ""),
    ("+ self.reg * W1", ""),
    blame={"W1": Blame("missing-term", at="grads['W1'] ="), "W2": Blame("missing-term", at="grads['W2'] =")},
    nearby=True,
)
