"""Costs that people write, as expressions with the user's names and values."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from gradproof.expr.broadcast import matmul, minus, multiply, negate, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, divide, exp, log, square
from gradproof.expr.indexing import index
from gradproof.expr.node import constant, number, symbol
from gradproof.expr.reduction import reduce

ONE = number(1)


@dataclass
class Case:
    cost: object
    parameters: dict
    names: dict
    values: dict


def spelled_sigmoid(z):
    return divide(ONE, plus(ONE, exp(negate(z))))


def binary_network(layers, width=5, samples=12, seed=0):
    """LINEAR -> RELU, ..., LINEAR -> SIGMOID with samples in columns, cross-entropy and an L2 penalty."""
    rng = np.random.default_rng(seed)
    a, y = symbol("X", (2, samples)), symbol("Y", (1, samples))
    m, lam = symbol("m"), symbol("lambd")
    values = {
        a: rng.standard_normal((2, samples)),
        y: rng.integers(0, 2, (1, samples)).astype(float),
        m: float(samples),
        lam: 0.7,
    }
    sizes = [2, *[width] * (layers - 1), 1]
    names, parameters, penalties = {}, {}, []
    for k in range(1, layers + 1):
        w, b = symbol(f"W{k}", (sizes[k], sizes[k - 1])), symbol(f"b{k}", (sizes[k], 1))
        parameters |= {w.name: w, b.name: b}
        values[w] = rng.standard_normal(w.shape) * np.sqrt(2 / sizes[k - 1])
        values[b] = 0.1 * rng.standard_normal(b.shape)
        z = plus(matmul(w, a), b)
        a = spelled_sigmoid(z) if k == layers else apply("maximum", number(0), z)
        names |= {z: f"Z{k}", a: f"A{k}"}
        penalties.append(sum_over(square(w)))
    entropy = plus(multiply(y, log(a)), multiply(minus(ONE, y), log(minus(ONE, a))))
    cost = plus(
        divide(negate(sum_over(entropy)), m),
        multiply(divide(lam, multiply(number(2), m)), plus(*penalties)),
    )
    return Case(cost, parameters, names, values)


def softmax_regression(*, fancy, shift=True, samples=6):
    """Rows of samples, scores X W, probabilities spelled out, mean cross-entropy."""
    rng = np.random.default_rng(1)
    x, w, y = symbol("X", (samples, 4)), symbol("W", (4, 3)), symbol("Y", (samples, 3))
    labels = rng.integers(0, 3, samples)
    values = {x: rng.standard_normal(x.shape), w: rng.standard_normal(w.shape), y: np.eye(3)[labels]}
    scores = matmul(x, w)
    e = exp(minus(scores, reduce("max", scores, 1, keepdims=True)) if shift else scores)
    p = divide(e, sum_over(e, 1, keepdims=True))
    if fancy:
        read = index(p, (("array", 0), ("array", 1)), constant(np.arange(samples)), constant(labels))
        loss = scale(Fraction(-1, samples), sum_over(log(read)))
    else:
        loss = scale(Fraction(-1, samples), sum_over(multiply(y, log(p))))
    return Case(loss, {"W": w}, {scores: "scores", p: "P"}, values)


def penalty():
    w, lam, m = symbol("W", (3, 4)), symbol("lambd"), symbol("m")
    cost = multiply(divide(lam, multiply(number(2), m)), sum_over(multiply(w, w)))
    return Case(cost, {"W": w}, {}, {w: np.arange(12.0).reshape(3, 4) - 5, lam: 0.7, m: 12.0})


def recurrent(steps=4):
    """hₜ = tanh(W hₜ₋₁ + U xₜ), the same name h in every turn of the loop."""
    rng = np.random.default_rng(2)
    w, u, target = symbol("W", (3, 3)), symbol("U", (3, 2)), symbol("t", (3,))
    values = {n: 0.5 * rng.standard_normal(n.shape) for n in (w, u, target)}
    h, names = None, {}
    for k in range(steps):
        x = symbol(f"x{k}", (2,))
        values[x] = rng.standard_normal(2)
        drive = matmul(u, x)
        h = apply("tanh", drive if h is None else plus(matmul(w, h), drive))
        names[h] = "h"
    return Case(sum_over(square(minus(h, target))), {"W": w, "U": u}, names, values)


def least_squares():
    rng = np.random.default_rng(3)
    x, y, w = symbol("X", (8, 3)), symbol("y", (8,)), symbol("w", (3,))
    values = {n: rng.standard_normal(n.shape) for n in (x, y, w)}
    residual = minus(matmul(x, w), y)
    return Case(scale(0.5, matmul(transpose(residual), residual)), {"w": w}, {residual: "r"}, values)
