"""Networks as data: what they say about themselves, what is refused, and that they can be written down."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.errors import InputError
from gradproof.train.activations import ACTIVATIONS
from gradproof.train.network import Layer, Network, dense
from gradproof.train.penalties import L1, L2, Penalty

SHARES = st.floats(0, 1)
PENALTIES = st.none() | st.builds(
    Penalty, st.floats(0, 1e6), SHARES, st.sampled_from(["data", "batch", "none"]), st.booleans()
)
HIDDEN = st.builds(
    Layer,
    st.integers(1, 50),
    st.sampled_from(list(ACTIVATIONS)),
    PENALTIES,
    st.floats(0, 1, exclude_min=True),
    st.none() | st.floats(1e-3, 100),
)


@st.composite
def networks(draw):
    loss = draw(st.sampled_from(["cross_entropy", "binary_cross_entropy", "squared_error"]))
    units = st.just(1) if loss.startswith("binary") else st.integers(2 if loss == "cross_entropy" else 1, 9)
    last = Layer(draw(units), "identity", draw(PENALTIES), 1.0, draw(st.none() | st.floats(1e-3, 100)))
    return Network(draw(st.integers(1, 50)), (*draw(st.lists(HIDDEN, max_size=3)), last), loss)


@given(networks())
def test_a_network_comes_back_from_plain_data(network):
    written = json.dumps(network.to_dict())
    assert Network.from_dict(json.loads(written)) == network
    assert hash(Network.from_dict(json.loads(written))) == hash(network)


@given(networks())
def test_sizes_and_shapes(network):
    assert len(network.sizes) == network.depth + 1
    assert network.sizes[0] == network.inputs
    shapes = network.parameter_shapes
    assert list(shapes) == [f"{kind}{k}" for k in range(1, network.depth + 1) for kind in "Wb"]
    for k, (below, units) in enumerate(zip(network.sizes, network.sizes[1:], strict=False), start=1):
        assert shapes[f"W{k}"] == (units, below)
        assert shapes[f"b{k}"] == (units, 1)


@given(networks(), PENALTIES)
def test_changed_copies_change_nothing_else(network, penalty):
    other = network.with_penalty(penalty)
    assert {layer.penalty for layer in other.layers} == {penalty}
    assert other.with_penalty(None) == network.with_penalty(None)
    still = network.without_dropout()
    assert not still.drops
    assert still.sizes == network.sizes
    assert [layer.penalty for layer in still.layers] == [layer.penalty for layer in network.layers]
    assert network.drops == any(layer.keep_prob < 1 for layer in network.layers)


@given(networks())
def test_each_penalised_layer_has_its_lambda(network):
    penalties = {k: layer.penalty for k, layer in enumerate(network.layers, start=1) if layer.penalty}
    found = network.lambdas
    if len(set(penalties.values())) == 1:
        assert found == {"λ": next(iter(penalties.values())).lambd}
    else:
        assert found == {f"λ{k}": penalty.lambd for k, penalty in penalties.items()}


@given(networks(), st.floats(0.5, 2))
def test_placeholders_are_the_same_for_networks_that_differ_in_lambda_alone(network, factor):
    place = network.with_placeholders()
    assert list(place.lambdas) == list(network.lambdas)
    assert place.with_placeholders() == place
    numbers = {lambd: k * factor for k, lambd in enumerate(dict.fromkeys(network.lambdas.values()), start=1)}
    layers = [
        replace(layer, penalty=layer.penalty and replace(layer.penalty, lambd=numbers[layer.penalty.lambd]))
        for layer in network.layers
    ]
    other = replace(network, layers=tuple(layers))
    assert other.with_placeholders() == place


def test_layers_that_share_a_number_and_not_a_penalty_keep_their_own():
    network = dense([3, 4, 2], penalty=[L2(0.1), L1(0.1)])
    assert network.lambdas == {"λ1": 0.1, "λ2": 0.1}
    assert list(network.with_placeholders().lambdas) == ["λ1", "λ2"]


# --- dense ------------------------------------------------------------------------------------------------


def test_dense_gives_the_hidden_layers_what_is_said_and_the_last_one_its_loss():
    network = dense([5, 4, 3, 2], activation="tanh", keep_prob=0.8, max_norm=2, penalty=L2(0.7))
    *hidden, last = network.layers
    assert hidden == [Layer(4, "tanh", L2(0.7), 0.8, 2), Layer(3, "tanh", L2(0.7), 0.8, 2)]
    assert last == Layer(2, "identity", L2(0.7))


def test_dense_takes_one_for_each_layer():
    network = dense(
        [5, 4, 3, 2], activation=["relu", "gelu"], keep_prob=(0.5, 1), penalty=[None, L2(1), L1(2)]
    )
    assert [layer.activation for layer in network.layers] == ["relu", "gelu", "identity"]
    assert [layer.keep_prob for layer in network.layers] == [0.5, 1, 1]
    assert [layer.penalty for layer in network.layers] == [None, L2(1), L1(2)]


def test_sizes_of_numpy_are_plain_numbers():
    network = dense(np.array([5, 4, 3]))
    assert all(type(size) is int for size in network.sizes)
    assert network == dense([5.0, 4.0, 3])
    json.dumps(network.to_dict())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: dense([4]), "sizes [4]"),
        (lambda: dense([]), "sizes []"),
        (lambda: dense([4, 0, 2]), "a layer of 0 units"),
        (lambda: dense([4, 2.5, 2]), "a layer of 2.5 units"),
        (lambda: dense([4, "3", 2]), "a layer of 3 units"),
        (lambda: dense([4, float("nan"), 2]), "a layer of nan units"),
        (lambda: dense([4, float("inf"), 2]), "a layer of inf units"),
        (lambda: dense([4, None, 2]), "a layer of None units"),
        (lambda: dense([0, 2]), "a network of 0 inputs"),
        (lambda: dense([2.5, 2]), "a network of 2.5 inputs"),
        (lambda: dense([-1, 2]), "a network of -1 inputs"),
        (lambda: Network(3, ()), "a network without layers"),
        (lambda: dense([4, 3, 2], keep_prob=0), "keep_prob is 0"),
        (lambda: dense([4, 3, 2], keep_prob=1.5), "keep_prob is 1.5"),
        (lambda: dense([4, 3, 2], keep_prob=float("nan")), "keep_prob is nan"),
        (lambda: Network(4, (Layer(2, keep_prob=0.5),)), "dropout on the last layer's output"),
        (lambda: dense([4, 3, 2], max_norm=0), "max_norm is 0"),
        (lambda: dense([4, 3, 2], max_norm=float("inf")), "max_norm is inf"),
        (lambda: dense([4, 3, 2], activation="swish"), "there is no activation 'swish'"),
        (lambda: dense([4, 3, 2], activation=["relu", "relu"]), "2 values of activation for 1 layers"),
        (lambda: dense([4, 3, 2], penalty=[L2(1)]), "1 values of penalty for 2 layers"),
        (lambda: dense([4, 3, 2], keep_prob=[0.5, 0.5]), "2 values of keep_prob for 1 layers"),
        (lambda: dense([4, 2], loss="hinge"), "there is no loss 'hinge'"),
        (lambda: dense([4, 2], loss="binary_cross_entropy"), "binary_cross_entropy with 2 outputs"),
        (lambda: dense([4, 1]), "cross_entropy with one output, whose softmax is always 1"),
    ],
)
def test_what_is_no_network_is_refused(make, message):
    with pytest.raises(InputError) as refused:
        make()
    assert refused.value.what == message
    assert refused.value.fix
