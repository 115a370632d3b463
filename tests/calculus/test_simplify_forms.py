"""Forms as books print them: centred sums, whole scalars, signs, exponents; all keep their values."""

import pytest
from tests.calculus.sampled import assert_equal_in_numbers

from gradproof.calculus.canonical import same
from gradproof.calculus.components import components, torn_apart_by, with_scalars
from gradproof.calculus.differentiate import gradient
from gradproof.calculus.jacobian import jacobian
from gradproof.calculus.monomial import flat
from gradproof.calculus.simplify import simplify
from gradproof.calculus.size import length
from gradproof.expr.broadcast import matmul, minus, multiply, negate, plus, scale, sum_over, transpose
from gradproof.expr.elementwise import divide, log, power, reciprocal, sigmoid, sqrt, square
from gradproof.expr.kronecker import kron
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import delta, number, postorder, size_symbol, symbol
from gradproof.expr.product import einsum, filled
from gradproof.write.matrix import to_text

ONE = number(1)
x, y, a = symbol("x", ("n",)), symbol("y", ("n",)), symbol("a", ("n",))
A, B, S = symbol("A", ("n", "n")), symbol("B", ("n", "n")), symbol("S", ("n", "n"), 0, ("spd",))
X, G = symbol("X", ("m", "n")), symbol("G", ("m", "n"))
Z, K = symbol("Z", ("n", "n"), 0, ("invertible",)), symbol("K", ("k", "k"), 0, ("invertible",))
N, M = size_symbol("n"), size_symbol("m")


def mean(v):
    return divide(sum_over(v), N)


def centred(v):
    return minus(v, filled(mean(v), v.shape))


def columns_centred(v):
    return minus(v, divide(sum_over(v, 0, keepdims=True), M))


def quadratic(matrix, v):
    return matmul(v, matmul(matrix, v))


def gradient_of(cost, by):
    (found,) = gradient(cost, [by])
    return simplify(found)


VARIANCE = divide(sum_over(square(centred(x))), N)
RAYLEIGH = divide(quadratic(A, x), matmul(x, x))
W, H, V = (
    symbol(n, s, 0, ("positive",)) for n, s in (("W", ("m", "k")), ("H", ("k", "n")), ("V", ("m", "n")))
)
PRINTED = {
    "variance": (VARIANCE, x, "2/n (x − 1/n sum(x))"),
    "standard deviation": (sqrt(VARIANCE), x, "(x − 1/n sum(x))/(sqrt(n) ‖x − 1/n sum(x)‖)"),
    "columns centred": (
        divide(sum_over(square(columns_centred(X))), multiply(M, N)),
        X,
        "2/(m n) (X − 1/m 1 1ᵀ X)",
    ),
    "Rayleigh quotient": (RAYLEIGH, x, "((A + Aᵀ) x − 2 (xᵀ A x) x/‖x‖²)/‖x‖²"),
    "quotient of inner products": (
        divide(matmul(a, x), matmul(y, x)),
        x,
        "(a − (aᵀ x) y/(yᵀ x))/(yᵀ x)",
    ),
    "Kullback and Leibler's divergence": (
        minus(sum_over(matmul(W, H)), sum_over(multiply(V, log(matmul(W, H))))),
        H,
        "Wᵀ (1 − V ⊘ (W H))",
    ),
    "determinant of a Kronecker product": (
        simplify(linalg("det", kron(Z, K))),
        Z,
        "k det(K)^n det(Z)^k Z⁻ᵀ",
    ),
    "logarithm of it": (simplify(linalg("logdet", kron(Z, K))), Z, "k Z⁻ᵀ"),
    "determinant of a curve": (
        linalg("det", plus(Z, scale(symbol("t"), A), multiply(square(symbol("t")), B))),
        symbol("t"),
        "det(Z + t A + t² B) tr((A + 2 t B) (Z + t A + t² B)⁻¹)",
    ),
}


@pytest.mark.parametrize("name", PRINTED)
def test_gradients_as_books_print_them(name):
    cost, by, expected = PRINTED[name]
    assert to_text(gradient_of(cost, by)).splitlines()[0] == expected
    assert_equal_in_numbers(gradient_of(cost, by), gradient(cost, [by])[0])


def test_the_jacobian_of_a_direction_is_its_projector():
    direction = divide(minus(x, a), sqrt(sum_over(square(minus(x, a)))))
    found = jacobian(direction, x)
    assert to_text(found.value).splitlines()[0] == "(I − (x − a) (x − a)ᵀ/‖x − a‖²)/‖x − a‖"
    assert_equal_in_numbers(found.value, found.plain)


def test_the_derivative_of_the_logistic_function_has_the_usual_signs():
    s = sigmoid(x)
    cost = sum_over(multiply(s, minus(ONE, s)))
    assert to_text(gradient_of(cost, x)) == "(1 − 2 σ(x)) ∘ σ(x) ∘ (1 − σ(x))"


FORMS = {
    "1ᵀ(x − x̄) = 0": (sum_over(centred(x)), number(0)),
    "y·1 1ᵀ(x − x̄) = 0": (multiply(y, sum_over(centred(x))), filled(number(0), ("n",))),
    "(x − a)(a − x)ᵀ": (
        einsum([(0,), (1,)], [minus(x, a), minus(a, x)], (0, 1)),
        negate(einsum([(0,), (1,)], [minus(x, a), minus(x, a)], (0, 1))),
    ),
    "x∘(x − a)∘(a − x)": (
        multiply(x, minus(x, a), minus(a, x)),
        negate(multiply(x, square(minus(x, a)))),
    ),
    "c^(n − 1) c = c^n": (
        multiply(power(linalg("det", S), minus(N, ONE)), linalg("det", S)),
        power(linalg("det", S), N),
    ),
    "(xᵀx)⁻² xᵀx = (xᵀx)⁻¹": (
        multiply(power(matmul(x, x), -2), matmul(x, x)),
        reciprocal(matmul(x, x)),
    ),
    "(xᵀAx)⁻² xᵀAx": (
        multiply(power(quadratic(A, x), -2), quadratic(A, x)),
        reciprocal(quadratic(A, x)),
    ),
    "√(xᵀx/4) = √(xᵀx)/2": (
        divide(ONE, sqrt(scale(0.25, matmul(x, x)))),
        scale(2, reciprocal(sqrt(matmul(x, x)))),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_form(name):
    written, expected = FORMS[name]
    assert same(simplify(written), simplify(expected))
    assert length(simplify(written)) <= length(written) + 0.5  # a sign
    assert_equal_in_numbers(written, simplify(written))


def test_the_centring_projector():
    projector = minus(delta("n"), filled(reciprocal(N), ("n", "n")))
    assert same(simplify(matmul(projector, projector)), projector)
    assert same(simplify(matmul(projector, centred(x))), centred(x))
    assert same(simplify(matmul(transpose(projector), centred(x))), centred(x))
    assert not same(simplify(matmul(projector, x)), x)


def test_what_is_not_centred_keeps_its_total():
    for v in (plus(x, y), minus(x, filled(sum_over(x), ("n",))), minus(x, filled(mean(y), ("n",)))):
        assert to_text(simplify(sum_over(v))) != "0"
        assert_equal_in_numbers(sum_over(v), simplify(sum_over(v)))


def test_opposite_differences_keep_the_one_that_occurs_elsewhere():
    norm = reciprocal(sqrt(sum_over(square(minus(a, x)))))
    found = simplify(multiply(norm, minus(x, a), minus(a, x)))
    differences = {n for n in postorder(found) if n.op.name == "sum"}
    assert len(differences) == 1


def test_scalars_inside_a_term():
    term = flat(multiply(quadratic(A, x), matmul(B, x)))
    (scalar,) = components(term)
    assert sorted(base.name for base, _ in scalar) == ["A", "x", "x"]
    assert torn_apart_by(term) == frozenset(scalar)
    assert not components(flat(matmul(B, x)))
    assert not torn_apart_by(flat(quadratic(A, x)))  # nothing stands beside it
    known = {}
    first, second = (with_scalars(flat(multiply(quadratic(A, x), v)), known) for v in (x, y))
    assert len(known) == 1
    assert {f for f in first.powers if not f[1]} == {f for f in second.powers if not f[1]}


def test_symmetric_factors_on_both_sides_come_out():
    m = inv(matmul(transpose(X), X))
    both = plus(matmul(matmul(m, B), m), matmul(matmul(m, transpose(B)), m))
    assert to_text(simplify(both)).splitlines()[0] == "(Xᵀ X)⁻¹ (B + Bᵀ) (Xᵀ X)⁻¹"
