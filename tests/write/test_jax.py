"""The source that to_jax writes is run, plain and compiled, and must compute what the expression means."""

import numpy as np
import pytest
from tests.write.frameworks import SAMPLES, agrees, derivatives_of, executed, written

from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import matmul, multiply, negate, sum_over
from gradproof.expr.elementwise import apply
from gradproof.expr.node import symbol
from gradproof.write.jax import to_custom_vjp, to_jax

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.jax
jax.config.update("jax_enable_x64", True)


def as_jax(x):
    return jax.numpy.asarray(x)


@pytest.mark.parametrize(("name", "k"), SAMPLES)
def test_every_operation_and_its_derivative(name, k):
    exprs, values = derivatives_of(name, k)
    agrees(written(to_jax, exprs), exprs, values, as_jax)


def logistic():
    X, y, w = symbol("X", ("m", "n")), symbol("y", ("m",)), symbol("w", ("n",))
    return sum_over(apply("softplus", negate(multiply(y, matmul(X, w))))), w


def test_a_cost_carries_its_gradient():
    cost, w = logistic()
    source = to_custom_vjp(cost, {w: gradient(cost, [w])[0]})
    f = executed(source, "cost")
    rng = np.random.default_rng(0)
    given = {"X": rng.normal(size=(7, 3)), "y": np.sign(rng.normal(size=7)), "w": rng.normal(size=3)}
    order = source[source.index("def cost(") + 9 :].split(")")[0].split(", ")
    arrays = [as_jax(given[name]) for name in order]

    def plain(w):
        return jax.numpy.sum(jax.numpy.log1p(jax.numpy.exp(-given["y"] * (given["X"] @ w))))

    got = jax.jit(jax.grad(f, argnums=order.index("w")))(*arrays)
    np.testing.assert_allclose(got, jax.grad(plain)(as_jax(given["w"])), rtol=1e-12)
    np.testing.assert_allclose(f(*arrays), plain(as_jax(given["w"])), rtol=1e-12)


def test_it_compiles():
    cost, w = logistic()
    source = to_jax({"dw": gradient(cost, [w])[0]})
    f = jax.jit(executed(source))
    assert f(*[as_jax(np.ones(s)) for s in ((3,), (3, 2), (2,))] if "(y, X, w)" in source else
             [as_jax(np.ones(s)) for s in ((3, 2), (3,), (2,))])["dw"].shape == (2,)  # fmt: skip
