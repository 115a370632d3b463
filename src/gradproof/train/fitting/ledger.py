"""The ledger of a training: for each epoch its numbers, kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from gradproof.train.fitting.penalty_value import Rows

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """The numbers of one epoch.

    Attributes
    ----------
    epoch : counted from 1; of L-BFGS the iteration
    data_cost : of the training data, each batch at the parameters it met, with dropout where there is any
    penalty : at the end of the epoch
    rows : the m that the penalty is divided by; one for each penalised layer where they differ
    cost : data cost + penalty
    validation_cost : data cost of the validation data after the epoch, without dropout; None without any
    rate : the learning rate α; None for L-BFGS, which has none
    seconds : that the pass over the training data took
    """

    epoch: int
    data_cost: float
    penalty: float
    rows: Rows
    cost: float
    validation_cost: float | None
    rate: float | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The entry as plain data."""
        return asdict(self)


class Ledger(list[Entry]):
    """One entry for each epoch; printed, a table.

    Examples
    --------
    >>> print(Ledger([Entry(1, 0.5, 0.25, 100, 0.75, None, 0.1, 0.002)]))
     epoch  data cost  penalty    m  cost    α    ms
         1        0.5     0.25  100  0.75  0.1  2.00
    """

    def to_dict(self) -> dict[str, list[Any]]:
        """The columns: a list of numbers for each attribute of an entry."""
        return {f.name: [getattr(entry, f.name) for entry in self] for f in fields(Entry)}

    @staticmethod
    def from_dict(data: Mapping[str, Iterable[Any]]) -> Ledger:
        """The ledger that :meth:`to_dict` described."""
        columns = {f.name: list(data[f.name]) for f in fields(Entry)}
        columns["rows"] = [tuple(m) if isinstance(m, list) else m for m in columns["rows"]]  # as JSON has it
        return Ledger(Entry(*row) for row in zip(*columns.values(), strict=True))

    def table(self, limit: int | None = SHOWN) -> str:
        """The ledger as a table; of a longer one the first and the last epochs, half of ``limit`` each."""
        if not self:
            return "no epochs"
        kept: list[Entry | None] = list(self)
        if limit is not None and len(kept) > limit:
            kept = [*kept[: limit // 2], None, *kept[len(kept) - (limit - limit // 2) :]]
        validated = any(entry.validation_cost is not None for entry in self)
        head = ["epoch", "data cost", "penalty", "m", "cost", "validation", "α", "ms"]
        rows = [head, *(["…"] * len(head) if entry is None else _cells(entry) for entry in kept)]
        if not validated:
            rows = [[*row[:5], *row[6:]] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [" " + "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.table()


def _cells(entry: Entry) -> list[str]:
    rows = entry.rows if isinstance(entry.rows, tuple) else (entry.rows,)
    return [
        str(entry.epoch), _spelled(entry.data_cost), _spelled(entry.penalty), ", ".join(map(str, rows)),
        _spelled(entry.cost), _spelled(entry.validation_cost), _spelled(entry.rate),
        f"{1000 * entry.seconds:.2f}",
    ]  # fmt: skip


def _spelled(number: float | None) -> str:
    return "–" if number is None else f"{number:.6g}"
