"""The user's source: which span of it computed an expression, and what each line assigns."""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache
from types import CodeType
from typing import Any

from gradproof.read.trace import Origin

Target = tuple[str, str]
_MUTATORS = {"append", "extend", "insert", "update", "setdefault"}


# Code objects of two files are equal where their instructions are; what is cached of one is therefore keyed
# by its identity too. The key holds the object, so an identity is never that of another one.
@lru_cache(maxsize=4096)
def _positions(identity: int, code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    linecache.checkcache(code.co_filename)  # the file may have been written anew since it was last read
    return list(code.co_positions())


def origin(code: CodeType, instruction: int) -> Origin:
    """The source span of the instruction that was running."""
    return _origin(id(code), code, instruction)


@lru_cache(maxsize=65536)
def _origin(identity: int, code: CodeType, instruction: int) -> Origin:
    spans = _positions(identity, code)
    line, end_line, column, end_column = (
        spans[instruction // 2] if 0 <= instruction // 2 < len(spans) else (None,) * 4
    )
    first = code.co_firstlineno if line is None else line
    start, end = column or 0, end_column or 0
    source = linecache.getline(code.co_filename, first)
    if source and not source.isascii():  # positions count bytes
        start = len(source.encode()[:start].decode(errors="ignore"))
        last = source if end_line in (None, first) else linecache.getline(code.co_filename, end_line or first)
        end = len(last.encode()[:end].decode(errors="ignore"))
    return Origin(code.co_filename, code.co_qualname, first, end_line or first, start, end)


@lru_cache(maxsize=256)
def _parsed(filename: str, source: str) -> dict[int, list[Target]]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return {}
    lines: dict[int, list[Target]] = {}
    for node in ast.walk(tree):
        for target in _targets(node):
            _enter(target, lines)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _MUTATORS
        ):
            path = _path(node.func.value)
            if path:
                lines.setdefault(node.lineno, []).append(("items", path))
    return lines


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, ast.AugAssign | ast.AnnAssign | ast.NamedExpr | ast.For):
        return [node.target]
    return []


def _enter(target: ast.expr, lines: dict[int, list[Target]]) -> None:
    if isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            _enter(item, lines)
    elif isinstance(target, ast.Starred):
        _enter(target.value, lines)
    elif isinstance(target, ast.Name):
        lines.setdefault(target.lineno, []).append(("name", target.id))
    elif isinstance(target, ast.Attribute):
        path = _path(target)
        if path:
            lines.setdefault(target.lineno, []).append(("attribute", path))
    elif isinstance(target, ast.Subscript):
        base: ast.expr = target
        while isinstance(base, ast.Subscript):
            base = base.value
        path = _path(base)
        if path:
            lines.setdefault(target.lineno, []).append(("items", path))


def _path(node: ast.expr) -> str:
    """``a.b.c`` for names and attributes of names, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _path(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def assigned(code: CodeType) -> dict[int, list[Target]]:
    """What the lines of a code object assign: ("name", x), ("attribute", self.x), ("items", container)."""
    return _assigned(id(code), code)


@lru_cache(maxsize=4096)
def _assigned(identity: int, code: CodeType) -> dict[int, list[Target]]:
    linecache.checkcache(code.co_filename)
    source = "".join(linecache.getlines(code.co_filename))
    found = _parsed(code.co_filename, source) if source else {}
    return found or _from_bytecode(code)


def _from_bytecode(code: CodeType) -> dict[int, list[Target]]:
    import dis

    lines: dict[int, list[Target]] = {}
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        position: Any = instruction.positions
        line = position.lineno or line
        if instruction.opname in ("STORE_FAST", "STORE_NAME", "STORE_GLOBAL", "STORE_DEREF"):
            lines.setdefault(line, []).append(("name", str(instruction.argval)))
    return lines
