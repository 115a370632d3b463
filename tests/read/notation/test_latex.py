"""LaTeX as it stands in papers and posts: read right, or refused with a pointer. Never misread."""

from __future__ import annotations

import numpy as np
import pytest
from tests.read.notation.latex_cases import READ, REFUSED, SIZES

from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import symbols
from gradproof.expr.sizes import with_sizes
from gradproof.read.notation.latex import read_latex


def _parameter(name: str) -> str:
    return {"lambda": "lambda_"}.get(name, name.replace("[", "_").replace("]", "_"))


def _arrays(shapes, seed=0):
    random = np.random.default_rng(seed)
    arrays = {
        name: random.uniform(0.2, 0.9, [SIZES.get(s, s) for s in shape])
        if shape
        else random.uniform(0.2, 0.9)
        for name, shape in shapes.items()
    }
    return {
        n: a + 2 * np.eye(len(a)) if np.ndim(a) == 2 and len(set(a.shape)) == 1 else a
        for n, a in arrays.items()
    }


def _value(formula, arrays):
    expr = with_sizes([formula.expression], SIZES)[formula.expression]
    return evaluate([expr], {s: arrays[s.name] for s in symbols(expr)})[0]


@pytest.mark.parametrize(("source", "shapes", "oracle"), READ, ids=[r[0][:60] for r in READ])
def test_it_is_read_right(source, shapes, oracle):
    formula = read_latex(source, shapes=shapes)
    arrays = _arrays(shapes)
    expected = oracle(**{_parameter(n): a for n, a in arrays.items()})
    found = _value(formula, arrays)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize(("source", "shapes", "word"), REFUSED, ids=[r[0][:60] for r in REFUSED])
def test_it_is_refused(source, shapes, word):
    with pytest.raises(InputError) as caught:
        read_latex(source, shapes=shapes)
    assert word in caught.value.what
    assert caught.value.fix
    assert not source or "^" in caught.value.where.splitlines()[-1]
