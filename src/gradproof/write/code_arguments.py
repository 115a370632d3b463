"""The first lines of a function: what symbolic sizes are, and whether the arguments have their shapes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from gradproof.expr.node import Attrs, Expr, Size, size_symbol
from gradproof.expr.product import PRODUCT, specs_of
from gradproof.expr.sizes import names_in
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_nodes import is_size


def opening(
    arguments: Mapping[str, Expr],
    order: Sequence[Expr],
    dialect: Dialect,
    fresh: Callable[[str], str],
    *,
    asserts: bool,
    required: Collection[str] = (),
) -> list[str]:
    """Lines that read off the sizes, and asserts; the dialect learns the names of the sizes."""
    arrays = {name: node for name, node in arguments.items() if node.shape}
    dialect.reference = next(iter(arrays), "")
    dialect.sizes.clear()
    dialect.sizes |= {node.name: name for name, node in arguments.items() if is_size(node)}
    needed = _needed(order, arrays.values()) | set(required)
    if asserts:
        needed |= _repeated(list(arrays.values()))
    lines: list[str] = []
    for name, node in arrays.items():
        fresh_sizes = _new(node, dialect)
        wanted = [s for s in fresh_sizes if s in needed]
        for size in wanted:
            dialect.sizes[size] = fresh(size)
        unpacked = wanted and list(node.shape) == fresh_sizes and wanted == fresh_sizes
        if unpacked:
            left = ", ".join(dialect.size(s) for s in fresh_sizes)
            lines.append(f"{f'({left},)' if node.ndim == 1 else left} = {name}.shape")
            continue
        lines += [f"{dialect.size(s)} = {name}.shape[{node.shape.index(s)}]" for s in wanted]
        if asserts:
            lines.append(_assertion(name, node, dialect))
    lines += _derived(arrays, needed, dialect, fresh)
    for name, node in arguments.items():
        if not node.shape and not is_size(node):
            line = dialect.as_array(name, order)
            lines += [line] if line else []
    dialect.unknown.clear()
    return lines


def providers(missing: Collection[str], sources: Sequence[Expr]) -> list[Expr]:
    """Arguments that bring the missing sizes: arrays with such axes; where none has it, the size itself.

    The values of such an array are not needed, its shape is.
    """
    left, found = set(missing), list[Expr]()
    candidates = [s for s in sources if s.shape]
    while left and candidates:
        best = max(candidates, key=lambda s: len(left & set(s.shape)))
        if not left & set(best.shape):
            break
        found.append(best)
        left -= set(best.shape)
    return [*found, *(size_symbol(n) for n in sorted(left))]


def told(arguments: Mapping[str, Expr]) -> list[str]:
    """Lines of the docstring about arguments that are whole numbers: the sizes of axes that no array has."""
    names = [name for name, node in arguments.items() if is_size(node)]
    if not names:
        return []
    if len(names) == 1:
        return [f"{names[0]} is the size of an axis, a whole number."]
    return [f"{', '.join(names[:-1])} and {names[-1]} are sizes of axes, whole numbers."]


def _new(node: Expr, dialect: Dialect) -> list[str]:
    """Plain size names that this argument is the first to have."""
    plain = [s for s in node.shape if isinstance(s, str) and s.isidentifier()]
    return [s for s in dict.fromkeys(plain) if s not in dialect.sizes]


def _repeated(arrays: Sequence[Expr]) -> set[str]:
    """Sizes that an assert compares: those that stand in several places, or with others in one place."""
    places = [s for node in arrays for s in node.shape if isinstance(s, str)]
    return {n for s in set(places) for n in names_in(s) if places.count(s) > 1 or s != n}


def _needed(order: Sequence[Expr], arrays: object) -> set[str]:
    """Sizes that the code may have to name: those of arrays that are made or broadcast, and counts."""
    found: set[str] = set()

    def noted(size: Size) -> Size:
        found.update(names_in(size))
        return size

    for node in order:
        if is_size(node):
            found |= names_in(node.name)
        elif node.op is PRODUCT:
            specs, out, sizes = specs_of(node)
            for index in out:
                if len(out) > 2 or not all(index in s for s in specs if s) or not any(specs):
                    noted(sizes[index])
        elif node.op.name in ("merge_axes", "split_axes"):
            for size in node.shape:
                noted(size)
        elif node.op.resize is not None and node.op.name != "symbol":
            attrs: Attrs = node.attrs
            node.op.resize(attrs, noted)
    return found


def _assertion(name: str, node: Expr, dialect: Dialect) -> str:
    unknown = any(isinstance(s, str) and not names_in(s) <= dialect.sizes.keys() for s in node.shape)
    if unknown:
        plural = "axis" if node.ndim == 1 else "axes"
        return f'assert {name}.ndim == {node.ndim}, f"{name} needs {node.ndim} {plural}, not {{{name}.ndim}}"'
    shape = dialect.shape(node.shape)
    symbolic = any(isinstance(s, str) for s in node.shape)
    wanted = f"{shape} = {{{shape}}}" if symbolic else shape
    return f'assert {name}.shape == {shape}, f"{name} has shape {{{name}.shape}}, not {wanted}"'


def _derived(
    arrays: Mapping[str, Expr], needed: set[str], dialect: Dialect, fresh: Callable[[str], str]
) -> list[str]:
    """A size that stands only in a product, such as the n of 2*n or of m*n."""
    lines: list[str] = []
    for name, node in arrays.items():
        for axis, size in enumerate(node.shape):
            if not isinstance(size, str) or " + " in size:
                continue
            open_names = [n for n in names_in(size) if n in needed and n not in dialect.sizes]
            others = [f for f in size.split("*") if f not in open_names]
            if len(open_names) == 1 and size.split("*").count(open_names[0]) == 1:
                dialect.sizes[open_names[0]] = fresh(open_names[0])
                divisor = " * ".join(dialect.size(int(f) if f.isdigit() else f) for f in others)
                divisor = f"({divisor})" if len(others) > 1 else divisor
                lines.append(f"{dialect.sizes[open_names[0]]} = {name}.shape[{axis}] // {divisor}")
    return lines
