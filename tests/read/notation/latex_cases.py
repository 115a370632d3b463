r"""Formulas in LaTeX in the styles of papers, course notes and forum posts, each with its value in NumPy.

A case is the source, the shapes that are declared (sizes in numbers, or names with the sizes at the bottom), and
the function of the arrays that the formula is. What is refused stands in :data:`REFUSED` with a word of the error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SIZES = {"m": 4, "n": 3, "k": 2, "p": 5, "q": 2}

mn, nn, nk, m_, n_ = ("m", "n"), ("n", "n"), ("n", "k"), ("m",), ("n",)
inv, det, tr, norm = np.linalg.inv, np.linalg.det, np.trace, np.linalg.norm


def sig(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def entropy(a: Any, y: Any) -> Any:
    return y * np.log(a) + (1 - y) * np.log(1 - a)


Case = tuple[str, Mapping[str, Any], Callable[..., Any]]
READ: list[Case] = [
    # penalties
    (r"\frac{\lambda}{2m} \|W\|_F^2", {"W": nk, "lambda": (), "m": ()}, lambda W, lambda_, m: lambda_ / (2 * m) * np.sum(W**2)),
    (r"\frac{\lambda}{2m} {\parallel W \parallel}_F^2", {"W": nk, "lambda": (), "m": ()}, lambda W, lambda_, m: lambda_ / (2 * m) * np.sum(W**2)),
    (r"\frac\lambda2\left\lVert W\right\rVert^2_{\mathrm{F}}", {"W": nk, "lambda": ()}, lambda W, lambda_: lambda_ / 2 * np.sum(W**2)),
    (r"$\tfrac12 \lVert w \rVert_2^2$", {"w": n_}, lambda w: np.sum(w**2) / 2),
    (r"$$\lambda_1 ||w||_1 + \lambda_2 ||w||^2_2$$", {"w": n_, "lambda_1": (), "lambda_2": ()}, lambda w, lambda_1, lambda_2: lambda_1 * np.sum(abs(w)) + lambda_2 * np.sum(w**2)),
    (r"\sum_{i=1}^{n}\sum_{j} (w_{ij})^2", {"W": nk}, lambda W: np.sum(W**2)),
    (r"\sum\limits_{k}\sum\limits_j W_{k,j}^2", {"W": nk}, lambda W: np.sum(W**2)),
    (r"\sum_{i,j} \sqrt{X_{ij}^2 + 1}", {"X": mn}, lambda X: np.sum(np.sqrt(X**2 + 1))),
    (r"\sum_{j=1}^{n} |\theta_j|", {"theta": n_}, lambda theta: np.sum(abs(theta))),
    (r"\lambda \sum^n_{j=1} \theta_j^2", {"theta": n_, "lambda": ()}, lambda theta, lambda_: lambda_ * np.sum(theta**2)),
    (r"\frac{\lambda}{2m}\sum_{l=1}^{2} \|W^{[l]}\|_F^2", {"W1": mn, "W2": nk, "lambda": (), "m": ()}, lambda W1, W2, lambda_, m: lambda_ / (2 * m) * (np.sum(W1**2) + np.sum(W2**2))),
    (r"\sum\limits_l\sum\limits_k\sum\limits_j W_{k,j}^{[l]2}", {"W[1]": mn, "W[2]": nk}, lambda W_1_, W_2_: np.sum(W_1_**2) + np.sum(W_2_**2)),
    (r"\sum_{l=1}^{L}\sum_{i=1}^{s_l}\sum_{j=1}^{s_{l+1}} (\Theta_{ji}^{(l)})^2", {"Theta1": mn, "Theta2": nk}, lambda Theta1, Theta2: np.sum(Theta1**2) + np.sum(Theta2**2)),
    (r"{\lambda \over 2} \mathbf{w}^\top \mathbf{w}", {"w": n_, "lambda": ()}, lambda w, lambda_: lambda_ / 2 * w @ w),
    # traces, determinants, quadratic forms
    (r"\operatorname{tr}(W^T W)", {"W": nk}, lambda W: tr(W.T @ W)),
    (r"\mathrm{tr}\left(A X B X^{\top}\right)", {"A": ("n", "n"), "X": nk, "B": ("k", "k")}, lambda A, X, B: tr(A @ X @ B @ X.T)),
    (r"\text{Tr}(XBX^TA)", {"A": nn, "B": ("k", "k"), "X": nk}, lambda A, B, X: tr(X @ B @ X.T @ A)),
    (r"f(X) = \mbox{tr} \left( \left( X^T X - A \right)^T \left(X^T X - A \right) \right)", {"X": nk, "A": ("k", "k")}, lambda X, A: tr((X.T @ X - A).T @ (X.T @ X - A))),
    (r"tr(AX)", {"A": ("k", "n"), "X": nk}, lambda A, X: tr(A @ X)),
    (r"\mathbf{x}^\top A \mathbf{x}", {"A": nn, "x": n_}, lambda A, x: x @ A @ x),
    (r"x^{\intercal} A x + b^{\mathsf T} x + c", {"A": nn, "x": n_, "b": n_, "c": ()}, lambda A, x, b, c: x @ A @ x + b @ x + c),
    (r"\dfrac{\mathbf{x}^\top A \mathbf{x}}{\mathbf{x}^\top \mathbf{x}}", {"A": nn, "x": n_}, lambda A, x: x @ A @ x / (x @ x)),
    (r"\frac{1}{2}(x-\mu)^T\Sigma^{-1}(x-\mu)", {"x": n_, "mu": n_, "Sigma": nn}, lambda x, mu, Sigma: (x - mu) @ inv(Sigma) @ (x - mu) / 2),
    (r"a^T X^{-1} b", {"a": n_, "X": nn, "b": n_}, lambda a, X, b: a @ inv(X) @ b),
    (r"a^T X^{-T} b", {"a": n_, "X": nn, "b": n_}, lambda a, X, b: a @ inv(X).T @ b),
    (r"\det(X)^2 + \det X^{-1}", {"X": nn}, lambda X: det(X) ** 2 + det(inv(X))),
    (r"\log\det(X^\top X)", {"X": mn}, lambda X: np.log(det(X.T @ X))),
    (r"\frac{1}{2}\log|\Sigma| + \log |a|", {"Sigma": nn, "a": ()}, lambda Sigma, a: np.log(det(Sigma)) / 2 + np.log(abs(a))),
    (r"\ln\left|X X^\top + \epsilon I\right|", {"X": ("k", "n"), "epsilon": ()}, lambda X, epsilon: np.log(det(X @ X.T + epsilon * np.eye(2)))),
    (r"y^T (A \odot B) x", {"y": m_, "A": mn, "B": mn, "x": n_}, lambda y, A, B, x: y @ (A * B) @ x),
    (r"\|A \circ (B - C)\|_F^2", {"A": mn, "B": mn, "C": mn}, lambda A, B, C: np.sum((A * (B - C)) ** 2)),
    (r"\langle A, B\rangle + \left\langle x, y \right\rangle", {"A": mn, "B": mn, "x": n_, "y": n_}, lambda A, B, x, y: np.sum(A * B) + x @ y),
    (r"w \cdot x + b", {"w": n_, "x": n_, "b": ()}, lambda w, x, b: w @ x + b),
    (r"\mathbf{1}^T x + \mathbf{1}^\top A \mathbf{1}_n", {"x": n_, "A": mn}, lambda x, A: x.sum() + A.sum()),
    (r"\operatorname{tr}\left((A + \lambda I_n)^{-1}\right)", {"A": nn, "lambda": ()}, lambda A, lambda_: tr(inv(A + lambda_ * np.eye(3)))),
    (r"x' A x", {"A": nn, "x": n_}, lambda A, x: x @ A @ x),
    (r"u v^T - v u^T", {"u": n_, "v": n_}, lambda u, v: np.outer(u, v) - np.outer(v, u)),
    (r"A^2 - A^{3}", {"A": nn}, lambda A: A @ A - A @ A @ A),
    (r"X^{\circ 2} \oslash Y", {"X": mn, "Y": mn}, lambda X, Y: X**2 / Y),
    (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", {"a": (), "b": (), "c": (), "d": ()}, lambda a, b, c, d: np.array([[a, b], [c, d]])),
    # least squares, factorisation
    (r"\frac{1}{2}\|\mathbf{y} - X\mathbf{w}\|^2 + \frac{\lambda}{2}\|\mathbf{w}\|^2", {"y": m_, "X": mn, "w": n_, "lambda": ()}, lambda y, X, w, lambda_: np.sum((y - X @ w) ** 2) / 2 + lambda_ / 2 * w @ w),
    (r"\|R - UV^\top\|_F^2 + \lambda(\|U\|_F^2 + \|V\|_F^2)", {"R": mn, "U": ("m", "k"), "V": nk, "lambda": ()}, lambda R, U, V, lambda_: np.sum((R - U @ V.T) ** 2) + lambda_ * (np.sum(U**2) + np.sum(V**2))),
    (r"\vert\vert Y - XBX^{\top} \vert\vert_F^2", {"Y": mn[:1] * 2, "X": mn, "B": nn}, lambda Y, X, B: np.sum((Y - X @ B @ X.T) ** 2)),
    (r"\Vert A x - b\Vert^{2}_{2}", {"A": mn, "x": n_, "b": m_}, lambda A, x, b: np.sum((A @ x - b) ** 2)),
    (r"\frac{1}{2m}\sum_{i=1}^{m} \left(\theta^T x^{(i)} - y^{(i)}\right)^2", {"X": mn, "y": m_, "theta": n_}, lambda X, y, theta: np.sum((X @ theta - y) ** 2) / 8),
    (r"\frac{1}{n} \sum_{i=1}^{n} (\mathbf{w}^{\text{T}}\mathbf{x}_i-y_i)^2 + \lambda\|\mathbf{w}\|_1", {"X": ("n", "p"), "y": n_, "w": ("p",), "lambda": ()}, lambda X, y, w, lambda_: np.mean((X @ w - y) ** 2) + lambda_ * np.sum(abs(w))),
    (r"L = \frac{1}{2} \sum_{i=1}^{n} (y_i - \hat{y}_i)^2", {"y": n_, "y_hat": n_}, lambda y, y_hat: np.sum((y - y_hat) ** 2) / 2),
    (r"\frac12 \sum_i \Bigl( b_i - \sum_{j} A_{ij} x_j \Bigr)^2", {"A": mn, "x": n_, "b": m_}, lambda A, x, b: np.sum((b - A @ x) ** 2) / 2),
    (r"y_i = \sum_j A_{ij} x_j", {"A": mn, "x": n_}, lambda A, x: A @ x),
    (r"C_{ik} = \sum_j A_{ij} B_{jk}", {"A": mn, "B": nk}, lambda A, B: A @ B),
    (r"\sum_{i=1}^{2}(x_{i+1} - x_i)^2", {"x": (3,)}, lambda x: np.sum((x[1:] - x[:-1]) ** 2)),
    (r"\sum_{i,j} A_{ij}\|X_{i,:}-X_{j,:}\|_2^2", {"A": ("m", "m"), "X": mn}, lambda A, X: sum(A[i, j] * np.sum((X[i] - X[j]) ** 2) for i in range(4) for j in range(4))),
    (r"\sum_{i=1}^n x_{ii}", {"X": nn}, lambda X: tr(X)),
    (r"\prod_{i=1}^{n} x_i", {"x": n_}, lambda x: np.prod(x)),
    # likelihoods
    (
        r"-\frac{1}{m}\sum_{i=1}^m \left( y^{(i)} \log a^{(i)} + (1-y^{(i)})\log(1-a^{(i)}) \right)",
        {"y": m_, "a": m_}, lambda y, a: -np.mean(entropy(a, y)),
    ),
    (
        r"J = -\frac{1}{m} \sum\limits_{i = 1}^{m} \large{(}\small  y^{(i)}\log\left(a^{[L](i)}\right)"
        r" + (1-y^{(i)})\log\left(1- a^{[L](i)}\right) \large{)} \tag{1}",
        {"y": m_, "a[L]": m_}, lambda y, a_L_: -np.mean(entropy(a_L_, y)),
    ),
    (r"\begin{aligned} J &= \frac{1}{m}\sum_{i=1}^m \log\left(1+e^{-y_i x_i^\top w}\right) \\ &\quad + \frac{\lambda}{2}\|w\|^2 \end{aligned}", {"X": mn, "y": m_, "w": n_, "lambda": ()}, lambda X, y, w, lambda_: np.mean(np.log(1 + np.exp(-y * (X @ w)))) + lambda_ / 2 * w @ w),
    (r"\frac{1}{m}\sum_{i=1}^m \max(0, 1 - y_i \mathbf{w}^T \mathbf{x}_i)", {"X": mn, "y": m_, "w": n_}, lambda X, y, w: np.mean(np.maximum(0, 1 - y * (X @ w)))),
    (r"-\sum_{i=1}^{m} \log \sigma\bigl(y_i (\mathbf{w}^\top \mathbf{x}_i + b)\bigr) \;+\; \frac{\lambda}{2}\|\mathbf{w}\|_2^2.", {"X": mn, "y": m_, "w": n_, "b": (), "lambda": ()}, lambda X, y, w, b, lambda_: -np.sum(np.log(sig(y * (X @ w + b)))) + lambda_ / 2 * w @ w),
    (r"-\sum_{i}\sum_{k} y_{ik}\log(\hat{y}_{ik})", {"y": mn, "y_hat": mn}, lambda y, y_hat: -np.sum(y * np.log(y_hat))),
    (r"\sigma(Wx + b)", {"W": mn, "x": n_, "b": m_}, lambda W, x, b: sig(W @ x + b)),
    (r"\tanh\left(W^{[1]} x + b^{[1]}\right)", {"W1": mn, "x": n_, "b1": m_}, lambda W1, x, b1: np.tanh(W1 @ x + b1)),
    (r"\operatorname{softmax}(z)", {"z": n_}, lambda z: np.exp(z) / np.exp(z).sum()),
    (r"\log \sum_{k} e^{z_k}", {"z": n_}, lambda z: np.log(np.exp(z).sum())),
    (r"\sqrt[3]{x} + \sqrt{2}\,\sin^2 x + \cos(2x)", {"x": ()}, lambda x: x ** (1 / 3) + 2**0.5 * np.sin(x) ** 2 + np.cos(2 * x)),
    (r"\exp\left\{-\frac{\|x - y\|^2}{2\sigma^2}\right\}", {"x": n_, "y": n_, "sigma": ()}, lambda x, y, sigma: np.exp(-np.sum((x - y) ** 2) / (2 * sigma**2))),
    (r"\operatorname{diag}(x) A", {"x": n_, "A": nn}, lambda x, A: np.diag(x) @ A),
    (r"\mathbf{1}[x > 0] \odot x", {"x": n_}, lambda x: (x > 0) * x),
    (r"\|x\|_\infty", {"x": n_}, lambda x: abs(x).max()),
    (r"\frac{\partial f}{\partial x} = 2 A x", {"A": nn, "x": n_}, lambda A, x: 2 * A @ x),
    (r"\nabla_\theta J(\theta) = X^T (X\theta - y)", {"X": mn, "theta": n_, "y": m_}, lambda X, theta, y: X.T @ (X @ theta - y)),
    (r"\[ \mathcal{J}(W) = \underbrace{\|W\|_F^2}_{\text{the penalty}} \]", {"W": nk}, lambda W: np.sum(W**2)),
    ("\\begin{equation}\\label{eq:a}\n \\boldsymbol{\\theta}^{\\top}\\boldsymbol\\theta % squared\n\\end{equation}", {"theta": n_}, lambda theta: theta @ theta),
    (r"2 \cdot 3^2 x - \frac{-x}{4}", {"x": ()}, lambda x: 18 * x + x / 4),
    (r"-x^2", {"x": ()}, lambda x: -(x**2)),
    (r"a - b - c + d", {"a": (), "b": (), "c": (), "d": ()}, lambda a, b, c, d: a - b - c + d),
    (r"|x - 1| \, |y|", {"x": (), "y": ()}, lambda x, y: abs(x - 1) * abs(y)),
    (r"\log_2 x", {"x": ()}, lambda x: np.log2(x)),
    (r"\sum_{i=1}^n x_i y_i - \sum_{i=1}^n z_i", {"x": n_, "y": n_, "z": n_}, lambda x, y, z: x @ y - z.sum()),
    (r"A \otimes B", {"A": mn, "B": nk}, lambda A, B: np.kron(A, B)),
    (r"\|A\|_* + \|A\|_2", {"A": mn}, lambda A: norm(A, "nuc") + norm(A, 2)),
    (r"A^{\dagger} b", {"A": mn, "b": m_}, lambda A, b: np.linalg.pinv(A) @ b),
    (r"\operatorname{vec}(X)^\top \operatorname{vec}(Y)", {"X": mn, "Y": mn}, lambda X, Y: np.sum(X * Y)),
]  # fmt: skip

# Source, shapes, a word of the error.
REFUSED: list[tuple[str, Mapping[str, Any], str]] = [
    (r"f(x+1)", {}, "call"),
    (r"f(x+1)", {"x": ()}, "call"),
    (r"h_\theta(x) - y", {}, "call"),
    (r"\lambda/2m", {}, "slash"),
    (r"1/2 \|x\|^2", {}, "slash"),
    (r"\log x y", {}, "reach"),
    (r"\operatorname{tr} A B", {}, "reach"),
    (r"\operatorname{tr}(X - A)(X - A)^T", {"X": nn, "A": nn}, "reach"),
    (r"\log(x)^2", {"x": ()}, "argument"),
    (r"\operatorname{tr}(A)^{-1}", {"A": nn}, "argument"),
    (r"\sin^{-1} x", {"x": ()}, "inverse"),
    (r"x y", {"x": n_, "y": n_}, "product"),
    (r"x^2", {"x": n_}, "power"),
    (r"A^2", {"A": mn}, "power"),
    (r"A B \odot C", {"A": nn, "B": nn, "C": nn}, "first"),
    (r"x^T", {"x": ()}, "scalar"),
    (r"\sum x_i^2", {"x": n_}, "index"),
    (r"\sum_i x_i + y_i", {"x": n_, "y": n_}, "outside"),
    (r"x_i^2", {"x": n_}, "no sum"),
    (r"\sum_{i=1}^{m} x_i^2", {"x": n_}, "runs to"),
    (r"\sum_i x_i^\top w", {"X": nn, "w": n_}, "rows or the columns"),
    (r"\sum_{i<j} A_{ij}", {"A": nn}, "condition"),
    (r"x_1 + \cdots + x_n", {}, "ellipsis"),
    (r"\newcommand{\R}{R} x", {}, "macro"),
    (r"x^10", {"x": ()}, "digit"),
    (r"\|x\|_A^2", {"x": n_, "A": nn}, "norm"),
    (r"A x = b", {"A": nn}, "left-hand side"),
    (r"J = a = b", {}, "more than one"),
    (r"\nabla_x x^\top x", {"x": n_}, "gradient"),
    (r"\frac{\partial}{\partial X} \operatorname{tr}(X)", {}, "derivative"),
    (r"\mathbb{E}[x]", {}, "expectation"),
    (r"\foo{x}", {}, "not known"),
    (r"(x + y", {}, "never closed"),
    (r"|x + y", {}, "never closed"),
    (r"\left( x \right]", {}, "closed with"),
    (r"x +", {}, "missing"),
    (r"\frac{a}{b}^2", {"a": (), "b": ()}, "script"),
    (r"\begin{cases} x & y \\ z & w \end{cases}", {}, "cases"),
    (r"A : B", {"A": nn, "B": nn}, "Frobenius"),
    (r"A * B", {"A": nn, "B": nn}, "no operator"),
    (r"\overline{x}", {}, "mean"),
    (r"x^* - x", {}, "meaning"),
    (r"e + 1", {}, "Euler"),
    (r"x + \mathbf{x} + \mathcal{x}", {"x": n_}, "two shapes"),
    (r"\|A x - b\|^2", {"A": mn, "x": m_, "b": m_}, "inner sizes"),
    (r"\sum_l \lambda_l \|W^{[l]} - C\|_F^2", {"C": nn}, "belongs to no layer"),
    (r"\min_w \|w\|^2", {"w": n_}, "optimum"),
    (r"\int x", {}, "integral"),
    (r"x \approx y", {}, "relation"),
    (r"\sum_{i} i x_i", {"x": n_}, "as a number"),
    (r"w_ij", {"W": nn}, "one letter only"),
    (r"w_i", {"W": nn}, "no sum"),
    (r"x2 + 1", {"x": ()}, "behind"),
    (r"", {}, "no formula"),
    (r"\frac{1}{}", {}, "empty"),
    (r"\mathbf{x}_i^\top \mathbf{w}", {"x": n_, "w": n_}, "no sum"),
    (r"\sigma^{-1}(x)", {"x": ()}, ""),
    (r"\frac{x}{y}", {"x": n_, "y": n_}, "division"),
    (r"A^{t}", {"A": nn}, "transpose"),
    (r"\hat{x y}", {}, "accent"),
    (r"x \pm y", {}, "signs"),
]
