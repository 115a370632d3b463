"""What the pictures share: figures without global state, colours, axes without frames, files.

matplotlib is imported where a figure is made, and pyplot never: nothing here changes what the user has set,
and no window is opened.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from gradproof.errors import InputError

# Okabe and Ito's colours, which people with any of the common colour deficiencies tell apart; the light ones
# are darker here, for text.
BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, YELLOW = (
    "#0072B2", "#D55E00", "#009E73", "#C58200", "#AA4499", "#56B4E9", "#8A7A00",
)  # fmt: skip
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW)
INK, MUTED, HAIR = "#222222", "#666666", "#D9D9D9"
TEXT, SMALL = 10.0, 9.0  # points
FONTS = ["Source Sans 3", "Inter", "Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans"]
FIX = 'pip install "gradproof[train]"'
HOW_TO_GET = f"matplotlib is not installed ({FIX})"
FORMATS = ("png", "svg", "pdf")
DPI = 200
BLANK = {"facecolor": "white", "edgecolor": "none", "pad": 0.3}  # behind a text that interrupts a line


def figure(width: float, height: float) -> Any:
    """An empty figure of that size in inches."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("pictures are drawn by matplotlib, which is not installed", fix=FIX) from error
    made = Figure(figsize=(width, height), facecolor="white", layout="constrained")
    FigureCanvasAgg(made)
    return made


def available() -> bool:
    """Whether pictures can be drawn here."""
    try:
        figure(1, 1)
    except InputError:
        return False
    return True


def font(size: float = TEXT, color: str = INK, *, bold: bool = False) -> dict[str, Any]:
    """Arguments of a text."""
    return {
        "fontsize": size,
        "color": color,
        "fontfamily": _fonts(),
        "fontweight": "bold" if bold else "normal",
    }


def plain(axes: Any, *, x: str = "", y: str = "", title: str = "") -> Any:
    """Axes with two thin spines and small ticks; the y label stands above its axis and reads across."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(MUTED)
        axes.spines[side].set_linewidth(0.7)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=SMALL, width=0.7, length=3, which="major")
    axes.tick_params(width=0.5, length=1.5, color=MUTED, which="minor")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_tick_params(labelfontfamily=_fonts())
    if x:
        axes.set_xlabel(x, **font())
    if y:
        axes.text(
            0, 1.02, y, transform=axes.transAxes, va="bottom", ha="left", bbox=BLANK, **font(SMALL, MUTED)
        )
    if title:
        axes.set_title(title, loc="left", pad=18, **font(TEXT + 1, bold=True))
    return axes


def save(made: Any, path: str | Path, *, dpi: int = DPI) -> Path:
    """Write a figure; the file's ending says in which format.

    Raises
    ------
    InputError
        The ending is none of ``png``, ``svg``, ``pdf``, or the folder does not exist.
    """
    target = Path(path)
    kind = target.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(f"no picture is written as {target.name!r}", fix=f"end it in .{', .'.join(FORMATS)}")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}", fix="make it first, or write elsewhere")
    target.write_bytes(drawn(made, kind, dpi=dpi))
    return target


def drawn(made: Any, kind: str = "png", *, dpi: int = DPI) -> bytes:
    """A figure as the bytes of a PNG, SVG or PDF file: the same for the same figure, without a date."""
    from matplotlib import rc_context

    dated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "gradproof"}):
        made.savefig(buffer, format=kind, dpi=dpi, metadata=dated)
    return buffer.getvalue()


def _fonts() -> list[str]:
    """The fonts of the list that this machine has, so that none is missed aloud."""
    from matplotlib import font_manager

    if not _FOUND:
        names = set(font_manager.get_font_names())
        _FOUND.extend([name for name in FONTS if name in names] or ["DejaVu Sans"])
    return _FOUND


_FOUND: list[str] = []
