"""Formulas that people know, as expressions: how each prints is in the golden files."""

from fractions import Fraction

import numpy as np

from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import (
    diagonal,
    matmul,
    minus,
    multiply,
    negate,
    plus,
    scale,
    squeeze,
    sum_over,
    trace,
    transpose,
)
from gradproof.expr.elementwise import apply, divide, exp, log, power, reciprocal, relu, sigmoid, sqrt, square
from gradproof.expr.indexing import concatenate, index, reshape, store
from gradproof.expr.linalg import inv, linalg, solve
from gradproof.expr.node import constant, delta, number, symbol
from gradproof.expr.product import einsum, filled, zeros
from gradproof.expr.reduction import reduce, softmax

m, lam, n_, reg, x, h = (symbol(s) for s in ("m", "lambd", "N", "reg", "x", "h"))
A1, A2, A3 = symbol("A1", (5, 12)), symbol("A2", (3, 12)), symbol("A3", (1, 12))
W1, W2, W3 = symbol("W1", (5, 4)), symbol("W2", (3, 5)), symbol("W3", (1, 3))
Y, dZ2, b1 = symbol("Y", (1, 12)), symbol("dZ2", (3, 12)), symbol("b1", (5, 1))
X, XT, W = symbol("X", (12, 4)), symbol("X", (4, 12)), symbol("W", (4, 3))
P, T = symbol("P", (12, 3)), symbol("T", (12, 3))
w, y, b, S, B = (symbol(s, shape) for s, shape in
                 (("w", (4,)), ("y", (12,)), ("b", (3,)), ("S", (4, 4)), ("B", (4, 4))))  # fmt: skip
labels = constant(np.arange(12) % 3, "y")
rows = constant(np.arange(12))
entropy = plus(multiply(Y, log(A3)), multiply(minus(number(1), Y), log(minus(number(1), A3))))
cross_entropy = scale(-1, divide(sum_over(entropy), m))
squares = scale(Fraction(1, 2), sum_over(square(minus(matmul(X, w), y))))
penalty = multiply(divide(lam, scale(2, m)), sum_over(square(W3)))
centred = minus(X, scale(Fraction(1, 12), sum_over(X, 0, keepdims=True)))
variance = scale(Fraction(1, 12), sum_over(square(centred), 0, keepdims=True))
picked = index(P, (("array", 0), ("array", 1)), rows, labels)
v, u = symbol("v", (3,)), symbol("u", (2,))

SAMPLES = {
    # the thread, the course, softmax regression
    "dW3 with penalty": plus(
        multiply(reciprocal(m), matmul(minus(A3, Y), transpose(A2))), multiply(divide(lam, m), W3)
    ),
    "dA1 through relu": multiply(apply("greater", A1, number(0)), matmul(transpose(W2), dZ2)),
    "db2": multiply(reciprocal(m), sum_over(dZ2, 1, keepdims=True)),
    "cost": plus(cross_entropy, penalty),
    "gradient of the penalty": gradient(penalty, [W3])[0],
    "gradient of the cross-entropy": gradient(cross_entropy, [A3])[0],
    "sum of the weights": plus(divide(matmul(dZ2, transpose(A1)), m), divide(multiply(lam, sum_over(W2)), m)),
    "a layer, examples in columns": plus(matmul(W1, XT), b1),
    "a layer, examples in rows": plus(matmul(X, W), b),
    "softmax regression": plus(
        multiply(reciprocal(n_), matmul(transpose(X), minus(P, T))), multiply(number(2), reg, W)
    ),
    "negative log-likelihood": negate(sum_over(log(picked))),
    "its gradient": gradient(negate(sum_over(log(picked))), [P])[0],
    "trace": trace(matmul(transpose(W), W)),
    "squared norm": multiply(divide(lam, scale(2, m)), sum_over(square(W))),
    "norm": sqrt(sum_over(square(W))),
    "least squares": minus(matmul(matmul(transpose(X), X), w), matmul(transpose(X), y)),
    "residual": squares,
    "gradient of the residual": gradient(squares, [w])[0],
    # sums, ones, diagonals, outer products
    "sum of all": sum_over(W),
    "row sums": sum_over(W, 1),
    "column sums": sum_over(W, 0),
    "column sums, kept": sum_over(W, 0, keepdims=True),
    "gradient of a sum": gradient(sum_over(matmul(X, W)), [W])[0],
    "outer product": einsum([(0,), (1,)], [w, y], (0, 1)),
    "bilinear": matmul(w, matmul(S, w)),
    "row scaling": multiply(einsum([(0,)], [y], (0, 1), [12, 1]), X),
    "normalised rows": divide(exp(X), sum_over(exp(X), 1, keepdims=True)),
    "diagonal": diagonal(S),
    "diagonal matrix": multiply(w, delta(4)),
    "three matrices in a trace": trace(matmul(matmul(S, transpose(B)), S)),
    "gradient of that trace": gradient(trace(matmul(matmul(S, transpose(B)), S)), [S])[0],
    "identity": plus(S, multiply(lam, delta(4))),
    "filled": filled(x, (3, 4)),
    "zeros": zeros((3, 4)),
    # entrywise functions, powers, fractions
    "sigmoid by hand": reciprocal(plus(number(1), exp(negate(x)))),
    "its derivative": divide(exp(negate(x)), square(plus(number(1), exp(negate(x))))),
    "entrywise sigmoid": reciprocal(plus(number(1), exp(negate(X)))),
    "derivative of sigmoid": multiply(sigmoid(A1), minus(number(1), sigmoid(A1))),
    "inverse root": power(x, Fraction(-1, 2)),
    "cube of a matrix's entries": power(X, 3),
    "symbolic exponent": power(X, h),
    "negative number": minus(scale(Fraction(-1, 3), x), number(0.1)),
    "standardised": divide(centred, sqrt(plus(variance, number(1e-8)))),
    "difference of a difference": minus(x, minus(h, x)),
    "relu": relu(matmul(X, W)),
    "leaky relu": apply("where", apply("greater", X, number(0)), X, scale(0.01, X)),
    "huber": apply("where", apply("less_equal", apply("abs", X), h), scale(0.5, square(X)),
                   multiply(h, minus(apply("abs", X), scale(0.5, h)))),
    "both conditions": apply("logical_and", apply("greater", X, number(0)), apply("less", X, number(1))),
    # structured operations
    "softmax": softmax(X),
    "gradient of softmax": gradient(sum_over(square(softmax(X))), [X])[0],
    "logsumexp": reduce("logsumexp", X, 1),
    "stable logsumexp": plus(squeeze(reduce("max", X, 1, keepdims=True), 1), log(sum_over(exp(X), 1))),
    "gradient of log det": gradient(linalg("logdet", S), [S])[0],
    "gradient of det": gradient(linalg("det", S), [S])[0],
    "gradient of an inverse": gradient(sum_over(inv(matmul(S, transpose(S)))), [S])[0],
    "ridge": solve(plus(matmul(transpose(X), X), multiply(lam, delta(4))), matmul(transpose(X), y)),
    "stores": store(zeros((4, 3)), [((("int", 1),), v, ()), ((("slice", 0, 2, None), ("int", 0)), u, ())]),
    "stacked": concatenate([X, scale(2, X)], 0),
    "reshaped": reshape(X, (4, 12)),
    # beyond matrices
    "tensor times matrix": einsum([(0, 1, 2), (2, 3)], [symbol("A", (2, 3, 4)), W], (0, 1, 3)),
    "three-way product": einsum([(0, 1), (0, 2), (0, 3)], [X, P, symbol("U", (12, 2))], (1, 2, 3)),
    "Jacobian of a product": einsum([(0, 1), (2, 3)], [X, delta(3)], (0, 2, 1, 3)),
    "sum over a tensor": sum_over(square(symbol("A", (2, 3, 4)))),
    "layer superscripts": matmul(transpose(symbol("W[2]", (3, 5))), symbol("dZ[2]", (3, 12))),
}  # fmt: skip
