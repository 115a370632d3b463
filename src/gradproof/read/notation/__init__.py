"""Formulas as people type them: text in NumPy's spelling, in mathematical notation, in LaTeX.

Read :mod:`~gradproof.read.notation.tree` first, then :mod:`~gradproof.read.notation.formula`.
"""

from gradproof.read.notation import (
    arrays,
    entrywise,
    indexed,
    joined,
    matrices,
    matrix_words,
    meaning,
    norms,
    operators,
    patterns,
    spectra,
)
from gradproof.read.notation.formula import Formula, read, read_all

__all__ = [
    "Formula",
    "arrays",
    "entrywise",
    "indexed",
    "joined",
    "matrices",
    "matrix_words",
    "meaning",
    "norms",
    "operators",
    "patterns",
    "read",
    "read_all",
    "spectra",
]
