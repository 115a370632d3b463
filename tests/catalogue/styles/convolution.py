"""Convolution and max pooling with four nested loops, then a fully connected softmax layer."""
import numpy as np

PAD, STRIDE = 1, 2


def conv_forward(x, w, b):
    n, c, hh, ww = x.shape
    f, _, kh, kw = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (PAD, PAD), (PAD, PAD)), mode="constant")
    oh = 1 + (hh + 2 * PAD - kh) // STRIDE
    ow = 1 + (ww + 2 * PAD - kw) // STRIDE
    out = np.zeros((n, f, oh, ow))
    for i in range(n):
        for k in range(f):
            for r in range(oh):
                for s in range(ow):
                    window = xp[i, :, r * STRIDE:r * STRIDE + kh, s * STRIDE:s * STRIDE + kw]
                    out[i, k, r, s] = np.sum(window * w[k]) + b[k]
    return out, (xp, w)


def conv_backward(dout, cache):
    xp, w = cache
    n, f, oh, ow = dout.shape
    kh, kw = w.shape[2:]
    dxp = np.zeros(xp.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(f)
    for i in range(n):
        for k in range(f):
            db[k] += dout[i, k].sum()
            for r in range(oh):
                for s in range(ow):
                    top, left = r * STRIDE, s * STRIDE
                    dw[k] += dout[i, k, r, s] * xp[i, :, top:top + kh, left:left + kw]
                    dxp[i, :, top:top + kh, left:left + kw] += dout[i, k, r, s] * w[k]
    dx = dxp[:, :, PAD:-PAD, PAD:-PAD]
    return dx, dw, db


rng = np.random.RandomState(41)
IMAGES = rng.randn(2, 2, 5, 4)
PROJECTION = rng.randn(2, 3, 3, 2)


def cost(p):
    out, _ = conv_forward(p["x"], p["w"], p["b"])
    return 0.5 * np.sum((out - PROJECTION) ** 2)


def grad(p):
    out, cache = conv_forward(p["x"], p["w"], p["b"])
    dout = out - PROJECTION
    dx, dw, db = conv_backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


def problem():
    return {"cost": cost, "grad": grad, "params": {"x": IMAGES, "w": 0.4 * rng.randn(3, 2, 3, 3), "b": rng.randn(3)}}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="w x b")
CASES = style.cases

style.wrong(
    "stride_forgotten",
    ("dw[k] += dout[i, k, r, s] * xp[i, :, top:top + kh, left:left + kw]", "dw[k] += dout[i, k, r, s] * xp[i, :, r:r + kh, s:s + kw]"),
    blame={"w": Blame("wrong-operand", alternatives=("wrong-entries",))},
)
style.wrong(
    "windows_overwritten",
    ("dxp[i, :, top:top + kh, left:left + kw] += dout[i, k, r, s] * w[k]", "dxp[i, :, top:top + kh, left:left + kw] = dout[i, k, r, s] * w[k]"),
    blame={"x": Blame("missing-term", alternatives=("wrong-operation",))},
)
style.wrong(
    "bias_of_the_last_image",
    ("db[k] += dout[i, k].sum()", "db[k] = dout[i, k].sum()"),
    blame={"b": Blame("missing-term", alternatives=("wrong-axis", "wrong-operation"))},
)
style.wrong(
    "padding_kept",
    ("dx = dxp[:, :, PAD:-PAD, PAD:-PAD]", "dx = dxp"),
    blame={"x": "wrong-shape"},
)
style.wrong(
    "filter_of_another_channel",
    ("dout[i, k, r, s] * w[k]\n", "dout[i, k, r, s] * w[0]\n"),
    blame={"x": "wrong-operand"},
)
style.wrong(
    "filter_flipped",
    ("dout[i, k, r, s] * w[k]\n", "dout[i, k, r, s] * w[k, :, ::-1, ::-1]\n"),
    blame={"x": Blame("wrong-operand", alternatives=("transposed", "wrong-operation"))},
)
style.wrong(
    "output_for_residual",
    ("dout = out - PROJECTION", "dout = 2 * (out - PROJECTION)"),
    blame={"w": Blame("wrong-factor", factor="2", variable="dout", alternatives=("inherited",))},
    inherited="x b",
    first_wrong="dout",
    nearby=True,
)
