"""Derivatives by complex variables.

The gradient of a real f is ∂f/∂Re z + i ∂f/∂Im z = 2 ∂f/∂z̄, the direction of steepest ascent. Pullbacks are
plain transposes under the pairing Re Σ g dz, so it is the conjugate of the cotangent that arrives at z
(Brandwood, A complex gradient operator and its application in adaptive array theory, 1983; Kreutz-Delgado,
The Complex Gradient Operator and the CR-Calculus, 2009).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from gradproof.calculus.canonical import same
from gradproof.calculus.derivative import Derivative, Working
from gradproof.calculus.differential import differential
from gradproof.calculus.differentiate import pullback
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES, simplify
from gradproof.calculus.step import Step
from gradproof.errors import InputError
from gradproof.expr.broadcast import minus, multiply, negate, scale, transpose
from gradproof.expr.complex import IMAGINARY, conj, real
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import CONSTANT, DELTA, NUMBER, SYMBOL, Expr, facts_of, number, postorder, symbol
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of, zeros
from gradproof.expr.substitute import with_args

__all__ = ["by_conjugate", "by_variable", "complex_gradient", "conjugate", "is_complex", "is_real_valued"]

_SEED = -9_000_000
_HALF = Fraction(1, 2)
_HERMITIAN = {"hermitian", "spd", "psd"}  # positive definite, of a complex matrix, means Hermitian
BRANDWOOD = "Brandwood, A complex gradient operator, IEE Proc. 130, 1983"
NOTE = "The gradient by a complex variable is ∂f/∂Re + i ∂f/∂Im = 2 ∂f/∂z̄."
# conj(f(z)) = f(conj z): functions with real coefficients in their power series, and linear ones.
_REFLECTED = {
    "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "expm1", "power", "reciprocal",
    "inv", "det", "solve", "expm", "sinm", "cosm", "matrix_power", "softmax",
    "reshape", "index", "concatenate", "scatter_add", "merge_axes", "split_axes", "cumsum", "reverse_cumsum",
    "conj", "prod", "product_of_others",
}  # fmt: skip


def conjugate(expr: Expr) -> Expr:
    """The complex conjugate with the bar at the variables: conj(aᵀ z) = āᵀ z̄."""
    done: dict[Expr, Expr] = {}
    for node in postorder(expr):
        if not is_complex(node):
            done[node] = node
        elif node is IMAGINARY:
            done[node] = negate(node)
        elif node.op.name == "conj":
            done[node] = node.args[0]
        elif node.op is SYMBOL and facts_of(node) & _HERMITIAN:
            done[node] = transpose(node)
        elif node.op in (PRODUCT, SUM) or node.op.name in _REFLECTED:
            done[node] = with_args(node, tuple(done[a] for a in node.args))
        else:
            done[node] = conj(node)
    return done[expr]


def is_real_valued(expr: Expr) -> bool:
    """Whether an expression is its own conjugate, so far as algebra tells: z̄ᵀ z, z̄ᵀ A z for Hermitian A."""
    if not is_complex(expr):
        return True
    barred = conjugate(expr)
    return same(simplify(barred), simplify(conjugate(barred)))


def complex_gradient(cost: Expr, wrt: Expr) -> Derivative:
    """∂f/∂Re z + i ∂f/∂Im z of a real-valued scalar f, of the shape of z.

    Raises
    ------
    InputError
        The cost is no scalar, or is not known to be real.
    """
    if cost.shape != ():
        raise InputError(
            f"a gradient needs a scalar; this has shape {cost.shape}", fix="sum it to one number"
        )
    if not is_real_valued(cost):
        raise InputError(
            "the gradient of a complex-valued function is not defined",
            where=repr(cost),
            fix="take its real part or its absolute value, or ask for ∂f/∂z and ∂f/∂z̄",
        )
    simplified = Rewriter(RULES)
    arrived = pullback(cost, number(1), [wrt]).get(wrt, zeros(wrt.shape))
    plain = conj(arrived) if is_complex(wrt) else real(arrived)
    raw = conjugate(simplified(arrived)) if is_complex(wrt) else real(simplified(arrived))
    value = simplified(raw)

    def working() -> Working:
        first = differential(cost, wrt)
        axes = tuple(range(wrt.ndim))
        paired = real(einsum([axes, axes], [conjugate(value), first.of], ()))
        read_off = Step("the gradient read off: df = Re⟨∇f, dz⟩", first.value, paired, cost, BRANDWOOD)
        return Working([*first.steps, read_off], [*first.rewrites, *simplified.steps])

    return Derivative(cost, [wrt], value, lambda: plain, working, (NOTE,))


def by_variable(output: Expr, wrt: Expr) -> Derivative:
    """∂f/∂z of a scalar f that may be complex-valued and depend on z̄: z̄ is held constant."""
    return _wirtinger(output, wrt, 0)


def by_conjugate(output: Expr, wrt: Expr) -> Derivative:
    """∂f/∂z̄ of a scalar f that may be complex-valued: z is held constant. Zero where f is holomorphic."""
    return _wirtinger(output, wrt, 1)


def _wirtinger(output: Expr, wrt: Expr, which: int) -> Derivative:
    if output.shape != ():
        raise InputError(
            f"∂f/∂z is of a scalar; this has shape {output.shape}", fix="sum it, or take one entry of it"
        )
    seed = symbol("s", (), _SEED, ("complex",))
    arrived = pullback(output, seed, [wrt]).get(wrt)
    # Re(s df) = Re(Σ (s ∂f/∂z + conj(s ∂f/∂z̄)) dz): the part with s is ∂f/∂z, the other conj(∂f/∂z̄).
    nothing = zeros(wrt.shape)
    parts = _Parts(nothing, nothing) if arrived is None else _parts(arrived, seed)
    simplified = Rewriter(RULES)
    both = [simplified(parts.plain), simplified(conjugate(parts.with_bar))]

    def working() -> Working:
        first = differential(output, wrt)
        axes = tuple(range(wrt.ndim))
        directions = [first.of, conj(first.of)]
        terms = [einsum([axes, axes], [d, v], ()) for d, v in zip(both, directions, strict=True)]
        rule = "the parts of dz and dz̄: df = ∂f/∂z dz + ∂f/∂z̄ dz̄"
        read_off = Step(rule, first.value, add(*terms), output, BRANDWOOD)
        return Working([*first.steps, read_off], [*first.rewrites, *simplified.steps])

    plain = conjugate(parts.with_bar) if which else parts.plain
    return Derivative(output, [wrt], both[which], lambda: plain, working)


class _Parts(NamedTuple):
    """An expression s·plain + s̄·with_bar."""

    plain: Expr
    with_bar: Expr


def _parts(expr: Expr, seed: Expr) -> _Parts:
    """A cotangent, which is linear over the reals in its seed, taken apart."""
    table: dict[Expr, _Parts] = {seed: _Parts(number(1), number(0))}
    for node in postorder(expr):
        places = [k for k, a in enumerate(node.args) if a in table]
        if node in table or not places:
            continue
        name = node.op.name
        if node.op is SUM:
            table[node] = _sum(node, table)
        elif name in ("conj", "real", "imag"):
            table[node] = _REAL_LINEAR[name](table[node.args[0]])
        elif len(places) == 1 and node.op not in (SYMBOL, NUMBER, CONSTANT, DELTA):
            table[node] = _linear(node, places[0], table)
        else:
            raise InputError(f"{name} is not linear in the cotangent", where=repr(node))
    return table[expr]


def _sum(node: Expr, table: dict[Expr, _Parts]) -> _Parts:
    parts = [table.get(a, _Parts(a, a)) for a in node.args]
    return _Parts(add(*[p.plain for p in parts]), add(*[p.with_bar for p in parts]))


def _linear(node: Expr, place: int, table: dict[Expr, _Parts]) -> _Parts:
    def at(part: Expr) -> Expr:
        args = (*node.args[:place], part, *node.args[place + 1 :])
        if node.op is PRODUCT:
            specs, out, sizes = specs_of(node)
            return einsum(specs, args, out, sizes)
        return with_args(node, args)

    plain, with_bar = table[node.args[place]]
    return _Parts(at(plain), at(with_bar))


def _conj_parts(p: _Parts) -> _Parts:
    return _Parts(conjugate(p.with_bar), conjugate(p.plain))


def _real_parts(p: _Parts) -> _Parts:
    bar = _conj_parts(p)
    return _Parts(scale(_HALF, add(p.plain, bar.plain)), scale(_HALF, add(p.with_bar, bar.with_bar)))


def _imag_parts(p: _Parts) -> _Parts:
    bar = _conj_parts(p)
    factor = multiply(number(-_HALF), IMAGINARY)
    return _Parts(
        multiply(factor, minus(p.plain, bar.plain)), multiply(factor, minus(p.with_bar, bar.with_bar))
    )


_REAL_LINEAR = {"conj": _conj_parts, "real": _real_parts, "imag": _imag_parts}
