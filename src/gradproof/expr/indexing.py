"""Rearranging entries: reshape, indexing, stores into an array, scatter-add, concatenation.

Where is said by the templates of :mod:`~gradproof.expr.templates`, whose names are found here too, with those
of :mod:`~gradproof.expr.selecting`, :mod:`~gradproof.expr.storing` and :mod:`~gradproof.expr.joining`.
"""

from __future__ import annotations

from gradproof.expr.joining import CONCATENATE, concatenate
from gradproof.expr.selecting import INDEX, RESHAPE, SCATTER, index, reshape, subscript
from gradproof.expr.storing import ACCUMULATE, STORE, accumulate, store
from gradproof.expr.templates import Item, Template, indexed_shape, integer_shape, numpy_index

__all__ = [
    "ACCUMULATE",
    "CONCATENATE",
    "INDEX",
    "Item",
    "RESHAPE",
    "SCATTER",
    "STORE",
    "Template",
    "accumulate",
    "concatenate",
    "index",
    "indexed_shape",
    "integer_shape",
    "numpy_index",
    "reshape",
    "store",
    "subscript",
]
