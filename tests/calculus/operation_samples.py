"""The samples that operation records bring with them, as parameters of tests."""

import importlib.util

import pytest

import gradproof.calculus.hessian  # noqa: F401  (registers every operation)
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import OPERATIONS, Expr, postorder, symbol

HAVE_SCIPY = importlib.util.find_spec("scipy") is not None
NEEDS_SCIPY = {"gammaln", "polygamma"}


def _has_derivative(operation, sample: Expr) -> bool:
    """Whether the rule gives any cotangent: that of a piecewise constant function gives none."""
    if operation.pullback is None:
        return False
    node = next(n for n in reversed(postorder(sample)) if n.op is operation)
    return any(c is not None for c in operation.pullback(node, symbol("g", node.shape)))


SAMPLES = [
    pytest.param(operation, make_sample(), id=f"{operation.name}-{k}")
    for operation in list(OPERATIONS.values())
    for k, make_sample in enumerate(operation.samples)
    if HAVE_SCIPY or operation.name not in NEEDS_SCIPY
]
DIFFERENTIABLE = [p for p in SAMPLES if _has_derivative(*p.values)]
REAL = [p for p in DIFFERENTIABLE if not any(is_complex(n) for n in postorder(p.values[1]))]
COMPLEX = [p for p in DIFFERENTIABLE if p not in REAL]
