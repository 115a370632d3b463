"""Gradients by the independent entries of a structured matrix, and gradients along a manifold.

A structured variable is a linear image of its independent entries, A = Σ_ij a_ij S^ij, so the gradient by
them is the adjoint of that map at the unconstrained gradient G: ∂f/∂a_ij = Σ_kl G_kl S_kl,ij (Petersen and
Pedersen, The Matrix Cookbook, 2012, sec. 2.8). Where the values form a manifold that is no linear space, the
gradient is G projected on its tangent space (Absil, Mahony, Sepulchre, Optimization Algorithms on Matrix
Manifolds, 2008).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradproof.calculus.derivative import Derivative, Working
from gradproof.calculus.jacobian import jacobian, plain_jacobian, turned
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES
from gradproof.calculus.step import Step
from gradproof.calculus.structures import STRUCTURES, Structure
from gradproof.calculus.textbook import textbook
from gradproof.calculus.unconstrained import Freed
from gradproof.calculus.wirtinger import complex_gradient
from gradproof.errors import InputError
from gradproof.expr.node import Expr, facts_of, symbol
from gradproof.expr.product import einsum
from gradproof.expr.stacked import stacked, unit

GENERAL = "chain rule over the independent entries: Σ_kl G_kl S_kl,ij"
_ENTRIES = -8_000_000
_TOGETHER = {
    frozenset({"symmetric", "toeplitz"}): "symmetric-toeplitz",
    frozenset({"symmetric", "spd"}): "spd",
    frozenset({"symmetric", "psd"}): "psd",
    frozenset({"symmetric", "diagonal"}): "diagonal",
    frozenset({"lower", "upper"}): "diagonal",
    frozenset({"complex", "symmetric"}): "symmetric",
    frozenset({"complex", "hermitian"}): "hermitian",
}


def structure_named(name: str | Iterable[str]) -> Structure:
    """The structure of that name, or of several names at once: symmetric and Toeplitz."""
    if isinstance(name, str):
        key = name.strip().lower().replace("_", "-").replace(" ", "-")
    else:
        words = frozenset(name)
        key = _TOGETHER.get(words, next(iter(words)) if len(words) == 1 else " and ".join(sorted(words)))
        key = key.replace("_", "-")
    found = STRUCTURES.get(key)
    if found is None:
        raise InputError(f"there is no structure {key!r}", fix=f"use one of {', '.join(STRUCTURES)}")
    return found


def structured_gradient(
    cost: Expr,
    wrt: Expr,
    structure: str | Iterable[str],
    name: str = "",
    known: Mapping[Expr, Expr] | None = None,
) -> Derivative:
    """The gradient of a scalar by a variable whose values have a structure.

    Parameters
    ----------
    cost : scalar expression in the variable as a whole
    structure : ``symmetric``, ``diagonal``, ``toeplitz``, ..., one of :data:`STRUCTURES`
    name : what the variable is called; its own name where empty

    Returns
    -------
    Derivative
        Of the shape of the variable; its notes state the convention.

    Raises
    ------
    InputError
        The structure is unknown, or the variable does not have its shape.
    """
    form = structure_named(structure)
    form.check(wrt)
    complex_valued = "complex" in facts_of(wrt) or form.name == "hermitian"
    first = complex_gradient(cost, wrt) if complex_valued else jacobian(cost, wrt, name, known)
    simplified = Rewriter(RULES)
    simplified.table.update(known or {})
    raw = form.gradient(first.value, wrt)
    value = textbook(simplified(raw))

    def working() -> Working:
        steps = list(first.steps)
        if form.tensor is not None:
            general = _contracted(first.value, form.tensor(wrt))
            steps.append(Step(GENERAL, general, raw, wrt, form.source))
        steps.append(Step(form.rule, raw, value, wrt, form.source))
        return Working(steps, [*first.rewrites, *simplified.steps])

    notes = (*first.notes, form.note)
    return Derivative(cost, [wrt], value, lambda: form.gradient(first.plain, wrt), working, notes)


def _contracted(g: Expr, tensor: Expr) -> Expr:
    n = g.ndim
    axes = tuple(range(2 * n))
    return einsum([axes[:n], axes], [g, tensor], axes[n:])


def structured_hessian(cost: Expr, wrt: Expr, structure: str | Iterable[str]) -> Derivative:
    """The second derivative by the independent entries, of shape ``wrt.shape + wrt.shape``."""
    form = structure_named(structure)
    form.check(wrt)
    if form.tangent:
        raise InputError(
            f"{form.name} values are no linear space: second derivatives by their entries are not defined",
            fix="ask for the Hessian of the unconstrained variable",
        )
    free = Freed([wrt])
    (variable,) = free.variables
    first = jacobian(free.freed(cost), variable)
    by_entry = form.gradient(first.value, variable)
    second = jacobian(by_entry, variable)
    simplified = Rewriter(RULES)
    value = textbook(simplified(free.restored(_second(form, second.value, variable))))

    def plain() -> Expr:
        whole = plain_jacobian(form.gradient(first.plain, variable), variable)
        return free.restored(_second(form, whole, variable))

    def working() -> Working:
        steps = free.restored_steps([*first.steps, *second.steps])
        rewrites = free.restored_steps([*first.rewrites, *second.rewrites])
        by_entries = free.restored(_second(form, second.value, variable))
        steps.append(Step(form.rule, by_entries, value, wrt, form.source))
        return Working(steps, [*rewrites, *simplified.steps])

    return Derivative(cost, [wrt, wrt], value, plain, working, (form.note,))


def _second(form: Structure, derivative: Expr, wrt: Expr) -> Expr:
    """The last axes of a derivative by the whole matrix, by its independent entries."""
    entries = symbol("E", wrt.shape, _ENTRIES)
    adjoint = form.gradient(entries, wrt)
    whole = stacked(adjoint, {entries: turned(derivative, wrt.ndim)}, wrt.shape)
    return turned(whole, wrt.ndim)


def structure_tensor(wrt: Expr, structure: str | Iterable[str]) -> Expr:
    """S_kl,ij = ∂A_kl/∂a_ij: how each entry of the matrix depends on each independent one."""
    form = structure_named(structure)
    if form.tensor is not None:
        return form.tensor(wrt)
    if form.tangent:
        raise InputError(f"{form.name} values are no linear space", fix="ask for their gradient")
    entries = symbol("E", wrt.shape, _ENTRIES)
    return turned(stacked(form.gradient(entries, wrt), {entries: unit(wrt.shape)}, wrt.shape), wrt.ndim)
