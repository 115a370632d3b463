"""Learning shapes from the errors that NumPy raises: two sizes that must agree are made to agree.

Every axis starts with a size of its own, so a message such as ``shapes (5,4) and (7,3) not aligned`` tells
which two axes meet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gradproof.checking.inputs import roles
from gradproof.checking.inputs.hints import Hints
from gradproof.checking.inputs.specs import Array, Axis

SHAPE = r"\(([\d, ]*)\)"
ALIGNED = re.compile(r"not aligned: (\d+) \(dim \d+\) != (\d+) \(dim \d+\)")
CORE = re.compile(r"size (\d+) is different from (\d+)")
BROADCAST = re.compile(r"broadcast|doesn't match the broadcast shape|shape mismatch|could not be broadcast")
CONCATENATED = re.compile(r"has size (\d+) and the array at index \d+ has size (\d+)")
BOOLEAN = re.compile(r"axis is (\d+) but size of corresponding boolean axis is (\d+)")
RESHAPED = re.compile(r"cannot reshape array of size (\d+) into shape " + SHAPE)
OUT_OF_BOUNDS = re.compile(r"index (-?\d+) is out of bounds for (?:axis \d+ with )?size (\d+)")
EINSUM = re.compile(r"original->remapped\]: (.*)")
NOT_INTEGER = re.compile(
    r"arrays used as indices must be of integer|only integers, slices|only integer scalar"
    r"|indices must be integers|cannot be interpreted as an integer|Cannot cast .* to dtype\('int64'\)"
)


def repair(
    error: Exception, arrays: dict[tuple[object, ...], Array], axes: Iterable[Axis], hints: Hints
) -> bool:
    """Change the specs so that this error does not come again; False where it says nothing of shapes."""
    text = str(error)
    if NOT_INTEGER.search(text):
        return _make_integer(arrays, hints)
    if match := OUT_OF_BOUNDS.search(text):
        return _fewer_classes(arrays, int(match[2])) or _longer(arrays, int(match[1]), int(match[2]))
    if match := RESHAPED.search(text):
        return _resize(arrays, int(match[1]), _sizes(match[2]))
    roots = list({id(axis.root): axis.root for axis in axes}.values())
    return any(_unify(roots, first, second) for first, second in _pairs(text))


def _pairs(text: str) -> list[tuple[int, int]]:
    """Pairs of sizes that a message says should be equal."""
    for pattern in (ALIGNED, CORE, CONCATENATED, BOOLEAN):
        if match := pattern.search(text):
            return [(int(match[1]), int(match[2]))]
    if match := EINSUM.search(text):
        return _einsum_pairs(match[1])
    if BROADCAST.search(text):
        shapes = [_sizes(found) for found in re.findall(SHAPE, text)]
        if len(shapes) >= 2:
            return _broadcast_pairs(shapes[0], shapes[1])
    shapes = [_sizes(found) for found in re.findall(SHAPE, text)]
    if len(shapes) == 2 and all(shapes) and shapes[0][0] != shapes[1][0]:
        return [(shapes[0][0], shapes[1][0])]  # the user's own check, with a message of its own
    return []


def _broadcast_pairs(first: list[int], second: list[int]) -> list[tuple[int, int]]:
    pairs = zip(reversed(first), reversed(second), strict=False)
    return [(a, b) for a, b in pairs if a != b and 1 not in {a, b}]


def _einsum_pairs(text: str) -> list[tuple[int, int]]:
    remapped = [part.split(",") for part in re.findall(r"->\(([^)]*)\)", text)]
    pairs = []
    for position in zip(*remapped, strict=False):
        sizes = sorted({int(s) for s in position if s.strip().isdigit() and int(s) != 1})
        if len(sizes) > 1:
            pairs.append((sizes[0], sizes[1]))
    return pairs


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip()]


def _unify(roots: list[Axis], first: int, second: int) -> bool:
    """Make the axes of two sizes agree; ``more`` is a column of ones that the code may have added."""
    for more in (0, 1):
        a = _axis_of(roots, first - more)
        b = _axis_of(roots, second - more)
        if a is not None and b is not None and a is not b:
            a.merge(b)
            return True
    for more in (0, 1, 2):
        for mine, other in ((first, second), (second, first)):
            axis = _axis_of(roots, mine - more)
            if axis is not None and other - more > 0:
                axis.size = other - more
                return True
    return False


def _axis_of(roots: list[Axis], size: int) -> Axis | None:
    return next((root for root in roots if root.size == size), None)


def _resize(arrays: dict[tuple[object, ...], Array], size: int, shape: list[int]) -> bool:
    """A flat vector that was too long or too short for the matrices cut out of it."""
    wanted = 1
    for part in shape:
        wanted *= part
    flat = [a for a in arrays.values() if a.role == "normal" and len([s for s in a.shape if s != 1]) == 1]
    for array in sorted(flat, key=lambda a: max(a.shape) != size):
        axis = next(a for a in array.axes if isinstance(a, Axis))
        if axis.size + wanted - size > 0 and wanted != size:
            axis.size = axis.size + wanted - size
            return True
    return False


def _make_integer(arrays: dict[tuple[object, ...], Array], hints: Hints) -> bool:
    def indexes(path: tuple[object, ...]) -> bool:
        return hints[str(path[-1])].indexes if str(path[-1]) in hints else False

    label: Callable[[Array], bool] = lambda a: a.role in {"binary", "one-hot"}  # noqa: E731
    chosen = [a for path, a in arrays.items() if a.role != "labels" and label(a) and indexes(path)]
    chosen = chosen or [a for a in arrays.values() if label(a)]
    chosen = chosen or [a for path, a in arrays.items() if a.role == "normal" and indexes(path)]
    for array in chosen:
        array.role = "labels"
    return bool(chosen)


def _fewer_classes(arrays: dict[tuple[object, ...], Array], size: int) -> bool:
    changed = False
    for array in arrays.values():
        if array.role == "labels" and array.classes > size > 0:
            array.classes = size
            changed = True
    return changed


def _longer(arrays: dict[tuple[object, ...], Array], index: int, size: int) -> bool:
    """A loop ran past the end of an array: there are as many labels as examples, and biases as weights."""
    if index != size:
        return False
    named = [(str(path[-1]), array) for path, array in arrays.items()]
    for name, array in named:
        short = [axis for axis in array.axes if isinstance(axis, Axis) and axis.size == size]
        others = [a for other, a in named if a is not array and _run_together(name, other)]
        axes = [axis for a in others for axis in a.axes]
        longer = [axis for axis in axes if isinstance(axis, Axis) and axis.size > size]
        if short and longer:
            longer[0].merge(short[0])
            return True
    return False


def _run_together(first: str, second: str) -> bool:
    """Whether one loop may run over both: data and labels over examples, weights and biases over units."""
    if roles.is_labels(first) or roles.is_labels(second):
        return roles.is_data(first) or roles.is_data(second)
    return not (roles.is_data(first) or roles.is_data(second))
