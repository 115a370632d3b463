# ruff: noqa: E501, E741, UP031, ICN001
"""More ways to write costs: layers, caches, alphabets of indexing, stray Python."""

import functools
import itertools
import operator
from collections import OrderedDict, defaultdict, namedtuple
from functools import reduce, wraps

import numpy as np
from scipy.special import expit, gammaln, log_softmax, logsumexp
from scipy.special import softmax as sp_softmax
from tests.read.styles import NET, STYLES, W0, X, Y, t01, w0, y

R = np.random.default_rng(11)
MORE = {}
RNG = np.random.default_rng(5)
IMAGES = R.standard_normal((2, 2, 5, 5))
FILTERS = {"W": R.standard_normal((3, 2, 3, 3)) * 0.4, "b": R.standard_normal((3, 1)) * 0.1}
SEQUENCE, TARGETS = [0, 2, 1, 3], [2, 1, 3, 0]
CHAR = {
    "Wxh": R.standard_normal((5, 4)) * 0.4, "Whh": R.standard_normal((5, 5)) * 0.4, "Why": R.standard_normal((4, 5)) * 0.4,
    "bh": np.zeros((5, 1)), "by": np.zeros((4, 1)),
}  # fmt: skip
LSTM = {"W": R.standard_normal((4 + 3, 12)) * 0.4, "b": np.zeros(12)}
ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: z * (z > 0), "sigmoid": expit}
rho, beta = 0.1, 3
Pair = namedtuple("Pair", "W b")


def more(params):
    def enter(function):
        MORE[function.__name__] = (function, params)
        return function

    return enter


@more(CHAR)
def character_rnn(p):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(np.zeros((5, 1)))
    loss = 0
    for t in range(len(SEQUENCE)):
        xs[t] = np.zeros((4, 1))
        xs[t][SEQUENCE[t]] = 1
        hs[t] = np.tanh(np.dot(p["Wxh"], xs[t]) + np.dot(p["Whh"], hs[t - 1]) + p["bh"])
        ys[t] = np.dot(p["Why"], hs[t]) + p["by"]
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][TARGETS[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(p["Wxh"]), np.zeros_like(p["Whh"]), np.zeros_like(p["Why"])
    dbh, dby = np.zeros_like(p["bh"]), np.zeros_like(p["by"])
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(SEQUENCE))):
        dy = np.copy(ps[t])
        dy[TARGETS[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(p["Why"].T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(p["Whh"].T, dhraw)
    for dparam in [dWxh, dWhh, dWhy, dbh, dby]:
        np.clip(dparam, -5, 5, out=dparam)
    return loss, {"Wxh": dWxh, "Whh": dWhh, "Why": dWhy, "bh": dbh, "by": dby}


@more(LSTM)
def lstm(p):
    h, c = np.zeros((2, 3)), np.zeros((2, 3))
    outputs = []
    for x in np.split(X[:, :4].reshape(3, 2, 4), 3):
        z = np.hstack([x[0], h]) @ p["W"] + p["b"]
        i, f, o, g = np.hsplit(z, 4)
        c = expit(f) * c + expit(i) * np.tanh(g)
        h = expit(o) * np.tanh(c)
        outputs.append(h)
    return np.mean(np.stack(outputs, axis=1) ** 2)


def im2col_indices(shape, fh, fw):
    _, C, H, W = shape
    oh, ow = H - fh + 1, W - fw + 1
    i0 = np.tile(np.repeat(np.arange(fh), fw), C)
    i1 = np.repeat(np.arange(oh), ow)
    j0 = np.tile(np.arange(fw), fh * C)
    j1 = np.tile(np.arange(ow), oh)
    i = i0.reshape(-1, 1) + i1.reshape(1, -1)
    j = j0.reshape(-1, 1) + j1.reshape(1, -1)
    k = np.repeat(np.arange(C), fh * fw).reshape(-1, 1)
    return k.astype(int), i.astype(int), j.astype(int)


@more(FILTERS)
def im2col_convolution(p):
    k, i, j = im2col_indices(IMAGES.shape, 3, 3)
    cols = IMAGES[:, k, i, j].transpose(1, 2, 0).reshape(18, -1)
    out = p["W"].reshape(3, -1) @ cols + p["b"]
    out = out.reshape(3, 3, 3, 2).transpose(3, 0, 1, 2)
    dcols = p["W"].reshape(3, -1).T @ out.transpose(1, 2, 3, 0).reshape(3, -1)
    dx = np.zeros(IMAGES.shape, dtype=IMAGES.dtype)
    np.add.at(dx, (slice(None), k, i, j), dcols.reshape(18, -1, 2).transpose(2, 0, 1))
    return np.sum(out**2) + np.sum(dx * IMAGES)


@more(FILTERS)
def strided_convolution(p):
    n, c, _h, _w = IMAGES.shape
    s = IMAGES.strides
    windows = np.lib.stride_tricks.as_strided(
        IMAGES, (n, c, 3, 3, 3, 3), (s[0], s[1], s[2], s[3], s[2], s[3])
    )
    again = np.lib.stride_tricks.sliding_window_view(IMAGES, (3, 3), axis=(2, 3))
    out = np.einsum("ncijuv,fcuv->nfij", windows, p["W"]) + p["b"][None, :, :, None]
    other = np.tensordot(again, p["W"], axes=((1, 4, 5), (1, 2, 3)))
    return np.maximum(out, 0).sum() + (other**2).sum()


@more(W0)
def svm_with_gradient_loops(W):
    dW = np.zeros(W.shape)
    num_classes, num_train = W.shape[1], X.shape[0]
    loss = 0.0
    for _i, (x_i, y_i) in enumerate(zip(X, y, strict=False)):
        scores = x_i.dot(W)
        correct = scores[y_i]
        for j in range(num_classes):
            if j == y_i:
                continue
            margin = scores[j] - correct + 1
            if margin > 0:
                loss += margin
                dW[:, j] += x_i
                dW[:, y_i] -= x_i
    loss /= num_train
    dW /= num_train
    return loss + 0.1 * np.sum(W * W), dW + 0.2 * W


@more(W0)
def svm_masked_gradient(W):
    N = X.shape[0]
    scores = np.dot(X, W)
    margins = np.maximum(scores - np.array([scores[np.arange(N), y]]).T + 1.0, 0)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    margins[margins > 0] = 1
    margins[np.arange(N), y] = -np.sum(margins, axis=1)
    return loss, X.T.dot(margins) / N


def logged(function):
    @wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@logged
def activation(z, kind="tanh"):
    return ACTIVATIONS[kind](z)


@functools.cache
def constant_table(n):
    return np.arange(n) / n


@more(w0)
def decorated_helpers(w):
    a = activation(X * w)
    b = activation(X @ w, kind="relu")
    c = activation(w, "sigmoid")
    return a.sum() + (b**2).sum() + np.dot(c, constant_table(4))


class Dense:
    initial_scale = 0.5
    __slots__ = ("W", "b", "x", "z")

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        self.z = np.dot(x, self.W) + self.b
        return self._act(self.z) * self.initial_scale

    @staticmethod
    def _act(z):
        return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


class Model:
    def __init__(self):
        self.layers = [Dense(NET["W1"].copy(), NET["b1"].copy()), Dense(NET["W2"].copy(), NET["b2"].copy())]
        self.lmbda = 0.01
        self.history = defaultdict(list)

    @property
    def weights(self):
        return [layer.W for layer in self.layers]

    def set_params(self, p):
        for k, layer in enumerate(self.layers):
            layer.W, layer.b = p["W%d" % (k + 1)], p[f"b{k + 1}"]

    def cost(self, p):
        self.set_params(p)
        a = X
        for layer in self.layers:
            a = layer.forward(a)
        loss = ((a - Y) ** 2).sum() / (2 * len(X)) + self.lmbda * sum(np.sum(W**2) for W in self.weights)
        self.history["loss"].append(loss)
        return loss


MODEL = Model()
MORE["model_with_layers"] = (MODEL.cost, NET)
MORE["callable_object"] = (
    type("Callable", (), {"scale": 2.0, "__call__": lambda self, w: self.scale * np.sum(w**3)})(),
    w0,
)


@more(OrderedDict(NET))
def dictionary_iteration(p):
    penalty = 0
    for name, value in p.items():
        if name.startswith("W"):
            penalty += np.sum(np.square(value))
    L = len(p) // 2
    A = X
    for l in range(1, L):
        A = np.tanh(np.dot(A, p["W" + str(l)]) + p["b" + str(l)])
    AL = A.dot(p["W" + str(L)]) + p["b" + str(L)]
    m = AL.shape[0]
    return (
        (1.0 / m) * np.sum((AL - Y) ** 2)
        + penalty * (beta / (2 * m))
        + max(float(np.sum(v)) for v in p.values())
    )


@more(NET)
def sparse_autoencoder(p):
    a = expit(X @ p["W1"] + p["b1"])
    rho_hat = np.mean(a, axis=0)
    kl = rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))
    return beta * kl.sum() + 0.5 * np.linalg.norm(a @ p["W2"] + p["b2"] - Y) ** 2 / X.shape[0]


@more(W0)
def scipy_functions(W):
    z = X @ W
    return (
        logsumexp(z, axis=1).sum() + np.sum(sp_softmax(z, axis=1)[:, 0]) - log_softmax(z, axis=1)[np.arange(6), y].mean()
        + gammaln(np.exp(W)).sum() + logsumexp(z) + logsumexp(z, axis=0, keepdims=True)[0, 1]
    )  # fmt: skip


@more(w0)
def functional_python(w):
    a = reduce(operator.add, (v**2 for v in w))
    b = reduce(np.dot, [X.T, X, w]).sum()
    c = functools.partial(np.sum, axis=0)(X * w)[1]
    d = sum(w[i] * w[j] for i, j in itertools.product(range(4), repeat=2) if i != j)
    e = np.sum([v**3 for v in w]) + np.mean([w.sum(), w[0]]) + np.max([w[0], w[1], 0.1])
    f = np.dot([w[0], w[1]], [w[2], 2.0]) + np.array(list(w)).sum()
    return a + b + c + d + e + f


@more(w0)
def local_imports(w):
    import math

    import numpy as numpy_again
    from numpy.linalg import norm as length
    from scipy.special import expit as logistic

    out = numpy_again.zeros(4)
    for k in range(4):
        out[k] = logistic(w[k]) * math.exp(w[k])
    return numpy_again.sum(out) + length(out)


@more(w0)
def parameter_changed_in_place(w):
    w *= 2
    w[0] += 1
    w -= w.mean()
    return np.sum(w**4)


@more({"p": Pair(W0, w0), "extra": [np.float64(0.3), 0.7, (1.5,)]})
def nested_structures(p):
    W, w = p["p"]
    return (
        np.sum(W.T @ w) * p["extra"][0] + p["p"].b.sum() ** p["extra"][2][0] ** 2
        if w.sum() > 0
        else np.sum(W * p["extra"][0]) ** 2 + p["extra"][2][0] * np.sum(w)
    )


@more(w0)
def three_dimensions(w):
    a = np.zeros((2, 3, 4))
    a[..., 0] = w[:3]
    a[:, 1, ::-1] = w
    a[1, :, 1:3] += w[2:]
    a[0][1][2] = w[0] * 5
    b = a[:, :, None, ::2]
    c = a.swapaxes(0, 2)
    c[3, 0] = w[3]
    d = a.reshape(6, 4)
    d[1] *= w
    e = a[::-1, 1:]
    e[0, 0, 3] = w[1] ** 2
    return (a**2).sum() + b.sum() + c[1].sum() ** 2 + np.moveaxis(a, 0, -1)[0, :, 1].prod()


@more(w0)
def integers_and_masks(w):
    counts = np.zeros(3, dtype=int)
    for label in y:
        counts[label] += 1
    onehot = np.zeros((6, 3))
    onehot[np.arange(6), y.astype(int)] = 1
    mask = (X[:, 0] > 0) & (t01 == 1) | ~(X[:, 1] < 0.5)
    z = X @ w
    idx = np.where(mask)[0]
    return (
        z[mask].sum()
        + z[idx].prod()
        + (z * mask).sum()
        + (onehot.T @ z / counts).sum()
        + z[~mask].sum() ** 2
        + z[y == 1].mean()
        + np.sum(z[np.nonzero(t01)])
    )


@more(w0)
def nonlocal_accumulator(w):
    total = 0.0

    def add(v):
        nonlocal total
        total += v**2

    for v in w:
        add(v)
    return total


@more(w0)
def generators_and_noise(w):
    noise = RNG.standard_normal(4)
    keep = RNG.random(4) < 0.5
    order = np.random.RandomState(3).permutation(4)
    batch = X[np.random.RandomState(1).choice(6, 3, replace=False)]
    return np.sum((w + 0 * noise) ** 2) + 0 * np.sum(w * keep) + w[order][0] + (batch @ w).sum()


@more(w0)
def errors_caught(w):
    try:
        value = {}["missing"]
    except KeyError:
        value = w.sum()
    with np.errstate(divide="ignore"):
        z = np.log(np.abs(w))
    with np.printoptions(precision=3):
        assert repr(w)
    return value + z.sum()


@more(w0)
def shapes_by_hand(w):
    n = w.size
    k = int(np.sqrt(w.shape[0]))
    m = w.reshape(k, -1)
    half = n // 2
    first, second = w[:half], w[half:]
    w2 = np.reshape(w, (k, n // k))
    big = np.ones((n, k)) * w[:, np.newaxis]
    return (
        np.sum(m @ w2) / n
        + first @ second / (n - 1)
        + big.sum() / float(n)
        + np.squeeze(w[None]).sum() / X.size
        + np.atleast_2d(w).shape[1] * w[0]
        + w.ndim * w[1]
    )


@more(W0)
def batch_norm_layer(gamma):
    mu = 1 / 6.0 * np.sum(X, axis=0)
    xmu = X - mu
    var = 1.0 / 6 * np.sum(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + 1e-5)
    out = (xmu / sqrtvar) @ gamma
    mu2, var2 = out.mean(0), out.var(0)
    return np.sum(((out - mu2) / np.sqrt(var2 + 1e-8)) ** 3) + out.std(axis=1, ddof=1).sum()


@more(W0)
def attention(W):
    q, k, v = X @ W, X @ (W * 0.5), X @ W[:, ::-1]
    s = q @ k.T / np.sqrt(k.shape[-1])
    s = np.where(np.tril(np.ones((6, 6))) == 0, -1e9, s)
    s = np.exp(s - s.max(-1, keepdims=True))
    a = s / s.sum(-1, keepdims=True)
    return np.einsum("ij,jk->ik", a, v).mean() + (a @ v)[0] @ np.ones(3)


@more(w0)
def interpolation_of_types(w):
    total = np.float64(0)
    total += np.float32(0.5) * w[0]
    total = total + int(3.7) * w[1] + True * w[2] - np.int64(2) * w[3] / np.array(3)
    total = np.add(total, np.multiply(2, w.sum()))
    return (
        np.asarray(total).item()
        + np.sum(w, dtype=np.float64)
        + np.power(np.abs(w), 1.5).sum()
        + 2.0 ** w[0]
        + w[1] ** 2 % 7
    )


@more(w0)
def gaussian_process(w):
    d = np.sum(X**2, 1).reshape(-1, 1) + np.sum(X**2, 1) - 2 * np.dot(X, X.T)
    K = np.exp(2 * w[0]) * np.exp(-0.5 * d / np.exp(w[1]) ** 2) + (np.exp(w[2]) + 1e-3) * np.eye(6)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, t01))
    return 0.5 * t01 @ alpha + np.log(np.diag(L)).sum() + 3 * np.log(2 * np.pi)


@more(w0)
def object_array_of_parameters(w):
    blocks = np.array([w[:1], w[1:]], dtype=object)
    return sum(np.sum(b**2) for b in blocks) + blocks[1][0]


STYLES.update(MORE)
