"""The printed derivation of a gradient: differential, entries, backpropagation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradproof.calculus.differential import gradient_of, with_deltas
from gradproof.calculus.step import Step
from gradproof.derivation.differentials import as_traces, differential_rows
from gradproof.derivation.rows import Row, Style, is_short, without_repeats
from gradproof.derivation.working import Part, Working
from gradproof.errors import InputError
from gradproof.expr.node import Expr

STYLES = ("all", "differential", "index", "backprop")
DELTA_RULE = "∂w_kl/∂w_ij = δ_ki δ_lj"
CONTRACTION = "Σ_k δ_ik a_k = a_i"
READ_OFF, INNER, GATHERED = "read off", "as an inner product", "gathered"
Section = tuple[str, list[Row]]


def check_style(style: str) -> None:
    """Refuse a word that is no style of derivation."""
    if style not in STYLES:
        raise InputError(f"there is no style {style!r}", fix=f"style is one of {', '.join(STYLES)}")


def prepared_rows(given: Expr, used: Expr, preparation: Sequence[Step], style: Style) -> list[Row]:
    """The function as it was given, and in the form that was differentiated where that is another."""
    rule = preparation[-1].rule if preparation else ""
    rows = [
        Row(style.output, style.plain(given), "", given),
        Row(style.output, style.plain(used), rule, used),
    ]
    return without_repeats(rows)


def gradient_sections(
    d: Working, given: Expr, preparation: Sequence[Step], style: Style, which: str = "all"
) -> list[Section]:
    """Titles, and under each the left and right sides of its rows.

    Parameters
    ----------
    given : the cost as it was given
    preparation : the steps that put it into the form that was differentiated
    which : one of :data:`STYLES`
    """
    check_style(which)
    cost = d.cut.definitions[d.cut.cost]
    found: list[Section] = [("", prepared_rows(given, cost, preparation, style))]
    if which in ("all", "differential"):
        found.append(("Differential", without_repeats(_differential_rows(d, style))))
    if which in ("all", "index"):
        found.append(("Entries", without_repeats(_entry_rows(d, style, always=which == "index"))))
    if which == "backprop" or (which == "all" and len(d.equations) > 1):
        rows = [Row(style.plain(e.symbol), style.plain(e.value), "", e.value) for e in d.equations]
        if which == "backprop":
            rows = [*_forward_rows(d, style), *rows]
        found.append((f"Backpropagation (dZ is the gradient of {style.output} at Z)", rows))
    return [(title, rows) for title, rows in found if rows]


def told_fact(axis: int, array: str) -> str:
    """The sentence for a total of 1 that the given data has."""
    return f"every {('column', 'row')[axis]} of {array} adds up to 1, which is true of the data"


def _forward_rows(d: Working, style: Style) -> Iterator[Row]:
    """What the named parts are, in the order in which they are computed."""
    for node, value in d.cut.definitions.items():
        if node in d.cut.proxies and node is not d.cut.cost:
            yield Row(style.plain(d.cut.proxies[node]), style.plain(value), "definition", value)


def _differential_rows(d: Working, style: Style) -> Iterator[Row]:
    """DJ by the chain rule, the differentials in it by the rules, gathered, and the gradient read off."""
    wrt, whole = style.show(d.parameter), f"{style.d}{style.output}"
    direct = all(part.cotangent is None for part in d.parts)
    if direct:
        yield from as_traces(style.output, d.cut.definitions[d.cut.cost], style)
    for part in d.parts:
        if part.cotangent is not None:
            name, definition = style.show(d.cut.proxies[part.node]), part.differential.output
            yield Row(name, style.plain(definition), "definition", definition)
            yield Row(style.show(part.cotangent), style.partial(name))
    if not direct:
        yield Row(whole, " + ".join(_chain_term(d, part, style) for part in d.parts), "chain rule", d.total)
    for part in d.parts:
        yield from differential_rows(part.differential.steps, style, _lefts(d, part, style, direct=direct))
    yield from _gathered_rows(d, style, whole)
    gradient = gradient_of(d.total, d.of)
    left = style.partial(wrt)
    yield Row(left, style.result(left, gradient), READ_OFF, gradient)


def _gathered_rows(d: Working, style: Style, whole: str) -> Iterator[Row]:
    """DJ with everything before the differential of the parameter gathered."""
    gradient = gradient_of(d.total, d.of)
    total, inside = style.show(d.total), style.show(gradient)
    inner = style.inner(gradient, style.of(style.show(d.parameter), named=True))
    plain = is_short(inside)
    if not plain or len(total) <= len(inner):
        yield Row(whole, style.beside(whole, d.total), GATHERED, d.total)
    if plain:
        yield Row(whole, inner, INNER, d.total)


def _lefts(d: Working, part: Part, style: Style, *, direct: bool) -> _Lefts:
    return _Lefts(d, part, style, direct)


class _Lefts:
    """The left sides of the differentials in one part: dA of a named expression, dJ of the cost."""

    def __init__(self, d: Working, part: Part, style: Style, direct: bool) -> None:
        self.output = part.differential.output
        self.left: str | None = None
        if part.cotangent is not None:
            self.left = style.of(style.show(d.cut.proxies[part.node]), named=True)
        elif direct:
            self.left = f"{style.d}{style.output}"

    def __call__(self, node: Expr) -> str | None:
        """The name's differential, for the output."""
        return self.left if node is self.output else None


def _chain_term(d: Working, part: Part, style: Style) -> str:
    if part.cotangent is None:
        return style.show(part.contribution)
    return style.inner(part.cotangent, style.of(style.show(d.cut.proxies[part.node]), named=True))


def _entry_rows(d: Working, style: Style, *, always: bool) -> Iterator[Row]:
    deltas = with_deltas(d.total, d.of)
    scalar = all(n == 1 for n in d.parameter.shape)
    if scalar or (deltas is None and not always):
        return
    left = style.partial(style.entry(d.parameter))
    gradient = gradient_of(d.total, d.of)
    if always:
        cost = d.cut.definitions[d.cut.cost]
        if style.entry(cost) != style.plain(cost):
            yield Row(style.output, style.entry(cost), "by entries", cost)
        for part in d.parts:
            if part.cotangent is not None:
                yield Row(style.entry(part.cotangent), style.partial(style.entry(d.cut.proxies[part.node])))
    if deltas is not None:
        yield Row(left, style.entry(deltas), DELTA_RULE, deltas)
    yield Row(left, style.entry(gradient), CONTRACTION if deltas is not None else "", gradient)
