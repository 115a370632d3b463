"""What is false far from the origin, beyond a threshold, at a large size, or outside of a domain."""

import pytest

from gradproof.proving import prove, prove_gradient
from gradproof.proving.report import as_dict, headline

SHAPES = {"A": ("n", "n"), "B": ("n", "n"), "P": ("n", "n"), "Q": ("n", "n"), "X": ("m", "n"), "x": ("n",),
          "y": ("n",), "a": (), "b": (), "c": ()}  # fmt: skip
FACTS = {"P": ["spd"], "Q": ["orthogonal"], "c": ["positive"]}

FALSE = [
    ("(n-1)(n-2)(n-3)(n-4)(n-6)*x", "0*x"),
    ("relu(n-10)*x", "0*x"),
    ("max(n,7)*x", "7*x"),
    ("floor(n/20)*x", "0*x"),
    ("relu(a-8)", "0"),
    ("step(a-8)", "0"),
    ("sign(a-9)", "-1"),
    ("abs(a-9)", "9-a"),
    ("clip(a,-1e3,1e3)", "a"),
    ("max(a,1e6)", "1e6"),
    ("where(a>1e5,1,0)", "0"),
    ("relu(x'x-1000)", "0"),
    ("huber(a,100)", "a^2*0.5"),
    ("sqrt((a-20)^2)", "20-a"),
    ("round(a*0.01)", "0"),
    ("arcsin(sin(a*0.1))", "0.1*a"),
    ("log(1+exp(a+500))", "a+500"),
    ("prod(x)", "prod(x)+relu(a-50)"),
    ("relu(a-1e9)", "0"),
    ("relu(a b - 1e5)", "0"),
    ("abs(a - 1e7)", "1e7 - a"),
    ("max(x, -1e4)", "x"),
    ("min(x, 12345)", "x"),
    ("relu(norm(x) - 777)", "0"),
    ("where(a > 3e4, a, 0)", "0"),
    ("where(a < -3e4, a^2, a)", "a"),
    ("clip(x, -50, 50)", "x"),
    ("sqrt((a-1e8)^2)", "1e8-a"),
    ("tanh(1e6*a)", "sign(a)"),
    ("sigmoid(a + 2000)", "1"),
    ("exp(-1e8*a^2)", "0"),
    ("arctan(tan(a/20))", "a/20"),
    ("arccos(cos(a/50))", "abs(a)/50"),
    ("floor(a/1e4)", "0"),
    ("ceil(a/1e4 - 0.99)", "0"),
    ("sign(a + 1e6)", "1"),
    ("sign(x'x - 1e4)", "-1"),
    ("relu(sum(x) - 500)", "0"),
    ("max(a^2, 1e8)", "1e8"),
    ("abs(a^3 - 1e9)", "1e9 - a^3"),
    ("log(exp(a) + exp(b + 1000))", "b + 1000"),
    ("relu(det(A) - 1e6)", "0"),
    ("relu(tr(A) - 99)", "0"),
    ("max(tr(A'A), 5000)", "5000"),
    ("a + relu(b - 60) - relu(-b - 60)", "a"),
    ("round(a/1000)", "0"),
    ("round(a) - round(a + 0.25)", "0"),
    ("huber(a, 1e5)", "a^2/2"),
    ("huber(x, 40)", "x.^2/2"),
    ("softplus(a + 300)", "a + 300"),
    ("exp(-exp(a+20))", "0"),
    ("logsumexp(x)", "max(x)"),
    ("(n-1)(n-2)(n-3)(n-4)(n-5)(n-6)(n-7)*A", "0*A"),
    ("min(n, 9)*x", "n*x"),
    ("(n-1)(n-2)(n-3)(n-4)(n-5)(n-6)*tr(A)", "0"),
    ("sign(n-12)*x", "-x"),
    ("where(n > 15, 1, 0)*x", "0*x"),
    ("abs(n-25)*x", "(25-n)*x"),
    ("(n-1)(n-2)(n-3)(n-4)(n-5)(n-6)*inv(A)", "0*A"),
    ("(n-1)(n-2)(n-3)(n-4)(n-5)(n-6)(m-1)(m-2)(m-3)(m-4)(m-5)(m-6)*X", "0*X"),
    ("tril(A, -9)", "0*A"),
    ("triu(A, 8)", "0*A"),
    ("relu(-a - 1e4)", "0"),
    ("relu(a - 40) + relu(a)", "relu(a) + 0"),
    ("abs(abs(a) - 70)", "70 - abs(a)"),
    ("max(0, 1 - a/1000)", "1 - a/1000"),
    ("min(exp(a), 1e10)", "exp(a)"),
    ("max(log(c), -20)", "log(c)"),
    ("step(a - 1e4)", "step(a - 2e4)"),
    ("relu(x'A x - 1e5)", "0"),
    ("sum(relu(x - 200))", "0"),
    ("sum(abs(x - 35))", "35*n - sum(x)"),
    ("max(sum(x), 1e3)", "1e3"),
    ("relu(det(P) - 1e4)", "0"),
    ("sqrt(a^2 + 1e6)", "1000 + a^2/2000"),
    ("a/(1+1e-9*a)", "a"),
    ("sin(a)", "a*(1 - a^2/6)"),
    ("(1 + a/1e6)^1e6", "exp(a)"),
    ("(a^b)^c", "a^(b c)"),
    ("a (a > 5e3)", "0"),
    ("mod(a, 1e4)", "a"),
    ("erf(a + 30)", "1"),
    ("relu(c - 30)", "0"),
    ("max(c, 1e-4)", "c"),
    ("relu(a-30)*b", "0"),
    ("relu(1e-3 - c)", "0"),
    ("(x > 1e4) .* x", "0*x"),
]
TRUE = [
    ("relu(a-8)", "max(a-8, 0)"),
    ("max(a, b)", "(a + b + abs(a-b))/2"),
    ("abs(a-9)", "abs(9-a)"),
    ("clip(a, -1e3, 1e3)", "min(max(a, -1e3), 1e3)"),
    ("huber(a, 100)", "where(abs(a)<=100, a^2/2, 100*(abs(a)-50))"),
    ("max(x, 1e6)", "1e6 + relu(x-1e6)"),
    ("abs(x'x)", "x'x"),
    ("max(sigmoid(a), 0)", "sigmoid(a)"),
    ("floor(a+1000)", "floor(a) + 1000"),
    ("n + relu(10-n)", "max(n, 10)"),
    ("(n+1)(n-1)*x", "(n^2-1)*x"),
    ("sum((x - sum(x)/n).^2)", "sum(x.^2) - sum(x)^2/n"),
    ("tr(I - 1/n*ones(n,n))", "n - 1"),
    ("det(2 A)", "2^n det(A)"),
]


def proved(left, right, **more):
    return prove(left, right, shapes=SHAPES, assume=FACTS, **more)


@pytest.mark.parametrize(("left", "right"), FALSE, ids=lambda t: t)
def test_what_holds_near_the_origin_only_is_refuted(left, right):
    proof = proved(left, right, explain=False)
    assert proof.verdict == "not equal", (proof.verdict, proof.reason)


@pytest.mark.parametrize(("left", "right"), TRUE, ids=lambda t: t)
def test_piecewise_functions_and_sizes_in_true_equations(left, right):
    proof = proved(left, right)
    assert proof.holds, (proof.verdict, proof.reason, proof.counterexample)
    assert not proof.domain


def test_a_branch_that_no_point_reaches_leaves_it_open():
    proof = proved("sin(a) + relu(sin(a)^2 - cos(a)^2 - 2)", "sin(a)")
    assert proof.verdict == "undecided"
    assert "only one branch" in proof.reason


@pytest.mark.parametrize(
    ("left", "right", "domain"),
    [
        ("log(a^2)", "2 log(a)", ["a > 0"]),
        ("log(a b)", "log(a) + log(b)", ["a > 0", "b > 0"]),
        ("sqrt(a b)", "sqrt(a) sqrt(b)", ["a ≥ 0", "b ≥ 0"]),
        ("sqrt(a)^2", "a", ["a ≥ 0"]),
        ("sqrt(a-1000)^2", "a-1000", ["a − 1000 ≥ 0"]),
        ("exp(log(a))", "a", ["a > 0"]),
        ("logdet(A)", "log(det(A))", ["det(A) > 0"]),
        ("sin(arcsin(a))", "a", ["−1 ≤ a ≤ 1"]),
        ("log(c b)", "log(c) + log(b)", []),
        ("log(exp(a))", "a", []),
        ("exp(log(c))", "c", []),
    ],
)
def test_the_domain_is_said(left, right, domain):
    proof = proved(left, right)
    assert proof.holds
    assert proof.domain == domain == as_dict(proof)["domain"]
    assert ("where both sides have a value" in headline(proof)) == bool(domain)


def test_powers_of_powers_need_a_positive_base():
    proof = proved("(a^b)^c", "a^(b c)")
    assert proof.verdict == "not equal"
    assert proof.conditions == ["a is positive"]


@pytest.mark.parametrize(
    ("left", "right"),
    [("Q'Q", "I"), ("inv(A) A", "I"), ("tr(inv(P) P)", "tr(I)"), ("x'y", "ones'(x.*y)"), ("A + 0*I", "A")],
)
def test_the_identity_takes_the_size_of_the_other_side(left, right):
    assert proved(left, right).verdict == "equal"


def test_a_row_for_a_column_is_equal_up_to_transpose():
    proof = prove_gradient("x'x", "x", "2 x'", shapes={"x": ("n",)})
    assert proof.verdict == "equal up to transpose"
    assert not proof.holds
    assert prove_gradient("x'x", "x", "2 x", shapes={"x": ("n",)}).verdict == "equal"


def test_the_gradient_beyond_a_threshold():
    proof = prove_gradient("sum(relu(x-30))", "x", "0*x", shapes={"x": ("n",)})
    assert proof.verdict == "not equal"


@pytest.mark.parametrize(
    ("left", "right", "sizes"),
    [
        ("(n+1)(n-1)*x", "(n^2-1)*x", "random"),
        ("sum(x - sum(x)/n)", "0", "tried"),
        ("tr(A B)", "tr(B A)", ""),
    ],
)
def test_what_the_bound_says_of_sizes(left, right, sizes):
    assert proved(left, right).evaluation.sizes_as_numbers == sizes


@pytest.mark.parametrize(("left", "right"), [("relu(a-8)", "0"), ("abs(a-9)", "9-a"), ("max(a, 1e6)", "1e6")])
def test_no_false_condition_and_no_false_hint(left, right):
    proof = proved(left, right)
    assert proof.conditions == []
    assert proof.hints == []
