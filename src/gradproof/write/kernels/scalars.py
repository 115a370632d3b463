"""Scalar expressions, which are computed once a step and in double precision, as C or as Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr, number_value
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT, SUM

_FUNCTIONS: Mapping[str, Mapping[str, str]] = {
    "c": {
        "sqrt": "sqrt({0})", "power": "pow({0}, {1})", "exp": "exp({0})", "log": "log({0})",
        "tanh": "tanh({0})",
        "maximum": "fmax({0}, {1})", "minimum": "fmin({0}, {1})", "abs": "fabs({0})",
    },
    "python": {
        "sqrt": "math.sqrt({0})", "power": "{0} ** {1}", "exp": "math.exp({0})", "log": "math.log({0})",
        "tanh": "math.tanh({0})", "maximum": "max({0}, {1})", "minimum": "min({0}, {1})", "abs": "abs({0})",
    },
}  # fmt: skip


def scalar_code(node: Expr, name: Callable[[Expr], str], language: str = "c") -> str:
    """A scalar expression.

    Parameters
    ----------
    name : the identifiers of symbols
    language : ``"c"`` or ``"python"``
    """
    value = number_value(node)
    if value is not None:
        return f"{float(value)!r}"
    if node.op is SYMBOL:
        return name(node)
    if node.op is POWER:
        return _power(node, name, language)
    if node.op is PRODUCT:
        return _product(node, name, language)
    parts = [scalar_code(a, name, language) for a in node.args]
    if node.op is SUM:
        return f"({' + '.join(parts).replace('+ -', '- ')})"
    functions = _FUNCTIONS[language]
    if node.op.name not in functions:
        raise InputError(f"there is no code for {node.op.name} of a scalar", fix='use engine="reference"')
    return functions[node.op.name].format(*parts)


def _product(node: Expr, name: Callable[[Expr], str], language: str) -> str:
    """The factors, and what is divided by behind them."""
    above = [a for a in node.args if not _is_below(a)]
    below = [scalar_code(a.args[0], name, language) for a in node.args if _is_below(a)]
    parts = [scalar_code(a, name, language) for a in above]
    sign = "-" if parts and parts[0] == "-1.0" and len(parts) > 1 else ""
    parts = [parts[0], *(_enclosed(part) for part in parts[1:])] if parts else []
    text = " * ".join(parts[1:] if sign else parts) or "1.0"
    is_alone = len(parts) + len(below) <= 1 + bool(sign)
    return f"{sign}{text}" if is_alone else f"({sign}{' / '.join([text, *below])})"


def _enclosed(code: str) -> str:
    """Code that ``**`` or another sign can stand beside."""
    return f"({code})" if code.startswith("-") else code


def _is_below(node: Expr) -> bool:
    return node.op is POWER and scalar_exponent(node.args[1]) == -1


def _power(node: Expr, name: Callable[[Expr], str], language: str) -> str:
    base, exponent = _enclosed(scalar_code(node.args[0], name, language)), scalar_exponent(node.args[1])
    base = f"({base})" if node.args[0].op is POWER else base
    functions = _FUNCTIONS[language]
    if exponent == -1:
        return f"(1.0 / {base})"
    if exponent in (Fraction(1, 2), Fraction(-1, 2)):
        root = functions["sqrt"].format(base)
        return root if exponent > 0 else f"(1.0 / {root})"
    return functions["power"].format(base, scalar_code(node.args[1], name, language))
