"""The differential of an expression, and its gradient read off from it.

The forward form of a rule is the adjoint of its reverse form, so both come from one table: if the cotangent
of an argument is P(g), linear in g, then the differential is P's adjoint applied to the argument's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import cast

from gradproof.calculus.differentiate import depends_on, pullback
from gradproof.calculus.monomial import UNIT, Monomial, flat, with_unit_indices
from gradproof.calculus.rewrite import Rewriter
from gradproof.calculus.simplify import RULES, simplify
from gradproof.calculus.step import Step
from gradproof.calculus.unconstrained import Freed
from gradproof.errors import InputError
from gradproof.expr.complex import as_real_as
from gradproof.expr.contraction import Spec
from gradproof.expr.kinds import is_complex
from gradproof.expr.kronecker import MERGE, merge_axes
from gradproof.expr.node import SYMBOL, Expr, Size, delta, make, number, postorder, symbol
from gradproof.expr.powers import power
from gradproof.expr.product import PRODUCT, SUM, add, zeros

_SEED = -2_000_000
_DIFFERENTIAL = -3_000_000


@dataclass(frozen=True, slots=True)
class Differential:
    """``d(output)`` as an expression linear in the differentials of the variables.

    Attributes
    ----------
    value : the differential, simplified
    of : the symbol of the differential of the (first) variable
    steps : for each expression on the way, its differential as the rule gives it and simplified
    variables : for each variable the symbol of its differential
    rewrites : every rewrite that simplified a differential
    """

    output: Expr
    value: Expr
    of: Expr
    steps: list[Step]
    variables: dict[Expr, Expr] = field(default_factory=dict)
    rewrites: list[Step] = field(default_factory=list)


def differential_symbol(wrt: Expr, name: str) -> Expr:
    """The symbol dW of a variable W: complex where W is, any array of its shape otherwise."""
    return symbol(f"d{name}", wrt.shape, _DIFFERENTIAL, _field(wrt))


def is_differential(node: Expr) -> bool:
    """Whether the node is the symbol dW of a variable W."""
    return node.op is SYMBOL and node.attrs[2] == _DIFFERENTIAL


def differential(
    output: Expr,
    wrt: Expr | Sequence[Expr],
    name: str | Sequence[str] = "",
    known: Mapping[Expr, Expr] | None = None,
) -> Differential:
    """Push the differentials of the variables forward, rule by rule: d(XY) = dX Y + X dY.

    Parameters
    ----------
    output : a scalar, or an expression of any shape
    wrt : a variable, or several for the total differential
    name : what the variables are called; their own names where empty
    known : the symbols of expressions that have a name, so that 1 − tanh(Z)² is written 1 − A²

    Raises
    ------
    InputError
        An operation on the way has no derivative rule.
    """
    several = [wrt] if isinstance(wrt, Expr) else list(wrt)
    names = [name] * len(several) if isinstance(name, str) else list(name)
    simplified = Rewriter(RULES)
    simplified.table.update(known or {})
    of = {x: differential_symbol(x, n or x.name) for x, n in zip(several, names, strict=True)}
    active = depends_on(output, several)
    table = dict(of)
    steps: list[Step] = []
    rewrites: list[Step] = []
    for node in postorder(output):
        if node in table or node not in active:
            continue
        raw = pushforward(node, table)
        table[node] = simplified(raw)
        rewrites += [replace(s, inside=node) for s in simplified.steps[len(rewrites) :]]
        steps.append(Step(node.op.rule, raw, table[node], node, node.op.source))
    value = table.get(output, zeros(output.shape))
    return Differential(output, value, of[several[0]], steps, of, rewrites)


def second_differential(
    output: Expr, wrt: Expr | Sequence[Expr], name: str | Sequence[str] = ""
) -> Differential:
    """d²(output), the differential of the differential: those of the variables are held constant.

    d² det X = det X (tr²(X⁻¹ dX) − tr(X⁻¹ dX X⁻¹ dX)). Declared facts of the variables are not used.
    """
    several = [wrt] if isinstance(wrt, Expr) else list(wrt)
    names = [name] * len(several) if isinstance(name, str) else list(name)
    names = [n or x.name for n, x in zip(names, several, strict=True)]
    free = Freed(several)
    first = differential(free.freed(output), free.variables, names)
    second = differential(first.value, free.variables, names)
    return Differential(
        output,
        free.restored(second.value),
        second.of,
        free.restored_steps([*first.steps, *second.steps]),
        {x: second.variables[v] for x, v in zip(several, free.variables, strict=True)},
        free.restored_steps([*first.rewrites, *second.rewrites]),
    )


def plain_differential(output: Expr, differentials: Mapping[Expr, Expr]) -> Expr:
    """The differential as the rules give it, nothing rewritten, for given differentials of the variables.

    With a direction in the place of dX it is the Jacobian times that direction.
    """
    active = depends_on(output, differentials)
    table = dict(differentials)
    for node in postorder(output):
        if node not in table and node in active:
            table[node] = pushforward(node, table)
    return table.get(output, zeros(output.shape))


def _field(node: Expr) -> tuple[str, ...]:
    """The fact that a symbol paired with the expression must have."""
    return ("complex",) if is_complex(node) else ()


def pushforward(node: Expr, differentials: dict[Expr, Expr]) -> Expr:
    """Differential of a node, given those of its arguments; arguments without one are constant."""
    if node.op.pullback is None:
        raise InputError(f"{node.op.name} has no derivative rule", where=repr(node))
    seed = symbol("g", node.shape, _SEED, _field(node))
    parts = []
    for arg, adjoint in zip(node.args, node.op.pullback(node, seed), strict=True):
        if adjoint is not None and arg in differentials:
            found = pullback(adjoint, differentials[arg], [seed]).get(seed)
            parts += [] if found is None else [as_real_as(node, found)]
    found = add(*parts) if parts else zeros(node.shape)
    if found.op is MERGE and found.args[0].op is SUM:  # d(X ⊗ Y) = dX ⊗ Y + X ⊗ dY
        lengths = cast("tuple[int, ...]", found.attrs[0])
        return add(*[merge_axes(term, lengths) for term in found.args[0].args])
    return found


def gradient_of(differential_of_cost: Expr, of: Expr) -> Expr:
    """dJ = Σ G∘dW, so the gradient is G: what stands at the differential of the variable."""
    root = differential_of_cost
    found = [pullback(t, number(1), [of]).get(of) for t in (root.args if root.op is SUM else (root,))]
    return simplify(add(zeros(of.shape), *(g for g in found if g is not None)))


# --- index notation ---------------------------------------------------------------------------------


def with_deltas(differential_of_cost: Expr, of: Expr) -> Expr | None:
    """dJ with dw_kl replaced by ∂w_kl/∂w_ij = δ_ki δ_lj: the gradient before the deltas are contracted.

    None where an entry of the differential stands below a function that moves entries.
    """
    root = differential_of_cost
    terms = []
    for term in root.args if root.op is SUM else (root,):
        mono = flat(term)
        places = [f for f in mono.powers if f[0] is of]
        direct = len(places) == 1 and mono.powers[places[0]] == 1
        if not direct or any(of in postorder(b) for b, _ in mono.powers if b is not of):
            return None
        terms.append(_delta_term(mono, places[0], of))
    return terms[0] if len(terms) == 1 else make(SUM, tuple(terms))


def _delta_term(mono: Monomial, place: tuple[Expr, Spec], of: Expr) -> Expr:
    n = of.ndim
    factors: list[tuple[Expr, Spec]] = []
    for (base, spec), exponent in mono.powers.items():
        if (base, spec) == place:
            factors += [(delta(of.shape[axis]), (i + n, axis)) for axis, i in enumerate(spec) if i != UNIT]
        else:
            factors.append((power(base, exponent), tuple(i if i == UNIT else i + n for i in spec)))
    sizes = {i + n: size for i, size in mono.sizes.items()}
    shifted = Monomial(mono.coefficient, {}, of.shape, sizes)
    specs, out, all_sizes = with_unit_indices([spec for _, spec in factors], shifted)
    args = [arg for arg, _ in factors]
    if mono.coefficient != Fraction(1):
        specs, args = [(), *specs], [number(mono.coefficient), *args]
    return _as_written(specs, args, out, all_sizes)


def _as_written(specs: list[Spec], args: list[Expr], out: Spec, sizes: list[Size]) -> Expr:
    """A product node in which the deltas are not contracted."""
    order: dict[int, int] = {}
    for index in [i for spec in specs for i in spec] + list(out):
        order.setdefault(index, len(order))
    attrs = (
        tuple(tuple(order[i] for i in spec) for spec in specs),
        tuple(order[i] for i in out),
        tuple(sizes[i] for i in order),
    )
    return make(PRODUCT, tuple(args), attrs)
