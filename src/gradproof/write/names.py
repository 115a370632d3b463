"""Names as people write them in code, made names as people print them: W1 -> W₁, lambd -> λ, dZ3 -> dZ₃."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gradproof.expr.node import SYMBOL, Expr

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ",
    "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_ALIASES = {"lambd": "lambda", "lam": "lambda", "lmbda": "lambda", "lamda": "lambda", "lmbd": "lambda",
            "eps": "epsilon"}  # fmt: skip
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_SUBSCRIPTS = dict(zip("0123456789aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SUPERSCRIPTS = dict(zip("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻", strict=True))
_GREEK = "|".join(sorted((*_LETTERS, *_ALIASES), key=len, reverse=True))
# dW1, dZ, db2, dgamma, d_out are cotangents; data, dim and dot are words.
_COTANGENT = re.compile(rf"d(?=[A-Z]|(?:{_GREEK}|[a-z])(?:\d|_|$))")
_WORD = re.compile(r"([A-Za-z]+?)(\d*)$")


@dataclass(frozen=True, slots=True)
class Parts:
    """A name taken apart: dW1_hat is a cotangent, base W, accent hat, subscript 1."""

    base: str
    cotangent: bool = False
    accent: str = ""
    subscripts: tuple[str, ...] = ()
    layer: str = ""


@lru_cache(4096)
def parts_of(name: str) -> Parts | None:
    """The parts of a name; None for one that is no identifier, which is printed as it stands."""
    bracket = re.fullmatch(r"([A-Za-z]\w*)\[(\w+)\]", name)
    name, layer = (bracket[1], bracket[2]) if bracket else (name, "")
    if not name.isidentifier() or not name.isascii():
        return None
    cotangent = bool(_COTANGENT.match(name))
    head, *subscripts = [p for p in name[cotangent:].split("_") if p] or [""]
    word = _WORD.match(head)
    if word is None:
        return None
    base, digits = word.groups()
    accent = ""
    for ending in _ACCENTS:
        if ending in subscripts:
            subscripts.remove(ending)
            accent = ending
        elif base.endswith(ending) and len(base) == len(ending) + 1:
            base, accent = base[0], ending
    return Parts(
        _ALIASES.get(base, base), cotangent, accent, (*((digits,) if digits else ()), *subscripts), layer
    )


def subscript(text: str) -> str:
    """The text lowered, in Unicode where every character has a lowered form, else after ``_``."""
    return lowered if (lowered := _lowered(text)) is not None else f"_{text}"


def superscript(text: str) -> str | None:
    """An integer raised, in Unicode; None for anything else."""
    return "".join(_SUPERSCRIPTS[c] for c in text) if all(c in _SUPERSCRIPTS for c in text) else None


def _lowered(text: str) -> str | None:
    short = text.isdigit() or len(text) == 1
    return "".join(_SUBSCRIPTS[c] for c in text) if short and all(c in _SUBSCRIPTS for c in text) else None


def text_name(name: str) -> str:
    """A name for terminals.

    Examples
    --------
    >>> [text_name(n) for n in ("W1", "dZ3", "lambd", "y_hat", "W_out", "dZ[2]", "reg")]
    ['W₁', 'dZ₃', 'λ', 'ŷ', 'W_out', 'dZ^[2]', 'reg']
    """
    parts = parts_of(name)
    if parts is None:
        return name
    base = _LETTERS.get(parts.base, parts.base)
    base = unicodedata.normalize("NFC", base + _ACCENTS.get(parts.accent, ""))
    return (
        ("d" if parts.cotangent else "")
        + base
        + "".join(subscript(s) for s in parts.subscripts)
        + (f"^[{parts.layer}]" if parts.layer else "")
    )


def latex_name(name: str) -> str:
    r"""A name for LaTeX.

    Examples
    --------
    >>> [latex_name(n) for n in ("W1", "dZ3", "lambd", "W_out", "dZ[2]", "reg")]
    ['W_{1}', '\\mathrm{d}Z_{3}', '\\lambda', 'W_{\\mathrm{out}}', '\\mathrm{d}Z^{[2]}', '\\mathrm{reg}']
    """
    parts = parts_of(name)
    if parts is None:
        return rf"\mathrm{{{escaped(name)}}}"
    base = _latex_word(parts.base)
    if parts.accent:
        base = rf"\{parts.accent}{{{base}}}"
    lower = ",".join(_latex_word(s) for s in parts.subscripts)
    return (
        (r"\mathrm{d}" if parts.cotangent else "")
        + base
        + (f"_{{{lower}}}" if lower else "")
        + (f"^{{[{parts.layer}]}}" if parts.layer else "")
    )


def _latex_word(word: str) -> str:
    if word in _LETTERS:
        return f"\\{word}"
    return word if len(word) == 1 or word.isdigit() else rf"\mathrm{{{escaped(word)}}}"


def escaped(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    return re.sub(r"([_#$%&{}])", r"\\\1", text.replace("\\", "/").replace("^", "")).replace('"', "")


def printed_names(nodes: Iterable[Expr], names: Mapping[Expr, str], latex: bool = False) -> dict[Expr, str]:
    """How each symbol and each named node prints; different nodes never print alike.

    A name whose print another name took is printed as it stands; nodes of one name are told apart by primes.
    """
    result: dict[Expr, str] = {}
    taken: dict[str, str] = {}
    for node in nodes:
        if node not in names and node.op is not SYMBOL:
            continue
        raw = names.get(node, node.name)
        printed = latex_name(raw) if latex else text_name(raw)
        if taken.get(printed, raw) != raw:
            printed = rf"\mathrm{{{escaped(raw)}}}" if latex else raw
        while printed in taken:
            printed += "'" if latex else "′"
        taken[printed] = raw
        result[node] = printed
    return result
