"""Expressions made by several threads at once."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from gradproof.expr.broadcast import matmul, plus, sum_over
from gradproof.expr.elementwise import relu, square
from gradproof.expr.node import symbol

THREADS, ROUNDS = 8, 60


def test_threads_that_make_the_same_expression_get_the_same_node():
    barrier = Barrier(THREADS)

    def made(k):
        barrier.wait()
        W, X, b = symbol(f"W{k}", (3, 4)), symbol(f"X{k}", (4, 5)), symbol(f"b{k}", (3, 1))
        return sum_over(square(relu(plus(matmul(W, X), b))), (0, 1))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for k in range(ROUNDS):
                nodes = list(pool.map(made, [k] * THREADS))
                assert all(node is nodes[0] for node in nodes)
    finally:
        sys.setswitchinterval(before)
