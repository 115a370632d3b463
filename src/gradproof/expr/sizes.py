"""Symbolic sizes of axes: their arithmetic, and numbers in their place.

A size is an integer, a name such as ``n``, or a sum of products of these in one normal form: ``2*n``,
``m*p``, ``m + n``, ``n + -1``, ``min(m, n)``. Equal sizes are equal strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from gradproof.errors import ShapeError
from gradproof.expr.node import SYMBOL, Expr, Size, facts_of, iterate_postorder, make, number
from gradproof.expr.product import PRODUCT, SUM, add, einsum, specs_of

_Terms = dict[tuple[str, ...], int]


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that no bracket encloses."""
    parts, depth, start = [], 0, 0
    for k, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth and text.startswith(separator, k):
            parts.append(text[start:k])
            start = k + len(separator)
    return [*parts, text[start:]]


def _terms(size: Size) -> _Terms:
    if isinstance(size, int):
        return {(): size} if size else {}
    found: _Terms = {}
    for term in _split(size, " + "):
        names = _split(term, "*")
        count = prod(int(n) for n in names if _is_number(n))
        key = tuple(sorted(n for n in names if not _is_number(n)))
        found[key] = found.get(key, 0) + count
    return found


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def _spelled(terms: _Terms) -> Size:
    kept = {names: count for names, count in sorted(terms.items(), key=lambda t: (not t[0], t[0])) if count}
    if not any(kept):
        return kept.get((), 0)
    return " + ".join("*".join([*([str(c)] if c != 1 or not n else []), *n]) for n, c in kept.items())


@lru_cache(maxsize=4096)
def plus(*sizes: Size) -> Size:
    """Sum of sizes: the axis of a concatenation."""
    total: _Terms = {}
    for size in sizes:
        for names, count in _terms(size).items():
            total[names] = total.get(names, 0) + count
    return _spelled(total)


@lru_cache(maxsize=4096)
def times(*sizes: Size) -> Size:
    """Product of sizes: the axis of a Kronecker product, or of several axes written as one."""
    total: _Terms = {(): 1}
    for size in sizes:
        longer: _Terms = {}
        for names, count in total.items():
            for other, factor in _terms(size).items():
                key = tuple(sorted((*names, *other)))
                longer[key] = longer.get(key, 0) + count * factor
        total = longer
    return _spelled(total)


@lru_cache(maxsize=4096)
def minus(size: Size, other: Size) -> Size:
    """Difference of two sizes: what is left of an axis."""
    return plus(size, times(-1, other))


@lru_cache(maxsize=4096)
def least(size: Size, other: Size) -> Size:
    """The smaller of two sizes, ``min(m, n)``: the number of singular values."""
    if isinstance(size, int) and isinstance(other, int):
        return min(size, other)
    if size == other:
        return size
    return f"min({', '.join(sorted((str(size), str(other))))})"


def _parts_of_least(name: str) -> list[Size]:
    """What a name such as ``min(m, n)`` compares; nothing for a plain name."""
    if not name.startswith("min("):
        return []
    return [int(part) if _is_number(part) else part for part in _split(name[4:-1], ", ")]


def bound(size: Size, numbers: Mapping[str, int]) -> Size:
    """The size with numbers in the place of names."""
    if isinstance(size, int):
        return size
    return plus(*(times(*(_bound_name(n, numbers) for n in names), c) for names, c in _terms(size).items()))


def _bound_name(name: str, numbers: Mapping[str, int]) -> Size:
    parts = _parts_of_least(name)
    if parts:
        return least(*(bound(part, numbers) for part in parts))
    return numbers.get(name, name)


def names_in(size: Size) -> set[str]:
    """The names that occur in a size."""
    if isinstance(size, int):
        return set()
    found: set[str] = set()
    for name in (n for names in _terms(size) for n in names):
        parts = _parts_of_least(name)
        found |= {n for part in parts for n in names_in(part)} if parts else {name}
    return found


def with_sizes(roots: Sequence[Expr], numbers: Mapping[str, int]) -> dict[Expr, Expr]:
    """Every node below the roots with numbers in the place of size names."""
    done: dict[Expr, Expr] = {}
    for node in iterate_postorder(roots, set()):
        args = tuple(done[a] for a in node.args)
        if node.op is SYMBOL and "size" in facts_of(node):
            value = bound(node.name, numbers)
            done[node] = number(value) if isinstance(value, int) else node
        elif node.op is PRODUCT:
            specs, out, sizes = specs_of(node)
            done[node] = einsum(specs, args, out, [bound(n, numbers) for n in sizes])
        elif node.op is SUM:
            done[node] = add(*args)
        else:
            attrs = node.attrs
            if node.op.resize is not None:
                attrs = node.op.resize(attrs, lambda n: bound(n, numbers))
            done[node] = node if args == node.args and attrs == node.attrs else make(node.op, args, attrs)
    return done


def names_below(roots: Sequence[Expr]) -> set[str]:
    """The names of all sizes that the value of an expression depends on."""
    found: set[str] = set()

    def noted(size: Size) -> Size:
        found.update(names_in(size))
        return size

    for node in iterate_postorder(roots, set()):
        if node.op is SYMBOL and "size" in facts_of(node):
            noted(node.name)
        elif node.op is PRODUCT:
            for size in specs_of(node)[2]:
                noted(size)
        elif node.op.resize is not None:
            node.op.resize(node.attrs, noted)
    return found


def sizes_of(arrays: Iterable[tuple[Expr, Any]]) -> dict[str, int]:
    """The number behind each size name, read off the shapes of the arrays given for symbols.

    Raises
    ------
    ShapeError
        An array does not have its symbol's shape, or two arrays disagree about a size.
    """
    numbers: dict[str, int] = {}
    origin: dict[str, str] = {}
    for leaf, array in arrays:
        shape = tuple(getattr(array, "shape", ()))
        if len(shape) != leaf.ndim:
            raise ShapeError(
                f"{leaf.name} has shape {shown_shape(leaf.shape)}; an array of shape {shape} was given",
                fix=f"give an array with {leaf.ndim} axes" if leaf.ndim else "give a number",
            )
        for size, length in zip(leaf.shape, shape, strict=True):
            if isinstance(size, str) and size.isidentifier():
                known = numbers.setdefault(size, length)
                origin.setdefault(size, leaf.name)
            else:
                known = bound(size, numbers)  # type: ignore[assignment]
            if known != length and isinstance(known, int):
                raise ShapeError(
                    f"{leaf.name} of shape {shown_shape(leaf.shape)} was given an array of shape {shape}, "
                    + (f"but {size} is {known} in {origin[size]}" if size in origin else f"not {known}"),
                    fix="give arrays whose shapes fit together",
                )
    return numbers


def shown_shape(shape: Sequence[Size]) -> str:
    """A shape as Python writes it, ``(n, 3)`` or ``(n,)``."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"
