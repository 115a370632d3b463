"""The expression graph: interned nodes, operation records, numeric evaluation.

Read :mod:`~gradproof.expr.node` first, then :mod:`~gradproof.expr.product`; every other module is a
family of operation records. :mod:`~gradproof.expr.broadcast` spells NumPy's arithmetic with them.
"""

from gradproof.expr import (
    activations,
    broadcast,
    elementwise,
    evaluate,
    indexing,
    inverses,
    kronecker,
    linalg,
    matrix_functions,
    node,
    normalization,
    norms,
    ordering,
    patterned,
    product,
    reduction,
    shorthand,
    singular,
    spectral,
)

__all__ = [
    "activations",
    "broadcast",
    "elementwise",
    "evaluate",
    "indexing",
    "inverses",
    "linalg",
    "kronecker",
    "matrix_functions",
    "node",
    "normalization",
    "norms",
    "ordering",
    "patterned",
    "product",
    "reduction",
    "shorthand",
    "singular",
    "spectral",
]
