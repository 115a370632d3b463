"""Readable NumPy: one function, one line for each named or shared expression, its equation behind it."""

from __future__ import annotations

from collections.abc import Mapping

from gradproof.expr.node import Expr
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_function import FunctionWriter, Options, identifier
from gradproof.write.code_module import module_source

__all__ = ["identifier", "numpy_arguments", "to_numpy"]


def to_numpy(
    exprs: Mapping[str, Expr],
    names: Mapping[Expr, str] | None = None,
    function_name: str = "gradient",
    options: Options | None = None,
) -> str:
    """Source of a function that computes expressions with NumPy.

    Parameters
    ----------
    exprs : what the function returns, as a dictionary with these keys
    names : names for intermediate expressions, which become local variables
    function_name : name of the function
    options : the order of the arguments, asserts, a docstring, arrays in the place of a dictionary

    Returns
    -------
    str
        Imports, the helpers that are used, and one function. Its arguments are those of
        :func:`numpy_arguments`, in that order.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, transpose
    >>> from gradproof.expr.node import symbol
    >>> print(to_numpy({"dW": matmul(symbol("dZ", (2, 9)), transpose(symbol("X", (4, 9))))}))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def gradient(dZ, X):
        dW = dZ @ X.T  # dW = dZ Xᵀ
        return {"dW": dW}
    """
    dialect = Dialect()
    writer = FunctionWriter(exprs, names or {}, function_name, dialect, options)
    return module_source(dialect, [writer.source()])


def numpy_arguments(exprs: Mapping[str, Expr]) -> dict[str, Expr]:
    """Arguments of the function that :func:`to_numpy` writes: symbols and large arrays, in the order met."""
    return dict(FunctionWriter(exprs, {}, "f", Dialect()).arguments)
