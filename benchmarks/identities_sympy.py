"""The same identities through SymPy's matrix expressions: what is derived, left undone, 0, or wrong.

    python benchmarks/identities_sympy.py FACTS [--patience SECONDS]

Scalar costs by a vector or a matrix only, which is what SymPy offers. Every cost is put in the spelling that
SymPy does best with: vectors as columns, sums and squared norms as traces, ``applyfunc`` for functions.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections import Counter
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np
import sympy as sp
from sympy.matrices.expressions.matexpr import MatrixExpr

from identities import SIZES, load, published, sample

X = sp.Symbol("x")


class Value:
    """A scalar, a column or a matrix of SymPy with NumPy's operators."""

    def __init__(self, expr: Any, rank: int) -> None:
        self.expr, self.rank = expr, rank

    @property
    def T(self) -> Value:
        """The transpose."""
        return Value(self.expr.T, 2) if self.rank == 2 else self

    def __matmul__(self, other: Value) -> Value:
        a, b = self.expr, other.expr
        if self.rank == 1:
            return Value(sp.Trace(a.T * b), 0) if other.rank == 1 else Value(b.T * a, 1)
        return Value(a * b, other.rank)

    def __mul__(self, other: Any) -> Value:
        other = value(other)
        if 0 in (self.rank, other.rank):
            return Value(self.expr * other.expr, max(self.rank, other.rank))
        if self.rank != other.rank:
            raise NotImplementedError("broadcasting")
        return Value(sp.HadamardProduct(self.expr, other.expr), self.rank)

    def __add__(self, other: Any) -> Value:
        other = value(other)
        if self.rank != other.rank:
            return self._filled(other)
        return Value(self.expr + other.expr, self.rank)

    def _filled(self, other: Value) -> Value:
        array, scalar = (self, other) if self.rank else (other, self)
        if scalar.rank:
            raise NotImplementedError("broadcasting")
        return Value(array.expr + scalar.expr * sp.OneMatrix(*array.expr.shape), array.rank)

    def __pow__(self, exponent: Any) -> Value:
        if self.rank:
            return self.entrywise(lambda x: x**exponent)
        return Value(self.expr**exponent, 0)

    def __truediv__(self, other: Any) -> Value:
        other = value(other)
        return self * other**-1

    def __neg__(self) -> Value:
        return Value(-self.expr, self.rank)

    def __sub__(self, other: Any) -> Value:
        return self + -value(other)

    def __rsub__(self, other: Any) -> Value:
        return value(other) - self

    def __rtruediv__(self, other: Any) -> Value:
        return value(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def entrywise(self, function: Any) -> Value:
        """An elementwise function."""
        if self.rank == 0:
            return Value(function(self.expr), 0)
        return Value(self.expr.applyfunc(sp.Lambda(X, function(X))), self.rank)

    def sum(self) -> Value:
        """Sum of all entries."""
        rows, columns = self.expr.shape
        return Value(sp.Trace(sp.OneMatrix(columns, rows) * self.expr), 0)


def value(x: Any) -> Value:
    """A number as a value."""
    return x if isinstance(x, Value) else Value(sp.nsimplify(x), 0)


def squared(x: Value) -> Value:
    """The squared norm."""
    return Value(sp.Trace(x.expr.T * x.expr), 0)


class Norm(Value):
    """A norm, whose square needs no root."""

    def __init__(self, of: Value) -> None:
        super().__init__(sp.sqrt(squared(of).expr), 0)
        self.of = of

    def __pow__(self, exponent: Any) -> Value:
        return squared(self.of) if exponent == 2 else super().__pow__(exponent)


class Numpy:
    """What of NumPy the table uses and SymPy has."""

    exp, log, tanh, abs, sign, sqrt = (
        staticmethod(lambda v, f=f: v.entrywise(f))
        for f in (sp.exp, sp.log, sp.tanh, sp.Abs, sp.sign, sp.sqrt)
    )
    sum = staticmethod(lambda v: v.sum())


NAMES = {
    "np": Numpy,
    "tr": lambda v: Value(sp.Trace(v.expr), 0),
    "inv": lambda v: Value(v.expr.I, 2),
    "det": lambda v: Value(sp.Determinant(v.expr), 0),
    "logdet": lambda v: Value(sp.log(sp.Determinant(v.expr)), 0),
    "norm": Norm,
    "mpow": lambda v, k: Value(v.expr**k, 2),
    "kron": lambda a, b: Value(sp.KroneckerProduct(a.expr, b.expr), 2),
    "outer": lambda a, b: Value(a.expr * b.expr.T, 2),
    "sigmoid": lambda v: v.entrywise(lambda x: 1 / (1 + sp.exp(-x))),
    "softplus": lambda v: v.entrywise(lambda x: sp.log(1 + sp.exp(x))),
    "relu": lambda v: v.entrywise(lambda x: sp.Max(x, 0)),
    "dg": lambda v: Value(sp.DiagMatrix(v.expr), 2),
}


def symbols_of(identity: dict[str, Any]) -> dict[str, Value]:
    """SymPy's symbols of the declared shapes."""
    size = {
        n: sp.Symbol(n, integer=True, positive=True) for shape in identity["shapes"].values() for n in shape
    }
    made = {}
    for name, shape in identity["shapes"].items():
        sizes = [*(size[n] for n in shape), *([1] if len(shape) == 1 else [])]
        symbol = sp.MatrixSymbol(name, *sizes) if shape else sp.Symbol(name)
        made[name] = Value(symbol, len(shape))
    return made


def run(identity: dict[str, Any], namespace: dict[str, Any]) -> tuple[str, float]:
    """What SymPy makes of one identity, and the seconds it took."""
    symbols = symbols_of(identity)
    warm = sp.MatrixSymbol("M", 2, 3)
    sp.Trace(warm.T * warm).diff(warm).doit()  # what SymPy imports and sets up at first use is not counted
    started = time.perf_counter()
    try:
        cost = eval(identity["expr"], dict(NAMES), dict(symbols)).expr
        found = cost.diff(symbols[identity["wrt"]].expr).doit()
    except Exception:  # noqa: BLE001 - whatever a peer raises is its answer
        return "error or not expressible", time.perf_counter() - started
    seconds = time.perf_counter() - started
    if getattr(found, "is_ZeroMatrix", False) or found == 0:
        return "silently 0", seconds
    if found.has(sp.Derivative) or "Array" in type(found).__name__:
        return "left undone", seconds
    return judged(found, identity, symbols, namespace), seconds


def judged(found: Any, identity: dict[str, Any], symbols: dict[str, Value], namespace: dict[str, Any]) -> str:
    """Compare with the published side at a random point."""
    values = sample(identity, np.random.default_rng(7))
    numbers = {
        sp.Symbol(n, integer=True, positive=True): SIZES[n] for s in identity["shapes"].values() for n in s
    }
    table = {}
    for name, symbol in symbols.items():
        array = np.atleast_1d(values[name]).reshape(len(np.atleast_1d(values[name])), -1)
        bound = symbol.expr.subs(numbers)
        table[bound] = sp.Matrix(array) if isinstance(bound, MatrixExpr) else float(values[name])
    try:
        result = found.subs(numbers).subs(table).doit()
        result = np.array(sp.Matrix(result).evalf().tolist(), float)
    except Exception:  # noqa: BLE001
        return "cannot be evaluated"
    expected = np.asarray(published(identity, values, namespace))
    if result.size != expected.size:
        return "wrong"
    error = np.abs(result.reshape(expected.shape) - expected).max() / (np.abs(expected).max() or 1.0)
    return "confirmed" if error < 1e-8 else "wrong"


def _measured(identity: dict[str, Any], folder: Path, queue: Any) -> None:
    queue.put(run(identity, load(folder)[1]))


def main() -> None:
    """Run the table, one process for each identity."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("facts", type=Path)
    parser.add_argument("--patience", type=float, default=60.0)
    options = parser.parse_args()
    chosen = [i for i in load(options.facts)[0]
              if i["confirmed"] and i["kind"] in ("scalar-by-matrix", "scalar-by-vector")]  # fmt: skip
    counts: Counter[str] = Counter()
    times = []
    for identity in chosen:
        queue: Any = multiprocessing.Queue()
        process = multiprocessing.Process(target=_measured, args=(identity, options.facts, queue))
        process.start()
        try:
            outcome, seconds = queue.get(timeout=options.patience)
            times.append(seconds * 1e3)
        except Empty:
            outcome = f"more than {options.patience:g} s"
        process.kill()
        counts[outcome] += 1
        print(f"{outcome:26} {identity['eq']} {identity['expr']}", flush=True)
    print(f"SymPy {sp.__version__}, {len(chosen)} scalar identities: "
          + ", ".join(f"{n} {what}" for what, n in counts.most_common()))  # fmt: skip
    print(f"time, ms: median {statistics.median(times):.1f}, worst {max(times):.0f}")


if __name__ == "__main__":
    main()
