"""From text to expression: parse, find the sizes nobody declared, build."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradproof.errors import InputError, ShapeError
from gradproof.expr.node import Expr, Shape
from gradproof.read.notation.calls import literal
from gradproof.read.notation.declarations import check_facts, declarations
from gradproof.read.notation.dialects import parsed
from gradproof.read.notation.evaluation import value_of
from gradproof.read.notation.names import CONSTANTS, Let, Names, default_rank, other_ranks
from gradproof.read.notation.problems import pointed, shown_shape
from gradproof.read.notation.scope import (
    CONVENTIONS,
    Convention,
    Row,
    Scope,
    SizesFound,
    SizeTable,
    Value,
    expr_of,
)
from gradproof.read.notation.tree import (
    Binary,
    Call,
    Entry,
    IndexRange,
    Items,
    Name,
    Node,
    Norm,
    Transpose,
    children,
    walk,
)

_NAMES_FOR_SIZES = ("n", "m", "k", "p", "q", "r", "s", "d", "h", "l")
_SIZED = frozenset(
    ("eye", "ones", "zeros", "identity", "full", "np.eye", "np.ones", "np.zeros", "np.identity")
)


@dataclass(frozen=True, slots=True)
class Formula:
    r"""A formula that was read.

    Attributes
    ----------
    expression : Expr
    symbols : dict
        The symbols by name: all that were declared, and all that the formula has.
    text : str
        What was read.
    notes : tuple of str
        What was guessed, in sentences.
    row : bool
        Whether mathematical notation makes the vector a row, as ``x'A`` is.
    dialect : str
        The notation it was read in.
    tree : Node
        The syntax tree, with places in the text.
    output : str
        The left side of an equation as it was typed: ``\\mathcal{J}(W)``; empty where there is none.
    """

    expression: Expr
    symbols: dict[str, Expr]
    text: str
    notes: tuple[str, ...] = ()
    row: bool = False
    dialect: str = "numpy"
    tree: Node | None = field(default=None, repr=False)
    output: str = ""


def read(
    text: str,
    *,
    shapes: Mapping[str, Any] | Iterable[str] | None = None,
    assume: Mapping[str, Any] | None = None,
    let: Mapping[str, str] | None = None,
    dialect: str | None = None,
    layers: int | None = None,
) -> Formula:
    """The expression that a text stands for.

    Parameters
    ----------
    text : str
        A formula, in NumPy's spelling or in mathematical notation.
    shapes : mapping of names to shapes, or declarations, optional
        ``{"W": ("n", "k")}`` or ``["W: matrix(n, k), symmetric"]``. Names that are not declared are read by
        habit, and their sizes found from the formula; ``notes`` says how.
    assume : mapping of names to facts, optional
        ``{"A": ["spd"]}``.
    let : mapping of names to formulas, optional
        Names for parts of the formula; a let may use other lets.
    dialect : "numpy", "math", "matlab", "r" or "latex", optional
        The notation, where the text does not show it.
    layers : int, optional
        How many terms a sum over layers in LaTeX has.

    Raises
    ------
    InputError
        The text cannot be read, or in two ways; the error points at the place.
    ShapeError
        Shapes do not fit; the error points at the place and names both.

    Examples
    --------
    >>> read("tr(W.T @ W)", shapes={"W": ("n", "k")}).expression.shape
    ()
    """
    return read_all([text], shapes=shapes, assume=assume, let=let, dialect=dialect, layers=layers)[0]


def read_all(
    texts: Sequence[str],
    *,
    shapes: Mapping[str, Any] | Iterable[str] | None = None,
    assume: Mapping[str, Any] | None = None,
    let: Mapping[str, str] | None = None,
    dialect: str | None = None,
    layers: int | None = None,
    alike: tuple[int | str, int | str] | None = None,
) -> list[Formula]:
    """Several texts that share their symbols, facts and sizes; otherwise as :func:`read`.

    Parameters
    ----------
    alike : pair of int or str, optional
        Two texts, by number, or a text and a variable, that are meant to have one shape: sizes that nothing
        else determines, such as that of I in ``Q'Q = I``, are found from it.
    """
    declared, facts = declarations(shapes, assume)
    _check_texts(texts, let)
    try:
        return _formulas(texts, declared, facts, let or {}, dialect, layers, alike)
    except RecursionError:
        raise InputError(
            "the formula has more brackets inside brackets than can be read",
            fix="give parts of it names: let={'Z1': 'W1 @ X', 'A1': 'np.tanh(Z1)'}",
        ) from None


def _check_texts(texts: Sequence[str], let: Mapping[str, str] | None) -> None:
    """Refuse formulas that are no text."""
    if let is not None and not isinstance(let, Mapping):
        raise InputError(f"{let!r} names no formulas", fix="write let={'Z': 'X w - y'}")
    for text in (*texts, *(let or {}).values()):
        if not isinstance(text, str):
            raise InputError(f"{text!r} is no text of a formula", fix="give the formula as a string")


def _formulas(
    texts: Sequence[str],
    declared: dict[str, Shape],
    facts: dict[str, tuple[str, ...]],
    let: Mapping[str, str],
    dialect: str | None,
    layers: int | None,
    alike: tuple[int | str, int | str] | None,
) -> list[Formula]:
    known: dict[str, Shape | None] = {**dict.fromkeys(let), **declared}
    trees = [parsed(text, dialect, known, layers) for text in texts]
    defined = {name: parsed(text, dialect, known, layers) for name, text in let.items()}
    lets = {name: Let(let[name], node, convention) for name, (node, convention, _) in defined.items()}
    reading = _Reading(list(texts), [(n, c) for n, c, _ in trees], declared, facts, lets, alike)
    return reading.formulas()


@dataclass(slots=True)
class _Reading:
    """Texts read together, until every size is found."""

    texts: list[str]
    parsed: list[tuple[Node, Convention]]
    shapes: dict[str, Shape]
    facts: dict[str, tuple[str, ...]]
    lets: dict[str, Let]
    alike: tuple[int | str, int | str] | None = None
    nodes: list[list[Node]] = field(init=False)
    used: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """All nodes of every text, in the order of the text, and the lets that the texts need."""
        roots = [*(node for node, _ in self.parsed), *(let.node for let in self.lets.values())]
        self.nodes = [list(walk(root)) for root in roots]
        self.used = self._lets_used()

    def formulas(self) -> list[Formula]:
        try:
            return self._with_ranks({})
        except ShapeError as error:
            other = self._with_other_ranks(error)
            if other is None:
                raise
            return other

    def _lets_used(self) -> list[str]:
        needs = [{n.name for n in nodes if isinstance(n, Name)} & set(self.lets) for nodes in self.nodes]
        of_let = dict(zip(self.lets, needs[len(self.parsed) :], strict=True))
        found: set[str] = set()
        waiting = set().union(*needs[: len(self.parsed)])
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting |= of_let[name] - found
        return [name for name in self.lets if name in found and name not in self.shapes]

    def _with_other_ranks(self, error: ShapeError) -> list[Formula] | None:
        """What fits after one guess about an undeclared name is changed; two such changes are refused."""
        fitting: list[tuple[str, list[Formula]]] = []
        for name in self._undeclared():
            for rank in other_ranks(name):
                try:
                    fitting.append((name, self._with_ranks({name: rank})))
                except ShapeError:
                    continue
        if len(fitting) > 1:
            names = " or ".join(name for name, _ in fitting)
            raise ShapeError(
                f"{error.what}; with another kind of {names} it would fit", where=error.where,
                fix=f"{error.fix}; or declare the kinds, such as {fitting[0][0]}: scalar",
            ) from None  # fmt: skip
        return fitting[0][1] if fitting else None

    def _undeclared(self) -> list[str]:
        names = [n.name for nodes in self.nodes for n in nodes if isinstance(n, Name)]
        return [n for n in dict.fromkeys(names) if n not in self.shapes and n not in self.lets]

    def _with_ranks(self, ranks: dict[str, int]) -> list[Formula]:
        table = SizeTable()
        sizes = self._size_names()
        ranks = {**self._ranks_by_entries(), **ranks}
        while True:
            names = Names(self.shapes, self.facts, self.lets, sizes, dict(ranks))
            scope = Scope("", CONVENTIONS["math"], table, names)
            try:
                for name in self.shapes:
                    names.symbol(name, table)
                for name in self.used:  # in the order given, so that a chain of lets is not recursed into
                    value_of(Name((0, 0), name), scope)
                values = [self._value(scope, k) for k in range(len(self.texts))]
                self._make_alike(values, scope)
            except SizesFound:
                continue
            unknown = table.unknown()
            if not unknown:
                break
            self._name_sizes(unknown, table, names)
        self._check_facts(names, table)
        notes = (*scope.notes, *_guesses(names, self.shapes))
        return [self._formula(k, value, names, notes) for k, value in enumerate(values)]

    def _check_facts(self, names: Names, table: SizeTable) -> None:
        """Facts must fit something; names of sizes are scalars, names of lets not used have no shape yet."""
        unused = {n.name: () for nodes in self.nodes for n in nodes if isinstance(n, Name)}
        shapes = {name: leaf.shape for name, leaf in names.met.items()}
        facts = {
            n: known for n, known in self.facts.items() if n in shapes or n not in unused or n in self.lets
        }
        check_facts(facts, {**dict.fromkeys(names.sizes, ()), **shapes}, self.lets)

    def _make_alike(self, values: list[Value], scope: Scope) -> None:
        """Find sizes from two shapes that are to be one; I in a trace has the one size that there is."""
        if self.alike is None:
            return
        met: dict[str, Expr] = scope.names.met  # type: ignore[attr-defined]
        first, second = (expr_of(values[k]) if isinstance(k, int) else met.get(k) for k in self.alike)
        if first is not None and second is not None and first.ndim == second.ndim:
            scope.unify_shapes(first.shape, second.shape)
        literal = scope.sizes.unknown_literals()
        used = {node.name for nodes in self.nodes for node in nodes if isinstance(node, Name)}
        leaves = [leaf for name, leaf in met.items() if name in used] or met.values()
        known = {size for leaf in leaves for size in leaf.shape}
        if literal and len(known | {s for s in scope.sizes.unknown() if s not in literal}) == 1:
            for size in literal - known:
                scope.sizes.unify(size, next(iter(known)))

    def _ranks_by_entries(self) -> dict[str, int]:
        """``w_ij`` below a sum over i and j says that w has two axes."""
        found: dict[str, int] = {}
        for node in self.nodes:
            for entry in node:
                if isinstance(entry, Entry) and isinstance(entry.base, Name):
                    axes = len(entry.indices)
                    if axes > 1 or not entry.base.name[:1].isupper():
                        found[entry.base.name] = max(axes, found.get(entry.base.name, 0))
            found.update({name: 1 for name in _vectors_by_place(node) if name not in found})
        return {name: axes for name, axes in found.items() if name not in self.shapes}

    def _size_names(self) -> frozenset[str]:
        """Names of sizes: those in declared shapes, and those a formula gives to ``eye`` and its kin."""
        words = {w for shape in self.shapes.values() for s in shape if isinstance(s, str) for w in _words(s)}
        for node in self.nodes:
            for call in node:
                if isinstance(call, Call) and call.function in _SIZED:
                    words |= {name for a in call.arguments for name in _size_words(a)}
                elif isinstance(call, IndexRange) and isinstance(call.stop, Name):
                    words.add(call.stop.name)
        return frozenset(words)

    def _value(self, scope: Scope, k: int) -> Value:
        node, convention = self.parsed[k]
        with scope.within(self.texts[k], convention):
            value = value_of(node, scope)
        return literal(value) if isinstance(value, tuple) else value

    def _name_sizes(self, unknown: list[str], table: SizeTable, names: Names) -> None:
        """Sizes that nothing determined get names that nothing else has."""
        taken = set(self.shapes) | set(names.met) | set(names.sizes)
        free = [s for s in _NAMES_FOR_SIZES if s not in taken]
        free += [f"n{k}" for k in range(1, len(unknown) + 1) if f"n{k}" not in taken]
        for size, name in zip(unknown, free, strict=False):
            table.settle(size, name)

    def _formula(self, k: int, value: Value, names: Names, notes: tuple[str, ...]) -> Formula:
        text, (node, convention) = self.texts[k], self.parsed[k]
        row = isinstance(value, Row)
        expr = value.expr if isinstance(value, Row) else value
        if not isinstance(expr, Expr):
            raise InputError(
                f"{expr!r} is no formula",
                where=pointed(text, node.span),
                fix="write an expression of variables",
            )
        output = getattr(node, "output", "")
        return Formula(expr, dict(names.met), text, notes, row, convention.dialect, node, output)


def _vectors_by_place(nodes: list[Node]) -> Iterator[str]:
    """Names that suggest scalars, where only a vector makes sense: β'x, ‖θ‖, X β."""
    for node in nodes:
        place: Node | None = None
        if isinstance(node, Transpose | Norm):
            place = node.operand
        elif isinstance(node, Call) and node.function.endswith("norm") and node.arguments:
            place = node.arguments[0]
        elif isinstance(node, Binary) and node.op in ("matmul", "times") and _is_matrix(node.left):
            place = node.right
        if not isinstance(place, Name) or place.name in CONSTANTS or default_rank(place.name):
            continue
        if not isinstance(node, Binary) or 1 in other_ranks(place.name):
            yield place.name


def _is_matrix(node: Node) -> bool:
    """Whether a factor, or the last of several, is a matrix by its letter."""
    if isinstance(node, Binary):
        return node.op in ("matmul", "times") and _is_matrix(node.right)
    inner = node.operand if isinstance(node, Transpose) else node
    return isinstance(inner, Name) and default_rank(inner.name) == 2


def _size_words(node: Node) -> Iterator[str]:
    """The names of sizes in ``eye(n)`` and ``ones((m, 2*n))``; ``eye(len(X))`` has none."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, Items | Binary):
        for part in children(node):
            yield from _size_words(part)


def _words(size: str) -> list[str]:
    return [size] if size[:1] == "?" else re.findall(r"[^\W\d]\w*", size)


def _guesses(names: Names, declared: Mapping[str, Shape]) -> list[str]:
    """One sentence for all names that were not declared: what they are read as."""
    groups: dict[str, list[str]] = {}
    for name in names.guessed():
        shape = names.met[name].shape
        kind = {0: "scalar", 1: "vector", 2: "matrix"}.get(len(shape), f"array of {len(shape)} axes")
        groups.setdefault(kind, []).append(f"{name} {shown_shape(shape)}" if shape else name)
    if not groups:
        return []
    order = sorted(groups, key=lambda kind: {"matrix": 0, "vector": 1, "scalar": 3}.get(kind, 2))
    told = [f"{_plural(kind) if len(groups[kind]) > 1 else kind} {', '.join(groups[kind])}" for kind in order]
    return [f"not declared, so read by habit: {'; '.join(told)}"]


def _plural(kind: str) -> str:
    return {"matrix": "matrices"}.get(kind, kind.replace("array", "arrays") if " " in kind else f"{kind}s")
