"""What was written and is gone from the expression: √a from (√a)², which is read as a."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr.node import Expr, facts_of, postorder
from gradproof.proving.domain import partial_functions
from gradproof.read.notation import Formula, read
from gradproof.read.notation.tree import Binary, Call, Node, Number, walk

_PARTIAL = frozenset(
    ("sqrt", "log", "ln", "log2", "log10", "log1p", "arcsin", "arccos", "arctanh", "arccosh", "asin", "acos")
)
_CHOICES = frozenset(["where", "piecewise", "nan_to_num"])
MAX_PARTS = 12


def lost_parts(formula: Formula, let: Mapping[str, str] | None) -> list[Expr]:
    """The partial functions that the text has and the expression has not."""
    if formula.tree is None or let:
        return []
    nodes = list(walk(formula.tree))
    if any(isinstance(n, Call) and n.function.rpartition(".")[2] in _CHOICES for n in nodes):
        return []  # a branch that is not taken needs no value
    written = {formula.text[slice(*n.span)]: n for n in nodes if _is_partial(n)}
    if len(written) <= len(partial_functions(formula.expression)):
        return []
    kept = set(postorder(formula.expression))
    parts = [_read(text, formula) for text in list(written)[:MAX_PARTS]]
    return [p for p in parts if p is not None and any(n not in kept for n in partial_functions(p))]


def _is_partial(node: Node) -> bool:
    if isinstance(node, Call):
        return node.function.rpartition(".")[2] in _PARTIAL
    if isinstance(node, Binary) and node.op == "power":
        value = node.right.value if isinstance(node.right, Number) else None
        return not (isinstance(value, Fraction) and value.denominator == 1)
    return False


def _read(text: str, formula: Formula) -> Expr | None:
    shapes = {name: leaf.shape for name, leaf in formula.symbols.items() if "size" not in facts_of(leaf)}
    facts = {n: sorted(facts_of(s)) for n, s in formula.symbols.items() if n in shapes and facts_of(s)}
    try:
        return read(text, shapes=shapes, assume=facts, dialect=formula.dialect).expression
    except InputError:  # a part that makes no sense by itself
        return None
