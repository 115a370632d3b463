"""Kronecker products: (A ⊗ B)(C ⊗ D) = AC ⊗ BD, tr(A ⊗ B) = tr A tr B; their inverses and determinants."""

from __future__ import annotations

from gradproof.calculus.facts import is_invertible
from gradproof.calculus.rewrite import Rule
from gradproof.expr.broadcast import matmul, multiply, scale, trace, transpose
from gradproof.expr.elementwise import power
from gradproof.expr.kronecker import as_kron, kron, vec, without_merges
from gradproof.expr.linalg import inv, linalg
from gradproof.expr.node import Expr, make, number, size_symbol, symbol
from gradproof.expr.product import add

HORN = "Horn, Johnson, Topics in Matrix Analysis, 1991, 4.2"


def _mixed_product(node: Expr) -> Expr | None:
    new = without_merges(node)
    return None if new is node else new


def _square_parts(node: Expr) -> tuple[Expr, Expr] | None:
    found = as_kron(node.args[0]) if node.args[0].ndim == 2 else None
    if found is None or any(m.shape[0] != m.shape[1] for m in found):
        return None
    return found


def _inverse(node: Expr) -> Expr | None:
    """(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹ for square A and B."""
    found = _square_parts(node)
    return None if found is None else kron(inv(found[0]), inv(found[1]))


def _pseudoinverse(node: Expr) -> Expr | None:
    """(A ⊗ B)⁺ = A⁺ ⊗ B⁺."""
    found = as_kron(node.args[0]) if node.args[0].ndim == 2 else None
    if found is None:
        return None
    return kron(*(inv(m) if is_invertible(m) else make(node.op, (m,)) for m in found))


def _size(node: Expr) -> Expr:
    size = node.shape[0]
    return number(size) if isinstance(size, int) else size_symbol(size)


def _determinant(node: Expr) -> Expr | None:
    """det(A ⊗ B) = det(A)ᵐ det(B)ⁿ for A of size n and B of size m."""
    found = _square_parts(node)
    if found is None:
        return None
    a, b = found
    det_a, det_b = make(node.op, (a,)), make(node.op, (b,))
    if node.op.name == "logdet":
        return add(scale(_size(b), det_a), scale(_size(a), det_b))
    return multiply(power(det_a, _size(b)), power(det_b, _size(a)))


def _m(name: str, n: int = 2, m: int = 2) -> Expr:
    return symbol(name, (n, m), 0, ("invertible",) if n == m else ())


KRONECKERS = (
    Rule(
        "Kronecker products in a product",
        _mixed_product,
        ("product",),
        "(A ⊗ B)(C ⊗ D) = AC ⊗ BD; tr(A ⊗ B) = tr(A) tr(B); (A ⊗ B) vec(X) = vec(B X Aᵀ)",
        "fewer factors with joined axes",
        HORN,
        (
            lambda: trace(kron(_m("A"), _m("B", 3, 3))),
            lambda: matmul(kron(_m("A"), _m("B", 3, 3)), kron(_m("C"), _m("D", 3, 3))),
            lambda: matmul(kron(_m("A"), _m("B", 3, 3)), vec(_m("X", 3, 2))),
        ),
    ),
    Rule(
        "inverse of a Kronecker product",
        _inverse,
        ("inv",),
        "(A ⊗ B)⁻¹ = A⁻¹ ⊗ B⁻¹ for square A and B",
        "no Kronecker product below an inverse",
        HORN,
        (lambda: inv(kron(_m("A"), _m("B", 3, 3))),),
    ),
    Rule(
        "pseudoinverse of a Kronecker product",
        _pseudoinverse,
        ("pinv",),
        "(A ⊗ B)⁺ = A⁺ ⊗ B⁺",
        "no Kronecker product below a pseudoinverse",
        HORN,
        (lambda: linalg("pinv", kron(_m("A", 3, 2), transpose(_m("B", 2, 3)))),),
    ),
    Rule(
        "determinant of a Kronecker product",
        _determinant,
        ("det", "logdet"),
        "det(A ⊗ B) = det(A)ᵐ det(B)ⁿ for A of size n and B of size m",
        "no Kronecker product below a determinant",
        HORN,
        tuple(lambda n=n: linalg(n, kron(_m("A"), _m("B", 3, 3))) for n in ("det", "logdet")),  # type: ignore[misc]
    ),
)
