"""The source that to_numpy writes is run, and must compute what the expression means."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.write.expressions import expressions, values_for
from tests.write.frameworks import SAMPLES, derivatives_of, written

from gradproof.calculus.differentiate import pullback
from gradproof.expr.broadcast import broadcast_to, matmul, minus, multiply, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import apply, log, reciprocal, relu, sigmoid, square
from gradproof.expr.evaluate import evaluate
from gradproof.expr.indexing import index
from gradproof.expr.node import SYMBOL, constant, number, symbol
from gradproof.expr.product import add, einsum
from gradproof.write.numpy import numpy_arguments, to_numpy


def run(exprs, values, names=None, name="gradient"):
    source = to_numpy(exprs, names or {}, name)
    scope = {}
    exec(compile(source, "<written>", "exec"), scope)
    arguments = numpy_arguments(exprs)
    given = [values[e] if e.op is SYMBOL else e.attrs[0].array for e in arguments.values()]
    with np.errstate(all="ignore"):
        return source, scope[name](*given)


def agrees(exprs, values, names=None):
    source, result = run(exprs, values, names)
    expected = evaluate(list(exprs.values()), values)
    assert list(result) == list(exprs)
    for (key, got), want, expr in zip(result.items(), expected, exprs.values(), strict=True):
        assert np.shape(got) == expr.shape, f"{key}\n{source}"
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-9, atol=1e-9, err_msg=source)
    return source


@pytest.mark.parametrize(("name", "k"), SAMPLES)
def test_every_operation_and_its_derivative(name, k):
    exprs, values = derivatives_of(name, k)
    written(to_numpy, exprs)
    agrees(exprs, values)


@settings(max_examples=150)
@given(expressions(), st.integers(0, 3))
def test_random_expressions(expr, seed):
    agrees({"value": expr}, values_for(expr, seed=seed))


def network():
    """The thread's three-layer network: cost, gradients, and the names a course gives them."""
    w = [symbol(f"W{k}", s) for k, s in ((1, (5, 2)), (2, (3, 5)), (3, (1, 3)))]
    b = [symbol(f"b{k}", (s, 1)) for k, s in ((1, 5), (2, 3), (3, 1))]
    x, y, m, lam = symbol("X", (2, 12)), symbol("Y", (1, 12)), symbol("m"), symbol("lambd")
    a, named = x, {}
    for k in range(3):
        z = plus(matmul(w[k], a), b[k])
        a = relu(z) if k < 2 else sigmoid(z)
        named |= {z: f"Z{k + 1}", a: f"A{k + 1}"}
    entropy = plus(multiply(y, log(a)), multiply(minus(number(1), y), log(minus(number(1), a))))
    penalty = add(*(sum_over(square(v)) for v in w))
    cost = plus(
        scale(-1, multiply(reciprocal(m), sum_over(entropy))),
        multiply(lam, reciprocal(scale(2, m)), penalty),
    )
    table = pullback(cost, number(1), [*w, *b])
    named |= {table[n]: f"d{name}" for n, name in list(named.items())}
    return cost, {s: table[s] for s in (*w, *b)}, named


def test_a_network_is_written_line_by_line():
    cost, gradients, names = network()
    exprs = {"J": cost} | {f"d{s.name}": g for s, g in gradients.items()}
    values = values_for(*exprs.values(), low=0.1, high=0.9)
    source = agrees(exprs, values, names)
    assert "    dW2 = dZ2 @ A1.T + lambd / m * W2  # dW₂ = dZ₂ A₁ᵀ + λ/m W₂" in source
    assert "    dZ2 = dA2 * (Z2 > 0)  # dZ₂ = dA₂ ∘ [Z₂ > 0]" in source
    assert "    Z1 = W1 @ X + b1  # Z₁ = W₁ X + b₁ 1ᵀ" in source
    assert source == to_numpy(exprs, names)


@pytest.mark.parametrize(
    ("expr", "code"),
    [
        (lambda: matmul(transpose(symbol("X", (4, 2))), symbol("y", (4,))), "X.T @ y"),
        (lambda: sum_over(symbol("X", (4, 2)), 0, keepdims=True), "np.sum(X, axis=0, keepdims=True)"),
        (lambda: sum_over(symbol("X", (4, 2))), "np.sum(X)"),
        (lambda: einsum([(0,), (1,)], [symbol("u", (3,)), symbol("v", (2,))], (0, 1)), "u[:, None] * v"),
        (lambda: einsum([(0, 1, 2), (2, 3)], [symbol("T", (2, 3, 4)), symbol("M", (4, 5))], (0, 1, 3)),
         "T @ M"),
        (lambda: index(symbol("P", (4, 3)), (("array", 0), ("array", 1)), constant(np.arange(4)),
                       constant(np.array([0, 1, 2, 0]))), "P[np.arange(4), np.array([0, 1, 2, 0])]"),
        (lambda: broadcast_to(symbol("b", (3,)), (4, 3)), "np.broadcast_to(b, (4, 3))"),
        (lambda: minus(symbol("x"), apply("greater", symbol("y"), number(0))), "x - 1.0 * (y > 0)"),
    ],
)  # fmt: skip
def test_code_as_people_write_it(expr, code):
    node = expr()
    source = agrees({"r": node}, values_for(node))
    assert f"    r = {code}  #" in source


def test_symbolic_sizes_are_read_off_the_arguments():
    x = symbol("X", ("n", 3))
    source = to_numpy({"r": broadcast_to(symbol("b", (3,)), ("n", 3)), "s": sum_over(x)})
    scope = {}
    exec(source, scope)
    result = scope["gradient"](np.ones(3), np.ones((5, 3)))
    assert result["r"].shape == (5, 3)


def test_large_and_labelled_arrays_are_arguments():
    y = constant(np.arange(40) % 3, "labels")
    expr = index(symbol("P", (40, 3)), (("array", 0), ("array", 1)), constant(np.arange(40)), y)
    assert list(numpy_arguments({"r": expr})) == ["P", "labels"]
    agrees({"r": expr}, values_for(expr))


def test_names_that_python_cannot_have():
    expr = multiply(symbol("layer1.W", (2,)), symbol("lambda", ()), symbol("np", (2,)))
    source = agrees({'grads["dW"]': expr}, values_for(expr))
    assert "def gradient(layer1_W, lambda_, np_2)" in source or "np_2" in source
