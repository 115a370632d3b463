"""Arrays that honour facts, from free parameters: one description for every field.

A symmetric matrix has n(n+1)/2 parameters, an orthogonal one those of its Cayley transform, a probability
vector is a vector divided by its sum. Random floats, exact evaluation and the search for a small
counterexample choose the parameters; here they become the array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from gradproof.calculus.field import Field
from gradproof.expr.node import Array

DOMAINS = ("real", "positive", "nonnegative", "sign", "integer", "positive integer", "complex")

_PATTERNS = frozenset({"symmetric", "spd", "psd", "diagonal", "toeplitz", "lower", "upper"})


@dataclass(frozen=True, slots=True)
class Structure:
    """How an array with certain facts comes from free parameters.

    Attributes
    ----------
    domains : what each parameter may be, one of :data:`DOMAINS`
    degree : of the entries' common numerator and denominator, as polynomials in the parameters
    build : the array for the parameters, given as a one-dimensional array over the field
    """

    domains: tuple[str, ...]
    degree: tuple[int, int]
    build: Callable[[Field, Array], Array]


def structure_of(facts: frozenset[str], shape: tuple[int, ...]) -> Structure:  # noqa: PLR0911
    """The parameters of an array of the given shape of which the facts are true."""
    domain = _domain(facts)
    if facts & {"simplex", "row_stochastic", "column_stochastic"} and shape:
        axis = -2 if "column_stochastic" in facts and len(shape) > 1 else -1
        return _normalised(shape, axis)
    if len(shape) >= 2 and shape[-1] == shape[-2]:
        if "orthogonal" in facts:
            return _stacked(shape, _orthogonal_matrix(facts, shape[-1]))
        if facts & {"spd", "psd"} and not facts & {"diagonal", "lower", "upper", "toeplitz"}:
            return _stacked(shape, _gram(shape[-1], "positive" if "spd" in facts else "nonnegative"))
        if facts & _PATTERNS:
            return _stacked(shape, _patterned(facts, shape[-1], domain))
    if "orthogonal" in facts and len(shape) >= 2:
        return _stacked(shape, _orthonormal(shape[-2], shape[-1]))
    if len(shape) >= 2 and facts & {"diagonal", "lower", "upper", "toeplitz"}:
        return _stacked(shape, _patterned(facts - {"symmetric"}, shape[-2], domain, shape[-1]))
    return Structure((domain,) * prod(shape), (1, 0), lambda field, p: p.reshape(shape))


def _domain(facts: frozenset[str]) -> str:
    if "sign" in facts:
        return "sign"
    if "integer" in facts:
        return "positive integer" if facts & {"positive", "nonnegative", "size"} else "integer"
    return next((d for d in ("positive", "nonnegative", "complex") if d in facts), "real")


def _stacked(shape: tuple[int, ...], one: Structure) -> Structure:
    """A stack of matrices, each with parameters of its own."""
    count = prod(shape[:-2])
    if count == 1:
        return Structure(one.domains, one.degree, lambda field, p: one.build(field, p).reshape(shape))
    each = len(one.domains)

    def build(field: Field, p: Array) -> Array:
        parts = [one.build(field, p[k * each : (k + 1) * each]) for k in range(count)]
        return np.stack(parts).reshape(shape) if parts else p.reshape(shape)

    num, den = one.degree
    return Structure(one.domains * count, (num + den * (count - 1), den * count), build)


def _patterned(facts: frozenset[str], rows: int, domain: str, columns: int | None = None) -> Structure:
    """A matrix whose entries are parameters or zero; facts say which share one, and which are zero."""
    places = pattern(facts, rows, rows if columns is None else columns)
    count = int(places.max(initial=-1)) + 1
    definite = bool(facts & {"spd", "psd"})

    def build(field: Field, p: Array) -> Array:
        padded = np.concatenate([p, np.array([field.number(0)], dtype=p.dtype)])
        matrix = padded[places]
        if definite and field.ordered:  # more than the sum of the rest of a row on the diagonal
            total = sum((abs(x) for x in p), start=field.number(0))
            diagonal = np.arange(rows)
            matrix[diagonal, diagonal] = abs(matrix[diagonal, diagonal]) + 2 * total
        return matrix

    if (definite and "diagonal" in facts) or (definite and facts & {"lower", "upper"}):
        diagonal = "positive" if "spd" in facts else "nonnegative"
        return Structure((diagonal,) * count, (1, 0), lambda field, p: _placed(field, p, places))
    return Structure((domain,) * count, (1, 0), build)


def _placed(field: Field, p: Array, places: Any) -> Array:
    padded: Array = np.concatenate([p, np.array([field.number(0)], dtype=p.dtype)])
    return np.asarray(padded[places])


def pattern(facts: frozenset[str], rows: int, columns: int) -> Array:
    """Number of the parameter at each entry, counted from 0; -1 where the entry is zero."""
    names = {(i, j): (i, j) for i in range(rows) for j in range(columns)}

    def zero(i: int, j: int) -> bool:
        return (
            ("diagonal" in facts and i != j) or ("lower" in facts and j > i) or ("upper" in facts and j < i)
        )

    def root(place: tuple[int, int]) -> tuple[int, int]:
        while names[place] != place:
            place = names[place]
        return place

    for i, j in list(names):
        same = []
        if facts & {"symmetric", "spd", "psd"} and (j, i) in names:
            same.append((j, i))
        if "toeplitz" in facts and i and j:
            same.append((i - 1, j - 1))
        for other in same:
            a, b = sorted((root((i, j)), root(other)))
            names[b] = a
    zeros = {root(place) for place in names if zero(*place)}
    numbers: dict[tuple[int, int], int] = {}
    result = np.full((rows, columns), -1)
    for place in names:
        if root(place) not in zeros:
            result[place] = numbers.setdefault(root(place), len(numbers))
    return result


def _gram(n: int, diagonal: str) -> Structure:
    """L Lᵀ with a lower triangular L, whose diagonal is positive for a positive definite matrix."""
    places = pattern(frozenset({"lower"}), n, n)
    on_diagonal = {int(places[i, i]) for i in range(n)}
    count = n * (n + 1) // 2
    domains = tuple(diagonal if k in on_diagonal else "real" for k in range(count))

    def build(field: Field, p: Array) -> Array:
        lower = _placed(field, p, places)
        return np.asarray(field.reduced(lower @ lower.T))

    return Structure(domains, (2, 0), build)


def _orthogonal(n: int) -> Structure:
    """Cayley's transform (I − K)(I + K)⁻¹ of a skew matrix, its last column with either sign.

    The closure of its values is the group of orthogonal matrices, both components of it.
    """
    rows, columns = np.tril_indices(n, -1)
    count = len(rows)

    def build(field: Field, p: Array) -> Array:
        eye = field.identity(n)
        skew = eye * field.number(0)
        for k in range(count):
            skew[rows[k], columns[k]] = p[k]
            skew[columns[k], rows[k]] = -p[k]
        result, _ = field.solved(eye + skew, eye - skew)
        result[:, -1:] = result[:, -1:] * p[count]
        return np.asarray(field.reduced(result))

    return Structure(("real",) * count + ("sign",), (n, n), build)


def _orthogonal_matrix(facts: frozenset[str], n: int) -> Structure:
    """Orthogonal, and perhaps diagonal or symmetric: the matrices U diag(±1) Uᵀ."""
    if facts & {"diagonal", "lower", "upper"}:
        places = np.where(np.eye(n, dtype=bool), np.arange(n), -1)
        return Structure(("sign",) * n, (1, 0), lambda field, p: _placed(field, p, places))
    rotation = _orthogonal(n)
    if not facts & {"symmetric", "spd", "psd"}:
        return rotation
    count = len(rotation.domains) - 1

    def build(field: Field, p: Array) -> Array:
        one = np.array([field.number(1)], dtype=p.dtype)
        u = rotation.build(field, np.concatenate([p[:count], one]))
        return np.asarray(field.reduced((u * p[count:]) @ u.T))

    num, den = rotation.degree
    return Structure(("real",) * count + ("sign",) * n, (2 * num, 2 * den), build)


def honours(facts: frozenset[str], array: Array, tolerance: float = 1e-9) -> bool:
    """Whether the facts are true of an array of real or complex numbers."""
    x = np.asarray(array, dtype=complex if np.iscomplexobj(array) else float)
    size = tolerance * max(1.0, float(np.abs(x).max(initial=0)))

    def near(a: Any, b: Any) -> bool:
        return bool(np.abs(np.asarray(a) - b).max(initial=0) <= size)

    last = np.swapaxes(x, -1, -2) if x.ndim > 1 else x
    checks: dict[str, Callable[[], bool]] = {
        "symmetric": lambda: near(x, last),
        "psd": lambda: near(x, last) and bool((np.linalg.eigvalsh(x) >= -size).all()),
        "spd": lambda: near(x, last) and bool((np.linalg.eigvalsh(x) > 0).all()),
        "diagonal": lambda: near(x, np.tril(np.triu(x))),
        "lower": lambda: near(x, np.tril(x)),
        "upper": lambda: near(x, np.triu(x)),
        "toeplitz": lambda: near(x[..., 1:, 1:], x[..., :-1, :-1]),
        "orthogonal": lambda: near(*_orthonormality(x, last)),
        "invertible": lambda: bool((np.linalg.cond(x) < 1 / tolerance).all()),
        "positive": lambda: bool((x.real > 0).all()) or bool(facts & _PATTERNS),
        "nonnegative": lambda: bool((x.real >= 0).all()),
        "integer": lambda: near(x, np.round(x.real)),
        "simplex": lambda: near(x.sum(-1), 1) and bool((x.real >= 0).all()),
        "row_stochastic": lambda: near(x.sum(-1), 1) and bool((x.real >= 0).all()),
        "column_stochastic": lambda: near(x.sum(-2), 1) and bool((x.real >= 0).all()),
        "sign": lambda: near(np.abs(x), 1),
    }
    return all(checks[f]() for f in facts if f in checks and x.size)


def _orthonormality(x: Any, last: Any) -> tuple[Any, Any]:
    small = last @ x if x.shape[-2] >= x.shape[-1] else x @ last
    return small, np.eye(small.shape[-1])


def _orthonormal(rows: int, columns: int) -> Structure:
    """The first columns (or rows) of an orthogonal matrix."""
    whole = _orthogonal(max(rows, columns))
    return Structure(whole.domains, whole.degree, lambda field, p: whole.build(field, p)[:rows, :columns])


def _normalised(shape: tuple[int, ...], axis: int) -> Structure:
    """Nonnegative entries divided by their sum along an axis."""
    count = prod(shape) // max(shape[axis], 1)

    def build(field: Field, p: Array) -> Array:
        entries = p.reshape(shape)
        total = np.asarray(field.reduced(entries.sum(axis, keepdims=True)))
        scale = field.entrywise(field.inverse, total).astype(p.dtype)
        return np.asarray(field.reduced(entries * scale))

    return Structure(("positive",) * prod(shape), (count, count), build)
