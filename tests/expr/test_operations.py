"""Every operation record, read and tried: a new record needs no new test."""

import importlib.util
import re
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
from tests.expr.derivatives import at_random, first_order_faults, second_order_faults

import gradproof.expr  # noqa: F401  (registers every operation)
from gradproof.errors import ShapeError
from gradproof.expr.broadcast import matmul, multiply, plus, scale
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import OPERATIONS, Expr, constant, delta, make, number, postorder, symbol
from gradproof.write.template import filled_in

NEEDS_SCIPY = {"gammaln", "polygamma"}
LEAVES = {"symbol", "number", "constant", "delta"}
HAVE_SCIPY = importlib.util.find_spec("scipy") is not None

SAMPLES = [
    pytest.param(
        operation,
        make_sample(),
        id=f"{operation.name}-{k}",
        marks=pytest.mark.skipif(
            operation.name in NEEDS_SCIPY and not HAVE_SCIPY, reason="its value comes from SciPy"
        ),
    )
    for operation in list(OPERATIONS.values())
    for k, make_sample in enumerate(operation.samples)
]
everywhere = pytest.mark.parametrize(("operation", "sample"), SAMPLES)


def own_node(operation, sample: Expr) -> Expr:
    """The outermost node of the operation in its sample, which may wrap it."""
    return next(n for n in reversed(postorder(sample)) if n.op is operation)


def has_derivative(operation, sample: Expr) -> bool:
    """Whether the rule gives any cotangent: that of a piecewise constant function gives none."""
    node = own_node(operation, sample)
    return any(c is not None for c in operation.pullback(node, symbol("g", node.shape)))


PRINTED = [p for p in SAMPLES if p.values[0].numpy]
DIFFERENTIABLE = [p for p in SAMPLES if has_derivative(*p.values)]


@pytest.fixture
def rng(request):
    return np.random.default_rng(crc32(request.node.name.encode()))


@pytest.mark.parametrize("operation", [pytest.param(o, id=o.name) for o in OPERATIONS.values()])
def test_a_record_is_complete(operation):
    if operation.name in LEAVES:
        return
    assert operation.samples, "generic tests need a sample"
    assert operation.pullback is not None
    assert operation.source
    assert operation.domain[0] < operation.domain[1]


@everywhere
def test_the_value_has_the_declared_shape(operation, sample, rng):
    values = at_random(sample, rng, operation.domain)
    assert np.shape(evaluate([sample], values)[0]) == sample.shape


@everywhere
def test_the_derivative_agrees_with_differences_and_the_complex_step(operation, sample, rng):
    assert first_order_faults(sample, rng, operation.domain) == []


@everywhere
def test_the_second_derivative_agrees_with_differences(operation, sample, rng):
    assert second_order_faults(sample, rng, operation.domain) == []


@everywhere
def test_the_value_keeps_extended_precision(operation, sample, rng):
    values = at_random(sample, rng, operation.domain)
    wide = {s: v.astype(np.clongdouble if v.dtype.kind == "c" else np.longdouble) for s, v in values.items()}
    (double,), (extended,) = evaluate([sample], values), evaluate([sample], wide, np.longdouble)
    rounded = np.asarray(extended).astype(complex if np.iscomplexobj(extended) else float)
    np.testing.assert_allclose(rounded, double, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("operation", "sample"), PRINTED)
def test_printed_numpy_code_computes_the_value(operation, sample, rng):
    node = own_node(operation, sample)
    values = at_random(sample, rng, operation.domain)
    arguments = dict(zip("abcdefgh", evaluate(node.args, values), strict=False))
    code = filled_in(operation.numpy, node.attrs, lambda k, enclosed: "abcdefgh"[k])
    names = {"np": np} | arguments
    if "scipy" in code:
        pytest.importorskip("scipy")
        names["scipy"] = importlib.import_module("scipy")
        importlib.import_module("scipy.special")
    with np.errstate(all="ignore"):
        printed = eval(code, names)
    np.testing.assert_allclose(printed, evaluate([node], values)[0], rtol=1e-10, atol=1e-12)


# --- planted faults: a wrong rule must be found ------------------------------------------------------


def doubled(found):
    return [None if c is None else scale(2, c) for c in found]


def negated(found):
    return [None if c is None else scale(-1, c) for c in found]


def slightly_off(found):
    return [None if c is None else scale(1 + 2**-13, c) for c in found]


def forgotten(found):
    first = next(k for k, c in enumerate(found) if c is not None)
    return [None if k == first else c for k, c in enumerate(found)]


@pytest.mark.parametrize("plant", [doubled, negated, slightly_off, forgotten])
@pytest.mark.parametrize(("operation", "sample"), DIFFERENTIABLE)
def test_a_planted_wrong_rule_is_found(operation, sample, plant, rng):
    node = own_node(operation, sample)
    wrong = replace(
        operation,
        name=f"{operation.name}, {plant.__name__}",
        pullback=lambda node, g: plant(list(operation.pullback(node, g))),
    )
    assert first_order_faults(make(wrong, node.args, node.attrs), rng, operation.domain, directions=2)


def test_a_rule_of_the_wrong_shape_is_found(rng):
    tanh = OPERATIONS["tanh"]
    wrong = replace(tanh, name="tanh, of another shape", pullback=lambda node, g: [number(1)])
    assert first_order_faults(make(wrong, (symbol("X", (2, 3)),)), rng)


# --- identity and errors ----------------------------------------------------------------------------


@everywhere
def test_the_same_expression_is_the_same_object(operation, sample):
    node = own_node(operation, sample)
    assert make(node.op, node.args, node.attrs) is node


def test_symbols_differ_by_name_shape_and_uid():
    assert symbol("W", (2, 3)) is symbol("W", (2, 3))
    assert len({symbol("W", (2, 3)), symbol("W", (3, 2)), symbol("V", (2, 3)), symbol("W", (2, 3), 1)}) == 4


def test_constants_are_equal_by_content_and_numbers_by_value():
    assert constant(np.arange(3)) is constant(np.arange(3))
    assert constant(np.arange(3)) is not constant(np.arange(3.0))
    assert number(2) is number(2.0) is constant(np.float32(2))
    assert number(0.1) is not number(0.1 + 2**-56)


def test_constants_are_not_changed_by_their_owner():
    array = np.arange(3.0)
    node = constant(array)
    array[0] = 7
    assert evaluate([node], {})[0].tolist() == [0, 1, 2]


MISFITS = {
    "matmul": lambda: matmul(symbol("W", (3, 4)), symbol("X", (5, 2))),
    "sum": lambda: plus(symbol("a", (3,)), symbol("b", (4,))),
    "product": lambda: multiply(symbol("a", (3, 2)), symbol("b", (4, 2))),
    "elementwise": lambda: make(OPERATIONS["maximum"], (symbol("a", (3, 2)), symbol("b", (4, 2)))),
    "solve": lambda: make(OPERATIONS["solve"], (delta(3), symbol("b", (4, 2)))),
    "concatenate": lambda: make(OPERATIONS["concatenate"], (symbol("a", (3, 2)), symbol("b", (4, 3))), (0,)),
}


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=MISFITS.keys())
def test_a_misfit_names_both_shapes(misfit):
    with pytest.raises(ShapeError) as error:
        misfit()
    shapes = re.findall(r"\([\d, ]*\)", str(error.value))
    assert len(set(shapes)) >= 2


def test_a_symbol_without_value_is_named():
    with pytest.raises(KeyError, match="W1"):
        evaluate([scale(2, symbol("W1", (2,)))], {})
