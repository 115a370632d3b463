"""Time and size of the gradient of an L-layer L2-regularised network, beside SymPy and tensorgrad.

    python benchmarks/depth.py [--layers 2,4,8,...] [--patience SECONDS]

The cost is 1/(2m) ‖W_L tanh(... tanh(W_1 X)) − Y‖² + λ/(2m) Σ ‖W_l‖², sizes are names, by W_1.
Each derivation runs in a process of its own; a program that needs more than the patience is given up, as are
its deeper networks. The size is what was made: distinct nodes of the result's graph for gradproof, nodes of
SymPy's tree, tensors of tensorgrad's.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from itertools import pairwise
from multiprocessing.queues import Queue
from queue import Empty

Measured = tuple[float, int, int]  # seconds, size, characters printed


def ours(layers: int) -> Measured:
    """The network as named equations, through the public door."""
    from gradproof import derive
    from gradproof.expr.node import postorder

    def run() -> object:
        let, below = {}, "X"
        for k in range(1, layers):
            let[f"Z{k}"] = f"W{k} @ {below}"
            let[f"A{k}"] = f"np.tanh(Z{k})"
            below = f"A{k}"
        penalty = " + ".join(f"norm(W{k})**2" for k in range(1, layers + 1))
        cost = f"1/(2*m) * norm(W{layers} @ {below} - Y)**2 + lam/(2*m) * ({penalty})"
        shapes = {f"W{k}": (f"n{k}", f"n{k - 1}") for k in range(1, layers + 1)}
        shapes |= {"X": ("n0", "N"), "Y": (f"n{layers}", "N"), "m": (), "lam": ()}
        return derive(cost, wrt="W1", shapes=shapes, let=let)

    run()  # imports, and tables that are built at first use
    started = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - started
    printed = "\n".join(f"{e.name} {e.value!r}" for e in found.equations)
    return seconds, len(postorder(found.gradient)), len(printed)


def sympy_(layers: int) -> Measured:
    """SymPy's matrix expressions."""
    from sympy import Lambda, MatrixSymbol, Symbol, Trace, preorder_traversal, symbols, tanh

    x = Symbol("x")
    n = symbols(f"n0:{layers + 1}", integer=True, positive=True)
    count = Symbol("N", integer=True, positive=True)
    weights = [MatrixSymbol(f"W{k}", n[k], n[k - 1]) for k in range(1, layers + 1)]
    started = time.perf_counter()
    a = MatrixSymbol("X", n[0], count)
    for w in weights[:-1]:
        a = (w * a).applyfunc(Lambda(x, tanh(x)))
    residual = weights[-1] * a - MatrixSymbol("Y", n[-1], count)
    # of a scaled trace, or of a sum of traces, SymPy gives 0 without a word: each is differentiated alone
    costs = [Trace(residual.T * residual), *(Trace(w.T * w) for w in weights[:1])]
    found = [cost.diff(weights[0]).doit() for cost in costs]
    seconds = time.perf_counter() - started
    if any(str(f) == "0" for f in found):
        raise ArithmeticError("the gradient is given as 0")
    return seconds, sum(1 for f in found for _ in preorder_traversal(f)), sum(len(str(f)) for f in found)


def tensorgrad_(layers: int) -> Measured:
    """tensorgrad's tensor networks."""
    import tensorgrad.functions as F
    from sympy import symbols
    from tensorgrad import Derivative, Variable

    names = [f"n{k}" for k in range(layers + 1)]
    n = dict(zip(names, symbols(names), strict=True))
    count = symbols("N")
    weights = [Variable(f"W{k}", **{a: n[a], b: n[b]})
               for k, (a, b) in enumerate(pairwise(names), start=1)]  # fmt: skip
    started = time.perf_counter()
    a = Variable("X", n0=n["n0"], N=count)
    for w in weights[:-1]:
        a = F.tanh(w @ a)
    residual = weights[-1] @ a - Variable("Y", **{names[-1]: n[names[-1]], "N": count})
    cost = F.frobenius2(residual)
    for w in weights:
        cost = cost + F.frobenius2(w)
    found = Derivative(cost, weights[0]).full_simplify()
    seconds = time.perf_counter() - started
    return seconds, _tensors(found), len(str(found))


def _tensors(tensor: object) -> int:
    below = (
        getattr(tensor, "terms", None) or getattr(tensor, "factors", None) or getattr(tensor, "inputs", ())
    )
    return 1 + sum(_tensors(t) for t in below)


def _measured(function: Callable[[int], Measured], layers: int, queue: Queue[object]) -> None:
    try:
        queue.put(function(layers))
    except Exception as error:  # noqa: BLE001 - a peer's failure is a result
        queue.put(f"{type(error).__name__}: {error}"[:60])


def patiently(function: Callable[[int], Measured], layers: int, patience: float) -> Measured | str:
    """Run in a process of its own, for so long."""
    queue: Queue[object] = multiprocessing.Queue()
    process = multiprocessing.Process(target=_measured, args=(function, layers, queue))
    process.start()
    try:
        return queue.get(timeout=patience)  # type: ignore[return-value]
    except Empty:
        return f"more than {patience:g} s"
    finally:
        process.kill()
        process.join()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", default="2,3,4,6,8,16,32,64,100,200")
    parser.add_argument("--patience", type=float, default=120.0)
    options = parser.parse_args()
    programs = {"gradproof": ours, "SymPy": sympy_, "tensorgrad": tensorgrad_}
    given_up: set[str] = set()
    print(f"{'layers':>6}" + "".join(f"{name:>34}" for name in programs))
    print(" " * 6 + f"{'ms / nodes / characters':>34}" * len(programs))
    for layers in map(int, options.layers.split(",")):
        cells = []
        for name, function in programs.items():
            if name in given_up:
                cells.append("-")
                continue
            found = patiently(function, layers, options.patience)
            if isinstance(found, str):
                given_up.add(name)
                cells.append(found)
            else:
                seconds, size, characters = found
                cells.append(f"{seconds * 1e3:10.1f} / {size} / {characters}")
        print(f"{layers:>6}" + "".join(f"{c:>34}" for c in cells), flush=True)


if __name__ == "__main__":
    main()
