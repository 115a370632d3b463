"""Penalties recognised by their derivatives: c·‖W‖² by 2c·W, c·Σ|W| by c·sign(W), of all or some entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.names import Names
from gradproof.expr.node import Expr

NONE, SQUARES, ABSOLUTE = "none", "squares", "absolute"
FLOOR = 1e-9
MOST_NAMES = 4
LINES = (("first row", 0, 0), ("first column", 1, 0), ("last row", 0, -1), ("last column", 1, -1))


@dataclass(slots=True)
class Penalty:
    """A penalty of one parameter: ``amount`` times the sum of squares, or of absolute values, of the entries
    in ``mask``; or one that is neither, with its text.
    """

    kind: str
    amount: float = 0.0
    mask: Any = None
    text: str = ""

    def key(self) -> tuple[Any, ...]:
        """Equal for penalties that are the same but for the parameter."""
        return self.kind, float(f"{self.amount:.9g}"), left_out(self.mask), self.text


def penalty_of(bench: Bench, parameter: Expr, slope: Sequence[Any], scale: float) -> Penalty | None:
    """The penalty with this derivative by the parameter, or None; ``scale`` is the size of what it was
    subtracted from.
    """
    own = bench.values(parameter)
    noise = 256 * float(np.finfo(bench.dtype).eps) * scale
    if size_of(slope) <= noise:
        return Penalty(NONE)
    for kind, full, share in ((SQUARES, own, 0.5), (ABSOLUTE, [np.sign(v) for v in own], 1.0)):
        masks = [np.abs(s) > noise + FLOOR * size_of(slope) for s in slope]
        if any(not np.array_equal(m, masks[0]) for m in masks):
            return None
        some = [np.where(masks[0], v, 0) for v in full]
        ratio = bench.ratio(slope, some, scale)
        if ratio is not None:
            return Penalty(kind, share * ratio, None if masks[0].all() else masks[0])
    return None


def several(names: Names, variables: Sequence[str], penalties: Sequence[Penalty]) -> str:
    """Equal penalties of several parameters in one expression: ``λ/(2·m)·(sum(W1²) + sum(W2²))``."""
    first = penalties[0]
    if first.kind == NONE:
        return ""
    if first.kind == "other":
        return " + ".join(dict.fromkeys(p.text for p in penalties))
    sums = [f"sum({v}²)" if first.kind == SQUARES else f"sum(|{v}|)" for v in variables]
    shown = sums if len(sums) <= MOST_NAMES else [*sums[:2], "…", sums[-1]]
    total = shown[0] if len(shown) == 1 else f"({' + '.join(shown)})"
    factor = names.factor(first.amount)
    text = total if factor == "1" else f"-{total}" if factor == "-1" else f"{factor}·{total}"
    without = left_out(first.mask)
    return f"{text} without {without}" if without else text


def moved_entries(old: Penalty, new: Penalty) -> str:
    """By which entries two penalties differ, where they differ by these alone: ``not on the first entry``."""
    if old.kind != new.kind or abs(old.amount - new.amount) > FLOOR * abs(old.amount):
        return ""
    whole = old.mask if old.mask is not None else new.mask
    if whole is None:
        return ""
    had, has = (np.ones_like(whole) if m is None else m for m in (old.mask, new.mask))
    gained, lost = has & ~had, had & ~has
    told = [f"{word} on {left_out(~some)}" for word, some in (("also", gained), ("not", lost)) if some.any()]
    return " and ".join(told)


def left_out(mask: Any) -> str:
    """What a penalty leaves out of a parameter, in words; empty where it has all entries."""
    if mask is None:
        return ""
    out = ~np.asarray(mask)
    if mask.ndim == 1 and out[0] and out.sum() == 1:
        return "the first entry"
    if mask.ndim == 1 and out[-1] and out.sum() == 1:
        return "the last entry"
    if mask.ndim == 2:
        for where, axis, k in LINES:
            line = np.take(out, k, axis=axis)
            if line.all() and out.sum() == line.size:
                return f"the {where}"
    if mask.ndim == 1:
        return f"the entries {ranges(np.flatnonzero(out))}"
    return f"{int(out.sum())} of its {out.size} entries"


def ranges(places: Any) -> str:
    """Positions in words: ``0 to 4 and 9``."""
    runs = np.split(places, np.flatnonzero(np.diff(places) != 1) + 1)
    shown = [str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs]
    if len(shown) > MOST_NAMES:
        shown = [*shown[:2], "…", shown[-1]]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f" and {shown[-1]}"
