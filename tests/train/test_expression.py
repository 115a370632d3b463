"""The cost of a network as it is printed, and the networks of several copies as those of one."""

import numpy as np
import pytest

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import size_symbol, symbol
from gradproof.expr.sizes import with_sizes
from gradproof.train.expression import expression
from gradproof.train.network import Layer, Network, dense
from gradproof.train.penalties import L1, L2, ElasticNet
from gradproof.write.matrix import to_text

ROWS, M = symbol("N"), 6
COSTS = {
    "the course's L2": (
        dense([4, 3, 2], penalty=L2(0.7)),
        {},
        "−1/m sum(Y ∘ log(softmax(W₂ max(W₁ X + b₁ 1ᵀ, 0) + b₂ 1ᵀ, axis=0))) + λ/(2m) (‖W₁‖²_F + ‖W₂‖²_F)",
    ),
    "least squares": (dense([4, 1], loss="squared_error"), {}, "1/(2m) ‖W₁ X + b₁ − Y‖²_F"),
    "ridge per row of the data": (
        dense([4, 1], loss="squared_error", penalty=L2(0.1)),
        {"rows": ROWS},
        "1/(2m) ‖W₁ X + b₁ − Y‖²_F + λ/(2N) ‖W₁‖²_F",
    ),
    "lasso": (
        dense([4, 1], loss="squared_error", penalty=L1(0.1, per="none")),
        {"rows": ROWS},
        "1/(2m) ‖W₁ X + b₁ − Y‖²_F + λ sum(|W₁|)",
    ),
    "logistic regression with penalised bias": (
        dense([4, 1], loss="binary_cross_entropy", penalty=L2(0.1, biases=True)),
        {},
        "−1/m sum(Y ∘ log(σ(W₁ X + b₁)) + (1 − Y) ∘ log(1 − σ(W₁ X + b₁))) + λ/(2m) (‖W₁‖²_F + b₁²)",
    ),
    "penalties of their own": (
        dense([4, 3, 1], loss="squared_error", penalty=[ElasticNet(0.1, 0.25), L2(1, per="batch")]),
        {"rows": ROWS},
        ("1/(2m) ‖W₂ max(W₁ X + b₁ 1ᵀ, 0) + b₂ − Y‖²_F "
        "+ 3 λ1/(8N) ‖W₁‖²_F + λ1/(4N) sum(|W₁|) + λ2/(2m) ‖W₂‖²_F"),
    ),
    "dropout, weighted": (
        dense([4, 3, 2], keep_prob=0.8),
        {"weighted": True},
        "−1/m sum((Y ∘ log(softmax(5/4 W₂ (max(W₁ X + b₁ 1ᵀ, 0) ∘ D₁) + b₂ 1ᵀ, axis=0))) diag(s))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", COSTS)
def test_the_cost_is_printed_as_it_is_written(title):
    network, options, text = COSTS[title]
    assert to_text(expression(network, **options).cost, width=1000) == text


def values_of(source, copies=None):
    """Random numbers for everything that the cost depends on."""
    rng = np.random.default_rng(3)
    network, lead = source.network, () if copies is None else (copies,)
    classes = rng.integers(0, network.sizes[-1], M)
    found = {
        source.X: rng.standard_normal((network.inputs, M)),
        source.Y: np.eye(network.sizes[-1])[classes].T,
    }
    for name, shape in network.parameter_shapes.items():
        found[source.parameters[name]] = rng.standard_normal((*lead, *shape))
    for leaf in source.masks.values():
        found[leaf] = (rng.random((*leaf.shape[:-1], M)) < 0.7) * 1.0
    for leaf in source.lambdas.values():
        found[leaf] = np.asarray(rng.random(lead))
    if source.weights is not None:
        found[source.weights] = rng.random((1, M))
    return found | {size_symbol("m"): float(M)}


def evaluated(source, values):
    wanted = [source.data_cost, source.penalty, source.cost, source.prediction]
    bound = with_sizes([*wanted, *values], {"m": M})
    return evaluate([bound[w] for w in wanted], {bound[leaf]: v for leaf, v in values.items()})


COPIED = Network(
    4, (Layer(3, "tanh", L2(0.1), 0.7), Layer(3, "relu", ElasticNet(0.2, per="none", biases=True)), Layer(2))
)


@pytest.mark.parametrize("weighted", [False, True])
def test_copies_are_networks_of_their_own(weighted):
    together = expression(COPIED, copies=3, weighted=weighted)
    values = values_of(together, 3)
    data_costs, penalties, cost, predictions = evaluated(together, values)
    assert data_costs.shape == penalties.shape == (3,)
    assert cost == pytest.approx(data_costs.sum() + penalties.sum())
    alone = expression(COPIED, weighted=weighted)
    pairs = [(alone.X, together.X), (alone.Y, together.Y), (alone.weights, together.weights)]
    for kind in ("parameters", "masks", "lambdas"):
        pairs += [(leaf, getattr(together, kind)[n]) for n, leaf in getattr(alone, kind).items()]
    shared = (together.X, together.Y, together.weights)
    for k in range(3):
        own = {a: values[b] if b in shared else values[b][k] for a, b in pairs if a is not None}
        own |= {size_symbol("m"): float(M)}
        data_cost, penalty, _, prediction = evaluated(alone, own)
        assert data_cost == pytest.approx(data_costs[k], rel=1e-13)
        assert penalty == pytest.approx(penalties[k], rel=1e-13)
        np.testing.assert_allclose(prediction, predictions[k], rtol=1e-13)


def test_what_has_a_name():
    source = expression(COPIED)
    names = set(source.names.values())
    assert names == {"Z1", "A1", "A1_kept", "Z2", "A2", "Z3", "A3"}
    assert list(source.parameters) == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert list(source.masks) == ["D1"]


def test_an_identity_has_the_name_of_its_z():
    source = expression(dense([3, 2, 1], activation="identity", loss="squared_error"))
    assert list(source.names.values()) == ["Z1", "Z2"]


def test_the_prediction_has_no_dropout():
    source = expression(dense([3, 4, 2], keep_prob=0.5))
    whole = expression(dense([3, 4, 2]))
    assert source.prediction is whole.prediction
    assert "D₁" in to_text(source.cost)
    assert "D₁" not in to_text(source.prediction)


def test_without_penalties_the_penalty_is_0():
    assert to_text(expression(dense([3, 2])).penalty) == "0"
    copied = expression(dense([3, 2]), copies=4)
    assert evaluated(copied, values_of(copied, 4))[1] == pytest.approx(0)


def test_a_symbolic_number_of_copies():
    assert expression(dense([3, 2], penalty=L2(1)), copies="r").penalty.shape == ("r",)
