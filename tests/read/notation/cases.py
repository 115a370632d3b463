"""Formulas as people type them, with the value that NumPy gives what was meant.

The oracle is NumPy on arrays, so that nothing of the reader is checked against itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Values = dict[str, Any]
SHAPES: dict[str, tuple[str | int, ...]] = {
    "A": ("q", "q"),
    "B": ("q", "q"),
    "S": ("q", "q"),
    "X": ("p", "q"),
    "Y": ("p", "q"),
    "V": ("q", "p"),
    "x": ("q",),
    "b": ("q",),
    "w": ("q",),
    "z": ("q",),
    "y": ("p",),
    "s": ("p",),
    "lambda": (),
    "λ": (),
    "m": (),
    "t": (),
    "c": (),
}
SIZES = {"p": 4, "q": 3}


def values(seed: int = 0) -> Values:
    """Arrays for the symbols; S is positive definite, and A and B are well conditioned."""
    rng = np.random.default_rng(seed)
    arrays: Values = {
        name: rng.uniform(0.2, 1.0, [SIZES[str(n)] for n in shape]) for name, shape in SHAPES.items()
    }
    for name in "ABS":
        arrays[name] = (
            arrays[name] @ arrays[name].T + 2 * np.eye(3) + (name != "S") * 0.3 * rng.random((3, 3))
        )
    return arrays


def _norm(x: Any, kind: Any = None) -> Any:
    return np.linalg.norm(x, kind)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _softmax(x: Any) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)


def _slogdet(x: Any) -> Any:
    return np.linalg.slogdet(x)[1]


def _root(x: Any) -> Any:
    values, vectors = np.linalg.eig(x)
    return (vectors @ np.diag(np.sqrt(values)) @ inv(vectors)).real


Oracle = Callable[[Any], Any]
inv, det, tr, eye, exp, log = np.linalg.inv, np.linalg.det, np.trace, np.eye, np.exp, np.log

# Text, the notation where it has to be said, and what was meant. `v` has the arrays as attributes.
READ: tuple[tuple[str, str | None, Oracle], ...] = (
    # the examples of matrixcalculus.org
    ("x'*A*x + c*sin(y)'*y", None, lambda v: v.x @ v.A @ v.x + v.c * np.sin(v.y) @ v.y),
    ("sum(log(exp(-y.*(X*w)) + vector(1)))", None, lambda v: np.sum(log(exp(-v.y * (v.X @ v.w)) + 1))),
    ("norm2(X*w - y)^2", None, lambda v: np.sum((v.X @ v.w - v.y) ** 2)),
    ("norm1(w)", None, lambda v: np.sum(np.abs(v.w))),
    ("log(det(inv(A)))", None, lambda v: log(det(inv(v.A)))),
    ("tr(A*B)", "matlab", lambda v: tr(v.A @ v.B)),
    ("(A*x).^2", None, lambda v: (v.A @ v.x) ** 2),
    ("x'*diag(w)*x", None, lambda v: v.x @ np.diag(v.w) @ v.x),
    ("(x'*A*x)/(x'*x)", None, lambda v: (v.x @ v.A @ v.x) / (v.x @ v.x)),
    ("A + lambda*eye", None, lambda v: v.A + v.__dict__["lambda"] * eye(3)),
    # the issue's
    ("lambda/(2*m) * norm(X, 'fro')^2", None, lambda v: v.__dict__["lambda"] / (2 * v.m) * np.sum(v.X**2)),
    ("tr(X' X)", None, lambda v: tr(v.X.T @ v.X)),
    ("sum(log(1 + exp(-y .* (X*w))))", None, lambda v: np.sum(log(1 + exp(-v.y * (v.X @ v.w))))),
    # MATLAB, Octave, Julia
    ("A\\b", None, lambda v: np.linalg.solve(v.A, v.b)),
    ("x'*A'*b", None, lambda v: v.x @ v.A.T @ v.b),
    ("X'*X + lambda*I", None, lambda v: v.X.T @ v.X + v.__dict__["lambda"] * eye(3)),
    ("(X'*X)^-1*X'*y", None, lambda v: inv(v.X.T @ v.X) @ v.X.T @ v.y),
    ("A^2*x", "matlab", lambda v: v.A @ v.A @ v.x),
    ("1./x", None, lambda v: 1 / v.x),
    ("2.*x", None, lambda v: 2 * v.x),
    ("x.^2", None, lambda v: v.x**2),
    ("X.*Y", None, lambda v: v.X * v.Y),
    ("sum(X.*Y)", "matlab", lambda v: np.sum(v.X * v.Y, axis=0)),
    ("sum(X, 2)", "matlab", lambda v: np.sum(v.X, axis=1)),
    ("sum(sum(X.^2))", "matlab", lambda v: np.sum(v.X**2)),
    ("norm(A)", "matlab", lambda v: _norm(v.A, 2)),
    ("norm(x, 1)", None, lambda v: np.sum(np.abs(v.x))),
    ("norm(x, Inf)", None, lambda v: np.max(np.abs(v.x))),
    ("y'*log(s) + (1 - y)'*log(1 + s)", None, lambda v: v.y @ log(v.s) + (1 - v.y) @ log(1 + v.s)),
    ("max(0, 1 - y.*(X*w))", None, lambda v: np.maximum(0, 1 - v.y * (v.X @ v.w))),
    ("ones(p,1)' * y", "matlab", lambda v: np.sum(v.y)),
    ("A/B", "matlab", lambda v: v.A @ inv(v.B)),
    ("x*b'", None, lambda v: np.outer(v.x, v.b)),
    ("A .* B * x", None, lambda v: (v.A * v.B) @ v.x),
    # R
    ("t(X) %*% X", None, lambda v: v.X.T @ v.X),
    ("t(x) %*% A %*% x", None, lambda v: v.x @ v.A @ v.x),
    ("A %*% x * b", None, lambda v: (v.A @ v.x) * v.b),
    ("sum((y - X %*% w)^2)", None, lambda v: np.sum((v.y - v.X @ v.w) ** 2)),
    ("crossprod(X, y)", None, lambda v: v.X.T @ v.y),
    ("solve(A, b)", None, lambda v: np.linalg.solve(v.A, v.b)),
    ("x %o% y", None, lambda v: np.outer(v.x, v.y)),
    # plain mathematics
    ("||X w - y||^2", None, lambda v: np.sum((v.X @ v.w - v.y) ** 2)),
    (
        "1/2 ||X w - y||^2 + lambda/2 ||w||^2",
        None,
        lambda v: 0.5 * np.sum((v.X @ v.w - v.y) ** 2) + v.__dict__["lambda"] / 2 * v.w @ v.w,
    ),
    (
        "1/2||X w - y||_2^2 + lambda ||w||_1",
        None,
        lambda v: 0.5 * np.sum((v.X @ v.w - v.y) ** 2) + v.__dict__["lambda"] * np.sum(np.abs(v.w)),
    ),
    ("||X||_F^2", None, lambda v: np.sum(v.X**2)),
    ("||X||^2_F", None, lambda v: np.sum(v.X**2)),
    ("||X||_*", None, lambda v: _norm(v.X, "nuc")),
    ("||x||_inf", None, lambda v: np.max(np.abs(v.x))),
    ("||X||_2", None, lambda v: _norm(v.X, 2)),
    ("|t|", None, lambda v: np.abs(v.t)),
    ("x^T A x", None, lambda v: v.x @ v.A @ v.x),
    ("x^{T} A^{-1} x", None, lambda v: v.x @ inv(v.A) @ v.x),
    ("A^-T x", None, lambda v: inv(v.A).T @ v.x),
    ("tr(A^-1 B)", None, lambda v: tr(inv(v.A) @ v.B)),
    ("tr A", None, lambda v: tr(v.A)),
    ("log det A", None, lambda v: _slogdet(v.A)),
    ("log|A|", None, lambda v: _slogdet(v.A)),
    ("logdet(A) + b' A^-1 b", None, lambda v: _slogdet(v.A) + v.b @ inv(v.A) @ v.b),
    ("1/2 x'x", None, lambda v: 0.5 * v.x @ v.x),
    ("2x", None, lambda v: 2 * v.x),
    ("2 x'A x / (x'x)", None, lambda v: 2 * v.x @ v.A @ v.x / (v.x @ v.x)),
    ("-x'A x", None, lambda v: -v.x @ v.A @ v.x),
    ("e^(-x'x/2)", None, lambda v: exp(-v.x @ v.x / 2)),
    ("exp(-1/2 (x - b)' A^-1 (x - b))", None, lambda v: exp(-0.5 * (v.x - v.b) @ inv(v.A) @ (v.x - v.b))),
    ("sigma(x)", None, lambda v: _sigmoid(v.x)),
    ("softmax(A x)", None, lambda v: _softmax(v.A @ v.x)),
    ("A(x + b)", None, lambda v: v.A @ (v.x + v.b)),
    ("(A + B)(x - b)", None, lambda v: (v.A + v.B) @ (v.x - v.b)),
    ("x b'", None, lambda v: np.outer(v.x, v.b)),
    ("1'x", None, lambda v: np.sum(v.x)),
    ("1' X 1", None, lambda v: np.sum(v.X)),
    ("X - 1 b'", None, lambda v: v.X - v.b),
    ("X 1", None, lambda v: np.sum(v.X, axis=1)),
    ("(x'x)^2", None, lambda v: (v.x @ v.x) ** 2),
    ("sqrt(x'x + 1)", None, lambda v: np.sqrt(v.x @ v.x + 1)),
    ("f(x) = x' A x + b' x", None, lambda v: v.x @ v.A @ v.x + v.b @ v.x),
    ("A ⊙ B", None, lambda v: v.A * v.B),
    ("tr(Aᵀ B)", None, lambda v: tr(v.A.T @ v.B)),
    ("λ‖w‖² + ½‖X w − y‖²", None, lambda v: v.λ * v.w @ v.w + 0.5 * np.sum((v.X @ v.w - v.y) ** 2)),
    ("xᵀA⁻¹x", None, lambda v: v.x @ inv(v.A) @ v.x),
    ("(XᵀX + λI)⁻¹Xᵀy", None, lambda v: inv(v.X.T @ v.X + v.λ * eye(3)) @ v.X.T @ v.y),
    ("x · b", None, lambda v: v.x @ v.b),
    ("⟨x, A b⟩", None, lambda v: v.x @ (v.A @ v.b)),
    ("A⁻ᵀ", None, lambda v: inv(v.A).T),
    ("√t", None, lambda v: np.sqrt(v.t)),
    # no sign of a notation: * is what fits
    ("X*w", None, lambda v: v.X @ v.w),
    ("x*b", None, lambda v: v.x * v.b),
    ("X*Y", None, lambda v: v.X * v.Y),
    ("X*V", None, lambda v: v.X @ v.V),
    ("norm(X*w - y)^2", None, lambda v: np.sum((v.X @ v.w - v.y) ** 2)),
    ("sum(x*log(b))", None, lambda v: np.sum(v.x * log(v.b))),
    ("2*x + 3*b", None, lambda v: 2 * v.x + 3 * v.b),
    ("X + w", "numpy", lambda v: v.X + v.w),
    # NumPy, SciPy, PyTorch
    ("A*B", "numpy", lambda v: v.A * v.B),
    ("X @ w", None, lambda v: v.X @ v.w),
    ("np.sum(X, axis=1, keepdims=True)", None, lambda v: np.sum(v.X, axis=1, keepdims=True)),
    ("X.sum(0) + X.mean(axis=0)", None, lambda v: v.X.sum(0) + v.X.mean(axis=0)),
    ("np.linalg.norm(X, ord='fro')", None, lambda v: _norm(v.X)),
    ("np.linalg.slogdet(A)[1]", None, lambda v: _slogdet(v.A)),
    ("np.where(x > 0.5, x, b**2)", None, lambda v: np.where(v.x > 0.5, v.x, v.b**2)),
    ("np.einsum('ij,j->i', X, w)", None, lambda v: v.X @ v.w),
    ("np.einsum('ij,ij', X, Y)", None, lambda v: np.sum(v.X * v.Y)),
    ("X - y[:, None]", None, lambda v: v.X - v.y[:, None]),
    ("y[:, np.newaxis]*X", None, lambda v: v.y[:, None] * v.X),
    ("len(X)*x + X.shape[1]", None, lambda v: 4 * v.x + 3),
    ("A - np.eye(len(A))", None, lambda v: v.A - eye(3)),
    ("np.var(x) + np.std(X, axis=0)", None, lambda v: np.var(v.x) + np.std(v.X, axis=0)),
    ("torch.var(x, dim=0)", None, lambda v: np.var(v.x, ddof=1)),
    ("torch.logsumexp(X, dim=1)", None, lambda v: log(np.sum(exp(v.X), axis=1))),
    ("F.softmax(X, dim=0)", None, lambda v: exp(v.X) / np.sum(exp(v.X), axis=0)),
    (
        "np.maximum(x, 0.5) - np.clip(b, 0.3, 0.6)",
        None,
        lambda v: np.maximum(v.x, 0.5) - np.clip(v.b, 0.3, 0.6),
    ),
    ("np.outer(x, y)", None, lambda v: np.outer(v.x, v.y)),
    ("np.dot(X, w) - y", None, lambda v: v.X @ v.w - v.y),
    ("lambda/(2*m)*np.sum(X**2)", None, lambda v: v.__dict__["lambda"] / (2 * v.m) * np.sum(v.X**2)),
    ("J = lambda * np.sum(np.square(w));", None, lambda v: v.__dict__["lambda"] * v.w @ v.w),
    ("(lambda G: G + G.T)(A @ B)", None, lambda v: v.A @ v.B + (v.A @ v.B).T),
    ("sum(A**k @ x for k in range(1, 3))", None, lambda v: v.A @ v.x + v.A**2 @ v.x),
    ("np.linalg.norm(X, axis=1)", None, lambda v: np.linalg.norm(v.X, axis=1)),
    ("np.linalg.norm(A, 2) + np.linalg.norm(A, 1)", None, lambda v: _norm(v.A, 2) + _norm(v.A, 1)),
    ("X[:, 0] @ y", None, lambda v: v.X[:, 0] @ v.y),
    ("np.hstack([A, B])", None, lambda v: np.hstack([v.A, v.B])),
    ("[A, B; B, A]", None, lambda v: np.block([[v.A, v.B], [v.B, v.A]])),
    ("[x, b]", None, lambda v: np.stack([v.x, v.b], axis=1)),
    ("x[1:] - x[:-1]", "numpy", lambda v: np.diff(v.x)),
    ("x'Ax + b'x", None, lambda v: v.x @ v.A @ v.x + v.b @ v.x),
    ("‖Xw − y‖²", None, lambda v: np.sum((v.X @ v.w - v.y) ** 2)),
    ("AB^-1", None, lambda v: v.A @ inv(v.B)),
    ("sum(exp.(x) .+ 1)", None, lambda v: np.sum(exp(v.x) + 1)),
    ("X ./ Y", None, lambda v: v.X / v.Y),
    ("1/(1 + exp(-X))", None, lambda v: 1 / (1 + exp(-v.X))),
    ("solve(A) %*% b", None, lambda v: inv(v.A) @ v.b),
    ("tr(kron(A, B))", None, lambda v: tr(np.kron(v.A, v.B))),
    ("A ⊗ B", None, lambda v: np.kron(v.A, v.B)),
    ("vec(X)'vec(Y)", None, lambda v: np.sum(v.X * v.Y)),
    ("tr(expm(A))", None, lambda v: np.exp(np.linalg.eigvals(v.A)).sum().real),
    ("sum_i sum_j X_ij^2", None, lambda v: np.sum(v.X**2)),
    ("∑_i x_i b_i", None, lambda v: v.x @ v.b),
    ("sum_{i,j} x_i A_ij b_j", None, lambda v: v.x @ v.A @ v.b),
    ("1/m * sum_{i=1}^p (y_i - s_i)^2", None, lambda v: np.sum((v.y - v.s) ** 2) / v.m),
    ("A^(1/2)", None, lambda v: _root(v.A)),
    ("sum(|w|)", None, lambda v: np.sum(np.abs(v.w))),
    ("[x > 0.5] .* b", None, lambda v: (v.x > 0.5) * v.b),
    ("(A^-1)' x", None, lambda v: inv(v.A).T @ v.x),
    ("pinv(X)", None, lambda v: np.linalg.pinv(v.X)),
    ("X^† y", None, lambda v: np.linalg.pinv(v.X) @ v.y),
    ("X⁺ y", None, lambda v: np.linalg.pinv(v.X) @ v.y),
)

# What is refused, and a word that the message or its fix has.
REFUSED: tuple[tuple[str, str | None, str], ...] = (
    ("A*B", None, "@"),
    ("tr(A*B)", None, "entrywise"),
    ("|x|", None, "||x||"),
    ("|X|", None, "abs(X)"),
    ("1/2x", None, "(1/2) x"),
    ("lambda/2m", None, "(lambda/2) m"),
    ("tr A B", None, "tr(A"),
    ("log x y", None, "log(x)"),
    ("x b", None, "x'y"),
    ("xTAx", None, "spaces|factors"),
    ("x^TAx", None, "spaces"),
    ("AQ", None, "factors"),
    ("1/2Xw", None, "(1/2) X"),
    ("x^2^3", None, "brackets"),
    ("x^1/2", None, "brackets"),
    ("A ∘ B S", None, "brackets"),
    ("A .* B S", None, "brackets"),
    ("A/B", None, "inv(B)"),
    ("1/A", None, "inv(A)"),
    ("sum(X, 1)", None, "matlab"),
    ("var(x)", None, "n - 1"),
    ("X(1, 2)", None, "from 1"),
    ("x[1]", None, "numpy"),
    ("X + y'", None, "1 b'"),
    ("x + b'", None, "transpose"),
    ("X x y", None, "q and p|shapes"),
    ("inv(X)", None, "square"),
    ("X @ y", None, "q and p"),
    ("sigmod(x)", None, "sigmoid"),
    ("np.linalg.nrm(x)", None, "norm"),
    ("norm(X, 'fo')", None, "'fro'"),
    ("(x + b", None, "')'"),
    ("x + ) b", None, "operand"),
    ("x ? b", None, "sign"),
    ("3 4", None, "factor"),
    ("x = b", None, "declares|value|belong|equation"),
    ("", None, "empty"),
    ("x ^ b.T", "numpy", "**"),
    ("np.sum(x, 1)", None, "axis 1"),
    ("np.sum(x, foo=1)", None, "foo"),
    ("x if y else b", None, "formula|several|factors"),
    ("x*", None, "operand|ends|Python"),
    ("x +", None, "ends|operand"),
    ("σ (x)", None, "sigmoid"),
    ("x × b", None, "×"),
    ("A^*", None, "conj"),
    ("A^(1/3)", None, "whole"),
    ("[A B; B A]", None, "commas"),
    ("tr(exp(A))", None, "expm"),
    ("e^A", None, "expm"),
    ("1/m sum_i x_i + b_i", None, "brackets"),
    ("x ** b'", None, "exponent"),
)
