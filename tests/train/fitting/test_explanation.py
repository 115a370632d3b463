"""What is explained is what runs."""

import re

import numpy as np
import pytest
from tests.train.fitting.problems import NETWORKS, QUADRANTS, data_for, quadrants
from tests.write.latex_checks import latex_problems

from gradproof.train.engines.base import ROWS
from gradproof.train.expression import expression
from gradproof.train.fitting import LBFGS, explain, fit
from gradproof.train.network import Layer, Network, dense
from gradproof.train.optimizers import SGD, Adam, AdamW, RMSprop
from gradproof.train.penalties import L2
from gradproof.train.program import program
from gradproof.write.matrix import to_text

CASES = {
    "tanh_binary": (dense([4, 3, 1], activation="tanh", loss="binary_cross_entropy"), SGD(0.1), {}),
    "relu_cross_entropy_l2": (dense([64, 32, 10], penalty=L2(0.7)), Adam(), {"mini_batches": True}),
    "dropout_max_norm": (
        dense([64, 32, 10], penalty=L2(0.7, per="batch"), keep_prob=0.8, max_norm=3.0),
        AdamW(),
        {"mini_batches": True, "weighted": True},
    ),
    "two_max_norms": (
        Network(2, (Layer(4, max_norm=3.0), Layer(4, max_norm=2.0), Layer(4, max_norm=3.0), Layer(2))),
        RMSprop(),
        {},
    ),
    "squared_error": (
        dense([3, 4, 2], loss="squared_error", penalty=[L2(0.5), None]),
        SGD(0.1, momentum=0.9),
        {"detail": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_reads_well(name, golden):
    network, optimizer, options = CASES[name]
    golden(f"{name}.txt", explain(network, optimizer, **options) + "\n")
    golden(f"{name}.tex", explain(network, optimizer, latex=True, **options) + "\n")


def section(text, title):
    """Left and right sides of the equations under a heading."""
    block = re.search(rf"^{title}.*\n((?:  .*\n?)+)", text, re.MULTILINE)[1]
    rows = [re.split(r" {3,}", line.strip())[0].split(" = ", 1) for line in block.splitlines()]
    return {row[0]: row[1] for row in rows if len(row) == 2}  # of equations with one left side the last


@pytest.mark.parametrize("mini_batches", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_equations_are_those_that_run(name, mini_batches):
    network = NETWORKS[name]
    source = expression(network, rows=ROWS if mini_batches else None)
    step = program(source)
    names = {leaf: leaf.name.replace("λ", "lambda") for leaf in source.lambdas.values()}
    text = explain(network, mini_batches=mini_batches)
    for title, assignments in (("Forward pass", step.forward), ("Backpropagation", step.backward)):
        shown = section(text, title)
        for each in assignments:
            assert shown[to_text(each.target)] == to_text(each.value, names)


@pytest.mark.parametrize("optimizer", [SGD(), SGD(momentum=0.9, nesterov=True), Adam()], ids=lambda o: o.name)
def test_the_update_is_the_optimisers(optimizer):
    text = explain(QUADRANTS, optimizer)
    W = next(iter(expression(QUADRANTS).parameters.values()))
    shown = section(text, "Update")
    assert len(shown) >= len(optimizer.equations(W, W))
    for name, value in {"α": optimizer.learning_rate, **optimizer.settings}.items():
        assert f"{name} = {value:.6g}" in text


@pytest.mark.parametrize("name", NETWORKS)
def test_its_latex_is_sound(name):
    text = explain(NETWORKS[name], Adam(), latex=True, detail=2)
    blocks = re.findall(r"\\begin\{aligned\}\n(.*?)\n\\end\{aligned\}", text, re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        for row in block.split(" \\\\\n"):
            formula, _, rule = row.partition(" && ")
            assert latex_problems(formula.replace("&=", "=")) == [], formula
            assert re.fullmatch(r"(\\text\{(\$[^$]+\$|\\_|[^$\\_{}])*\})?", rule), rule
    rest = re.sub(r"\\begin\{aligned\}.*?\\end\{aligned\}", "", text, flags=re.DOTALL)
    assert all(line.startswith("%") for line in rest.splitlines() if line)


def test_n_and_m_are_told_apart_where_they_differ():
    X, Y = quadrants()
    whole = fit(QUADRANTS, X, Y, epochs=1, batch_size=None, engine="numpy").explain()
    parts = fit(QUADRANTS, X, Y, epochs=1, batch_size=20, engine="numpy").explain()
    assert "λ/(2m)" in whole and "λ/(2N)" not in whole
    assert "λ/(2N)" in parts and "N is the number of training examples" in parts
    assert "λ/N W₁" in parts


def test_a_fitted_network_tells_what_it_was_trained_with():
    network = NETWORKS["relu, L2"]
    X, Y = data_for(network)
    fitted = fit(
        network, X, Y, epochs=1, batch_size=7, optimizer=AdamW(), weights=np.ones(60), engine="numpy"
    )
    assert fitted.explain() == explain(network, AdamW(), mini_batches=True, weighted=True)
    assert fitted.explain(latex=True, detail=2) == explain(
        network, AdamW(), mini_batches=True, weighted=True, latex=True, detail=2
    )
    assert "s is the row of the examples' weights" in fitted.explain()
    assert "Update" not in fit(QUADRANTS, *quadrants(), optimizer=LBFGS(max_iter=1)).explain()


@pytest.mark.parametrize("name", ["relu, L2", "tanh, binary, no penalty"])
def test_every_gradient_is_read_off_its_differential(name):
    text = explain(NETWORKS[name], detail=2)
    backward = section(text, "Backpropagation")
    for k in "₁₂":
        for parameter in (f"W{k}", f"b{k}"):
            shown = section(text, f"Differential by {parameter}")[f"∂J/∂{parameter}"]
            assert re.sub(r"\bG\b", f"dZ{k}", shown) == backward[f"d{parameter}"]
