"""Entries and rows in text belong to the arrays that are declared, or are refused."""

from types import SimpleNamespace

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.sizes import with_sizes
from gradproof.read.notation import read

SIZES = {"m": 5, "n": 3, "k": 2}
SHAPES = {
    "X": ("m", "n"),
    "F": ("m", "k"),
    "G": ("n", "k"),
    "R": ("m", "n"),
    "W": ("m", "m"),
    "A": ("n", "n"),
    "x": ("n",),
    "w": ("n",),
    "mu": ("n",),
    "y": ("m",),
    "b": (),
}


def arrays():
    rng = np.random.default_rng(3)
    return {name: rng.uniform(0.3, 1.5, [SIZES[s] for s in shape]) for name, shape in SHAPES.items()}


def without_x():
    return {name: shape for name, shape in SHAPES.items() if name != "x"}


def value(text, shapes, dialect=None):
    formula = read(text, shapes=shapes, dialect=dialect)
    given = arrays()
    numbered = with_sizes([formula.expression, *formula.symbols.values()], SIZES)
    leaves = {numbered[leaf]: given[name] for name, leaf in formula.symbols.items()}
    return evaluate([numbered[formula.expression]], leaves)[0]


ROWS = [
    ("sum_i (y_i - w'x_i)^2", lambda v: np.sum((v.y - v.X @ v.w) ** 2)),
    ("sum_i log(1 + exp(-y_i*w'x_i))", lambda v: np.sum(np.log1p(np.exp(-v.y * (v.X @ v.w))))),
    (
        "1/m sum_{i=1}^m max(0, 1 - y_i (w'x_i + b))",
        lambda v: np.mean(np.maximum(0, 1 - v.y * (v.X @ v.w + v.b))),
    ),
    ("sum_i ||x_i - mu||^2", lambda v: np.sum((v.X - v.mu) ** 2)),
    ("sum_i (x_i - mu)' A^-1 (x_i - mu)", lambda v: np.sum((v.X - v.mu) @ np.linalg.inv(v.A) * (v.X - v.mu))),
    ("sum_ij W_ij ||f_i - f_j||^2", lambda v: np.sum(v.W[:, :, None] * (v.F[:, None] - v.F[None]) ** 2)),
    ("sum_{i,j} (R_ij - b - f_i' g_j)^2", lambda v: np.sum((v.R - v.b - v.F @ v.G.T) ** 2)),
    ("∑ᵢ (yᵢ − wᵀxᵢ)²", lambda v: np.sum((v.y - v.X @ v.w) ** 2)),
    ("Σᵢ yᵢ", lambda v: np.sum(v.y)),
]
ENTRIES = [
    ("x_1^2 + x_2^2", lambda v: v.x[0] ** 2 + v.x[1] ** 2),
    ("x_1^2+2x_1x_2+x_3^3", lambda v: v.x[0] ** 2 + 2 * v.x[0] * v.x[1] + v.x[2] ** 3),
    ("A_{11} + A_{22}", lambda v: v.A[0, 0] + v.A[1, 1]),
    ("A_12 + X_{5,1}", lambda v: v.A[0, 1] + v.X[4, 0]),
    ("A_{1,:} w", lambda v: None),
    ("sum_ij A_ij x_i x_j", lambda v: v.x @ v.A @ v.x),
    ("sum_{i=1}^2 (x_{i+1} - x_i)^2", lambda v: np.sum(np.diff(v.x) ** 2)),
    ("sum_{i<j} A_ij x_i x_j", lambda v: v.x @ np.triu(v.A, 1) @ v.x),
    ("sum_{i≠j} (x_i - x_j)^2", lambda v: np.sum((v.x[:, None] - v.x) ** 2)),
    ("sum_i x_i sum_{j!=i} A_ij", lambda v: v.x @ (v.A - np.diag(np.diag(v.A))).sum(1)),
    ("max_i x_i", lambda v: v.x.max()),
    ("max_i (x_i - mu_i)^2", lambda v: np.max((v.x - v.mu) ** 2)),
    ("½‖Xw − y‖²₂ + b‖w‖₁", lambda v: np.sum((v.X @ v.w - v.y) ** 2) / 2 + v.b * np.sum(abs(v.w))),
]
MATLAB = [
    ("x(1)*x(2)", lambda v: v.x[0] * v.x[1]),
    ("X(2,3)", lambda v: v.X[1, 2]),
    ("sum(x(1:2))", lambda v: v.x[:2].sum()),
    ("x(end)", lambda v: v.x[-1]),
    ("X(:,1)'*y", lambda v: v.X[:, 0] @ v.y),
    ("X(1,:)*w", lambda v: v.X[0] @ v.w),
    ("X(2,:)*X(2,:)'", lambda v: v.X[1] @ v.X[1]),
]


@pytest.mark.parametrize(("text", "meant"), ROWS, ids=[t for t, _ in ROWS])
def test_rows_of_a_declared_matrix(text, meant):
    np.testing.assert_allclose(value(text, without_x()), meant(SimpleNamespace(**arrays())), rtol=1e-12)


@pytest.mark.parametrize(("text", "meant"), ENTRIES, ids=[t for t, _ in ENTRIES])
def test_entries_of_declared_arrays(text, meant):
    given = SimpleNamespace(**arrays())
    wanted = meant(given)
    if wanted is None:
        with pytest.raises(InputError):
            read(text, shapes=SHAPES)
        return
    np.testing.assert_allclose(value(text, SHAPES), wanted, rtol=1e-12)


@pytest.mark.parametrize(("text", "meant"), MATLAB, ids=[t for t, _ in MATLAB])
def test_brackets_hold_indices_in_matlab(text, meant):
    found = value(text, SHAPES, "matlab")
    np.testing.assert_allclose(found, meant(SimpleNamespace(**arrays())), rtol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "x(1)",
        "X(2)",
        "y(i)*x(i)",
        "sum_i x(i)^2",
        "A_ij x_j",
        "x_i",
        "sum_i A_ij x_i",
        "sum_i ||x_i||^2 + x_i",
        "X_1",
        "sum_{i<j} |x_i - x_j|",
        "sum_{j≠i} x_i x_j",
        "x2",
        "max_w w'x",
    ],
)
def test_what_belongs_to_no_array_is_refused(text):
    with pytest.raises(InputError) as caught:
        read(text, shapes=SHAPES)
    assert caught.value.fix


@pytest.mark.parametrize("text", ["sum_i ||x_i - mu||^2", "sum_i ||W x_i||^2", "sum_i (y_i - w'x_i)^2"])
def test_rows_of_a_matrix_nobody_declared_are_refused(text):
    with pytest.raises(InputError):
        read(text, shapes={"mu": ("n",), "w": ("n",), "W": ("k", "n"), "y": ("m",)})


def test_which_axis_is_counted_is_left_open_where_both_fit():
    with pytest.raises(InputError, match="rows or the columns"):
        read("sum_i ||x_i||^2", shapes={"X": ("m", "n")})


def test_columns_are_counted_where_only_they_fit():
    formula = read("sum_i ||x_i - mu||^2", shapes={"X": ("n", "m"), "mu": ("n",)})
    assert any("column i of X" in note for note in formula.notes)


def test_an_entry_zero_is_a_name_of_its_own():
    assert set(read("||x - x_0||^2", shapes={"x": ("n",)}).symbols) == {"x", "x_0"}
