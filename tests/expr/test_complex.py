"""Every operation with a meaning for complex numbers, at complex points: its rule is right there too."""

from zlib import crc32

import numpy as np
import pytest
from tests.expr.derivatives import first_order_faults

import gradproof.expr  # noqa: F401  (registers every operation)
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply, negate, sum_over
from gradproof.expr.complex import IMAGINARY, angle, conj, hermitian, imag, real
from gradproof.expr.evaluate import evaluate
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import OPERATIONS, Expr, make, postorder, symbol, symbols
from gradproof.expr.spectral import eigenvalues, v_max
from gradproof.expr.substitute import substitute

# Ordered or whole numbers are needed, or a symmetric matrix, or NumPy defines no complex value.
REAL_ONLY = {
    "logaddexp", "arctan2", "maximum", "minimum", "mod", "floor", "ceil", "trunc", "rint", "floor_divide",
    "greater", "greater_equal", "less", "less_equal", "sign", "max", "min", "cast_int", "cast_float", "where",
    "logical_not", "logical_and", "logical_or", "logical_xor", "softplus", "erf", "erfc", "gammaln",
    "polygamma",
    "normal_cdf", "gelu", "elu", "leaky_relu", "huber", "clip", "nan_to_num", "signdet", "cholesky",
    "halved_lower", "eigenvalues_symmetric", "eigenvectors_symmetric", "left_singular", "right_singular",
    "polar", "sv_uv", "sv_uv_min", "v_max", "v_min", "sorted_by", "restored_by", "equal", "not_equal",
    "argmax", "argmin", "argsort", "any", "all", "isnan", "isfinite", "lam_max", "lam_min",
}  # fmt: skip


def complexified(sample: Expr) -> Expr:
    return substitute(sample, {s: symbol(s.name, s.shape, facts=("complex",)) for s in symbols(sample)})


SAMPLES = [
    pytest.param(complexified(make_sample()), operation.domain, id=f"{operation.name}-{k}")
    for operation in list(OPERATIONS.values())
    for k, make_sample in enumerate(operation.samples)
    if symbols(make_sample()) and not any(n.op.name in REAL_ONLY for n in postorder(make_sample()))
]


@pytest.mark.parametrize(("sample", "domain"), SAMPLES)
def test_the_derivative_at_complex_points_agrees_with_differences(sample, domain):
    rng = np.random.default_rng(crc32(repr(sample).encode()))
    assert first_order_faults(sample, rng, domain) == []


def test_what_is_real_stays_real():
    z, x = symbol("z", (3,), facts=("complex",)), symbol("x", (3,))
    assert is_complex(multiply(z, x))
    assert not is_complex(real(z))
    assert not is_complex(imag(multiply(z, z)))
    assert not is_complex(angle(z))
    assert is_complex(IMAGINARY)
    assert is_complex(eigenvalues(symbol("A", (3, 3))))
    assert not is_complex(v_max(symbol("A", (3, 3), facts=("symmetric",))))


def test_trivial_folds():
    z, x = symbol("z", (3,), facts=("complex",)), symbol("x", (3,))
    assert conj(conj(z)) is z
    assert conj(x) is x
    assert real(x) is x
    assert evaluate([imag(x)], {x: np.ones(3)})[0].tolist() == [0, 0, 0]


def test_values_agree_with_numpy():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3))
    z = symbol("Z", (2, 3), facts=("complex",))
    found = evaluate([hermitian(z), sum_over(multiply(conj(z), z)), negate(multiply(IMAGINARY, z))], {z: a})
    for x, y in zip(found, [a.conj().T, np.sum(np.abs(a) ** 2), -1j * a], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14)


@pytest.mark.parametrize("name", ["polar", "left_singular", "right_singular", "sv_uv", "v_max", "cholesky"])
def test_rules_for_real_matrices_are_not_used_for_complex_ones(name):
    z = symbol("Z", (3, 3), facts=("complex",))
    node = make(OPERATIONS[name], (z,))
    with pytest.raises(InputError, match="complex matrix"):
        OPERATIONS[name].pullback(node, symbol("g", node.shape))


def test_eigenvalues_of_a_hermitian_matrix():
    rng = np.random.default_rng(1)
    z, g = symbol("Z", (3, 3), facts=("complex",)), symbol("g", (3,))
    a, e = (m + m.conj().T for m in rng.normal(size=(2, 3, 3)) + 1j * rng.normal(size=(2, 3, 3)))
    node = make(OPERATIONS["eigenvalues_symmetric"], (z,))
    weights = rng.normal(size=3)
    (cotangent,) = evaluate(OPERATIONS["eigenvalues_symmetric"].pullback(node, g), {z: a, g: weights})
    h = 1e-6
    ahead, behind = (np.linalg.eigvalsh(a + t * e) @ weights for t in (h, -h))
    np.testing.assert_allclose(np.real(np.sum(cotangent * e)), (ahead - behind) / (2 * h), rtol=1e-7)
