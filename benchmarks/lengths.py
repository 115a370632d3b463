"""How long a formula is: the number of operators that a reader has to take in.

Counted alike on both sides: each +, −, ∘, division and product (written or by standing side by side), each
transpose, inverse and power, each function, norm and bracketed index; names, numbers and I are operands.
"""

from __future__ import annotations

import ast
import re
from typing import Any

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<infix>[+−∘⊘⊗=<>≥≤≠·@]|/)|(?P<post>⁻ᵀ|⁻¹ᵀ|[ᵀᴴ⁺]|\^∘?[\w.−(]+|⁻?[¹²³⁴⁵⁶⁷⁸⁹⁰]+)"
    r"|(?P<norm>‖(?:_?[F∞*₁₂]+)?)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<word>√?[^\W\d_][\w₀-₉.′|]*|\d[\d.]*)|(?P<other>.)"
)


def text_length(text: str) -> int:
    """Operators of a printed formula; of every line ``where T₁ = ...`` those on its right."""
    return sum(_line_length(re.sub(r"^\s*(where )?[^=]{1,12}= ", "", line)) for line in text.splitlines())


def _line_length(line: str) -> int:
    count, operand, spaced, inside = 0, False, False, 0
    for match in _TOKEN.finditer(line):
        kind, token = match.lastgroup, match.group()
        if kind == "space":
            spaced = True
            continue
        if kind == "infix":
            count += 1
            operand = False
        elif kind == "post":
            count += 2 if token in ("⁻ᵀ", "⁻¹ᵀ") else 1
            operand = True
        elif kind == "norm":
            inside = 1 - inside
            if inside:
                count += 1 + (operand and spaced)
            operand = not inside
        elif kind == "open":
            called = operand and not spaced
            count += 1 if called or (operand and spaced) else 0
            operand = False
        elif kind == "close":
            operand = True
        else:
            count += operand and spaced
            count += token.count("√") or 0
            operand = True
        spaced = False
    return count


def expression_length(derivation: Any) -> int:
    """Operators of a derivation's printed result; the convention stated below it is no part of it."""
    lines = derivation.to_text().split(" = ", 1)[1].splitlines()
    return text_length("\n".join(line for line in lines if not line.startswith("(")))


_SHAPE_ONLY = {"eye", "ones_like", "zeros_like", "len", "ones", "zeros"}


def python_length(text: str) -> int:
    """Operators of a formula in Python."""
    return _node_length(ast.parse(text, mode="eval").body)


def _node_length(node: ast.AST) -> int:
    below = sum(_node_length(child) for child in ast.iter_child_nodes(node))
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return 0 if name in _SHAPE_ONLY else 1 + below
    if isinstance(node, ast.Attribute):
        return below + (node.attr == "T")
    if isinstance(node, ast.Subscript):
        return _node_length(node.value)  # b[:, None] says how shapes meet, which a formula does not write
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare):
        return below + 1
    return below
