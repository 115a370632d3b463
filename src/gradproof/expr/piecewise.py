"""Elementwise functions with kinks or jumps: |x|, max, where, comparisons, rounding, casts."""

from __future__ import annotations

import numpy as np

from gradproof.expr.broadcast import multiply, negate
from gradproof.expr.complex import conj, real
from gradproof.expr.function import Derivative, apply, elementwise
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import Expr, number, symbol
from gradproof.expr.powers import divide, reciprocal, scalar_exponent
from gradproof.expr.product import filled, ones

# --- functions with kinks: differentiable wherever the distance `kink` is not zero ------------------


def _abs_pullback(node: Expr, g: Expr) -> list[Expr | None]:
    """sign(x) for a real x; d|z| = Re(z̄ dz)/|z| for a complex one."""
    (x,) = node.args
    if not is_complex(x):
        return [multiply(g, apply("sign", x))]
    return [multiply(real(g), conj(x), reciprocal(node))]


elementwise(
    "abs",
    np.abs,
    (lambda x: apply("sign", x),),
    pullback=_abs_pullback,
    text="|{0}|",
    latex=r"\left|{0}\right|",
    kink=lambda x: np.abs(x),
    samples=(
        lambda: apply("abs", symbol("X", (2, 3))),
        lambda: apply("abs", symbol("Z", (2, 3), facts=("complex",))),
    ),
    field="real",
)
elementwise("sign", np.sign, (None,), text="sign({0})", kink=lambda x: np.abs(x))


def _wins(strictly: str, weakly: str) -> tuple[Derivative, Derivative]:
    """Which argument an extremum takes: a tie goes to the second argument, or to the constant one.

    So the derivative of max(0, x) is [x > 0], 0 at the kink, as everybody writes it.
    """

    def first(x: Expr, y: Expr) -> Expr:
        return apply(strictly, x, y)

    def second(x: Expr, y: Expr) -> Expr:
        constant = scalar_exponent(x) is not None
        return apply(strictly if constant else weakly, y, x)

    return first, second


elementwise(
    "maximum",
    np.maximum,
    _wins("greater", "greater_equal"),
    text="max({0}, {1})",
    latex=r"\max\left({0}, {1}\right)",
    kink=lambda x, y: np.abs(x - y),
    source="one-sided at ties, where the second argument or the constant is taken",
)
elementwise(
    "minimum",
    np.minimum,
    _wins("less", "less_equal"),
    text="min({0}, {1})",
    latex=r"\min\left({0}, {1}\right)",
    kink=lambda x, y: np.abs(x - y),
    source="one-sided at ties, where the second argument or the constant is taken",
)
elementwise(
    "where",
    np.where,
    (None, lambda c, x, y: c, lambda c, x, y: apply("logical_not", c)),
    samples=(
        lambda: apply(
            "where",
            apply("greater", symbol("X", (2, 3)), number(0)),
            symbol("Y", (2, 3)),
            symbol("Z", (2, 3)),
        ),
    ),
    text="where({0}, {1}, {2})",
    latex=r"\operatorname{{where}}\left({0}, {1}, {2}\right)",
)
elementwise(
    "mod",
    np.mod,
    (lambda x, y: ones(x.shape), lambda x, y: negate(apply("floor", divide(x, y)))),
    domain=(0.3, 2.0),
    kink=lambda x, y: np.abs(x / y - np.round(x / y)),
)

# --- piecewise constant: the derivative is zero wherever it exists ----------------------------------

for _name, _sign, _latex, _python in (
    ("greater", ">", ">", ">"),
    ("greater_equal", "≥", r"\geq", ">="),
    ("less", "<", "<", "<"),
    ("less_equal", "≤", r"\leq", "<="),
    ("equal", "=", "=", "=="),
    ("not_equal", "≠", r"\neq", "!="),
):
    elementwise(
        _name,
        getattr(np, _name),
        (None, None),
        text=f"[{{0}} {_sign} {{1}}]",
        latex=rf"\left[{{0}} {_latex} {{1}}\right]",
        numpy=f"{{0}} {_python} {{1}}",
        field="real",
        kink=lambda x, y: np.abs(np.subtract(x, y, dtype=float)),
        source="piecewise constant",
    )
for _name in ("floor", "ceil", "trunc"):
    elementwise(
        _name,
        getattr(np, _name),
        (None,),
        kink=lambda x: np.abs(x - np.round(x)),
        source="piecewise constant",
    )
elementwise(
    "rint",
    np.rint,
    (None,),
    kink=lambda x: 0.5 - np.abs(x - np.round(x)),
    source="piecewise constant",
)
elementwise(
    "floor_divide",
    np.floor_divide,
    (None, None),
    domain=(0.3, 2.0),
    kink=lambda x, y: np.abs(x / y - np.round(x / y)),
    source="piecewise constant",
)
for _name, _sign, _latex in (
    ("logical_and", "∧", r"\wedge"),
    ("logical_or", "∨", r"\vee"),
    ("logical_xor", "⊕", r"\oplus"),
):
    elementwise(
        _name,
        getattr(np, _name),
        (None, None),
        text=f"{{0}} {_sign} {{1}}",
        latex=f"{{0}} {_latex} {{1}}",
        source="piecewise constant",
    )
elementwise(
    "logical_not", np.logical_not, (None,), text="¬{0}", latex=r"\lnot {0}", source="piecewise constant"
)
elementwise("isnan", np.isnan, (None,), source="piecewise constant", field="real")
elementwise("isfinite", np.isfinite, (None,), source="piecewise constant", field="real")
elementwise(
    "cast_int",
    lambda x: np.asarray(x).astype(np.int64),
    (None,),
    kink=lambda x: np.abs(x - np.round(x)),
    text="{0}",
    latex="{0}",
    numpy="np.int64({0})",
    source="piecewise constant",
)
elementwise(
    "cast_float",
    lambda x: np.asarray(x) * 1.0,
    (lambda x: ones(x.shape),),
    text="{0}",
    latex="{0}",
    numpy="np.float64({0})",
    source="identity",
)


def relu(x: Expr) -> Expr:
    """max(x, 0)."""
    return apply("maximum", x, filled(number(0), x.shape))
