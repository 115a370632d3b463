"""Aligned plain-text tables."""

from __future__ import annotations

from collections.abc import Sequence


def table(title: str, header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """Render a table: the first column to the left, the others to the right."""
    texts = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[k]) for row in texts) for k in range(len(header))]
    lines = [f"\n{title}"]
    for number, row in enumerate(texts):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("-" * len("  ".join(cells)))
    return "\n".join(lines)


def power(value: float) -> str:
    """Write 0.001 as 1e-3."""
    return "1" if value == 1 else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")


def seconds(value: float | None) -> str:
    """Write a time with three digits and its unit."""
    if value is None:
        return "-"
    if value < 1e-3:
        return f"{value * 1e6:.3g} us"
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"
