"""Translations against the frameworks themselves, trained with the code that is given to paste."""

import pytest
from tests.train.conventions import trainers
from tests.train.conventions.problems import Problem, difference, minimum, simulate

from gradproof.train.conventions import CONVENTIONS, translate

ROUNDING = 1e-13  # of float64, after 20 steps
PROBLEM = Problem()
RATES = {"sgd": 0.1, "momentum": 0.1, "adam": 0.01}


MARKS = {
    "torch": pytest.mark.torch, "sklearn": pytest.mark.torch,
    "optax": pytest.mark.jax, "keras": pytest.mark.jax,
}  # fmt: skip


def trained():
    """Each convention with each of its optimisers, marked by the framework that it needs."""
    for name in trainers.TRAINERS:
        convention = CONVENTIONS[name]
        if name == "sklearn.SGDClassifier":
            continue
        for optimizer in convention.optimizers:
            for biases in [False, True] if convention.biases == "choice" else [False]:
                yield pytest.param(
                    name, optimizer, biases, marks=MARKS.get(convention.library, ()),
                    id=f"{name}-{optimizer}-{'all' if biases else 'weights'}",
                )  # fmt: skip


@pytest.mark.parametrize(("name", "optimizer", "biases"), list(trained()))
def test_the_pasted_code_trains_as_the_plain_numpy_of_the_source_does(name, optimizer, biases):
    target = CONVENTIONS[name]
    pytest.importorskip(target.library)
    problem = PROBLEM.but(optimizer=optimizer, lr=RATES[optimizer], biases=biases)
    source, value = _source(target, optimizer, biases)
    found = translate(
        source, value, to=name, m=problem.m, batch=problem.batch, lr=problem.lr, momentum=problem.momentum,
        optimizer=optimizer, biases=biases if CONVENTIONS[source].biases == "choice" else None,
    )  # fmt: skip
    assert found.exactness == "exact"
    expected = simulate(source, value, problem)
    assert difference(expected, trainers.TRAINERS[name](found.code, problem)) < ROUNDING


def _source(target, optimizer, biases):
    """A source from which the translation is exact and no mere copy of the number."""
    if target.coupled or optimizer == "sgd":
        return ("paddle", 0.03) if biases else ("course", 0.7)
    return ("tfa.AdamW", 0.001) if optimizer == "adam" else ("tfa.SGDW", 0.005)


@pytest.mark.torch
def test_stochastic_gradient_descent_a_row_a_step():
    pytest.importorskip("sklearn")
    problem = Problem(sizes=(5, 1), loss="binary", m=40, batch=1, steps=40)
    found = translate("course", 0.7, to="sklearn.SGDClassifier", m=40, batch=1)
    expected = simulate("course", 0.7, problem)
    assert difference(expected, trainers.train_sklearn_sgd(found.code, problem)) < ROUNDING


@pytest.mark.torch
@pytest.mark.parametrize(
    ("loss", "name", "near"),
    [
        ("squared", "sklearn.Ridge", 1e-12),
        ("squared", "sklearn.ElasticNet", 1e-12),
        ("binary", "sklearn.LogisticRegression", 1e-12),
        ("binary", "sklearn.LogisticRegression.liblinear", 1e-6),  # its own tolerance
    ],
)
def test_solvers_go_to_the_minimum_of_the_translated_cost(loss, name, near):
    pytest.importorskip("sklearn")
    problem = Problem(sizes=(5, 1), loss=loss, m=40, batch=40)
    biases = CONVENTIONS[name].biases == "always"
    found = translate("gradproof", 0.7, to=name, m=40, batch=40, biases=biases)
    assert found.exactness == "exact"
    solved = trainers.solve_sklearn(found.code, problem)
    assert difference(minimum(problem, 0.7 / 40, biases=biases), solved) < near
    assert difference(minimum(problem, 0.7 / 40, biases=not biases), solved) > 1e-3


@pytest.mark.torch
@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_refused_translation_would_train_something_else(optimizer):
    """PyTorch against PyTorch: coupled and decoupled decay of the same number."""
    pytest.importorskip("torch")
    problem = PROBLEM.but(optimizer=optimizer, lr=RATES[optimizer])
    told = {"m": problem.m, "batch": problem.batch, "lr": problem.lr, "momentum": problem.momentum}
    if optimizer == "adam":
        refused = translate("course", 0.7, to="torch.AdamW", **told)
        forced = translate("course", 0.7, to="torch.AdamW", approximate=True, **told)
        other = trainers.train_torch(forced.code, problem)
        assert refused.value is None
        assert (forced.value, forced.exactness) == (refused.nearest, "approximate")
    else:
        other = simulate("keras.SGD", 0.7 / 24, problem)
    coupled = translate("course", 0.7, to=f"torch.{'Adam' if optimizer == 'adam' else 'SGD'}",
                        optimizer=optimizer, **told)  # fmt: skip
    assert difference(trainers.train_torch(coupled.code, problem), other) > 1e-4
