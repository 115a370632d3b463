"""Code in a library of one's choice: any expressions, a cost with its gradients, a Hessian in factors.

>>> from gradproof.expr.broadcast import matmul
>>> from gradproof.expr.node import symbol
>>> A, x = symbol("A", ("n", "n")), symbol("x", ("n",))
>>> print(to_code({"f": matmul(x, matmul(A, x))}, "jax", function_name="cost"))
import jax
import jax.numpy as jnp
<BLANKLINE>
<BLANKLINE>
def cost(x, A):
    (n,) = x.shape
    assert A.shape == (n, n), f"A has shape {A.shape}, not (n, n) = {(n, n)}"
    f = x @ (A @ x)  # f = xᵀ A x
    return f
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradproof.errors import InputError
from gradproof.expr.node import Expr, symbols
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_function import FunctionWriter, Options
from gradproof.write.code_hessian import hessian_pieces, is_structured
from gradproof.write.code_module import module_source
from gradproof.write.code_nodes import is_size
from gradproof.write.jax_dialect import JaxDialect
from gradproof.write.torch_dialect import TorchDialect

DIALECTS: dict[str, type[Dialect]] = {d.name: d for d in (Dialect, TorchDialect, JaxDialect)}


def dialect_of(framework: str) -> Dialect:
    """A fresh dialect by its name: numpy, torch or jax."""
    if framework not in DIALECTS:
        raise InputError(
            f"there is no code writer for {framework!r}", fix=f"choose one of {', '.join(DIALECTS)}"
        )
    return DIALECTS[framework]()


def to_code(
    exprs: Mapping[str, Expr],
    framework: str = "numpy",
    *,
    names: Mapping[Expr, str] | None = None,
    function_name: str = "gradient",
    arguments: Sequence[Expr] = (),
    returns: str = "values",
    asserts: bool = True,
    doc: str = "",
    sizes: Mapping[str, int] | None = None,
    sources: Sequence[Expr] = (),
) -> str:
    """Source of one function that computes the expressions; it needs nothing but what it imports.

    Parameters
    ----------
    exprs : what the function returns, by name
    framework : ``"numpy"``, ``"torch"`` or ``"jax"``
    names : names for intermediate expressions, which become local variables
    arguments : symbols in the order of the signature; others follow in the order met
    returns : ``"values"``, the one array or a tuple of them, or ``"dict"``
    asserts : whether the shapes of the arguments are asserted
    doc : docstring
    sizes : typical numbers of the symbolic sizes; the order of matrix products is the best for these.
        Without them k, c, r, h, d count as 10, m and N as 1000, all else as 100.
    sources : arrays, one of which becomes an argument where a size is needed that no argument has; where none
        of them has it either, the size itself becomes one

    Returns
    -------
    str
        Imports, the helpers that are used, the function.

    Raises
    ------
    InputError
        There is no writer of that name, or an operation that the library does not have.
    """
    dialect = dialect_of(framework)
    options = Options(arguments, returns, asserts, doc, sizes, sources)
    return module_source(
        dialect, [FunctionWriter(exprs, names or {}, function_name, dialect, options).source()]
    )


def value_and_gradient_code(
    cost: Expr,
    gradients: Mapping[Expr, Expr],
    framework: str = "numpy",
    *,
    names: Mapping[Expr, str] | None = None,
    function_name: str = "value_and_gradient",
    asserts: bool = True,
    sizes: Mapping[str, int] | None = None,
    sources: Sequence[Expr] = (),
) -> str:
    """Source of a function that returns the cost and its gradients, what they share computed once."""
    exprs = {"value": cost, **{f"d{s.name}": g for s, g in gradients.items()}}
    arguments = [s for s in symbols(cost) if not is_size(s)]
    return to_code(
        exprs,
        framework,
        names=names,
        function_name=function_name,
        arguments=arguments,
        asserts=asserts,
        sizes=sizes,
        sources=sources,
        doc=f"The value, and its gradient by {', '.join(s.name for s in gradients)}.",
    )


def hessian_code(
    hessian: Expr,
    wrt: Expr,
    framework: str = "numpy",
    *,
    dense: bool = False,
    names: Mapping[Expr, str] | None = None,
    function_name: str = "hessian",
    arguments: Sequence[Expr] = (),
    asserts: bool = True,
    sizes: Mapping[str, int] | None = None,
    sources: Sequence[Expr] = (),
) -> str:
    """Source of a Hessian: in factors where every term has Kronecker deltas or factors of different axes.

    Then ``hessian`` returns the factors, which its docstring explains, ``hessian_vector`` multiplies with a
    direction, and ``hessian_dense`` makes the whole array. With ``dense=True``, or where there is nothing to
    keep apart, ``hessian`` is the whole array.
    """
    options = Options(arguments, "values", asserts, "", sizes, sources)
    dialect = dialect_of(framework)
    if not dense and is_structured(hessian):
        pieces = hessian_pieces(hessian, wrt, dialect, function_name, names, options)
        return module_source(dialect, pieces)
    return to_code(
        {"H": hessian},
        framework,
        names=names,
        function_name=function_name,
        arguments=arguments or _sizes_from(hessian, wrt),
        asserts=asserts,
        sizes=sizes,
        sources=sources,
    )


def _sizes_from(hessian: Expr, wrt: Expr) -> list[Expr]:
    """The variable itself, where its sizes are known from nowhere else."""
    held = {n for s in symbols(hessian) if not is_size(s) for n in s.shape}
    return [] if {n for n in wrt.shape if isinstance(n, str)} <= held else [wrt]
