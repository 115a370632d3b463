"""The example files say what they claim, judged by differences and not by gradproof itself."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

THREAD = Path(__file__).parents[1] / "examples" / "thread.py"


@pytest.fixture(scope="module")
def thread():
    spec = importlib.util.spec_from_file_location("thread_example", THREAD)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differences(thread, inputs):
    """Central differences of the cost, one entry of one parameter at a time."""

    def cost(name, index, shift):
        moved = {key: value.copy() for key, value in inputs["parameters"].items()}
        moved[name][index] += shift
        A3, _ = thread.forward_propagation(inputs["X"], moved)
        return thread.compute_cost_with_regularization(A3, inputs["Y"], moved, inputs["lambd"])

    step = 1e-6
    return {
        name: np.array(
            [(cost(name, i, step) - cost(name, i, -step)) / (2 * step) for i in np.ndindex(value.shape)]
        ).reshape(value.shape)
        for name, value in inputs["parameters"].items()
    }


@pytest.mark.parametrize(
    ("candidate", "wrong"),
    [("backward_propagation_with_regularization", {"W1"}), ("backward_propagation_fixed", set())],
)
def test_only_the_question_s_line_is_wrong(thread, candidate, wrong):
    inputs = thread.example()
    expected = differences(thread, inputs)
    _, cache = thread.forward_propagation(inputs["X"], inputs["parameters"])
    gradients = getattr(thread, candidate)(inputs["X"], inputs["Y"], cache, inputs["lambd"])
    far = {name for name in expected if np.abs(gradients["d" + name] - expected[name]).max() > 1e-7}
    assert far == wrong


def test_the_wrong_line_is_off_by_a_scalar_on_every_entry(thread):
    inputs = thread.example()
    _, cache = thread.forward_propagation(inputs["X"], inputs["parameters"])
    arguments = (inputs["X"], inputs["Y"], cache, inputs["lambd"])
    W1, m = inputs["parameters"]["W1"], inputs["X"].shape[1]
    wrong = thread.backward_propagation_with_regularization(*arguments)["dW1"]
    right = thread.backward_propagation_fixed(*arguments)["dW1"]
    np.testing.assert_allclose(wrong - right, inputs["lambd"] / m * (np.sum(W1) - W1), rtol=1e-12)
