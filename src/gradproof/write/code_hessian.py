"""Hessians as they are: factors that belong to different axes stay apart, the whole array is made on request.

The Hessian of ‖T − UVᵀ‖² by U has the entries δ_ik M_jl with M = 2VᵀV: k² numbers, and not (nk)².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gradproof.expr.contraction import Spec
from gradproof.expr.node import DELTA, Expr, Size, number, symbol, symbols
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_function import FunctionWriter, Options
from gradproof.write.code_nodes import is_size
from gradproof.write.matrix import to_text

_LETTERS = "ijklmnopqrst"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a derivative, as a product of arrays of different axes.

    Attributes
    ----------
    factors : each with the axes of the whole that are its own
    deltas : pairs of axes that must be equal
    """

    factors: tuple[tuple[Expr, Spec], ...]
    deltas: tuple[Spec, ...]


def terms_of(value: Expr) -> list[Expr]:
    """The terms of a sum, scalars in front of a sum multiplied into them."""
    if value.op is SUM:
        return [t for arg in value.args for t in terms_of(arg)]
    if value.op is PRODUCT:
        specs, out, sizes = specs_of(value)
        arrays = [k for k, s in enumerate(specs) if s]
        if len(arrays) == 1 and value.args[arrays[0]].op is SUM and specs[arrays[0]] == out:
            (k,) = arrays
            rest = [*value.args[:k], *value.args[k + 1 :]]
            own = [s for j, s in enumerate(specs) if j != k]
            inner = terms_of(value.args[k])
            return [_times(rest, own, t, out, sizes) for t in inner]
    return [value]


def _times(
    scalars: Sequence[Expr], specs: Sequence[Spec], term: Expr, out: Spec, sizes: Sequence[Size]
) -> Expr:
    parts, own, result, own_sizes = _taken_apart(term)
    return einsum([*specs, *own], [*scalars, *parts], result, list(own_sizes))


def _taken_apart(term: Expr) -> tuple[list[Expr], list[Spec], Spec, tuple[Size, ...]]:
    if term.op is PRODUCT:
        specs, out, sizes = specs_of(term)
        return list(term.args), list(specs), out, sizes
    axes = tuple(range(term.ndim))
    return [term], [axes], axes, term.shape


def split(term: Expr) -> Term:
    """A term as factors that share no index."""
    args, specs, out, sizes = _taken_apart(term)
    group = {i: i for i in range(len(sizes))}
    scalars: list[Expr] = []
    deltas: list[Spec] = []
    arrays: list[tuple[Expr, Spec]] = []
    for arg, spec in zip(args, specs, strict=True):
        if arg.op is DELTA and set(spec) <= set(out) and len(set(spec)) == 2:
            deltas.append(tuple(sorted(out.index(i) for i in spec)))
        elif not spec:
            scalars.append(arg)
        else:
            arrays.append((arg, spec))
            joined = {group[i] for i in spec}
            group = {i: min(joined) if g in joined else g for i, g in group.items()}
    pieces: dict[int, list[tuple[Expr, Spec]]] = {}
    for arg, spec in arrays:
        pieces.setdefault(group[spec[0]], []).append((arg, spec))
    in_deltas = {out[a] for pair in deltas for a in pair}
    factors: list[tuple[Expr, Spec]] = []

    def first_axis(members: list[tuple[Expr, Spec]]) -> int:
        return min((out.index(i) for _, s in members for i in s if i in out), default=-1)

    for members in sorted(pieces.values(), key=first_axis):
        held = {i for _, s in members for i in s}
        own = tuple(i for i in out if i in held)
        node = einsum([s for _, s in members], [a for a, _ in members], own, list(sizes))
        factors.append((node, tuple(out.index(i) for i in own)))
    bare = [i for i in out if i not in in_deltas and all(out.index(i) not in s for _, s in factors)]
    if scalars or not factors or bare:
        first, axes = factors[0] if factors else (number(1), ())
        axes_all = tuple(sorted({*axes, *(out.index(i) for i in bare)}))
        node = einsum([*[()] * len(scalars), axes], [*scalars, first], axes_all, list(term.shape))
        factors[:1] = [(node, axes_all)]
    return Term(tuple(factors), tuple(deltas))


def is_structured(value: Expr) -> bool:
    """Whether factors are worth keeping: some term has a delta, or factors of different axes."""
    found = [split(t) for t in terms_of(value)]
    apart = [t for t in found if t.deltas or sum(bool(s) for _, s in t.factors) > 1]
    return value.ndim > 2 and len(apart) == len(found)


def applied(value: Expr, direction: Expr) -> Expr:
    """Σ_j H_ij d_j, term by term, so that a delta only renames an axis."""
    n = value.ndim - direction.ndim
    parts = []
    for term in terms_of(value):
        args, specs, out, sizes = _taken_apart(term)
        parts.append(einsum([*specs, out[n:]], [*args, direction], out[:n], list(sizes)))
    return add(*parts)


def hessian_pieces(
    value: Expr,
    wrt: Expr,
    dialect: Dialect,
    function_name: str = "hessian",
    names: Mapping[Expr, str] | None = None,
    options: Options | None = None,
) -> list[str]:
    """The functions ``hessian`` (the factors), ``hessian_vector`` and ``hessian_dense``."""
    options = replace(options or Options(), returns="values")
    letters = _LETTERS[: value.ndim]
    factors: dict[Expr, str] = {}
    formula = []
    for term in terms_of(value):
        found = split(term)
        words = [f"δ_{letters[a]}{letters[b]}" for a, b in found.deltas]
        for node, axes in found.factors:
            name = factors.setdefault(node, f"M{len(factors) + 1}")
            words.append(name + (f"_{''.join(letters[a] for a in axes)}" if axes else ""))
        formula.append(" ".join(words))
    if len(factors) == 1:
        formula = [f.replace("M1", "M") for f in formula]
        factors = dict.fromkeys(factors, "M")
    entries = f"H_{letters} = {' + '.join(formula)}"
    meaning = ", ".join(f"{name} = {to_text(node)}" for node, name in factors.items())
    shape = "(" + ", ".join(map(str, value.shape)) + ")"
    doc = (
        f"The factors of the Hessian by {wrt.name}: {entries}, of shape {shape}.\n\n"
        f"Returns {', '.join(factors.values())}: {meaning}.\n"
        f"{function_name}_vector applies H to a direction, {function_name}_dense makes all of it.\n"
    )
    order = [*options.arguments]
    order += [s for s in symbols(value) if s not in order and not is_size(s)]
    held = {n for s in symbols(value) if not is_size(s) for n in s.shape}
    if not {n for n in wrt.shape if isinstance(n, str)} <= held and wrt not in order:
        order.insert(0, wrt)  # its sizes are known from nowhere else
    kept = replace(options, arguments=order)
    direction = symbol(f"d{wrt.name}", wrt.shape)
    wanted = {name: node for node, name in factors.items()}
    return [
        FunctionWriter(wanted, names or {}, function_name, dialect, replace(kept, doc=doc)).source(),
        FunctionWriter(
            {"Hd": applied(value, direction)},
            names or {},
            f"{function_name}_vector",
            dialect,
            replace(
                kept,
                arguments=[*order, direction],
                doc=f"H applied to a direction: H times d{wrt.name}, summed over the last {wrt.ndim} axes.",
            ),
        ).source(),
        FunctionWriter(
            {"H": value},
            names or {},
            f"{function_name}_dense",
            dialect,
            replace(kept, doc=f"All of H, of shape {shape}."),
        ).source(),
    ]
