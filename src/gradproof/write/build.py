"""From an expression to the form of its matrix notation, each node once, arguments first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import cast

from gradproof.expr.kronecker import as_kron, as_vec
from gradproof.expr.node import CONSTANT, DELTA, NUMBER, SYMBOL, Expr
from gradproof.expr.product import specs_of
from gradproof.write.algebra import add, kronecker, matmul, power, spelled_out, vec
from gradproof.write.entries import Entries
from gradproof.write.familiar import familiar
from gradproof.write.form import (
    IDENTITY,
    Call,
    Collected,
    Filled,
    Form,
    Inverse,
    Name,
    Number,
    kind_of,
)
from gradproof.write.names import text_name
from gradproof.write.network import product_form
from gradproof.write.rearranged import REARRANGED, literal_form

LONGEST = 120  # nodes that one equation may hold before parts of it are named T1, T2, ...


class Builder:
    """Forms of all nodes below a root.

    Attributes
    ----------
    forms : form of each node
    names : names of nodes that print as atoms: the user's and those given to parts that are too long
    definitions : nodes that were named because the equation grew too long, and their forms
    fallbacks : products that matrix notation cannot express, written by their entries
    """

    def __init__(self, root: Expr, names: Mapping[Expr, str], expand: Collection[Expr] = ()) -> None:
        self.root = root
        self.definitions: dict[Expr, Form] = {}
        self.fallbacks: list[Expr] = []
        named, below = _opened(root, names, expand)
        self.names = {node: names[node] for node in named}
        self.forms: dict[Expr, Form] = {n: Name(kind_of(n.shape), n) for n in named}
        self.symbols = [n for n in below if n.op is SYMBOL]
        taken = {text_name(n.name) for n in self.symbols} | {text_name(n) for n in self.names.values()}
        self.entries = Entries(self.forms.__getitem__, [*named, *self.symbols], taken)
        weight: dict[Expr, int] = {}
        for node in below:
            self.forms[node] = self._form(node)
            weight[node] = 1 + sum(weight.get(a, 1) for a in node.args)
            if weight[node] > LONGEST and node is not root:
                self._cut(node)
                weight[node] = 1

    def _cut(self, node: Expr) -> None:
        self.definitions[node] = self.forms[node]
        number = len(self.definitions)
        taken = {*self.names.values(), *(s.name for s in self.symbols)}
        letter = next(c for c in "TUVQRS" if f"{c}{number}" not in taken)
        self.names[node] = f"{letter}{number}"
        self.forms[node] = Name(kind_of(node.shape), node)
        self.entries.atoms.add(node)

    def _form(self, node: Expr) -> Form:
        if not node.args:
            return self._leaf(node)
        special = _SPECIAL.get(node.op.name)
        parts = [self.forms[a] for a in node.args]
        if special is not None:
            return special(self, node, parts)
        if node.op.text == "{0}":  # casts
            return parts[0]
        kind = kind_of(node.shape)
        if not node.op.elementwise:
            return Call(kind, node, tuple(spelled_out(p) for p in parts))
        fills = [p.scalar for p in parts if isinstance(p, Filled)]
        if kind != "scalar" and len(fills) == len(parts):
            return Filled(kind, Call("scalar", node, tuple(fills)))
        return Call(kind, node, tuple(parts))

    def _solve(self, node: Expr, parts: list[Form]) -> Form:
        if node.ndim == 2:
            return matmul(Inverse(parts[0].kind, parts[0]), parts[1])
        return Call(kind_of(node.shape), node, tuple(parts))

    def _merged(self, node: Expr, parts: list[Form]) -> Form:
        """A ⊗ B and vec(X) where joined axes are these."""
        pair, matrix = as_kron(node), as_vec(node)
        if pair is not None or matrix is not None:
            self.fallbacks = [f for f in self.fallbacks if f is not node.args[0]]
        if pair is not None and all(a.ndim == 2 for a in pair):
            return kronecker(*(self._below(a) for a in pair))
        if matrix is not None:
            return vec(self._below(matrix))
        return Call(kind_of(node.shape), node, tuple(parts))

    def _below(self, node: Expr) -> Form:
        """The form of an expression that the graph holds in pieces."""
        if node not in self.forms:
            below = Builder(node, self.names)
            self.forms[node] = below.forms[node]
            self.symbols += [s for s in below.symbols if s not in self.symbols]
        return self.forms[node]

    def _rearranged(self, node: Expr, parts: list[Form]) -> Form:
        return REARRANGED[node.op.name](node, self.forms.__getitem__)

    def _leaf(self, node: Expr) -> Form:
        if node.op is NUMBER:
            return number_form(cast("Fraction", node.attrs[0]))
        if node.op is DELTA:
            return IDENTITY
        if node.op is CONSTANT:
            return literal_form(node)
        if node.op is SYMBOL:
            return Name(kind_of(node.shape), node)
        return Call(kind_of(node.shape), node, ())

    def _product(self, node: Expr, parts: list[Form]) -> Form:
        specs, out, sizes = specs_of(node)
        factors = list(zip(parts, specs, node.args, strict=True))
        form = product_form(factors, out, sizes, node.shape)
        return self.by_entries(node) if form is None else form

    def by_entries(self, node: Expr) -> Form:
        """The array of its entries: [Σ_k a_ijk b_k]_ij."""
        self.fallbacks.append(node)
        used: set[str] = set()
        indices, letters = self.entries.free(node, used)
        body = self.entries.entry(node, indices, used)
        return Collected(kind_of(node.shape), body, letters) if letters else body

    def entry(self) -> tuple[Form, tuple[str, ...]]:
        """One entry of the root in index notation, and its free letters."""
        used: set[str] = set()
        indices, letters = self.entries.free(self.root, used)
        if self.root.op is NUMBER:
            return Number("scalar", cast("Fraction", self.root.attrs[0])), ()
        return self.entries.entry(self.root, indices, used), letters


def number_form(value: Fraction | float) -> Form:
    """A number; 2π, 2/√π and log 2 by their names."""
    return familiar(value) or Number("scalar", value)


def _opened(root: Expr, names: Mapping[Expr, str], expand: Collection[Expr]) -> tuple[list[Expr], list[Expr]]:
    """The nodes that print as names, and the others, arguments before their users. Not recursive."""
    named: list[Expr] = []
    below: list[Expr] = []
    seen: set[Expr] = set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            below.append(node)
        elif node not in seen:
            seen.add(node)
            if node in names and node not in expand:
                named.append(node)
            else:
                stack.append((node, True))
                stack.extend((a, False) for a in reversed(node.args))
    return named, below


_SPECIAL: Mapping[str, Callable[[Builder, Expr, list[Form]], Form]] = {
    "sum": lambda builder, node, parts: add(parts),
    "product": Builder._product,
    "power": lambda builder, node, parts: power(*parts),
    "inv": lambda builder, node, parts: Inverse(parts[0].kind, parts[0]),
    "solve": Builder._solve,
    "merge_axes": Builder._merged,
    **dict.fromkeys(REARRANGED, Builder._rearranged),
}
