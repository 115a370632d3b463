"""Random matrix expressions with facts and symbolic sizes: what simplification by facts must keep."""

from hypothesis import strategies as st

from gradproof.expr.broadcast import matmul, minus, multiply, negate, plus, scale, trace, transpose
from gradproof.expr.elementwise import apply
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, symbol
from gradproof.expr.product import einsum

N = "n"
SQUARE = [
    symbol("A", (N, N), 0, ("symmetric",)),
    symbol("S", (N, N), 0, ("spd",)),
    symbol("B", (N, N), 0, ("invertible",)),
    symbol("Q", (N, N), 0, ("orthogonal",)),
    symbol("D", (N, N), 0, ("diagonal",)),
    symbol("C", (N, N)),
]
INVERTIBLE = SQUARE[1:5]
X = symbol("X", ("m", N))
VECTOR, PROBABILITIES = symbol("v", (N,), 0, ("positive",)), symbol("y", (N,), 0, ("simplex",))
SCALAR = symbol("λ", (), 0, ("positive",))
GRAM = matmul(transpose(X), X)


def outer(a, b):
    """a bᵀ."""
    return einsum([(0,), (1,)], [a, b], (0, 1))


def squares(depth):
    """Expressions of shape (n, n)."""
    leaf = st.sampled_from([*SQUARE, delta(N), GRAM, outer(VECTOR, PROBABILITIES)])
    invertible = st.sampled_from([*INVERTIBLE, GRAM, plus(GRAM, multiply(SCALAR, delta(N))), SQUARE[1]])
    if depth == 0:
        return leaf
    inner = squares(depth - 1)
    return st.one_of(
        leaf,
        st.builds(plus, inner, inner),
        st.builds(minus, inner, inner),
        st.builds(matmul, inner, inner),
        st.builds(matmul, inner, inner),
        st.builds(multiply, inner, inner),
        st.builds(transpose, inner),
        st.builds(negate, inner),
        st.builds(scale, st.sampled_from([2, -1, 0.5]), inner),
        st.builds(lambda x: multiply(SCALAR, x), inner),
        st.builds(inv, invertible),
        st.builds(lambda a, b: inv(matmul(a, b)), invertible, invertible),
        st.builds(lambda a, b: matmul(inv(a), matmul(a, b)), invertible, inner),
        st.builds(lambda a, b: matmul(a, matmul(inv(a), b)), invertible, inner),
        st.builds(lambda x: plus(x, transpose(x)), inner),
        st.builds(lambda a, x: multiply(linalg("logdet", a), x), invertible, inner),
        st.builds(lambda a, b, x: multiply(linalg("det", matmul(a, b)), x), invertible, invertible, inner),
        st.builds(lambda x, y: multiply(trace(x), y), inner, inner),
        st.builds(lambda x: outer(matmul(x, VECTOR), PROBABILITIES), inner),
        st.builds(lambda x: multiply(apply("abs", x), apply("sign", x)), inner),
    )


MATRICES = squares(3)
