"""Derivatives of three and four axes as matrices: the print, and what it says in numbers."""

import numpy as np
import pytest

from gradproof.calculus.jacobian import jacobian
from gradproof.expr.broadcast import matmul, minus, multiply, sum_over, trace, transpose
from gradproof.expr.elementwise import apply, exp, sigmoid
from gradproof.expr.evaluate import evaluate
from gradproof.expr.linalg import inv
from gradproof.expr.node import symbol
from gradproof.expr.product import einsum
from gradproof.expr.reduction import softmax
from gradproof.write.index import derivative_entries
from gradproof.write.kronecker import NOTE
from gradproof.write.matrix import to_latex, to_text

P, M, N, Q, K = 2, 3, 4, 5, 6
SHAPES = {"A": (P, M), "X": (M, N), "B": (N, Q), "S": (M, M), "b": (N,), "c": (N,), "U": (M, K), "V": (N, K),
          "T": (M, N), "x": (N,), "d": (M,)}  # fmt: skip
A, X, B, S, b, c, U, V, T, x, d = (symbol(name, shape) for name, shape in SHAPES.items())
RNG = np.random.default_rng(0)
VALUES = {symbol(name, shape): RNG.uniform(0.3, 1.5, shape) for name, shape in SHAPES.items()}
a = {name: VALUES[symbol(name, shape)] for name, shape in SHAPES.items()}
kron, eye = np.kron, np.eye


def vec(matrix):
    return np.asarray(matrix).ravel(order="F")


def commutation(m, n):
    """K with K vec(X) = vec(Xᵀ) for X of m rows and n columns."""
    return np.array([vec(unit.reshape((m, n), order="F").T) for unit in np.eye(m * n)]).T


def factorisation():
    residual = minus(T, matmul(U, transpose(V)))
    return jacobian(sum_over(multiply(residual, residual)), U).value


def soft(values):
    e = np.exp(values)
    return e / e.sum(-1, keepdims=True)


CASES = {
    "Bᵀ ⊗ A": (matmul(matmul(A, X), B), X, lambda: kron(a["B"].T, a["A"])),
    "K[3,4]": (transpose(X), X, lambda: commutation(M, N)),
    "X ⊗ I + (I ⊗ X) K[3,4]": (
        matmul(X, transpose(X)), X,
        lambda: kron(a["X"], eye(M)) + kron(eye(M), a["X"]) @ commutation(M, N),
    ),
    "(Xᵀ Sᵀ ⊗ I) K[3,4] + I ⊗ Xᵀ S": (
        matmul(matmul(transpose(X), S), X), X,
        lambda: kron(a["X"].T @ a["S"].T, eye(N)) @ commutation(M, N) + kron(eye(N), a["X"].T @ a["S"]),
    ),
    "diag(vec(exp(X)))": (exp(X), X, lambda: np.diag(vec(np.exp(a["X"])))),
    "diag(vec(σ(A X) ∘ (1 − σ(A X)))) (I ⊗ A)": (
        sigmoid(matmul(A, X)), X,
        lambda: np.diag(vec((s := 1 / (1 + np.exp(-a["A"] @ a["X"]))) * (1 - s))) @ kron(eye(N), a["A"]),
    ),
    "M (I − (1 1ᵀ ⊗ I) M)": (
        softmax(X, 1), X,
        lambda: (d := np.diag(vec(soft(a["X"])))) @ (eye(M * N) - kron(np.ones((N, N)), eye(M)) @ d),
    ),
    "−S⁻ᵀ ⊗ S⁻¹": (inv(S), S, lambda: -kron(np.linalg.inv(a["S"]).T, np.linalg.inv(a["S"]))),
    "(S²)ᵀ ⊗ I + Sᵀ ⊗ S + I ⊗ S²": (
        matmul(matmul(S, S), S), S,
        lambda: kron((s2 := a["S"] @ a["S"]).T, eye(M)) + kron(a["S"].T, a["S"]) + kron(eye(M), s2),
    ),
    "tr(S) I + vec(S) vec(I)ᵀ": (
        multiply(trace(S), S), S,
        lambda: np.trace(a["S"]) * eye(M * M) + np.outer(vec(a["S"]), vec(eye(M))),
    ),
    "2 Vᵀ V ⊗ I": (factorisation(), U, lambda: kron(2 * a["V"].T @ a["V"], eye(M))),
    "bᵀ ⊗ I": (matmul(X, b), X, lambda: kron(a["b"][None], eye(M))),
    "I ⊗ dᵀ": (matmul(transpose(X), d), X, lambda: kron(eye(N), a["d"][None])),
    "bᵀ ⊗ diag(1 − tanh(X b)^∘2)": (
        apply("tanh", matmul(X, b)), X,
        lambda: kron(a["b"][None], np.diag(1 - np.tanh(a["X"] @ a["b"]) ** 2)),
    ),
    "c ⊗ I": (einsum([(0,), (1,)], [x, c], (0, 1)), x, lambda: kron(a["c"][:, None], eye(N))),
    "I ⊗ c": (einsum([(0,), (1,)], [c, x], (0, 1)), x, lambda: kron(eye(N), a["c"][:, None])),
}  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_the_matrix_is_printed_and_is_the_derivative(text):
    f, variable, matrix = CASES[text]
    value = jacobian(f, variable).value
    printed, *rest = to_text(value, rows=f.ndim, short=True).splitlines()
    assert printed == text
    assert rest[-1] == f"({NOTE})"
    assert "otimes" in to_latex(value, rows=f.ndim) or "⊗" not in text
    (dense,) = evaluate([value], VALUES)
    rows = int(np.prod(f.shape))
    by_columns = np.array([vec(entry) for entry in dense.reshape((-1, *variable.shape))])
    by_columns = by_columns.reshape((*f.shape, -1))
    order = np.stack([by_columns[..., k].ravel(order="F") for k in range(by_columns.shape[-1])], axis=1)
    assert order.shape[0] == rows
    np.testing.assert_allclose(order, matrix(), rtol=1e-9, atol=1e-12)


def test_what_is_no_such_matrix_is_in_index_notation():
    cube = symbol("C", (M, N, K))
    value = einsum([(0, 1, 2), (2, 3)], [cube, symbol("D", (K, P))], (0, 1, 3))
    assert to_text(value, rows=2).startswith("[Σ_l c_ijl d_lk]_ijk")


def test_vectors_by_vectors_are_matrices():
    value = jacobian(softmax(x, 0), x).value
    assert to_text(value, rows=1, short=True) == "diag(s) − s sᵀ\nwhere s = softmax(x)"


def test_entries_state_their_letters():
    f = matmul(matmul(A, X), B)
    value = jacobian(f, X).value
    assert derivative_entries(value, 2, "f", "X") == "∂f_ij/∂x_kl = a_ik b_lj"
    assert derivative_entries(value, 2, "f", "X", latex=True) == (
        r"\frac{\partial f_{ij}}{\partial x_{kl}} = a_{ik} b_{lj}"
    )
    assert derivative_entries(jacobian(x, x).value, 1, "y", "x") == "∂y_i/∂x_j = δ_ij"
