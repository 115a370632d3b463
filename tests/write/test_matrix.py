"""Names of nodes, opened nodes, long lines, parts cut out, index notation where matrices end."""

from gradproof.expr.broadcast import matmul, minus, multiply, plus, scale, transpose
from gradproof.expr.elementwise import apply, exp
from gradproof.expr.node import symbol
from gradproof.expr.product import add, einsum
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text

A, B, W = symbol("A", (3, 4)), symbol("B", (3, 4)), symbol("W", (4, 4))


def test_a_named_node_is_an_atom_and_can_be_opened():
    product = matmul(A, W)
    total = minus(product, B)
    names = {product: "Z1", total: "dZ1"}
    assert to_text(total, names) == "dZ₁"
    assert to_text(total, names, expand=(total,)) == "Z₁ − B"
    assert to_text(total, names, expand=(total, product)) == "A W − B"
    assert to_latex(total, names, expand=(total,), prefix="x = ") == "x = Z_{1} - B"
    assert to_index(total, names, expand=(total,)) == "Z₁_ij − b_ij"


def test_a_long_sum_is_broken_before_its_signs_and_aligned():
    terms = [scale((-1) ** k, exp(scale(k + 2, A))) for k in range(7)]
    assert to_text(add(*terms), prefix="dA = ", width=50) == (
        "dA =   exp(2 A) − exp(3 A) + exp(4 A) − exp(5 A)\n"
        "     + exp(6 A) − exp(7 A) + exp(8 A)"
    )  # fmt: skip
    broken = to_latex(add(*terms[:2]), width=10)
    assert broken == (r"\begin{aligned} & \exp\left(2 A\right) \\ &- \exp\left(3 A\right) \end{aligned}")


def test_a_formula_that_is_too_long_is_cut_at_named_parts():
    x = symbol("X", (4, 8))
    for k in range(60):
        x = apply("tanh", plus(matmul(symbol(f"W{k}", (4, 4)), x), multiply(x, x)))
    text = to_text(x)
    assert len(text) < 20_000
    lines = text.splitlines()
    assert lines[1].startswith("where T₁ = ")
    assert r"\text{where } T_{1} = " in to_latex(x)
    assert "where T₁ = " in to_index(x)


def test_a_name_in_use_is_not_given_to_a_part():
    x = symbol("T1", (4, 8))
    for k in range(40):
        x = exp(plus(x, matmul(symbol(f"W{k}", (4, 4)), x)))
    assert "where U₁ = " in to_text(x)


def test_index_notation_says_that_it_is():
    product = einsum([(0, 1, 2), (2, 3)], [symbol("T", (2, 3, 4)), W], (0, 1, 3))
    assert to_text(product).splitlines() == [
        "[Σ_l t_ijl w_lk]_ijk",
        "([·]_ij: in index notation, as matrix notation cannot express it)",
    ]
    assert "in index notation" not in to_text(matmul(A, W))


def test_index_letters_avoid_the_names_in_use():
    i, j = symbol("i"), symbol("j")
    expr = multiply(i, j, matmul(A, transpose(B)))
    assert to_index(expr) == "i j Σ_p a_kp b_lp"
