"""NumPy code of single nodes: literals, powers, records' templates, index brackets, stores."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import cast

from gradproof.expr.elementwise import POWER
from gradproof.expr.indexing import Template
from gradproof.expr.node import CONSTANT, DELTA, NUMBER, SYMBOL, ArrayData, Expr
from gradproof.expr.product import PRODUCT, is_zero, specs_of
from gradproof.write import numpy_code as levels
from gradproof.write.numpy_code import (
    ATOM,
    COMPARISON,
    UNARY,
    Code,
    full,
    joined_shape,
    number_code,
    shape_text,
)
from gradproof.write.rearranged import is_count, literal_array, place
from gradproof.write.template import filled_in

CodeOf = Callable[[Expr], Code]
_LARGEST_LITERAL = 32
_TRUTH = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or",
          "logical_xor", "logical_not", "isnan", "isfinite", "any", "all"}  # fmt: skip
_LEVELS: dict[type[ast.AST], int] = {
    ast.Add: levels.SUM, ast.Sub: levels.SUM, ast.Mult: levels.PRODUCT, ast.Div: levels.PRODUCT,
    ast.MatMult: levels.PRODUCT, ast.Mod: levels.PRODUCT, ast.FloorDiv: levels.PRODUCT, ast.Pow: levels.POWER,
}  # fmt: skip


def is_leaf(node: Expr) -> bool:
    """Whether a node is never worth a line."""
    return node.op in (SYMBOL, NUMBER, CONSTANT, DELTA)


def is_argument(node: Expr) -> bool:
    """Whether a literal array is too large to be written out, or has a name: it becomes an argument."""
    array = literal_array(node)
    if array is None or is_count(array):
        return False
    return array.size > _LARGEST_LITERAL or bool(cast("ArrayData", node.attrs[0]).label)


def is_transparent(node: Expr) -> bool:
    """A transpose, an axis of size 1 more or less, a broadcast: no work, so never a line of its own."""
    if node.op is not PRODUCT or len(node.args) != 1:
        return node.op is DELTA
    specs, out, sizes = specs_of(node)
    if len(set(specs[0])) < len(specs[0]):
        return False
    return all(i in out or sizes[i] == 1 for i in range(len(sizes)))


def is_cheap(node: Expr) -> bool:
    """A scalar of two or three leaves, such as λ/(2m): written again wherever it is used."""
    if node.shape or not node.args:
        return not node.shape
    if node.op not in (PRODUCT, POWER):
        return False
    return len(node.args) <= 3 and all(is_cheap(a) for a in node.args)


def literal_code(node: Expr) -> Code:
    """A literal array, written out."""
    array = literal_array(node)
    assert array is not None
    if is_count(array):
        return Code(f"np.arange({array.size})", ATOM, node.shape)
    if not array.size or array.dtype.kind not in "biuf":
        return Code(f"np.array({array.tolist()}, dtype={str(array.dtype)!r})", ATOM, node.shape)
    text = f"np.array({array.tolist()})".replace("nan", "np.nan").replace("inf", "np.inf")
    return Code(text, ATOM, node.shape, array.dtype.kind == "b")


def power_code(base: Code, exponent: Fraction | float) -> Code:
    """x**2, np.sqrt(x), 1 / x."""
    if exponent < 0:
        return Code(f"1 / {power_code(base, -exponent).at(levels.POWER)}", levels.PRODUCT, base.shape)
    if exponent == Fraction(1, 2):
        return Code(f"np.sqrt({base.text})", ATOM, base.shape)
    base = base.numeric()
    if exponent == 1:
        return base
    return Code(f"{base.at(ATOM)}**{number_code(exponent).at(ATOM)}", levels.POWER, base.shape)


def call_code(node: Expr, arguments: Sequence[Code]) -> Code:
    """The template of the record, filled in; entrywise functions leave broadcasting to NumPy."""
    if node.op.name in ("argmax", "argmin") and len(cast("tuple[int, ...]", node.attrs[0])) != 1:
        text = f"np.reshape(np.{node.op.name}({arguments[0].text}), {shape_text(node.shape)})"
        return Code(text, ATOM, node.shape)

    def argument(k: int, enclosed: bool) -> str:
        return arguments[k].at(COMPARISON if enclosed and node.op.name not in _TRUTH else ATOM)

    text = filled_in(node.op.numpy, node.attrs, argument)
    shape = joined_shape(arguments) if node.op.elementwise else node.shape
    return Code(text, _level(text), shape, node.op.name in _TRUTH)


def _level(text: str) -> int:
    """How tightly a Python expression binds, asked of Python's own parser."""
    body = ast.parse(text, mode="eval").body
    if isinstance(body, ast.BinOp):
        return _LEVELS.get(type(body.op), COMPARISON)
    if isinstance(body, ast.UnaryOp):
        return UNARY
    return ATOM if isinstance(body, ast.Call | ast.Name | ast.Attribute | ast.Subscript) else COMPARISON


def whole(node: Expr, code_of: CodeOf) -> Code:
    """Code of a node in its own shape, without reliance on broadcasting."""
    return full(code_of(node), node.shape)


def brackets(template: Template, arrays: Sequence[Expr], code_of: CodeOf) -> str:
    """What stands between the brackets of ``a[...]``."""
    return "".join(str(p) for p in place(template, [whole(a, code_of).text for a in arrays]))


def index_code(node: Expr, code_of: CodeOf) -> Code:
    """``x[...]``."""
    base = whole(node.args[0], code_of)
    inside = brackets(cast("Template", node.attrs[0]), node.args[1:], code_of)
    return Code(f"{base.at(ATOM)}[{inside or '...'}]", ATOM, node.shape, base.boolean)


def concatenate_code(node: Expr, code_of: CodeOf) -> Code:
    """``np.concatenate([...], axis=0)``."""
    blocks = ", ".join(whole(a, code_of).text for a in node.args)
    return Code(f"np.concatenate([{blocks}], axis={node.attrs[0]})", ATOM, node.shape)


def _start(node: Expr, base: Expr | None, code_of: CodeOf) -> str:
    if base is None or is_zero(base):
        return f"np.zeros({shape_text(node.shape)})"
    return f"np.array({whole(base, code_of).text}, dtype=float)"


def _added(name: str, template: Template, inside: str, value: Code) -> str:
    if all(item[0] != "array" for item in template):
        return f"{name}[{inside or '...'}] += {value.text}"
    if ":" in inside or "None" in inside:
        inside = f"np.s_[{inside}]"
    elif len(template) > 1:
        inside = f"({inside})"
    return f"np.add.at({name}, {inside}, {value.text})"


def store_lines(node: Expr, name: str, code_of: CodeOf) -> list[str]:
    """A copy of the base, and one line for each value stored or added."""
    base, *rest = node.args
    templates, counts = cast("tuple[tuple[Template, ...], tuple[int, ...]]", node.attrs)
    lines, position = [f"{name} = {_start(node, base, code_of)}"], 0
    for template, n in zip(templates, counts, strict=True):
        value, arrays = code_of(rest[position]), rest[position + 1 : position + 1 + n]
        position += 1 + n
        inside = brackets(template, arrays, code_of)
        if node.op.name == "store":
            lines.append(f"{name}[{inside or '...'}] = {value.text}")
        else:
            lines.append(_added(name, template, inside, value))
    return lines


def scatter_lines(node: Expr, name: str, code_of: CodeOf) -> list[str]:
    """Zeros, and a line that adds the values."""
    value, *arrays = node.args
    template = cast("Template", node.attrs[0])
    inside = brackets(template, arrays, code_of)
    return [f"{name} = {_start(node, None, code_of)}", _added(name, template, inside, code_of(value))]


STATEMENTS: dict[str, Callable[[Expr, str, CodeOf], list[str]]] = {
    "store": store_lines,
    "accumulate": store_lines,
    "scatter_add": scatter_lines,
}
