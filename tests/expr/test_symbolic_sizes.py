"""Every operation record with names for sizes: the same shape, value and derivative as with numbers."""

from zlib import crc32

import numpy as np
import pytest
from tests.expr.derivatives import at_random, random_array, weight_of

import gradproof.expr  # noqa: F401  (registers every operation)
from gradproof.calculus.differentiate import pullback
from gradproof.expr.evaluate import evaluate
from gradproof.expr.indexing import INDEX
from gradproof.expr.node import CONSTANT, OPERATIONS, SYMBOL, Expr, make, postorder, symbol, symbols
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of
from gradproof.expr.sizes import bound, with_sizes

NAMES = {2: "two", 3: "three", 4: "four", 5: "five", 6: "three*two", 12: "four*three"}
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5}
# Entries are put in places of their own: which places overlap is known only with numbers.
NEEDS_NUMBERS = {"store", "accumulate", "reshape"}


def renamed(size):
    return NAMES.get(size, size)


def with_names(root: Expr) -> Expr:
    """The expression with a name in the place of every size."""
    done: dict[Expr, Expr] = {}
    for node in postorder(root):
        args = tuple(done[a] for a in node.args)
        if node.op is SYMBOL:
            done[node] = symbol(
                node.name, tuple(map(renamed, node.shape)), *node.attrs[2:3], facts=node.attrs[3]
            )
        elif node.op is PRODUCT:
            specs, out, sizes = specs_of(node)
            done[node] = einsum(specs, args, out, tuple(map(renamed, sizes)))
        elif node.op is SUM:
            done[node] = add(*args)
        else:
            attrs = node.op.resize(node.attrs, renamed) if node.op.resize else node.attrs
            done[node] = make(node.op, args, attrs)
    return done[root]


def can_be_named(sample: Expr) -> bool:
    """Whether nothing in it depends on numbers: literal arrays and strided slices do."""
    return not any(
        n.op.name in NEEDS_NUMBERS
        or n.op is CONSTANT
        or (n.op is INDEX and any(item[0] == "slice" and item[3] not in (None, 1) for item in n.attrs[0]))
        for n in postorder(sample)
    )


SAMPLES = [
    pytest.param(sample, operation.domain, id=f"{operation.name}-{k}")
    for operation in list(OPERATIONS.values())
    for k, sample in enumerate(make_sample() for make_sample in operation.samples)
    if can_be_named(sample)
]


@pytest.mark.parametrize(("sample", "domain"), SAMPLES)
def test_names_of_sizes_give_what_numbers_give(sample, domain):
    named = with_names(sample)
    assert tuple(bound(n, NUMBERS) for n in named.shape) == sample.shape
    rng = np.random.default_rng(crc32(repr(sample).encode()))
    values = at_random(sample, rng, domain)
    weights = weight_of(sample), weight_of(named)
    values[weights[0]] = random_array(weights[0], rng)
    inputs = symbols(sample)
    by_number = pullback(sample, weights[0], inputs)
    by_name = pullback(named, weights[1], [with_names(s) for s in inputs])
    known = [s for s in inputs if s in by_number]
    roots = [named, *(by_name[with_names(s)] for s in known)]
    bare = with_sizes(roots, NUMBERS)
    expected = evaluate([sample, *(by_number[s] for s in known)], values)
    found = evaluate([bare[r] for r in roots], values)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
