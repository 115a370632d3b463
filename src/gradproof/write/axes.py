"""How functions along axes are spelled: the axis is written only where the function alone does not tell it.

``softmax(Z)`` works along the last axis, ``max(x)`` over all of them; otherwise ``softmax(Z, axis=0)``.
"""

from __future__ import annotations

from gradproof.expr.node import Expr

_REDUCTIONS = {
    "max", "min", "prod", "logsumexp", "any", "all", "argmax", "argmin", "product_of_others",
}  # fmt: skip
_ALONG_THE_LAST = {"softmax", "log_softmax", "cumsum", "reverse_cumsum", "argsort", "sort", "standardize"}
_WITH_OWN_COMMAND = {"max", "min"}


def axes_template(node: Expr, *, latex: bool) -> str | None:
    """The template of a function along axes with its axes filled in; None for other operations."""
    name = node.op.name
    along = name in _ALONG_THE_LAST
    if not along and name not in _REDUCTIONS:
        return None
    axes = node.attrs[0] if node.attrs else ()
    if not isinstance(axes, tuple):
        axes = (axes,)
    ndim = node.args[0].ndim
    understood = axes == ((ndim - 1,) if along else tuple(range(ndim)))
    shown = "" if understood else ", ".join(map(str, axes))
    name = node.op.text.partition("(")[0]
    if not latex:
        listed = f"({shown})" if len(axes) > 1 else shown
        return f"{name}({{0}}, axis={listed})" if shown else f"{name}({{0}})"
    escaped = name.replace("_", r"\_")
    word = rf"\{name}" if name in _WITH_OWN_COMMAND else rf"\operatorname{{{{{escaped}}}}}"
    below = rf"_{{{{\mathrm{{{{axis}}}}\,{shown}}}}}" if shown else ""
    return rf"{word}{below}\left({{0}}\right)"
