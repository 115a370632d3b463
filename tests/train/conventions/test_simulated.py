"""Every pair of conventions, trained in plain NumPy: exact ones agree, refused ones differ."""

import pytest
from tests.train.conventions.problems import STEPS, Problem, difference, simulate

from gradproof.train.conventions import CONVENTIONS, translate

PROBLEM = Problem()
TOLD = {"m": PROBLEM.m, "batch": PROBLEM.batch, "lr": PROBLEM.lr, "momentum": PROBLEM.momentum}
BEGIN = 0.7  # λ of the course, from which each source gets its value
SAME, APART = 1e-12, 1e-4


def names(optimizer):
    """Those that are trained in mini-batches with this optimiser."""
    return [n for n in STEPS if optimizer in CONVENTIONS[n].optimizers and n != "sklearn.SGDClassifier"]


def given(source, optimizer):
    """A value of the source, about as strong as λ = 0.7 of the course."""
    found = translate("course", BEGIN, to=source, optimizer=optimizer, approximate=True, **TOLD)
    return found.value


class Runs:
    """Parameters after training, each run made once."""

    def __init__(self, optimizer):
        self.optimizer, self.found = optimizer, {}

    def __call__(self, name, value, biases):
        key = name, value, biases
        if key not in self.found:
            problem = PROBLEM.but(optimizer=self.optimizer, biases=biases)
            self.found[key] = simulate(name, value, problem)
        return self.found[key]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_exact_pairs_agree_and_refused_pairs_differ(optimizer):
    runs, exact, refused = Runs(optimizer), 0, 0
    for source in names(optimizer):
        value = given(source, optimizer)
        choice = CONVENTIONS[source].biases == "choice"
        before = runs(source, value, CONVENTIONS[source].biases == "always")
        for target in names(optimizer):
            found = translate(
                source, value, to=target, optimizer=optimizer, biases=False if choice else None, **TOLD
            )
            if found.exactness == "exact":
                apart = difference(before, runs(target, found.value, found.biases))
                assert apart < SAME, (source, target, apart)
                exact += 1
            else:
                assert found.exactness == "none"
                assert found.value is None
                apart = difference(before, runs(target, found.nearest, found.biases))
                assert apart > APART, (source, target, apart)
                refused += 1
    assert exact > 100
    assert refused > (0 if optimizer == "sgd" else 100)


def test_the_two_readings_of_m_differ_by_m_over_b():
    runs = Runs("sgd")
    per_data = translate("course", BEGIN, to="keras.L2", **TOLD)
    per_batch = translate("course", BEGIN, to="keras.L2", per="batch", **TOLD)
    assert per_batch.value == pytest.approx(3 * per_data.value)
    assert difference(runs("course.batch", BEGIN, False), runs("keras.L2", per_batch.value, False)) < SAME
    assert difference(runs("course", BEGIN, False), runs("keras.L2", per_batch.value, False)) > APART


def test_a_smaller_last_batch_is_told():
    """23 rows in batches of 8: the last has 7, and scikit-learn divides by them."""
    problem = PROBLEM.but(m=23)
    told = TOLD | {"m": 23}
    found = translate("course", BEGIN, to="sklearn.MLP", **told)
    assert found.exactness == "none"
    assert "7 instead of 8" in found.reasons[0]
    a, b = simulate("course", BEGIN, problem), simulate("sklearn.MLP", found.nearest, problem)
    assert difference(a, b) > 1e-6
    alike = translate("course.batch", BEGIN, to="sklearn.MLP", **told)
    assert alike.exactness == "exact"
    a, b = simulate("course.batch", BEGIN, problem), simulate("sklearn.MLP", alike.value, problem)
    assert difference(a, b) < SAME


def test_momentum_s_approximation_has_the_same_point_of_rest():
    """A decay of c/(1 − μ) rests where the penalty does, one of c does not; on the way they differ."""
    problem = Problem(
        sizes=(3, 1), loss="squared", m=12, batch=12, lr=0.05, optimizer="momentum", steps=3000
    )
    told = {"m": 12, "batch": 12, "lr": problem.lr, "momentum": problem.momentum, "optimizer": "momentum"}
    found = translate("course", 3, to="keras.SGD", approximate=True, **told)
    assert found.exactness == "approximate"
    assert found.formula == "weight_decay = λ/(m (1 − μ))"
    rest = simulate("course", 3, problem)
    assert difference(rest, simulate("keras.SGD", found.value, problem)) < 1e-10
    assert difference(rest, simulate("keras.SGD", found.c, problem)) > 0.01
    early = problem.but(steps=20)
    assert difference(simulate("course", 3, early), simulate("keras.SGD", found.value, early)) > 0.01


def test_no_decay_does_what_a_penalty_does_under_adam():
    """Not only the same c: no number at all."""
    problem = PROBLEM.but(optimizer="adam", lr=0.01)
    penalised = simulate("torch.Adam", 0.03, problem)
    tried = [simulate("torch.AdamW", 0.03 * 10 ** (k / 4), problem) for k in range(-16, 17)]
    assert min(difference(penalised, each) for each in tried) > 1e-3


def test_a_lambda_under_adam_is_no_strength():
    """With no data gradient the first step is −lr sign(W), for 1e-2 and 1e-6 alike."""
    problem = PROBLEM.but(optimizer="adam", steps=1)
    first = simulate("torch.Adam", 1e9, problem)
    second = simulate("torch.Adam", 1e5, problem)
    assert difference(first, second) < 1e-4
    assert difference(problem.start(), first) > 0.01


@pytest.mark.parametrize("loss", ["mean", "sum", "mse", "sse"])
@pytest.mark.parametrize("to_loss", ["mean", "sum", "mse", "sse"])
@pytest.mark.parametrize("target", ["torch.SGD", "keras.SGD", "tfa.SGDW"])
def test_another_data_cost_needs_another_value(loss, to_loss, target):
    """The data cost is κ J; the same steps at the learning rate over the ratio of the two κ."""
    kappa = {"mean": 1, "sum": 8, "mse": 2, "sse": 16}
    found = translate("course", BEGIN, to=target, optimizer="sgd", loss=loss, to_loss=to_loss, **TOLD)
    a = scaled("course", BEGIN, kappa[loss], PROBLEM)
    b = scaled(target, found.value, kappa[to_loss], PROBLEM.but(lr=PROBLEM.lr * kappa[loss] / kappa[to_loss]))
    assert difference(a, b) < SAME


def scaled(name, value, kappa, problem):
    """As :func:`simulate` with plain gradient descent, the data cost multiplied."""
    from tests.train.conventions.problems import gradients

    parameters = problem.start()
    for rows in problem.batches():
        found = gradients(problem, parameters, problem.X[rows], problem.Y[rows])
        for key, w in parameters.items():
            g = kappa * found[key]
            if key.startswith("W"):
                w, g = STEPS[name](w, g, value, len(rows), problem)
            parameters[key] = w - problem.lr * g
    return parameters
