r"""Names in LaTeX and names as they were declared: ``\hat{y}`` is y_hat or yhat, ``W_1`` is W_1 or W1.

A letter with scripts is a name, an entry or a sample. It is an entry where a script is the index of a sum
around it, or where only the letter without it was declared; it is a name where it was declared as one, or
where nothing of it was declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradproof.errors import InputError
from gradproof.expr.node import Shape
from gradproof.read.notation.latex_tokens import Letter, Tok
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import Span

ALIASES = {
    "lambda": ("lambd", "lam", "lmbda", "lamda", "λ"), "epsilon": ("eps", "ε"), "sigma": ("σ",),
    "theta": ("θ",),
    "mu": ("μ",), "alpha": ("α",), "beta": ("β",), "Sigma": ("Σ",),
}  # fmt: skip


@dataclass(slots=True)
class Surroundings:
    """What a formula in LaTeX is read in.

    Attributes
    ----------
    text : str
        The source.
    known : mapping of names to shapes; None for a let
        What was declared.
    layers : int or None
        Number of layers that a sum over layers has.
    indices : set of str
        Every index that a sum of the formula binds.
    bound : dict
        The indices bound at the place at hand: None, or the number or label that stands for it.
    used : dict
        What each name of the formula looked like when it was met first.
    """

    text: str
    known: Mapping[str, Shape | None]
    layers: int | None = None
    indices: set[str] = field(default_factory=set)
    bound: dict[str, str | None] = field(default_factory=dict)
    used: dict[str, tuple[Letter, Span]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def refuse(self, what: str, span: Span, fix: str) -> InputError:
        """The error with a pointer at the place."""
        return refusal(what, self.text, span, fix)

    def rank(self, name: str) -> int | None:
        """The number of axes that was declared; None where it was not."""
        shape = self.known.get(name)
        return None if shape is None else len(shape)

    def spelled(self, stem: str, label: str = "", lowered: str = "") -> str | None:
        """The declared name that a letter with a label and a subscript is; None where none is."""
        return next((n for n in spellings(stem, label, lowered) if n in self.known), None)

    def stem(self, letter: Letter, span: Span) -> str:
        """The name of a letter without its scripts; one name must not be set in two shapes."""
        before = self.used.setdefault(letter.name, (letter, span))[0]
        if before.font != letter.font:
            raise self.refuse(
                f"{letter.name} is set in two shapes, which may be two names", span,
                f"write both the same way, or {letter.name}_1 and {letter.name}_2",
            )  # fmt: skip
        return letter.name


def spellings(stem: str, label: str = "", lowered: str = "") -> list[str]:
    """How a name may have been declared; the spelling that is made where it was not comes first."""
    base, _, accent = stem.partition("_")
    stems = [stem]
    if accent and len(base) == 1:
        stems.append(base + accent)
    stems += [alias + (f"_{accent}" if accent else "") for alias in ALIASES.get(base, ())]
    found = []
    for s in stems:
        below = [f"_{lowered}", lowered] if lowered else [""]
        above = (
            [f"[{label}]", f"^[{label}]", f"({label})", f"^({label})", f"_{label}", label] if label else [""]
        )
        found += [s + b + a for a in above for b in below]
        if accent and lowered:
            found += [f"{base}_{lowered}_{accent}", f"{base}{lowered}_{accent}"]
    return found


def plain_key(name: str) -> str:
    r"""A declared name that is typed as LaTeX, ``W^{[1]}`` or ``\hat{y}``, as the reader spells it."""
    if not set(name) & set("\\{}^"):
        return name
    return name.replace("^{[", "[").replace("]}", "]").replace("^[", "[")


def shown(token: Tok) -> str:
    """A subscript's token as part of a name."""
    value = token.value
    if isinstance(value, Letter):
        return value.name
    return {"+": "+", "-": "-"}.get(str(value), str(value))
