# ruff: noqa: E721, UP, ICN001, B905
"""Costs in the many ways people write them; each yields (function, parameters)."""

import copy
import functools
import math
from dataclasses import dataclass
from math import exp as mexp

import numpy as np
import numpy.linalg as la
import numpy.random as npr
from numpy import dot, log, newaxis
from numpy.linalg import norm

R = np.random.default_rng(7)
X = R.standard_normal((6, 4))
X_train, XT = X[:5], X.T.copy()
Y = R.standard_normal((6, 3))
y = np.array([0, 2, 1, 1, 0, 2])
onehot = np.eye(3)[y]
t01 = np.array([0.0, 1, 1, 0, 1, 0])
lambd = 0.3
reg = 1e-2
HIDDEN = 5
W0 = R.standard_normal((4, 3)) * 0.5
w0 = R.standard_normal(4) * 0.5
NET = {
    "W1": R.standard_normal((4, 5)) * 0.5, "b1": R.standard_normal(5) * 0.1,
    "W2": R.standard_normal((5, 3)) * 0.5, "b2": R.standard_normal((1, 3)) * 0.1,
}  # fmt: skip
IMAGE = R.standard_normal((2, 5, 5))
KERNEL = R.standard_normal((2, 3, 3)) * 0.5

STYLES = {}


def style(params):
    def enter(function):
        STYLES[function.__name__] = (function, params)
        return function

    return enter


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@style(W0)
def linear_regression(W):
    return np.sum((X.dot(W) - Y) ** 2) / (2 * X.shape[0]) + lambd / 2 * np.sum(W * W)


@style(w0)
def logistic_dot(w):
    m = len(t01)
    h = sigmoid(np.dot(X, w))
    return (-1 / m) * (np.dot(t01, np.log(h)) + np.dot(1 - t01, np.log(1 - h))) + (lambd / (2 * m)) * np.sum(
        w[1:] ** 2
    )


@style(NET)
def two_layers(p):
    W1, b1, W2, b2 = p["W1"], p["b1"], p["W2"], p["b2"]
    H = np.maximum(0, X.dot(W1) + b1)
    P = softmax(H @ W2 + b2)
    N = X.shape[0]
    data_loss = -np.log(P[np.arange(N), y]).sum() / N
    return data_loss + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))


@style(NET)
def joint_with_in_place_gradient(p):
    W1, b1, W2, b2 = (p[k] for k in ("W1", "b1", "W2", "b2"))
    H = np.tanh(X @ W1 + b1)
    probs = softmax(H @ W2 + b2)
    N = X.shape[0]
    loss = np.mean(-np.log(probs[range(N), y]))
    d = probs.copy()
    d[range(N), y] -= 1
    d /= N
    grads = {"W2": H.T @ d, "b2": d.sum(axis=0, keepdims=True)}
    dH = d @ W2.T
    dH *= 1 - H**2
    grads["W1"] = X.T @ dH
    grads["b1"] = np.sum(dH, axis=0)
    return loss, grads


@style(w0)
def scalar_loops(w):
    total = 0
    for i in range(X.shape[0]):
        s = 0.0
        for j in range(X.shape[1]):
            s += X[i, j] * w[j]
        total += (s - t01[i]) ** 2
    return total / X.shape[0]


@style(W0)
def svm_loops(W):
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        correct = scores[y[i]]
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - correct + 1
            if margin > 0:
                loss += margin
    return loss / X.shape[0] + reg * np.sum(W * W)


@style(W0)
def svm_vectorised_mask(W):
    scores = X @ W
    margins = np.maximum(0, scores - scores[np.arange(6), y].reshape(-1, 1) + 1)
    margins[np.arange(6), y] = 0
    return np.sum(margins) / 6


@style(W0)
def boolean_stores(W):
    A = X @ W
    A[A < 0] = 0
    B = A.copy()
    B[B > 1] *= 0.5
    B[B == 0] = 0.1
    return np.sum(B**2)


@style({"W": R.standard_normal((3, 3)) * 0.4, "U": R.standard_normal((4, 3)) * 0.4, "h0": np.zeros(3)})
def recurrent(p):
    h = np.zeros((7, 3))
    h[-1] = p["h0"]
    for t in range(6):
        h[t] = np.tanh(h[t - 1] @ p["W"] + X[t] @ p["U"])
    return (h[:6] ** 2).sum()


@style(KERNEL)
def convolution_loops(K):
    out = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = np.sum(IMAGE[:, i : i + 3, j : j + 3] * K) + 0.1
    return np.sum(np.maximum(out, 0) ** 2)


@style(IMAGE)
def pooling_and_padding(x):
    p = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="constant")
    out = np.zeros((2, 3, 3))
    for i in range(3):
        for j in range(3):
            out[:, i, j] = p[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max(axis=(1, 2))
    return (out * out).mean()


@style(IMAGE)
def overlapping_accumulation(x):
    dx = np.zeros_like(x)
    for i in range(3):
        for j in range(3):
            dx[:, i : i + 3, j : j + 3] += KERNEL * x[:, i : i + 1, j : j + 1]
    return np.sum(dx**3)


@style(w0)
def views_alias(w):
    a = np.zeros((2, 4))
    row = a[0]
    row[:] = w
    flat = a.ravel()
    flat[5] = w[0] * w[1]
    at = a.T
    at[2, 1] = np.sin(w[2])
    a[1, 3] += 2
    return np.sum(a**2) + row.sum() ** 2 + flat[6] * 3 + at[3].sum() ** 2


@style(w0)
def view_sees_store_to_base(w):
    a = w.copy()
    b = a[1:]
    c = b.reshape(3, 1)
    a[2] = w[0] ** 2
    b *= 2
    c[0, 0] -= w[3]
    return np.sum(a * a) + np.sum(b) * 0.5


@style(w0)
def augmented_alias(w):
    a = w * 1.0
    b = a
    b += 1
    return np.sum(a**2)


@style(w0)
def out_argument(w):
    buf = np.empty_like(w)
    np.exp(w, out=buf)
    np.add(buf, w, out=buf)
    return np.dot(buf, buf)


@style(w0)
def add_at_repeated(w):
    g = np.zeros(3)
    np.add.at(g, np.array([0, 1, 1, 2]), w**2)
    return np.sum(g**2)


@style([W0, w0])
def list_of_params(params):
    W, w = params
    return float(np.sum(np.tanh(X @ W)) + np.linalg.norm(w) ** 2)


@style(np.r_[W0.ravel(), w0])
def flat_theta(theta):
    W = theta[: 4 * 3].reshape((4, 3))
    w = theta[4 * 3 :]
    return np.trace(W.T @ W) + np.prod(w + 3) + math.log(1 + math.exp(float(w[0])))


@style(np.r_[W0.ravel(), w0])
def flat_fortran(theta):
    W = np.reshape(theta[:12], (3, 4), order="F")
    return np.sum(np.square(W.dot(XT))) + theta[-1] ** 2


@style(w0)
def star_imports(w):
    z = dot(X, w)
    return -log(1 / (1 + np.exp(-z)))[:, newaxis].sum() + norm(w) + la.norm(w, 1)


@style(w0)
def math_module(w):
    total = 0
    for v in w:
        total += mexp(v) + math.sqrt(v * v + 1) + math.tanh(v) ** 2 + math.pow(v, 2)
    return total / len(w)


@style(w0)
def comprehension_and_builtins(w):
    parts = [np.exp(v) for v in w]
    return (
        sum(parts) / len(parts)
        + max(parts)
        + min(w)
        + abs(w[0])
        + sum(p * q for p, q in zip(parts, w, strict=False))
    )


@style(w0)
def array_of_traced(w):
    M = np.array([[w[0], w[1], 1.0], [0, w[2] ** 2, w[3]], [w[0] * w[3], 2, 3]])
    return np.sum(M @ M) + np.linalg.det(M @ M.T + np.eye(3))


@style(w0)
def stacking(w):
    A = np.vstack([w, w**2])
    B = np.hstack((A, np.ones((2, 1))))
    C = np.column_stack((w, np.sin(w)))
    D = np.c_[np.ones(4), w]
    return (
        np.sum(B.dot(B.T))
        + np.sum(C**2)
        + np.concatenate([w, w[::-1]]).dot(np.arange(8))
        + np.sum(D**3)
        + np.r_[w, 1, 2].sum()
    )


@style(W0)
def means_and_deviations(W):
    Z = X @ W
    Zn = (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + 1e-5)
    return np.mean(Zn**3) + Z.std() + np.average(Z) + np.median(Z) + Z.max(axis=1).sum() + Z.argmax() * 0


@style(W0)
def logsumexp_by_hand(W):
    z = X @ W
    top = z.max(axis=1)
    return np.sum(top + np.log(np.sum(np.exp(z - top[:, None]), axis=1)) - z[np.arange(len(z)), y])


@style(W0)
def where_and_clip(W):
    Z = X @ W
    A = np.where(Z > 0, Z, 0.01 * Z)
    P = np.clip(sigmoid(Z), 1e-7, 1 - 1e-7)
    return np.sum(A * onehot) - np.sum(onehot * np.log(P)) + np.nan_to_num(Z).sum()


@style(W0)
def einsum_and_tensordot(W):
    return (
        np.einsum("ij,jk,ik->", X, W, Y)
        + np.tensordot(W, W, axes=([0, 1], [0, 1]))
        + np.outer(w0, W[:, 0]).sum()
        + np.einsum("ij->j", W)[1]
        + np.inner(W, W).sum()
        + np.kron(W, W)[3, 4]
    )


@style(W0)
def linear_algebra(W):
    G = W.T @ W + np.eye(3)
    return (
        np.log(np.linalg.det(G))
        + np.linalg.slogdet(G)[1]
        + np.trace(np.linalg.inv(G))
        + np.sum(np.linalg.solve(G, np.ones(3)))
        + np.linalg.eigvalsh(G)[0]
        + np.linalg.cholesky(G)[2, 1]
    )


class Network:
    rate = 0.25

    def __init__(self):
        self.params = {k: v.copy() for k, v in NET.items()}
        self.X, self.y, self.reg = X, y, 0.05
        self.layers = [HIDDEN, 3]
        self.cache = {}

    def forward(self, p):
        self.h = np.tanh(self.X @ p["W1"] + p["b1"])
        self.cache["h"] = self.h
        self.scores = self.h @ p["W2"] + p["b2"]
        return self.scores

    def loss(self, p):
        s = self.forward(p)
        s -= s.max(axis=1, keepdims=True)
        logp = s - np.log(np.sum(np.exp(s), axis=1, keepdims=True))
        penalty = sum(np.sum(p[k] ** 2) for k in p if k.startswith("W"))
        return -np.sum(logp[np.arange(len(self.y)), self.y]) / len(self.y) + self.reg * penalty * self.rate


MODEL = Network()
style(NET)(MODEL.loss)


@dataclass
class Layer:
    W: np.ndarray
    b: float = 0.5

    def __call__(self, x):
        return np.tanh(x @ self.W + self.b)


FIXED = Layer(R.standard_normal((3, 2)))


@style(W0)
def objects_in_globals(W):
    return FIXED(X @ W).sum() ** 2


@style({"layers": [Layer(W0, 0.1), Layer(R.standard_normal((3, 2)), -0.2)]})
def dataclass_params(p):
    a = X
    for layer in p["layers"]:
        a = layer(a)
    return np.sum(a**2)


def _power_cost(scale, w, exponent=2, *, shift=0.5):
    return scale * np.sum((w + shift) ** exponent)


STYLES["partial"] = (functools.partial(_power_cost, 1.5), w0)


def closure_over(data, weights):
    offset = np.linspace(0, 1, 4)

    def inner(w):
        return np.sum(weights[:, None] * (data - offset - w) ** 2)

    return inner


STYLES["closure"] = (closure_over(X.copy(), np.abs(Y[:, 0])), w0)
STYLES["lambda"] = (lambda w: ((X @ w - t01) ** 2).mean() + lambd * np.abs(w).sum(), w0)


@style(w0)
def dropout_seeded(w):
    np.random.seed(3)
    mask = (np.random.rand(6) < 0.8) / 0.8
    noise = npr.randn(6) * 0.01
    rng = np.random.default_rng(1)
    return np.sum((X @ w) * mask + noise) + rng.normal(size=4) @ w + np.random.RandomState(0).rand(4).dot(w)


@style(w0)
def vectorised_function(w):
    f = np.vectorize(lambda v: v * v if v > 0 else math.exp(v))
    return f(w).sum() + np.apply_along_axis(lambda r: r.sum() ** 2, 1, X * w).sum()


@style(w0)
def matrix_class(w):
    M = np.matrix(X)
    v = np.matrix(w).T
    r = M * v - np.matrix(t01).T
    return (r.T * r)[0, 0] / 2 + np.multiply(v, v).sum() + float((v.T * v)[0, 0])


@style(w0)
def iterators(w):
    total = 0
    it = np.nditer(w, flags=["multi_index"])
    while not it.finished:
        total += w[it.multi_index] ** 2
        it.iternext()
    for k, v in np.ndenumerate(w):
        total += (k[0] + 1) * v
    for k in np.ndindex(*w.shape):
        total += np.cos(w[k])
    return total


@style(w0)
def rearrangements(w):
    a = np.roll(w, 1) * w
    b = np.tile(w, 2).reshape(2, 4)
    c = np.repeat(w, 2)
    d = np.flip(w)
    e = np.triu(np.outer(w, w)) + np.diag(w)
    f = np.take(w, [0, 2, 2])
    g = np.sort(w)
    h = np.cumsum(w)
    k = np.diff(w)
    m = np.rot90(b)
    o = np.split(w, 2)[1]
    return (
        a.sum()
        + (b**2).sum()
        + c.dot(c)
        + d @ np.arange(4)
        + e.sum()
        + f.prod()
        + g[0] * 2
        + (h**2).sum()
        + (k**2).sum()
        + m[0, 0]
        + o.sum() ** 2
        + np.convolve(w, [1, 2, 3]).dot(np.arange(6))
    )


@style(w0)
def early_exit_and_while(w):
    x = 1.0
    n = 0
    while n < 5:
        x = x - 0.1 * (2 * x - np.sum(w))
        n += 1
        if abs(x) > 100:
            break
    return x**2


@style(w0)
def deep_copies_and_lists(w):
    caches = []
    a = copy.deepcopy(w)
    for _ in range(3):
        caches.append(a)
        a = a * w + 1
    for c in reversed(caches):
        a = a + c
    return a.sum()


@style({"a": 0.7, "b": np.float64(-0.3), "c": np.array(2.0)})
def scalar_parameters(p):
    return p["a"] ** 2 * math.exp(p["b"]) + np.tanh(p["c"]) / p["a"]


@style(w0)
def asserts_and_types(w):
    assert isinstance(w, np.ndarray) and w.shape == (4,) and w.dtype == np.float64
    cost = np.squeeze(np.array([[np.sum(w**2)]]))
    assert cost.shape == ()
    cost = float(cost)
    assert isinstance(cost, float)
    assert type(cost) == float and type(w) is np.ndarray
    text = f"{cost:.3f} %f {w}" % cost + f"{cost}"
    assert text
    return cost


@style(w0)
def item_and_tolist(w):
    total = (w @ w).item() + w.tolist()[0] ** 2 + w.flat[2] * 3
    return total + w.astype(float).sum() + np.float64(w[1]) * int(2.7)


@style(w0)
def fancy_assignments(w):
    a = np.zeros((3, 4))
    a[[0, 2]] = w
    a[:, 1] += w[0]
    a[1, ::2] = w[::2] * 3
    a[np.array([True, False, True]), 3] = w[1]
    a[a > 1] **= 2
    np.fill_diagonal(a, w[2])
    a.flat[5] = w[3]
    return (a**2).sum()


@style(w0)
def global_state(w):
    COUNTER["calls"] += 1
    HISTORY.append(np.sum(w))
    return np.sum(w**2) * COUNTER["factor"]


COUNTER = {"calls": 0, "factor": 2.0}
HISTORY = []


@style(w0)
def reductions_of_ufuncs(w):
    return (
        np.add.reduce(w**2)
        + np.maximum.reduce(w)
        + np.multiply.outer(w, w).sum()
        + np.logaddexp.reduce(w)
        + np.add.accumulate(w)[2]
    )


@style(W0)
def gaussian_likelihood(W):
    S = np.cov(X.T) + np.eye(4)
    d = X[:4] - W.sum(axis=1)
    q = np.sum(d.dot(np.linalg.inv(S)) * d, axis=1)
    return 0.5 * q.sum() + 0.5 * np.log(np.linalg.det(2 * np.pi * S))


@style(w0)
def masked_ufunc_and_select(w):
    z = np.zeros(4)
    np.log(np.abs(w), out=z, where=np.abs(w) > 0.1)
    s = np.select([w > 0.5, w < -0.5], [w, w**2], default=0.3 * w)
    p = np.piecewise(w, [w < 0], [lambda v: -v, lambda v: v**2])
    return (
        z.sum()
        + s.sum()
        + p.sum()
        + np.heaviside(w, 0.5).sum()
        + np.mod(w, 2).sum()
        + np.round(w, 1).sum() * 0
    )
