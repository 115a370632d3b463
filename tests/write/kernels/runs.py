"""What assignments come to as statements, as loops, as emitted NumPy and as compiled C."""

import ctypes
import itertools
import math

import numpy as np
import pytest
from tests.write.kernels.programs import SCALARS, M, one_by_one

from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import NUMBER, SYMBOL, postorder, symbol
from gradproof.expr.product import PRODUCT, SUM, specs_of
from gradproof.expr.sizes import with_sizes
from gradproof.expr.special import erf_value
from gradproof.train.engines.blas import gemm_address, is_available
from gradproof.train.engines.compiler import compiler, library
from gradproof.write.kernels.c_source import Inputs, c_kernel
from gradproof.write.kernels.loops import Loop, is_array, looped, stored
from gradproof.write.kernels.numpy_source import numpy_step
from gradproof.write.kernels.statements import TOTAL, argument_places

COST, COUNTED = symbol("J"), symbol("t")
needs_compiler = pytest.mark.skipif(not (compiler() and is_available()), reason="no C compiler, or no BLAS")


def targets_of(assignments):
    return list(dict.fromkeys(target for target, _ in assignments.pairs))


def empty(shape, m=M):
    """An array that lies in memory as kernels want it: the examples' axis slowest."""
    sizes = [m if n == "m" else n for n in shape]
    if "m" not in shape:
        return np.full(sizes, np.nan)
    at = shape.index("m")
    return np.moveaxis(np.full([m, *(n for k, n in enumerate(sizes) if k != at)], np.nan), 0, at)


def _memory(assignments, leaves):
    """An array for each symbol, with the values that were given, and NaN elsewhere."""
    found = {leaf: empty(leaf.shape) for leaf in leaves}
    for leaf in found.keys() & assignments.values.keys():
        found[leaf][...] = assignments.values[leaf]
    return found


def _results(assignments, memory):
    """What was given and what was assigned."""
    return {
        **assignments.values,
        **{leaf: memory[leaf] for leaf in targets_of(assignments) if leaf in memory},
    }


# --- statements and loops ---------------------------------------------------------------------------------


def by_statements(assignments, found):
    """Each statement evaluated as its expression."""
    pairs = [(each.target, each.value) for each in found]
    values, _ = one_by_one(type(assignments)(pairs, assignments.values))
    return {leaf: values[leaf] for leaf in {*assignments.values, *targets_of(assignments)}}


def by_loops(assignments, found):
    """Loops run entry by entry, as C does it; what is not stored lives for one turn of its loop."""
    parts = looped(found, "m")
    targets = targets_of(assignments)
    kept = stored(parts, targets)
    leaves = {n for part in parts for n in part.reads | part.writes if is_array(n) or n in targets}
    memory = _memory(assignments, leaves)
    for part in parts:
        if isinstance(part, Loop):
            _loop(part, memory, kept | assignments.values.keys())
        else:
            memory[part.target][...] = _evaluated(part.value, memory)
    return {
        **assignments.values,
        **{leaf: memory[leaf] for leaf in memory.keys() & {*assignments.values, *targets}},
    }


def _evaluated(value, memory):
    read = [n for n in postorder(value) if n.op is SYMBOL]
    bound = with_sizes([value, *read], {"m": M})
    return evaluate([bound[value]], {bound[n]: memory.get(n, SCALARS.get(n)) for n in read})[0]


def _loop(loop, memory, kept):
    for step in loop.steps:
        if step.statement.kind == TOTAL:
            memory[step.statement.target][...] = 0
    for at in itertools.product(*(range(M if n == "m" else n) for n in loop.sizes)):
        _turn(loop, at, memory, kept)


def _turn(loop, at, memory, kept):
    fresh = {}

    def index(place):
        return tuple(at[p] if p >= 0 else 0 for p in place)

    def entry(node, place):
        if node.op is NUMBER:
            return float(node.attrs[0])
        if node.op is SYMBOL and (node, place) in fresh:
            return fresh[node, place]
        if node.op is SYMBOL and is_array(node):
            assert node in kept, f"{node} is read and was not stored"
            return memory[node][index(place)]
        if node.op is SYMBOL:
            return SCALARS[node]
        parts = [entry(a, p) for a, p in zip(node.args, argument_places(node, place), strict=True)]
        if node.op is PRODUCT:
            return math.prod(parts)
        return sum(parts) if node.op is SUM else node.op.value(node.attrs, np.float64, *parts)

    for step in loop.steps:
        value, target = step.statement.value, step.statement.target
        if step.statement.kind == TOTAL:
            specs, _, _ = specs_of(value)
            places = [tuple(step.indices[i] for i in spec) for spec in specs]
            memory[target][index(step.place)] += math.prod(map(entry, value.args, places))
        else:
            fresh[target, step.place] = entry(value, step.indices)
            if target in kept:
                memory[target][index(step.place)] = fresh[target, step.place]


# --- the emitted function ---------------------------------------------------------------------------------


def by_numpy(assignments):
    """The emitted NumPy function."""
    step = numpy_step(assignments.pairs)
    memory = _memory(assignments, [leaf for leaf in step.arguments.values() if leaf not in SCALARS])
    arguments = {name: memory.get(leaf, SCALARS.get(leaf)) for name, leaf in step.arguments.items()}
    arguments |= {name: _rows(memory[leaf]) for name, leaf in step.rows.items()}
    arguments |= {name: empty(shape) for name, shape in step.scratch.items()}
    space = {"np": np, "math": math, "erf": erf_value}
    exec(step.source, space)
    with np.errstate(all="ignore"):
        space["step"](**arguments)
    return {
        **assignments.values,
        **{leaf: memory[leaf] for leaf in memory if leaf in targets_of(assignments)},
    }


def _rows(array):
    """All axes but the last as one; a view."""
    if array.flags.c_contiguous:
        return array.reshape(-1, array.shape[-1])
    return np.moveaxis(array, -1, 0).reshape(array.shape[-1], -1).T


# --- the compiled function --------------------------------------------------------------------------------


def kernel_of(assignments, precision="double", wanted=None):
    """The C function; by default everything that is assigned is wanted."""
    given = list(assignments.values)
    targets = [leaf for leaf in targets_of(assignments) if leaf is not COST]
    changed = targets if wanted is None else [leaf for leaf in targets if leaf in given or leaf in wanted]
    fixed = [leaf for leaf in given if leaf not in changed]
    return c_kernel(assignments.pairs, Inputs([], [], changed, fixed, COUNTED, COST, "m"), precision)


def by_c(assignments, precision="double", scalars=SCALARS, wanted=None):
    """The compiled C function."""
    kernel = kernel_of(assignments, precision, wanted)
    dtype = {"double": np.float64, "float": np.float32}[precision]
    with np.errstate(over="ignore"):
        memory = {leaf: a.astype(dtype, order="K") for leaf, a in _memory(assignments, kernel.arrays).items()}
    arrays = [memory[leaf] for leaf in kernel.arrays]
    numbers = np.array([0.0 if s is COUNTED else scalars[s] for s in kernel.scalars])
    cost = call(kernel, arrays, numbers, None, M, M)
    return {**_results(assignments, memory), COST: cost / M}


def call(kernel, arrays, numbers, order, count, size):
    """A pass over the data; the cost it adds up."""
    cost = np.zeros(1)
    pointers = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
    function = library(kernel.source).epoch
    function.restype = None
    function.argtypes = [ctypes.c_void_p] * 4 + [ctypes.c_int64] * 2 + [ctypes.c_void_p]
    gemm, given = gemm_address(arrays[0].dtype.name), ctypes.addressof(pointers)
    at = None if order is None else order.ctypes.data
    function(gemm, given, numbers.ctypes.data, at, count, size, cost.ctypes.data)
    return float(cost[0])
