"""JAX code: one pure function that ``jax.jit`` can compile, and costs that carry their derived gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gradproof.expr.node import Expr
from gradproof.write.code_function import FunctionWriter, Options
from gradproof.write.code_module import module_source
from gradproof.write.jax_dialect import JaxDialect


def to_jax(
    exprs: Mapping[str, Expr],
    names: Mapping[Expr, str] | None = None,
    function_name: str = "gradient",
    options: Options | None = None,
) -> str:
    """Source of a function that computes expressions with JAX; see :func:`~gradproof.write.numpy.to_numpy`.

    Examples
    --------
    >>> from gradproof.expr.elementwise import sigmoid
    >>> from gradproof.expr.node import symbol
    >>> print(to_jax({"a": sigmoid(symbol("z", ("n",)))}))
    import jax
    import jax.numpy as jnp
    <BLANKLINE>
    <BLANKLINE>
    def gradient(z):
        a = jax.nn.sigmoid(z)  # a = σ(z)
        return {"a": a}
    """
    dialect = JaxDialect()
    writer = FunctionWriter(exprs, names or {}, function_name, dialect, options)
    return module_source(dialect, [writer.source()])


def to_custom_vjp(
    cost: Expr,
    gradients: Mapping[Expr, Expr],
    names: Mapping[Expr, str] | None = None,
    function_name: str = "cost",
    options: Options | None = None,
) -> str:
    """Source of a cost for JAX whose reverse derivative is the derived one (``jax.custom_vjp``).

    Parameters
    ----------
    cost : a scalar
    gradients : gradient of the cost by each symbol that is differentiated; all else is a constant
    names, function_name, options : as for :func:`to_jax`
    """
    dialect = JaxDialect()
    options = replace(options or Options(), returns="values")
    both = {"value": cost, **{f"d{s.name}": g for s, g in gradients.items()}}
    value_and_gradient = FunctionWriter(both, names or {}, f"{function_name}_and_gradient", dialect, options)
    source = value_and_gradient.source()
    signature = ", ".join(value_and_gradient.arguments)
    order = list(value_and_gradient.arguments.values())
    plain = FunctionWriter({"value": cost}, {}, function_name, dialect, replace(options, arguments=order))
    place = {node: k for k, node in enumerate(gradients)}
    back = ", ".join(f"g * gradients[{place[n]}]" if n in place else "None" for n in order)
    forward = [
        f"def _forward({signature}):",
        f"    value, *gradients = {function_name}_and_gradient({signature})",
        "    return value, gradients",
    ]
    text = "\n\n\n".join(
        [
            source,
            f"@jax.custom_vjp\n{plain.source()}",
            "\n".join(forward),
            f"def _backward(gradients, g):\n    return ({back}{',' if len(order) == 1 else ''})",
            f"{function_name}.defvjp(_forward, _backward)",
        ]
    )
    return module_source(dialect, [text])
