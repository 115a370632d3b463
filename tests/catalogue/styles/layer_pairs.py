"""Layer pairs: every layer a forward that returns (out, cache) and a backward that takes (dout, cache)."""
import numpy as np


def affine_fwd(x, w, b):
    N = x.shape[0]
    out = x.reshape(N, -1).dot(w) + b
    cache = (x, w, b)
    return out, cache


def affine_bwd(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = np.dot(dout, w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def relu_fwd(x):
    out = np.maximum(x, 0)
    return out, x


def relu_bwd(dout, cache):
    x = cache
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def norm_fwd(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    xc = x - mu
    var = np.mean(xc ** 2, axis=0)
    std = np.sqrt(var + eps)
    xhat = xc / std
    return gamma * xhat + beta, (xhat, xc, std, gamma)


def norm_bwd(dout, cache):
    xhat, xc, std, gamma = cache
    N = dout.shape[0]
    dbeta = dout.sum(axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dstd = -np.sum((dxhat * xc) / (std * std), axis=0)
    dvar = 0.5 * dstd / std
    dxc = dxhat / std
    dxc += (2.0 / N) * xc * dvar
    dmu = np.sum(dxc, axis=0)
    dx = dxc - dmu / N
    return dx, dgamma, dbeta


def softmax_loss(x, y):
    shifted = x - np.max(x, axis=1, keepdims=True)
    Z = np.sum(np.exp(shifted), axis=1, keepdims=True)
    log_probs = shifted - np.log(Z)
    probs = np.exp(log_probs)
    N = x.shape[0]
    loss = -np.sum(log_probs[np.arange(N), y]) / N
    dx = probs.copy()
    dx[np.arange(N), y] -= 1
    dx /= N
    return loss, dx


rs = np.random.RandomState(31)
x0 = rs.randn(7, 2, 3)
y0 = np.array([0, 3, 1, 2, 2, 0, 1])


def net(p):
    h, c1 = affine_fwd(x0, p["w1"], p["b1"])
    h, c2 = norm_fwd(h, p["gamma"], p["beta"])
    h, c3 = relu_fwd(h)
    scores, c4 = affine_fwd(h, p["w2"], p["b2"])
    loss, dscores = softmax_loss(scores, y0)
    dh, dw2, db2 = affine_bwd(dscores, c4)
    dr = relu_bwd(dh, c3)
    dn, dgamma, dbeta = norm_bwd(dr, c2)
    _, dw1, db1 = affine_bwd(dn, c1)
    return loss, {"w1": dw1, "b1": db1, "gamma": dgamma, "beta": dbeta, "w2": dw2, "b2": db2}


def problem():
    p = {
        "w1": rs.randn(6, 5), "b1": rs.randn(5), "gamma": 1 + 0.3 * rs.randn(5), "beta": rs.randn(5),
        "w2": rs.randn(5, 4), "b2": rs.randn(4),
    }
    return {"cost": net, "params": p}


def single_norm():
    """Batch normalisation alone, its output projected on fixed weights."""
    weights = rs.randn(7, 5)

    def loss(p):
        out, _ = norm_fwd(p["x"], p["gamma"], p["beta"])
        return np.sum(out * weights)

    def grads(p):
        _, cache = norm_fwd(p["x"], p["gamma"], p["beta"])
        dx, dgamma, dbeta = norm_bwd(weights, cache)
        return {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}

    p = {"x": 3 * rs.randn(7, 5) + 1, "gamma": rs.randn(5), "beta": rs.randn(5)}
    return {"cost": loss, "grad": grads, "params": p}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="w1 b1, w2 b2, gamma beta")
CASES = style.cases

style.sound("norm_alone", problem="single_norm")
style.wrong(
    "mean_forgotten",
    ("    dx /= N\n", ""),
    blame={"w2": Blame("wrong-factor", factor="N", at="dx[np.arange(N), y] -= 1", alternatives=("missing-term",))},
    inherited="b2 gamma beta w1",
    first_wrong="dx",
)
style.wrong(
    "one_forgotten",
    ("    dx[np.arange(N), y] -= 1\n", ""),
    blame={"w2": Blame("missing-term", at="dx = probs.copy()")},
    inherited="b2 gamma beta w1",
    first_wrong="dx",
)
style.wrong(
    "one_added",
    ("dx[np.arange(N), y] -= 1", "dx[np.arange(N), y] += 1"),
    blame={"w2": Blame("wrong-factor", factor="-1", alternatives=("wrong-operation",))},
    inherited="b2 gamma beta w1",
    first_wrong="dx",
)
style.wrong(
    "mask_forgotten",
    ("    dx[x <= 0] = 0\n", ""),
    blame={"gamma": Blame("missing-derivative", at="dx = dout.copy()", alternatives=("wrong-mask",)),
           "beta": Blame("missing-derivative", at="dx = dout.copy()", alternatives=("wrong-mask", "inherited"))},
    inherited="w1",
    first_wrong="dx",
)
style.wrong(
    "mask_inverted",
    ("dx[x <= 0] = 0", "dx[x > 0] = 0"),
    blame={"gamma": Blame("wrong-mask"), "beta": Blame("wrong-mask", alternatives=("inherited",))},
    inherited="w1",
    first_wrong="dx",
)
style.wrong(
    "norm_mean_path_forgotten",
    ("dx = dxc - dmu / N", "dx = dxc"),
    blame={"w1": "missing-term"},
    inherited="b1",
    first_wrong="dx",
)
style.wrong(
    "norm_variance_path_forgotten",
    ("    dxc += (2.0 / N) * xc * dvar\n", ""),
    blame={"x": Blame("missing-term", at="dxc = dxhat / std")},
    first_wrong="dxc",
    problem="single_norm",
)
style.wrong(
    "norm_two_dropped",
    ("dxc += (2.0 / N) * xc * dvar", "dxc += (1.0 / N) * xc * dvar"),
    blame={"x": Blame("wrong-factor", factor="1/2")},
    problem="single_norm",
)
style.wrong(
    "norm_std_not_squared",
    ("dstd = -np.sum((dxhat * xc) / (std * std), axis=0)", "dstd = -np.sum((dxhat * xc) / std, axis=0)"),
    blame={"x": Blame("wrong-factor", variable="dstd", alternatives=("wrong-operation", "missing-term", "wrong-operand"))},
    first_wrong="dstd",
    problem="single_norm",
)
style.wrong(
    "norm_gamma_with_centred_input",
    ("dgamma = np.sum(dout * xhat, axis=0)", "dgamma = np.sum(dout * xc, axis=0)"),
    blame={"gamma": "wrong-operand"},
    problem="single_norm",
)
style.wrong(
    "norm_beta_over_features",
    ("dbeta = dout.sum(axis=0)", "dbeta = dout.sum(axis=1)"),
    blame={"beta": Blame("wrong-axis", alternatives=("wrong-shape",))},
    problem="single_norm",
)
style.wrong(
    "norm_gamma_for_xhat",
    ("dxhat = dout * gamma", "dxhat = dout"),
    blame={"x": Blame("wrong-factor", variable="dxhat", alternatives=("missing-term", "missing-derivative", "wrong-operand"))},
    first_wrong="dxhat",
    problem="single_norm",
)
style.wrong(
    "bias_averaged",
    ("db = np.sum(dout, axis=0)", "db = np.mean(dout, axis=0)"),
    blame={"b2": Blame("wrong-factor", factor="1/N", alternatives=("wrong-operation",))},
)
