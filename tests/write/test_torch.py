"""The source that to_torch writes is run, and must compute what the expression means."""

import numpy as np
import pytest
from tests.write.frameworks import SAMPLES, agrees, derivatives_of, executed, written

from gradproof.calculus.differentiate import gradient
from gradproof.expr.broadcast import matmul, multiply, negate, sum_over
from gradproof.expr.elementwise import apply
from gradproof.expr.node import symbol
from gradproof.write.torch import to_autograd_function, to_torch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def as_torch(x):
    return torch.as_tensor(np.array(x))


# Vectors whose sign or phase the library chooses.
UP_TO_SIGN = {"eigenvectors_symmetric", "left_singular", "right_singular", "v_max"}
# PyTorch multiplies no matrix of real numbers with one of complex numbers.
MIXED = {("imag", 0), ("pinv", 2)}


@pytest.mark.parametrize(("name", "k"), [s for s in SAMPLES if s[0] not in UP_TO_SIGN and s not in MIXED])
def test_every_operation_and_its_derivative(name, k):
    exprs, values = derivatives_of(name, k)
    agrees(written(to_torch, exprs), exprs, values, as_torch)


def test_a_cost_carries_its_gradient():
    X, y, w = symbol("X", ("m", "n")), symbol("y", ("m",)), symbol("w", ("n",))
    cost = sum_over(apply("softplus", negate(multiply(y, matmul(X, w)))))
    source = to_autograd_function(cost, {w: gradient(cost, [w])[0]})
    order = source[source.index("value_and_gradient(") + 19 :].split(")")[0].split(", ")
    rng = np.random.default_rng(0)
    given = {"X": rng.normal(size=(7, 3)), "y": np.sign(rng.normal(size=7)), "w": rng.normal(size=3)}
    tensors = {name: as_torch(value) for name, value in given.items()}
    tensors["w"].requires_grad_(True)
    value = executed(source, "Cost").apply(*[tensors[name] for name in order])
    (3 * value).backward()
    direct = tensors["w"].detach().clone().requires_grad_(True)
    (3 * torch.nn.functional.softplus(-tensors["y"] * (tensors["X"] @ direct)).sum()).backward()
    np.testing.assert_allclose(tensors["w"].grad, direct.grad, rtol=1e-9)
