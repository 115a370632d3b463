"""The emitted module says what is printed, and nothing that changes from run to run; JAX is not needed."""

import numpy as np
import pytest

from gradproof.train.engines.base import ROWS
from gradproof.train.engines.jax_source import jax_source
from gradproof.train.expression import expression
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD, Adam, AdamW, RMSprop
from gradproof.train.penalties import L2
from gradproof.train.program import program
from gradproof.write.matrix import to_text

NETWORK = dense([64, 32, 10], penalty=L2(0.7), keep_prob=0.8)


def functions_of(text):
    """Source of each function, by its name."""
    pieces = text.split("\ndef ")[1:]
    return {piece.split("(")[0]: piece for piece in pieces}


def test_every_printed_equation_is_a_line_of_the_step():
    step = program(expression(NETWORK, rows=ROWS))
    written = functions_of(jax_source(NETWORK, Adam()).text)["gradients"]
    for each in (*step.forward, *step.backward):
        assert f"\n    {each.target.name} = " in written, each.target.name
    for name in ("dZ1", "dW1", "db1", "dA1", "dW2"):
        (value,) = (each.value for each in step.backward if each.target.name == name)
        assert to_text(value) in written, name


def test_dropout_is_in_the_step_only():
    written = functions_of(jax_source(NETWORK, Adam()).text)
    for name, source in written.items():
        assert ("D1" in source) == (name == "gradients"), name
    assert "gradients_without_dropout" not in functions_of(jax_source(dense([4, 3]), Adam()).text)


def test_numbers_are_arguments():
    """One compiled step serves every λ and every learning rate."""
    one = jax_source(NETWORK, AdamW(0.1, weight_decay=0.1))
    other = jax_source(NETWORK.with_penalty(L2(3.0)), AdamW(0.2, weight_decay=0.2))
    assert one == other


OPTIMIZERS = [SGD(), SGD(momentum=0.9), RMSprop(), Adam(), AdamW()]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.name)
def test_the_update_computes_no_power_of_t(optimizer):
    written = functions_of(jax_source(NETWORK, optimizer).text)
    head, body = written["update"].split("\n", 1)
    assert not {"t", "ω"} & set(head[head.index("(") + 1 : -2].split(", "))
    assert "**t" not in body.replace(" ", "")


def test_scalars_are_those_of_many_steps_at_once():
    source = jax_source(NETWORK, Adam(epsilon_hat=True))
    space = {"np": np}
    exec("def " + functions_of(source.text)["scalars"], space)
    assert source.settings == ("β₁", "β₂", "ε")
    t = np.arange(1.0, 6.0)
    found = space["scalars"](t, 0.1, 0.9, 0.999, 1e-8)
    names = functions_of(source.text)["update"].split(")")[0].split(", ")[-len(found) :]
    assert names == ["β1", "k1", "β2", "k2", "ε", "k3"]
    np.testing.assert_allclose(found[-1], 0.1 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t), rtol=1e-14)
