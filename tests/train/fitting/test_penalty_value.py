import numpy as np
import pytest
from tests.train.fitting.problems import NETWORKS, data_for

from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data
from gradproof.train.fitting import initial_parameters, penalty_rows, penalty_value
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD
from gradproof.train.penalties import L1, L2


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_penalty_is_the_engines(name, dtype):
    network = NETWORKS[name]
    engine = engine_of("reference", network, SGD(), dtype)
    data = Data.of(*data_for(network), dtype=dtype)
    parameters = initial_parameters(network, np.random.default_rng(0), "glorot_uniform", dtype)
    _, expected, _ = engine.costs_and_gradients(data, parameters, engine.lambdas, 500)
    found = penalty_value(network, parameters, engine.lambdas, 500, data.count)
    assert found == pytest.approx(float(expected), rel=1e-6 if dtype == "float32" else 1e-14)


def test_of_many_networks_at_once_each_has_its_own():
    network = dense([4, 5, 3], penalty=[L2(1.0), L1(1.0, biases=True)])
    rng = np.random.default_rng(0)
    each = [initial_parameters(network, rng, "glorot_uniform") for _ in range(3)]
    together = {name: np.stack([p[name] for p in each]) for name in each[0]}
    lambdas = {"λ1": np.array([0.1, 0.2, 0.3]), "λ2": np.array([1.0, 2.0, 3.0])}
    found = penalty_value(network, together, lambdas, 100, 10)
    alone = [
        penalty_value(network, p, {name: values[k] for name, values in lambdas.items()}, 100, 10)
        for k, p in enumerate(each)
    ]
    np.testing.assert_allclose(found, alone, rtol=1e-14)


def test_the_m_that_a_penalty_is_divided_by():
    def rows(*penalties):
        return penalty_rows(dense([2] * (len(penalties) + 1), penalty=list(penalties)), 1000, 100)

    assert rows(L2(1.0), L2(2.0)) == 1000
    assert rows(L2(1.0, per="batch"), None) == 100
    assert rows(L2(1.0, per="none")) == 1
    assert rows(L2(1.0), None, L2(1.0, per="batch")) == (1000, 100)
    assert rows(None, None) == 1000
    assert penalty_rows(dense([2, 2], penalty=L2(1.0, per="batch")), 50, 100) == 50
