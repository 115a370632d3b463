"""Code of single nodes: literals, powers, records' templates, index brackets, stores."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import cast

from gradproof.expr.elementwise import POWER
from gradproof.expr.indexing import Template
from gradproof.expr.node import CONSTANT, DELTA, NUMBER, SYMBOL, ArrayData, Expr, facts_of
from gradproof.expr.product import PRODUCT, is_zero, specs_of
from gradproof.write import code_text as levels
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_text import ATOM, COMPARISON, UNARY, Code, joined_shape, number_code
from gradproof.write.rearranged import is_count, literal_array, place
from gradproof.write.template import filled_in

CodeOf = Callable[[Expr], Code]
_LARGEST_LITERAL = 32
TRUTH = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_and", "logical_or",
         "logical_xor", "logical_not", "isnan", "isfinite", "any", "all"}  # fmt: skip
_LEVELS: dict[type[ast.AST], int] = {
    ast.Add: levels.SUM, ast.Sub: levels.SUM, ast.Mult: levels.PRODUCT, ast.Div: levels.PRODUCT,
    ast.MatMult: levels.PRODUCT, ast.Mod: levels.PRODUCT, ast.FloorDiv: levels.PRODUCT, ast.Pow: levels.POWER,
}  # fmt: skip


def is_size(node: Expr) -> bool:
    """Whether a node is the size of an axis as a number."""
    return node.op is SYMBOL and "size" in facts_of(node)


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


def literal_code(node: Expr, dialect: Dialect) -> Code:
    """A literal array, written out."""
    array = literal_array(node)
    assert array is not None
    if is_count(array):
        return Code(dialect.arange(array.size), ATOM, node.shape)
    if not array.size or array.dtype.kind not in "biuf":
        return Code(dialect.array(str(array.tolist()), str(array.dtype)), ATOM, node.shape)
    return Code(dialect.array(str(array.tolist())), ATOM, node.shape, array.dtype.kind == "b")


def power_code(base: Code, exponent: Fraction | float, dialect: Dialect) -> Code:
    """x**2, np.sqrt(x), 1 / x."""
    if exponent < 0:
        below = power_code(base, -exponent, dialect)
        return Code(f"1 / {below.at(levels.POWER)}", levels.PRODUCT, base.shape)
    if exponent == Fraction(1, 2):
        return Code(dialect.sqrt(base.text), ATOM, base.shape)
    base = base.numeric()
    if exponent == 1:
        return base
    return Code(f"{base.at(ATOM)}**{number_code(exponent).at(ATOM)}", levels.POWER, base.shape)


def call_code(node: Expr, arguments: Sequence[Code], dialect: Dialect) -> Code:
    """The template of the record, filled in; entrywise functions leave broadcasting to the library."""
    if node.op.name in ("argmax", "argmin") and len(cast("tuple[int, ...]", node.attrs[0])) != 1:
        text = dialect.reshaped(f"{dialect.module}.{node.op.name}({arguments[0].text})", node.shape)
        return Code(text, ATOM, node.shape)

    def argument(k: int, enclosed: bool) -> str:
        return arguments[k].at(COMPARISON if enclosed and node.op.name not in TRUTH else ATOM)

    text = filled_in(dialect.template(node), _sized(node, dialect), argument)
    shape = joined_shape(arguments) if node.op.elementwise else node.shape
    return Code(text, _level(text), shape, node.op.name in TRUTH)


class _Text(str):
    """Code that stands for an attribute."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _sized(node: Expr, dialect: Dialect) -> tuple[object, ...]:
    """The attributes, sizes among them by their names in the source."""
    if node.op.resize is None:
        return node.attrs
    return node.op.resize(
        node.attrs, lambda size: size if isinstance(size, int) else _Text(dialect.size(size))
    )


@lru_cache(maxsize=4096)
def _level(text: str) -> int:
    """How tightly a Python expression binds, asked of Python's own parser."""
    body = ast.parse(text, mode="eval").body
    if isinstance(body, ast.BinOp):
        return _LEVELS.get(type(body.op), COMPARISON)
    if isinstance(body, ast.UnaryOp):
        return UNARY
    return ATOM if isinstance(body, ast.Call | ast.Name | ast.Attribute | ast.Subscript) else COMPARISON


class Rearranging:
    """Code of the nodes that rearrange entries, in one dialect, given the code of their arguments."""

    def __init__(self, dialect: Dialect, code_of: CodeOf) -> None:
        self.dialect = dialect
        self.code_of = code_of

    def whole(self, node: Expr) -> Code:
        """Code of a node in its own shape, without reliance on broadcasting."""
        return self.dialect.full(self.code_of(node), node.shape)

    def brackets(self, template: Template, arrays: Sequence[Expr]) -> str:
        """What stands between the brackets of ``a[...]``."""
        return "".join(str(p) for p in place(template, [self.whole(a).text for a in arrays]))

    def index(self, node: Expr) -> Code:
        """``x[...]``."""
        base = self.whole(node.args[0])
        template = cast("Template", node.attrs[0])
        inside = self.dialect.taken(base.at(ATOM), template, self.brackets(template, node.args[1:]))
        return Code(inside, ATOM, node.shape, base.boolean)

    def concatenate(self, node: Expr) -> Code:
        """``np.concatenate([...], axis=0)``."""
        blocks = ", ".join(self.whole(a).text for a in node.args)
        return Code(self.dialect.concatenated(blocks, node.attrs[0]), ATOM, node.shape)

    def _start(self, name: str, node: Expr, base: Expr | None) -> str:
        if base is None or is_zero(base):
            return self.dialect.zeros_line(name, node.shape)
        return self.dialect.copy_line(name, self.whole(base).text)

    def _added(self, name: str, template: Template, inside: str, value: Code) -> str:
        repeats = any(item[0] == "array" for item in template)
        return self.dialect.add_line(name, inside, value.text, repeats=repeats)

    def store(self, node: Expr, name: str) -> list[str]:
        """A copy of the base, and one line for each value stored or added."""
        base, *rest = node.args
        templates, counts = cast("tuple[tuple[Template, ...], tuple[int, ...]]", node.attrs)
        lines, position = [self._start(name, node, base)], 0
        for template, n in zip(templates, counts, strict=True):
            value, arrays = self.code_of(rest[position]), rest[position + 1 : position + 1 + n]
            position += 1 + n
            inside = self.brackets(template, arrays)
            if node.op.name == "store":
                lines.append(self.dialect.store_line(name, inside, value.text))
            else:
                lines.append(self._added(name, template, inside, value))
        return lines

    def scatter(self, node: Expr, name: str) -> list[str]:
        """Zeros, and a line that adds the values."""
        value, *arrays = node.args
        template = cast("Template", node.attrs[0])
        inside = self.brackets(template, arrays)
        return [self._start(name, node, None), self._added(name, template, inside, self.code_of(value))]


STATEMENTS: dict[str, Callable[[Rearranging, Expr, str], list[str]]] = {
    "store": Rearranging.store,
    "accumulate": Rearranging.store,
    "scatter_add": Rearranging.scatter,
}
