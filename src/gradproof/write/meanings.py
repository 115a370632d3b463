"""What printed names mean that no textbook has, told once below a result: ``polar(X) = U Vᵀ of ...``."""

from __future__ import annotations

import re

from gradproof.expr.node import OPERATIONS, Expr, postorder


def meanings(expr: Expr, text: str) -> list[str]:
    """The sentence of each operation below an expression whose name its print has.

    Parameters
    ----------
    text : the print; an operation that prints as something else, joined axes as ``vec``, is not explained
    """
    found: dict[str, None] = {}
    for node in postorder(expr):
        ops = [node.op]
        if node.op.name == "each":
            ops.append(OPERATIONS[str(node.attrs[0])])
        for op in ops:
            if op.meaning and _name_of(op.meaning).search(text):
                found[op.meaning] = None
    return list(found)


def _name_of(meaning: str) -> re.Pattern[str]:
    word = re.escape(meaning.partition("(")[0]).replace("_k", r"_\w+")
    return re.compile(rf"(?<!\w){word}\(")
