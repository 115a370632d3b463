"""Loops and normalisations as C."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradproof.expr.node import Expr, Shape, Size
from gradproof.expr.product import specs_of
from gradproof.expr.reduction import axes_of
from gradproof.write.kernels.c_entries import Body, Names, offset
from gradproof.write.kernels.layout import UNIT, Stride, entries, memory_order, strides_of
from gradproof.write.kernels.loops import Loop, Step, reads_at
from gradproof.write.kernels.statements import ENTRIES, Place, is_scalar, scalar_factors

_SHORT = 32  # GCC unrolls a loop of so few turns, and does not vectorise it then, unless it is told not to


def indented(lines: list[str]) -> list[str]:
    """The lines one level deeper."""
    return [f"    {line}" for line in lines]


def nest(sizes: tuple[Size, ...], body: list[str], around: Around | None = None) -> list[str]:
    """Loops i0, i1, ... around lines; braces alone where there is nothing to run over."""
    if not sizes:
        return ["{", *indented(body), "}"]
    for k in range(len(sizes) - 1, -1, -1):
        size = sizes[k]
        body = [f"for (int64_t i{k} = 0; i{k} < {size}; i{k}++) {{", *indented(body), "}"]
        if k == len(sizes) - 1 > 0 and isinstance(size, int) and size <= _SHORT:
            body.insert(0, "#pragma GCC unroll 1")
        if k == len(sizes) - 1 and around is not None:
            body = [*around.innermost, *body, *around.behind_innermost]
    return body


@dataclass(slots=True)
class Around:
    """Lines before and behind a nest, and before and behind its innermost loop."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    innermost: list[str] = field(default_factory=list)
    behind_innermost: list[str] = field(default_factory=list)


def loop_code(loop: Loop, names: Names, kept: set[Expr]) -> list[str]:
    """The lines of one nest; ``kept`` are the arrays whose new entries are needed in memory."""
    names.is_flat = _is_flat(loop, names.slowest)
    body, around = Body(names), Around()
    for step in loop.steps:
        _expect(body, step)
    for step in loop.steps:
        target = step.statement.target
        if step.statement.kind == ENTRIES:
            value = body.line(body.code(step.statement.value, step.indices))
            body.assigned(target, step.place, value)
            if target in kept:
                body.lines.append(f"{names.entry(target, step.place)} = {value};")
        else:
            _total(step, body, around, len(loop.sizes) - 1)
    lines = _flat(loop, body.lines) if names.is_flat else nest(loop.sizes, body.lines, around)
    names.is_flat = False
    return [*around.before, *lines, *around.after]


def _flat(loop: Loop, body: list[str]) -> list[str]:
    return [f"for (int64_t i = 0; i < {_count(loop.sizes)}; i++) {{", *indented(body), "}"]


def _is_flat(loop: Loop, slowest: str) -> bool:
    """Whether every array is read and written as it lies in memory."""
    if len(loop.sizes) < 2 or any(step.statement.kind != ENTRIES for step in loop.steps):
        return False
    places = [(step.statement.target, step.place) for step in loop.steps]
    places += [read for step in loop.steps for read in reads_at(step)]
    return len({offset(strides_of(leaf.shape, slowest), place) for leaf, place in places}) == 1


def _arguments(step: Step) -> list[tuple[Expr, Place]]:
    """The factors of a sum and where they are read."""
    specs, _, _ = specs_of(step.statement.value)
    return [
        (arg, tuple(step.indices[i] for i in spec))
        for arg, spec in zip(step.statement.value.args, specs, strict=True)
    ]


def _expect(body: Body, step: Step) -> None:
    if step.statement.kind == ENTRIES:
        body.expect(step.statement.value, step.indices)
        return
    for arg, place in _arguments(step):
        body.expect(arg, place)


def _total(step: Step, body: Body, around: Around, innermost: int) -> None:
    """A sum: its target begins at 0, each turn of the loops adds to it, scalars multiply it at the end.

    What the innermost loop adds to one entry is added up by itself, so that turns of the others can overlap.
    """
    value, target, names = step.statement.value, step.statement.target, body.names
    added = body.unscaled(value, [place for _, place in _arguments(step)])
    factor = body.scale([each for each in scalar_factors(value) if is_scalar(each)])
    array = names.identifiers[target]
    if all(at < 0 for at in step.place):
        entry, total = f"sum_{array}", f"sum_{array}"
        around.before.append(f"T {total} = 0;")
        around.after.append(f"{array}[0] = {total if factor == '1' else f'{factor} * {total}'};")
    else:
        entry, count = names.entry(target, step.place), entries(target)
        around.before.append(f"memset({array}, 0, sizeof(T) * {count});")
        if factor != "1":
            around.after.append(f"for (int64_t i = 0; i < {count}; i++) {array}[i] *= {factor};")
    if innermost in step.place or innermost < 1:
        body.lines.append(f"{entry} += {added};")
        return
    around.innermost.append(f"T part_{array} = 0;")
    body.lines.append(f"part_{array} += {added};")
    around.behind_innermost.append(f"{entry} += part_{array};")


# --- along one axis ---------------------------------------------------------------------------------------


def normalisation_code(
    source: Expr, value: Expr, softmax: Expr | None, logsumexp: Expr | None, names: Names
) -> list[str]:
    """softmax(z) and logsumexp(z) along one axis, z without its maximum so that nothing overflows."""
    (axis,) = axes_of(value)
    shape = source.shape
    outer = [a for a in memory_order(shape, names.slowest) if a != axis and shape[a] != 1]
    loops = tuple(shape[a] for a in outer)
    inner = f"i{len(outer)}"
    place: Place = tuple(
        len(outer) if a == axis else outer.index(a) if a in outer else -1 for a in range(len(shape))
    )
    z = names.entry(source, place)
    along = f"for (int64_t {inner} = 0; {inner} < {shape[axis]}; {inner}++)"
    first = names.entry(source, tuple(-1 if a == axis else at for a, at in enumerate(place)))
    top = [f"T top = {first};", f"{along} top = {z} > top ? {z} : top;"]
    if softmax is None:
        assert logsumexp is not None
        out = names.entry(logsumexp, _kept(place, axis))
        body = [*top, "T total = 0;", f"{along} total += EXP({z} - top);", f"{out} = top + LOG(total);"]
        return nest(loops, body)
    if strides_of(shape, names.slowest)[axis] == UNIT:
        arrays = [names.identifiers[leaf] if leaf else "0" for leaf in (source, softmax, logsumexp)]
        return [f"normalise({_count(loops)}, {shape[axis]}, {', '.join(arrays)});"]
    a = names.entry(softmax, place)
    shift = nest(loops, [*top, f"{along} {a} = {z} - top;", *_noted(logsumexp, place, axis, names, "top")])
    array = names.identifiers[softmax]
    power = [f"for (int64_t i = 0; i < {_count(shape)}; i++) {array}[i] = EXP({array}[i]);"]
    body = ["T total = 0;", f"{along} total += {a};", "const T share = 1 / total;", f"{along} {a} *= share;"]
    if logsumexp is not None:
        body.append(f"{names.entry(logsumexp, _kept(place, axis))} += LOG(total);")
    return [*shift, *power, *nest(loops, body)]


def _noted(logsumexp: Expr | None, place: Place, axis: int, names: Names, top: str) -> list[str]:
    return [] if logsumexp is None else [f"{names.entry(logsumexp, _kept(place, axis))} = {top};"]


def _kept(place: Place, axis: int) -> Place:
    return tuple(-1 if a == axis else at for a, at in enumerate(place))


def _count(shape: Shape) -> Stride:
    count = UNIT
    for size in shape:
        count = count.times(size)
    return count
