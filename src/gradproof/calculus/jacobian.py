"""Jacobians as closed Einstein expressions, with Kronecker deltas where entries do not depend on each other.

The differential is linear in dX. Put the unit tensor, the stack of all directions, in the place of dX and it
is the Jacobian: every delta contracts with the factor it meets, and what is left is A ⊗ B and not a loop.
The reverse form, the unit tensor in the place of the cotangent, gives the gradient of a scalar, and checks
the others. What the rules give is rewritten once, at the end; the steps, with each differential simplified,
are made when they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from gradproof.calculus.derivative import Derivative, Working
from gradproof.calculus.differential import (
    differential,
    differential_symbol,
    plain_differential,
)
from gradproof.calculus.differentiate import depends_on, pullback
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES
from gradproof.calculus.step import Step
from gradproof.calculus.textbook import textbook
from gradproof.errors import InputError
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, number, postorder, symbol
from gradproof.expr.product import SUM, add, einsum, zeros
from gradproof.expr.stacked import spliced, stacked, unit
from gradproof.expr.substitute import substitute

__all__ = [
    "Derivative",
    "applied_to",
    "jacobian",
    "jacobian_vector",
    "plain_jacobian",
    "turned",
    "vector_jacobian",
]

_SEED = -5_000_000
IDENTIFICATION = (
    "Magnus and Neudecker, Matrix Differential Calculus, 2019, ch. 5 and 9, identification theorems"
)


def jacobian(output: Expr, wrt: Expr, name: str = "", known: Mapping[Expr, Expr] | None = None) -> Derivative:
    """∂output/∂wrt: entry ``[k..., i...]`` is the derivative of ``output[k...]`` by ``wrt[i...]``.

    Parameters
    ----------
    output, wrt : of any shape; the Jacobian has shape ``output.shape + wrt.shape``
    name : what the variable is called; its own name where empty
    known : the symbols of expressions that have a name

    Raises
    ------
    InputError
        An operation on the way has no derivative rule, or depends on the conjugate of a complex variable.
    """
    of = differential_symbol(wrt, name or wrt.name)
    simplified = _rewriter(known)
    if output.shape == () and wrt.shape and not is_complex(output) and not is_complex(wrt):
        value = textbook(simplified(plain_jacobian(output, wrt)))
    else:
        plain = plain_differential(output, {wrt: of})
        _refuse_conjugates(output, plain, of)
        value = textbook(simplified(stacked(plain, {of: _directions(wrt)}, wrt.shape)))

    def working() -> Working:
        first = differential(output, wrt, name, known)
        read_off = Step(_name(output), first.value, applied_to(value, [of]), output, IDENTIFICATION)
        return Working([*first.steps, read_off], [*first.rewrites, *simplified.steps])

    return Derivative(output, [wrt], value, lambda: plain_jacobian(output, wrt), working)


def _rewriter(known: Mapping[Expr, Expr] | None = None) -> Rewriter:
    simplified = Rewriter(RULES)
    simplified.table.update(known or {})
    return simplified


def _refuse_conjugates(output: Expr, differential_of: Expr, of: Expr) -> None:
    """A function of z and z̄ has no one Jacobian: its differential is not linear over the complex numbers."""
    if not is_complex(of):
        return
    active = depends_on(differential_of, [of])
    if any(n in active and n.op.name in ("conj", "real", "imag") for n in postorder(differential_of)):
        raise InputError(
            "the function depends on the conjugate of the variable, so it has no complex derivative",
            where=repr(output),
            fix="ask for the gradient ∂f/∂Re + i ∂f/∂Im of a real f, or for ∂f/∂z and ∂f/∂z̄",
        )


def _name(output: Expr) -> str:
    return (
        "the gradient read off: df = ⟨∂f/∂X, dX⟩"
        if output.shape == ()
        else "the Jacobian read off: df = J dX"
    )


def _directions(wrt: Expr) -> Expr:
    return unit(wrt.shape) if wrt.shape else number(1)


def plain_jacobian(output: Expr, wrt: Expr) -> Expr:
    """The Jacobian as the rules give it, nothing rewritten; by the reverse sweep where all is real."""
    if output not in depends_on(output, [wrt]):
        return zeros((*output.shape, *wrt.shape))
    if is_complex(output):
        of = differential_symbol(wrt, wrt.name)
        return stacked(plain_differential(output, {wrt: of}), {of: _directions(wrt)}, wrt.shape)
    if output.shape == ():
        return pullback(output, number(1), [wrt]).get(wrt, zeros(wrt.shape))
    seed = symbol("G", output.shape, _SEED)
    arrived = pullback(output, seed, [wrt]).get(wrt, zeros(wrt.shape))
    return turned(stacked(arrived, {seed: unit(output.shape)}, output.shape), wrt.ndim)


def turned(stack: Expr, ndim: int) -> Expr:
    """A stack with its first ``ndim`` axes behind the others; of a sum, in every term."""
    if stack.op is SUM:
        return add(*[turned(t, ndim) for t in stack.args])
    axes = tuple(range(stack.ndim))
    return spliced([axes], [stack], (*axes[ndim:], *axes[:ndim]), stack.shape)


def applied_to(value: Expr, directions: list[Expr]) -> Expr:
    """The last axes of a derivative contracted with one direction for each order: J dX."""
    if value.op is SUM:
        return add(*[applied_to(t, directions) for t in value.args])
    axes = tuple(range(value.ndim))
    specs, stop = [axes], value.ndim
    for direction in reversed(directions):
        specs.insert(1, axes[stop - direction.ndim : stop])
        stop -= direction.ndim
    return spliced(specs, [value, *directions], axes[:stop], value.shape)


def vector_jacobian(vector: Expr, output: Expr, wrt: Expr) -> Derivative:
    """Σ_k vector_k ∂output_k/∂wrt, of the shape of ``wrt``, by one reverse sweep and no Jacobian."""
    simplified = Rewriter(RULES)
    plain = pullback(output, vector, [wrt]).get(wrt, zeros(wrt.shape))
    value = simplified(plain)

    def working() -> Working:
        first = differential(output, wrt)
        axes = tuple(range(output.ndim))
        before = einsum([axes, axes], [vector, first.value], ())
        rule = "the transposed Jacobian: ⟨v, df⟩ = ⟨Jᵀ v, dX⟩"
        read_off = Step(rule, before, applied_to(value, [first.of]), output, IDENTIFICATION)
        return Working([*first.steps, read_off], [*first.rewrites, *simplified.steps])

    return Derivative(output, [wrt], value, lambda: plain, working)


def jacobian_vector(output: Expr, wrt: Expr, vector: Expr) -> Derivative:
    """Σ_i ∂output/∂wrt_i vector_i, of the shape of ``output``, by one forward sweep and no Jacobian."""
    simplified = Rewriter(RULES)
    value = simplified(plain_differential(output, {wrt: vector}))

    def working() -> Working:
        first = differential(output, wrt)
        raw = substitute(first.value, {first.of: vector})
        rule = "the differential in a direction: dX = v"
        at_vector = Step(rule, raw, value, output, IDENTIFICATION)
        return Working([*first.steps, at_vector], [*first.rewrites, *simplified.steps])

    return Derivative(
        output, [wrt], value, lambda: applied_to(plain_jacobian(output, wrt), [vector]), working
    )
