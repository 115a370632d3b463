"""The small edits a line of source can be given: a factor, a sign, another variable, a mask, a transpose, a
term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.checking.diagnosis.bench import Bench, is_mask
from gradproof.checking.diagnosis.names import Names
from gradproof.checking.diagnosis.operands import Operands, broadcasts
from gradproof.checking.diagnosis.series import (
    Series,
    activation_derivatives,
    bound_series,
    filled_in,
    forward_series,
    in_step,
    trimmed,
)
from gradproof.expr.contraction import contract
from gradproof.expr.elementwise import POWER
from gradproof.expr.indexing import STORE
from gradproof.expr.node import NUMBER, OPERATIONS, Expr, postorder
from gradproof.expr.product import PRODUCT, SUM, specs_of
from gradproof.read.trace import Origin

Table = Mapping[Expr, Any]
Value = Callable[[Expr, Sequence[Any], Table, dict[Expr, Any]], Any]
MASKS = {"greater": "less_equal", "greater_equal": "less", "less": "greater_equal", "less_equal": "greater"}
MOST_OTHERS = 12


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit.

    Attributes
    ----------
    code : the diagnosis it stands for
    value : ``(node, arguments, table, changed) -> value`` of an edited node; None where it does not apply
    ratio : for a factor, what stands divided by what belongs
    found, expected : the part that stands and the part that belongs, where they have a name
    place, name : the line to be edited and the variable it binds, where these are not the node's own
    """

    code: str
    value: Value
    ratio: float = 1.0
    found: Expr | None = None
    expected: Expr | None = None
    place: Origin | None = None
    name: str = ""


class Editor:
    """Lists the edits of a group of nodes that one piece of source computes."""

    def __init__(self, bench: Bench, names: Names, operands: Operands, scales: Sequence[float]) -> None:
        self.bench, self.names, self.operands = bench, names, operands
        sizes = [v for _, _, v in names.scalars.known if v.is_integer() and v > 2]
        off_by_one = [c for n in sizes for c in ((n - 1) / n, n / (n - 1))]
        constants = [-1.0, 2.0, 0.5, *scales, *(1 / s for s in scales), *off_by_one]
        self.constants = [c for k, c in enumerate(constants) if c != 1.0 and c not in constants[:k]]
        bound = bound_series(bench)
        self.bound = {s: bound[s] for s in filled_in(bench, [s for s in bound if len(s) > 1])}
        self.series = filled_in(bench, [*forward_series(bench), *(t for s in self.bound for t in trimmed(s))])
        self.factors = filled_in(
            bench, [*activation_derivatives(bench, names), *(s for s in bound if s[0].ndim)]
        )
        self.derivatives = self._derivatives()
        self.users: dict[Expr, list[Expr]] = {}
        for node in postorder(*bench.expressions.values()):
            for arg in node.args:
                self.users.setdefault(arg, []).append(node)
        self.terms: dict[Any, list[Expr]] = {}
        for node in postorder(*bench.truth.cotangents.values()):
            for term in node.args if node.op is SUM else ():
                self.terms.setdefault(term.shape, []).append(term)

    def edits(self, nodes: Sequence[Expr]) -> Iterator[Edit]:
        """Edits of all nodes alike, the likeliest first."""
        first = nodes[0]
        if first not in self.operands.forward:  # the cost's own lines are right
            yield from self._of_own_lines(nodes)
        yield from self._with_derivative(nodes)
        yield from self._with_variable(nodes)
        if len(nodes) == 1 and not self._is_summand(first):
            yield from self._with_term(first)

    def scalings(self) -> Iterator[Edit]:
        """Another constant factor."""
        for c in self.constants:
            yield Edit("wrong-factor", _scaled(c), ratio=1 / c)

    def _of_own_lines(self, nodes: Sequence[Expr]) -> Iterator[Edit]:
        first = nodes[0]
        yield from self.scalings()
        if len(nodes) > 1:
            yield Edit("missing-term", _summed(nodes))
        yield from self._with_series(nodes)
        if any(n.op is not first.op or len(n.args) != len(first.args) for n in nodes):
            return
        if first.op is SUM:
            yield from self._of_sum(first)
        if first.op is PRODUCT:
            yield from self._of_product(nodes)
        if first.op.name in MASKS:
            yield Edit("wrong-mask", _as_operation(MASKS[first.op.name]), found=first)
        if first.op is POWER:
            yield Edit("wrong-operation", lambda n, a, t, c: a[0])
        if first.op is STORE:
            yield Edit("missing-term", _accumulated)

    def added_up(self, s: Series, k: int | None = None) -> Edit:
        """The values of a line in a loop added up, in place of the last, as the argument ``k`` of a node."""
        place, short = self.bound[s]
        return Edit(
            "missing-term", _summed(s) if k is None else _summed_argument(k, s), place=place, name=short
        )

    def _with_series(self, nodes: Sequence[Expr]) -> Iterator[Edit]:
        """All values of a line in a loop added up where the last was kept; or, at each iteration, what
        another
        line bound in the one before.
        """
        for s in self.bound:
            for k, arg in enumerate(nodes[0].args if len(nodes) == 1 else ()):
                if arg is s[-1]:
                    yield self.added_up(s, k)
            if len(nodes) > 1 and len(s) in (len(nodes), len(nodes) - 1) and s[0].shape == nodes[0].shape:
                earlier = dict(zip(nodes[1:], s, strict=False))
                yield Edit("missing-term", _plus_current(earlier), expected=s[0])

    def _is_summand(self, node: Expr) -> bool:
        """Whether a node is only used as a term of a sum: what is missing is missing there."""
        users = self.users.get(node, ())
        return bool(users) and all(u.op is SUM for u in users)

    def _with_variable(self, nodes: Sequence[Expr]) -> Iterator[Edit]:
        """Another factor: a variable, one for all, of a shape that broadcasts."""
        smallest = min((n.shape for n in nodes), key=len)
        for other in self.operands.within(smallest)[:MOST_OTHERS]:
            code = "wrong-mask" if is_mask(self.bench, other) else "wrong-operand"
            yield Edit(code, _times(dict.fromkeys(nodes, other)), expected=other)

    def _with_term(self, node: Expr) -> Iterator[Edit]:
        """A term of the derived gradient, or a variable, added or taken away."""
        variables = self.operands.like(node)[:MOST_OTHERS]
        for other in (*self.terms.get(node.shape, ())[:MOST_OTHERS], *variables):
            for c in (1.0, -1.0, *self.constants[3:5]):
                yield Edit("missing-term", _plus(c, other), expected=other)

    @staticmethod
    def _of_sum(first: Expr) -> Iterator[Edit]:
        for k in range(len(first.args)):
            yield Edit("extra-term", _with_weight(k, 0.0), found=first.args[k])
            yield Edit("wrong-factor", _with_weight(k, -1.0), ratio=-1.0, found=first.args[k])

    def _of_product(self, nodes: Sequence[Expr]) -> Iterator[Edit]:
        first = nodes[0]
        specs, _, _ = specs_of(first)
        for k, arg in enumerate(first.args):
            if arg.op is NUMBER:
                continue
            if len(first.args) > 1 and arg.ndim:
                code = "wrong-mask" if arg.op.name in MASKS else "wrong-operation"
                yield Edit(code, _without(k), found=arg)
            if len(specs[k]) == 2 and arg.shape[0] == arg.shape[1]:
                yield Edit("transposed", _transposed(k), found=arg)
            for others in self._others([n.args[k] for n in nodes]):
                both = arg.op.name in MASKS and others[0].op.name in MASKS
                yield Edit(
                    "wrong-mask" if both else "wrong-operand",
                    _replaced(k, dict(zip(nodes, others, strict=True))),
                    found=arg,
                    expected=others[0],
                )
            inner = [n.args[k].args[0] for n in nodes if _is_view(n.args[k])]
            for others in self._others(inner) if len(inner) == len(nodes) else ():
                yield Edit("wrong-operand", _replaced_inside(k, dict(zip(nodes, others, strict=True))),
                           found=inner[0], expected=others[0])

    def _others(self, args: Sequence[Expr]) -> Iterator[tuple[Expr, ...]]:
        """Other variables in place of the arguments of a group: one for all, or a series in step."""
        shape = args[0].shape
        if any(a.shape != shape for a in args):
            series = [s for s in self._parallel(len(args))
                      if all(x.shape == a.shape for x, a in zip(s, args, strict=True))]
        else:
            for other in self.operands.like(args[0])[:MOST_OTHERS]:
                yield (other,) * len(args)
            series = [s for s in self._parallel(len(args)) if all(x.shape == shape for x in s)]
        for s in series if len(args) > 1 else []:
            yield s
            yield s[::-1]

    def _parallel(self, length: int) -> list[Series]:
        return [t for s in (*self.series, *self.factors) for t in in_step(s, length)] if length > 1 else []

    def _with_derivative(self, nodes: Sequence[Expr]) -> Iterator[Edit]:
        """Another entrywise factor: the derivative of an activation, or a value that was bound and not
        used.
        """
        options = [
            *self._derivative_series(len(nodes)),
            *(t for s in self.factors for t in in_step(s, len(nodes))),
        ]
        if len(nodes) == 1:
            options = [*((d,) for d in self.derivatives), *((x,) for s in self.factors for x in s)]
        for s in options:
            for option in (s, s[::-1]) if len(s) > 1 else (s,):
                if all(d.shape == n.shape for d, n in zip(option, nodes, strict=True)):
                    code = (
                        "missing-derivative"
                        if self.operands.is_made_of_forward(option[0])
                        else "wrong-operand"
                    )
                    yield Edit(code, _times(dict(zip(nodes, option, strict=True))), expected=option[0])

    def _derivatives(self) -> list[Expr]:
        """Entrywise factors of the derived gradient that are derivatives of activations."""
        result: dict[Expr, None] = {}
        for node in postorder(*self.bench.truth.cotangents.values()):
            if node.op is PRODUCT:
                for arg in node.args:
                    if self.operands.is_derivative(arg):
                        result[arg] = None
        return list(result)

    def _derivative_series(self, length: int) -> Iterator[tuple[Expr, ...]]:
        by_form: dict[str, list[Expr]] = {}
        for d in self.derivatives:
            by_form.setdefault(f"{d.op.name} {len(d.args)} {d.shape}", []).append(d)
        for group in by_form.values():
            for start in range(len(group) - length + 1):
                yield tuple(group[start : start + length])


def _scaled(c: float) -> Value:
    return lambda node, arguments, table, changed: c * _plain(node, arguments)


def _plain(node: Expr, arguments: Sequence[Any]) -> Any:
    dtype = np.longdouble if any(np.asarray(a).dtype == np.longdouble for a in arguments) else np.float64
    return node.op.value(node.attrs, dtype, *arguments)


def _with_weight(k: int, weight: float) -> Value:
    """A sum with one of its terms weighted: left out, or with the other sign."""

    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        return sum(weight * v if j == k else v for j, v in enumerate(arguments))

    return value


def _as_operation(name: str) -> Value:
    return lambda node, arguments, table, changed: OPERATIONS[name].value((), np.float64, *arguments)


def _times(factors: Mapping[Expr, Expr]) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        factor = table.get(factors[node])
        if factor is None or not broadcasts(np.shape(factor), node.shape):
            return None
        return _plain(node, arguments) * factor

    return value


def _plus(c: float, other: Expr) -> Value:
    return lambda node, arguments, table, changed: _plain(node, arguments) + c * table.get(other, np.nan)


def current(expr: Expr, table: Table, changed: dict[Expr, Any]) -> Any:
    """The value of an expression after the edit, of which nothing else may have been computed yet."""
    for node in postorder(expr):
        if node not in changed and any(a in changed for a in node.args):
            changed[node] = _plain(node, [changed.get(a, table.get(a)) for a in node.args])
    return changed.get(expr, table.get(expr))


def _plus_current(terms: Mapping[Expr, Expr]) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        own = _plain(node, arguments)
        if node not in terms:
            return own
        term = current(terms[node], table, changed)
        return own + term if np.shape(term) == np.shape(own) else None

    return value


def _without(k: int) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        specs, out, sizes = specs_of(node)
        rest = [s for j, s in enumerate(specs) if j != k]
        if any(i not in {x for s in rest for x in s} for i in out):
            return None
        return contract(tuple(rest), out, sizes, [a for j, a in enumerate(arguments) if j != k], np.float64)

    return value


def _transposed(k: int) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        if np.ndim(arguments[k]) != 2 or np.shape(arguments[k])[0] != np.shape(arguments[k])[1]:
            return None
        return _plain(node, [np.swapaxes(a, 0, 1) if j == k else a for j, a in enumerate(arguments)])

    return value


def _replaced(k: int, others: Mapping[Expr, Expr]) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        other = others[node]
        new = changed.get(other, table.get(other))
        if new is None or np.shape(new) != np.shape(arguments[k]):
            return None
        return _plain(node, [new if j == k else a for j, a in enumerate(arguments)])

    return value


def _is_view(arg: Expr) -> bool:
    """Whether an argument is one variable in another arrangement, such as a transpose."""
    return arg.op is PRODUCT and len(arg.args) == 1 and arg.args[0].op is not NUMBER


def _replaced_inside(k: int, others: Mapping[Expr, Expr]) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        other, view = others[node], node.args[k]
        new = changed.get(other, table.get(other))
        if new is None or np.shape(new) != view.args[0].shape:
            return None
        return _plain(node, [_plain(view, [new]) if j == k else a for j, a in enumerate(arguments)])

    return value


def _accumulated(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
    """The stores of a node as additions: ``+=`` where ``=`` stands."""
    accumulate = OPERATIONS.get("accumulate")
    if accumulate is None:
        return None
    return accumulate.value(node.attrs, np.float64, *arguments)


def _summed_argument(k: int, series: Sequence[Expr]) -> Value:
    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        values: list[Any] = [changed.get(n, table.get(n)) for n in series]
        if any(v is None or np.shape(v) != np.shape(arguments[k]) for v in values):
            return None
        return _plain(node, [_total(values) if j == k else a for j, a in enumerate(arguments)])

    return value


def _total(values: Sequence[Any]) -> Any:
    return sum(values[1:], start=values[0])


def _summed(nodes: Sequence[Expr]) -> Value:
    """Every value a line computed, added up, where only the last was kept."""
    last = nodes[-1]

    def value(node: Expr, arguments: Sequence[Any], table: Table, changed: dict[Expr, Any]) -> Any:
        own = _plain(node, arguments)
        if node is not last:
            return own
        earlier = [changed.get(n, table.get(n)) for n in nodes[:-1]]
        if any(e is None or np.shape(e) != np.shape(own) for e in earlier):
            return None
        return own + _total(earlier)

    return value
