"""PyTorch code: one function of tensors, and costs that carry their derived gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gradproof.expr.node import Expr
from gradproof.write.code_function import FunctionWriter, Options
from gradproof.write.code_module import module_source
from gradproof.write.torch_dialect import TorchDialect


def to_torch(
    exprs: Mapping[str, Expr],
    names: Mapping[Expr, str] | None = None,
    function_name: str = "gradient",
    options: Options | None = None,
) -> str:
    """Source of a function that computes expressions with PyTorch; the rest as ``to_numpy``.

    Examples
    --------
    >>> from gradproof.expr.broadcast import sum_over
    >>> from gradproof.expr.node import symbol
    >>> print(to_torch({"s": sum_over(symbol("X", ("n", "k")), 1)}))
    import torch
    <BLANKLINE>
    <BLANKLINE>
    def gradient(X):
        s = torch.sum(X, dim=1)  # s = X 1
        return {"s": s}
    """
    dialect = TorchDialect()
    writer = FunctionWriter(exprs, names or {}, function_name, dialect, options)
    return module_source(dialect, [writer.source()])


def to_autograd_function(
    cost: Expr,
    gradients: Mapping[Expr, Expr],
    names: Mapping[Expr, str] | None = None,
    class_name: str = "Cost",
    options: Options | None = None,
) -> str:
    """Source of a ``torch.autograd.Function`` whose backward pass is the derived gradient.

    Parameters
    ----------
    cost : a scalar
    gradients : gradient of the cost by each symbol that is differentiated; all else is a constant
    names, options : as for :func:`to_torch`
    class_name : name of the class; its ``apply`` is the cost
    """
    dialect = TorchDialect()
    options = replace(options or Options(), returns="values")
    both = {"value": cost, **{f"d{s.name}": g for s, g in gradients.items()}}
    writer = FunctionWriter(both, names or {}, "value_and_gradient", dialect, options)
    order = list(gradients)
    back = ", ".join(
        f"g * gradients[{order.index(node)}]" if node in gradients else "None"
        for node in writer.arguments.values()
    )
    arguments = ", ".join(writer.arguments)
    source = writer.source()
    text = f'''class {class_name}(torch.autograd.Function):
    """The cost with its derived gradient: ``{class_name}.apply({arguments})``."""

    @staticmethod
    def forward(ctx, {arguments}):
        value, *gradients = value_and_gradient({arguments})
        ctx.save_for_backward(*gradients)
        return value

    @staticmethod
    def backward(ctx, g):
        gradients = ctx.saved_tensors
        return {back}'''
    return module_source(dialect, [source, text])
