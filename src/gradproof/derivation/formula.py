"""From an expression and what is asked of it to the derivation that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gradproof.calculus.differential import differential, plain_differential
from gradproof.calculus.facts import is_complex
from gradproof.calculus.hessian import derivative
from gradproof.calculus.jacobian import Derivative
from gradproof.calculus.step import Step
from gradproof.calculus.structured import structured_gradient
from gradproof.calculus.wirtinger import complex_gradient
from gradproof.derivation.base import Derivation
from gradproof.derivation.general import GeneralDerivation, Sides
from gradproof.derivation.gradient import derivation
from gradproof.derivation.layout import check_layout, laid_out
from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr

KINDS = ("gradient", "jacobian", "hessian", "differential")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: by which variables, of which order, in which layout.

    Attributes
    ----------
    structure : of the one variable, whose independent entries are meant; None for free entries
    kind : one of :data:`KINDS`; None for what fits
    """

    wrt: Sequence[Expr]
    order: int = 1
    structure: str | None = None
    kind: str | None = None
    layout: str = "mixed"


def derive_expression(expression: Expr, names: Mapping[Expr, str], request: Request) -> Derivation:
    """Answer a request.

    Parameters
    ----------
    expression : what to differentiate
    names : names of expressions inside it; a gradient has one equation for each of them

    Raises
    ------
    InputError
        The request does not fit the expression; the message says what would.
    """
    check_layout(request.layout)
    kind = _kind(expression, request)
    if any(v.op is not SYMBOL for v in request.wrt):
        raise InputError("a derivative is by a variable", where=repr(request.wrt), fix="give its name")
    if kind == "differential":
        return _differential(expression, request, names)
    (variable,) = request.wrt
    if request.structure is not None:
        found = structured_gradient(expression, variable, request.structure)
        return _general(f"gradient by the entries of a {request.structure} variable", found, request, names)
    if kind == "gradient" and is_complex(variable):
        return _general("complex gradient", complex_gradient(expression, variable), request, names)
    if kind == "gradient" and request.layout != "numerator":
        return derivation(expression, variable, names, output="f")
    return _general(kind, derivative(expression, variable, request.order), request, names)


def _kind(expression: Expr, request: Request) -> str:
    kind = request.kind
    if kind is not None and kind not in KINDS:
        raise InputError(f"there is no kind {kind!r}", fix=f"kind is one of {', '.join(KINDS)}")
    if kind is None:
        kind = "differential" if len(request.wrt) > 1 else "hessian" if request.order == 2 else "jacobian"
        if kind == "jacobian" and expression.shape == () and request.order == 1:
            kind = "gradient"
    if len(request.wrt) != 1 and kind != "differential":
        raise InputError(
            f"a {kind} is by one variable; {len(request.wrt)} were given",
            fix="give one, or ask for kind='differential'",
        )
    if kind in ("gradient", "hessian") and expression.shape != ():
        raise InputError(
            f"a {kind} needs a scalar; this expression has shape {expression.shape}",
            fix="sum it to one number, or ask for kind='jacobian'",
        )
    return kind


def _differential(expression: Expr, request: Request, names: Mapping[Expr, str]) -> Derivation:
    found = differential(expression, list(request.wrt))
    plain = plain_differential(expression, found.variables)

    def steps() -> list[Step]:
        return [*found.steps, *found.rewrites]

    sides = Sides("df", r"\mathrm{d}f", "df")
    return GeneralDerivation("differential", sides, expression, request.wrt, found.value, steps, plain, names)


def _general(kind: str, found: Derivative, request: Request, names: Mapping[Expr, str]) -> Derivation:
    (variable,) = request.wrt
    value, plain, told = laid_out(found, request.layout)

    def steps() -> list[Step]:
        return [*found.steps, *found.rewrites]

    sides = _sides(names.get(variable, variable.name), request.order)
    notes = [*found.notes, *told]
    result = GeneralDerivation(kind, sides, found.output, [variable], value, steps, plain, names, notes)
    if request.layout != "denominator":
        result.rows = value.ndim - variable.ndim
    return result


def _sides(name: str, order: int) -> Sides:
    if order == 1:
        return Sides(f"∂f/∂{name}", rf"\frac{{\partial f}}{{\partial {name}}}", f"d{name}")
    mark = {2: "²", 3: "³"}.get(order, f"^{order}")
    text = f"∂{mark}f/∂{name}{mark}"
    return Sides(text, rf"\frac{{\partial^{{{order}}} f}}{{\partial {name}^{{{order}}}}}", f"d{order}{name}")
