"""Which notation a text is in, by the signs that only one of them has."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from gradproof.errors import InputError
from gradproof.expr.node import Shape
from gradproof.read.notation.latex_parse import parse_latex
from gradproof.read.notation.math_text import parse_math
from gradproof.read.notation.numpy_text import parse_numpy
from gradproof.read.notation.problems import closest
from gradproof.read.notation.scope import CONVENTIONS, Convention
from gradproof.read.notation.tree import Node

Parser = Callable[[str, Collection[str]], Node]

PARSERS: dict[str, Parser] = {
    "numpy": lambda text, known: parse_numpy(text),
    "math": parse_math,
    "matlab": lambda text, known: parse_math(text, known, matlab=True),
    "r": parse_math,
}
_NUMPY = re.compile(
    r"""\b(?:np|numpy|jnp|torch|scipy|tf|linalg|math)\.\w
      | (?<!\s)\.(?:T|mT|conj|sum|mean|shape|dot|trace|real|imag
        |transpose|max|min|t|reshape|flatten|ravel|std|var|prod|diagonal|H|exp|log|abs|pow|norm|det|inverse)\b
      | (?<![.*])\*\*(?!\s*\{) | [\w)\]]\.[a-z]\w*\( | @
      | \[\s*: | :\s*\] | \bNone\b | \b(?:keepdims|axis|dim|keepdim)\s*= | \blambda\s+\w+\s*:
      | \beinsum\b | \blen\( | \bmpow\(""",
    re.VERBOSE,
)
_R = re.compile(r"%\*%|%o%|\bcrossprod\(|\bsolve\(")
_LATEX = re.compile(r"\\[A-Za-z]{2,}|\\[|,;!]|\$")
_MATH_ONLY = re.compile(r"\^|\|\||[^\x00-\x7f]|\.[*/^]|%\*%|\\|_\{|\bsum_|\|")


def detect(text: str) -> str:
    """The notation a text is in: "numpy", "latex", "r", "math"; "plain" where no sign tells."""
    if _LATEX.search(text):
        return "latex"
    numpy = _NUMPY.search(text)
    if _R.search(text) and not numpy:
        return "r" if "%" in text else "math"
    if numpy and not _has_prime(text) and not _MATH_ONLY.search(_without_strings(text)):
        return "numpy"
    if _MATH_ONLY.search(_without_strings(text)) or _has_prime(text):
        return "math" if not (numpy and _is_python(text)) else "numpy"
    return "plain" if _is_python(text) else "math"


def _without_strings(text: str) -> str:
    return re.sub(r"""(?<![\w)\]}'])'[^']*'|"[^"]*\"""", "", text)


def _has_prime(text: str) -> bool:
    """Whether a prime is a transpose somewhere."""
    return re.search(r"[\w)\]}|]'", _without_strings(text)) is not None


def _is_python(text: str) -> bool:
    try:
        parse_numpy(text)
    except InputError:
        return False
    return True


def parsed(
    text: str, dialect: str | None, known: Mapping[str, Shape | None], layers: int | None = None
) -> tuple[Node, Convention, bool]:
    """The syntax tree, how its operators read, and whether NumPy's spelling would do as well.

    Raises
    ------
    InputError
        The text is no formula of its notation.
    """
    if not text.strip():
        raise InputError("there is no formula in an empty text", fix="write a formula, such as tr(W' W)")
    chosen = dialect or detect(text)
    plain = chosen == "plain"
    chosen = "math" if plain else chosen
    if chosen == "latex":
        return parse_latex(text, known, layers), CONVENTIONS[chosen], False
    if chosen not in PARSERS:
        near = closest(chosen, PARSERS)
        raise InputError(
            f"{chosen!r} is no notation that is known",
            fix=f"did you mean {near}?" if near else f"say one of {', '.join(sorted((*PARSERS, 'latex')))}",
        )
    convention = CONVENTIONS[chosen]
    if chosen == "math" and _stars_multiply(text):
        convention = replace(convention, star="matmul")
    try:
        return PARSERS[chosen](text, known), convention, plain
    except InputError:
        if dialect or chosen != "numpy":
            raise
        try:  # a sign of NumPy in mathematical notation, such as X.T X
            return parse_math(text, known), CONVENTIONS["math"], False
        except InputError:
            pass
        raise


def _stars_multiply(text: str) -> bool:
    """Where ``.*`` or a prime stands, ``*`` is the matrix product, as in MATLAB, Octave and Julia."""
    return _has_prime(text) or re.search(r"\.[*/^]", text) is not None
