"""Each optimiser's equations against its paper's formulas, written out here once more in NumPy."""

import pickle

import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.expr.broadcast import minus, scale
from gradproof.expr.elementwise import apply
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbol
from gradproof.train.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from gradproof.write.matrix import to_text

STEPS, SHAPE = 6, (3, 2)


def sgd(w, g, memory, t, *, rate):
    """Robbins and Monro."""
    return w - rate * g


def momentum(w, g, memory, t, *, rate, mu):
    """Polyak 1964, as Sutskever and others 2013 without the learning rate in the velocity."""
    memory["v"] = mu * memory.get("v", 0) + g
    return w - rate * memory["v"]


def nesterov(w, g, memory, t, *, rate, mu):
    """Sutskever and others 2013, in the variables after the look ahead (Bengio and others 2013)."""
    memory["v"] = mu * memory.get("v", 0) + g
    return w - rate * (g + mu * memory["v"])


def rmsprop(w, g, memory, t, *, rate, rho, epsilon):
    """Tieleman and Hinton 2012."""
    memory["s"] = rho * memory.get("s", 0) + (1 - rho) * g * g
    return w - rate * g / (np.sqrt(memory["s"]) + epsilon)


def adam(w, g, memory, t, *, rate, beta1, beta2, epsilon):
    """Kingma and Ba 2015, algorithm 1."""
    memory["m"] = beta1 * memory.get("m", 0) + (1 - beta1) * g
    memory["v"] = beta2 * memory.get("v", 0) + (1 - beta2) * g * g
    m_hat, v_hat = memory["m"] / (1 - beta1**t), memory["v"] / (1 - beta2**t)
    return w - rate * m_hat / (np.sqrt(v_hat) + epsilon)


def adam_hat(w, g, memory, t, *, rate, beta1, beta2, epsilon):
    """Kingma and Ba 2015, end of section 2: the more efficient order, whose ε is ε-hat."""
    memory["m"] = beta1 * memory.get("m", 0) + (1 - beta1) * g
    memory["v"] = beta2 * memory.get("v", 0) + (1 - beta2) * g * g
    own = rate * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - own * memory["m"] / (np.sqrt(memory["v"]) + epsilon)


def adamw(w, g, memory, t, *, decay, rate, **others):
    """Loshchilov and Hutter 2019, algorithm 2, the learning rate as the multiplier of both."""
    return adam(w, g, memory, t, rate=rate, **others) - rate * decay * w


BETAS = {"rate": 0.01, "beta1": 0.9, "beta2": 0.999}
CASES = {
    "gradient descent": (SGD(0.1), sgd, {"rate": 0.1}),
    "momentum": (SGD(0.1, momentum=0.9), momentum, {"rate": 0.1, "mu": 0.9}),
    "nesterov": (SGD(0.1, momentum=0.9, nesterov=True), nesterov, {"rate": 0.1, "mu": 0.9}),
    "rmsprop": (RMSprop(0.01), rmsprop, {"rate": 0.01, "rho": 0.9, "epsilon": 1e-8}),
    "rmsprop, large ε": (
        RMSprop(1, decay=0.5, epsilon=0.1),
        rmsprop,
        {"rate": 1, "rho": 0.5, "epsilon": 0.1},
    ),
    "adam": (Adam(0.01), adam, {**BETAS, "epsilon": 1e-8}),
    "adam, large ε": (Adam(0.01, epsilon=0.1), adam, {**BETAS, "epsilon": 0.1}),
    "adam, ε-hat": (Adam(0.01, epsilon=0.1, epsilon_hat=True), adam_hat, {**BETAS, "epsilon": 0.1}),
    "adam without the first moment": (Adam(0.01, beta1=0.0), adam, {**BETAS, "beta1": 0.0, "epsilon": 1e-8}),
    "adam without the second": (Adam(0.01, beta2=0.0), adam, {**BETAS, "beta2": 0.0, "epsilon": 1e-8}),
    "adamw": (AdamW(0.01, weight_decay=0.3), adamw, {**BETAS, "decay": 0.3, "epsilon": 1e-8}),
    "adamw, no decay": (AdamW(0.01, weight_decay=0.0), adam, {**BETAS, "epsilon": 1e-8}),
}


def gradients():
    """Of different sizes and signs, one of them 0."""
    rng = np.random.default_rng(0)
    found = [rng.standard_normal(SHAPE) * 10.0 ** rng.integers(-4, 3) for _ in range(STEPS)]
    found[2][0, 0] = 0.0
    return found


def by_equations(optimizer, name, start):
    """The parameter after each step, the equations evaluated in their order."""
    w, g = symbol(name, SHAPE), symbol(f"d{name}", SHAPE)
    values = {w: start.copy()} | {symbol(f"{slot}{name}", SHAPE): np.zeros(SHAPE) for slot in optimizer.slots}
    values |= {symbol(n): np.float64(v) for n, v in optimizer.settings.items()}
    values[symbol("α")] = np.float64(optimizer.learning_rate)
    found = []
    for t, gradient in enumerate(gradients(), start=1):
        values |= {g: gradient, symbol("t"): np.float64(t)}
        for target, value in optimizer.equations(w, g):
            values[target] = evaluate([value], values)[0]
        found.append(values[w])
    return found


@pytest.mark.parametrize("title", CASES)
def test_several_steps_by_hand(title):
    optimizer, formula, settings = CASES[title]
    start = np.random.default_rng(1).standard_normal(SHAPE)
    w, memory = start, {}
    pairs = zip(gradients(), by_equations(optimizer, "W1", start), strict=True)
    for t, (gradient, found) in enumerate(pairs, start=1):
        w = formula(w, gradient, memory, t, **settings)
        np.testing.assert_allclose(found, w, rtol=1e-12, atol=1e-14, err_msg=f"step {t}")


def test_a_first_step_of_adam_has_the_length_of_the_rate():
    start = np.zeros(SHAPE)
    first = by_equations(Adam(0.01), "W1", start)[0]
    np.testing.assert_allclose(first, -0.01 * np.sign(gradients()[0]), rtol=1e-3)


def test_only_weights_decay_unless_biases_are_asked_for():
    start = np.full(SHAPE, 2.0)
    plain = by_equations(Adam(0.01), "b1", start)[-1]
    assert np.array_equal(by_equations(AdamW(0.01, weight_decay=0.3), "b1", start)[-1], plain)
    decayed = by_equations(AdamW(0.01, weight_decay=0.3, biases=True), "b1", start)[-1]
    np.testing.assert_allclose(decayed, by_equations(AdamW(0.01, weight_decay=0.3), "W1", start)[-1])
    assert np.all(decayed < plain)


EQUATIONS = {
    "gradient descent": ["W1 = W₁ − α dW₁"],
    "momentum": ["vW1 = μ vW₁ + dW₁", "W1 = W₁ − α vW₁"],
    "nesterov": ["vW1 = μ vW₁ + dW₁", "W1 = W₁ − α (dW₁ + μ vW₁)"],
    "rmsprop": ["sW1 = ρ sW₁ + (1 − ρ) dW₁^∘2", "W1 = W₁ − α dW₁ ⊘ (sqrt(sW₁) + ε)"],
}


@pytest.mark.parametrize("title", EQUATIONS)
def test_equations_are_printed_as_in_the_docstrings(title):
    optimizer, *_ = CASES[title]
    found = optimizer.equations(symbol("W1", SHAPE), symbol("dW1", SHAPE))
    assert [f"{target.name} = {to_text(value)}" for target, value in found] == EQUATIONS[title]


def test_the_key_is_the_same_for_other_numbers_and_another_for_other_equations():
    assert Adam(0.1).key == Adam(0.2, beta1=0.8, epsilon=1e-3).key
    others = [SGD(), SGD(momentum=0.9), SGD(momentum=0.9, nesterov=True), RMSprop(), Adam(), AdamW()]
    others += [Adam(epsilon_hat=True), Adam(beta1=0.0), AdamW(biases=True)]
    assert len({optimizer.key for optimizer in others}) == len(others)
    assert AdamW(weight_decay=0.0).key == Adam().key


@pytest.mark.parametrize("title", CASES)
def test_optimisers_travel_between_processes(title):
    optimizer, *_ = CASES[title]
    again = pickle.loads(pickle.dumps(optimizer))
    assert again.key == optimizer.key
    assert (again.name, again.learning_rate, again.settings) == (
        optimizer.name, optimizer.learning_rate, optimizer.settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0), "the learning rate is 0"),
        (lambda: Adam(-0.1), "the learning rate is -0.1"),
        (lambda: Adam(float("nan")), "the learning rate is nan"),
        (lambda: Adam(float("inf")), "the learning rate is inf"),
        (lambda: SGD(momentum=1), "momentum is 1"),
        (lambda: SGD(momentum=-0.5), "momentum is -0.5"),
        (lambda: SGD(nesterov=True), "Nesterov's method without momentum"),
        (lambda: RMSprop(decay=1.5), "decay is 1.5"),
        (lambda: RMSprop(epsilon=-1e-8), "epsilon is -1e-08"),
        (lambda: Adam(beta1=1), "beta1 is 1"),
        (lambda: Adam(beta2=float("nan")), "beta2 is nan"),
        (lambda: AdamW(weight_decay=-0.1), "weight_decay is -0.1"),
        (lambda: AdamW(epsilon=float("inf")), "epsilon is inf"),
    ],
)
def test_what_is_out_of_range_is_refused(make, message):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.what == message
    assert refused.value.fix


def test_a_rule_of_one_s_own_is_a_paragraph():
    """Sign descent: what the module says about adding an optimiser is true."""

    def update(w, g, state, scalars):
        return {"w": minus(w, scale(scalars["α"], apply("sign", g)))}

    found = by_equations(Optimizer("sign", 0.5, {}, (), update), "W1", np.zeros(SHAPE))
    np.testing.assert_array_equal(found[0], -0.5 * np.sign(gradients()[0]))
