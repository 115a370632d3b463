"""Both addresses are those of matrix products: NumPy's with integers of 8 bytes, SciPy's with 4."""

import numpy as np
import pytest
from tests.train.engines.agreement import NETWORKS, largest_difference, run

from gradproof.train.engines import blas, compiler, engine_of
from gradproof.train.optimizers import Adam

pytestmark = pytest.mark.skipif(
    not (compiler.compiler() and blas.is_available()), reason="no C compiler, or no BLAS"
)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_scipys_gives_what_numpys_gives(dtype, monkeypatch):
    pytest.importorskip("scipy")
    network = NETWORKS["relu and L2"]
    first = run(engine_of("compiled", network, Adam(0.01), dtype))
    blas.gemm_address.cache_clear()
    monkeypatch.setattr(blas, "_of_numpy", lambda: None)
    try:
        second = run(engine_of("compiled", network, Adam(0.01), dtype))
    finally:
        blas.gemm_address.cache_clear()
    assert largest_difference(second, first) < (1e-12 if dtype == "float64" else 1e-4)


def test_a_precision_without_a_product():
    with pytest.raises(KeyError):
        blas.gemm_address(np.int64)
