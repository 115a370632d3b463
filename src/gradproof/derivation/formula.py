"""From an expression and what is asked of it to the derivation that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gradproof.calculus.differential import differential, plain_differential, second_differential
from gradproof.calculus.facts import is_complex
from gradproof.calculus.hessian import derivative
from gradproof.calculus.jacobian import Derivative
from gradproof.calculus.simplify import prepared, simplify
from gradproof.calculus.step import Step
from gradproof.calculus.structured import structured_gradient, structured_hessian
from gradproof.calculus.wirtinger import complex_gradient
from gradproof.derivation.base import Derivation
from gradproof.derivation.general import GeneralDerivation, Sides, Steps
from gradproof.derivation.gradient import derivation
from gradproof.derivation.layout import check_layout, order_of_axes
from gradproof.errors import InputError
from gradproof.expr.broadcast import transpose
from gradproof.expr.node import SYMBOL, Expr
from gradproof.write.names import latex_name, text_name
from gradproof.write.scripts import raised

KINDS = ("gradient", "jacobian", "hessian", "derivative", "differential")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: by which variables, of which order, in which layout.

    Attributes
    ----------
    structure : of the one variable, whose independent entries are meant; None for free entries
    kind : one of :data:`KINDS`; None for what fits
    output : what the expression is called
    """

    wrt: Sequence[Expr]
    order: int = 1
    structure: str | None = None
    kind: str | None = None
    layout: str = "mixed"
    output: str = "f"


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
    _check_variables(request)
    kind = _kind(expression, request)
    if kind == "hessian" and request.order == 1:
        request = replace(request, order=2)
    cost, preparation = prepared(expression, request.wrt)
    if kind == "differential":
        return _differential(expression, request, names)
    variable = request.wrt[0]
    is_plain = request.structure is None and request.layout != "numerator" and not is_complex(variable)
    if kind == "gradient" and is_plain:
        derived = derivation(cost, variable, names, output=request.output)
        derived.given(expression, preparation)
        return derived
    found = _found(cost, request, kind)

    def plain() -> Expr:
        return found.plain if cost is expression else _found(expression, request, kind).plain

    title = f"gradient by the entries of a {request.structure} variable" if request.structure else kind
    return _general(title, expression, found, plain, preparation, request, names)


def _check_variables(request: Request) -> None:
    if not request.wrt or any(v.op is not SYMBOL for v in request.wrt):
        raise InputError("a derivative is by a variable", where=repr(request.wrt), fix="give its name")
    if not isinstance(request.order, int) or request.order < 1:  # type: ignore[redundant-expr]
        raise InputError(f"the order is {request.order!r}", fix="give 1, or 2 for the second derivative")


def _found(cost: Expr, request: Request, kind: str) -> Derivative:
    """The derivative that a request means, but for the gradient of a cost."""
    variable = request.wrt[0]
    if request.structure is not None:
        by = structured_gradient if request.order == 1 else structured_hessian
        return by(cost, variable, request.structure)
    if kind == "gradient" and is_complex(variable):
        return complex_gradient(cost, variable)
    if len(request.wrt) > 1:
        return derivative(cost, request.wrt)
    return derivative(cost, variable, request.order)


def _kind(expression: Expr, request: Request) -> str:
    kind = request.kind
    if kind is not None and kind not in KINDS:
        raise InputError(f"there is no kind {kind!r}", fix=f"kind is one of {', '.join(KINDS)}")
    if kind is None:
        kind = _usual_kind(expression, request)
    if len(request.wrt) > 1 and kind not in ("differential", "hessian"):
        raise InputError(
            f"a {kind} is by one variable; {len(request.wrt)} were given",
            fix="give one, or ask for kind='differential' or kind='hessian'",
        )
    if kind in ("gradient", "hessian") and expression.shape != ():
        raise InputError(
            f"a {kind} needs a scalar; this expression has shape {expression.shape}",
            fix="sum it to one number, or ask for kind='jacobian'",
        )
    orders = {"gradient": (1,), "hessian": (1, 2), "differential": (1, 2)}.get(kind)
    if orders and request.order not in orders:
        raise InputError(f"a {kind} is not of order {request.order}", fix="leave out the kind or the order")
    if request.structure is not None and request.order > 2:
        raise InputError("structured derivatives are of order 1 or 2", fix="leave out the structure")
    return kind


def _usual_kind(expression: Expr, request: Request) -> str:
    if len(request.wrt) > 1:
        return "differential"
    if expression.shape == ():
        return {1: "gradient", 2: "hessian"}.get(request.order, "derivative")
    return "jacobian" if request.order == 1 else "derivative"


def _differential(expression: Expr, request: Request, names: Mapping[Expr, str]) -> Derivation:
    by = differential if request.order == 1 else second_differential
    found = by(expression, list(request.wrt))

    def plain() -> Expr:
        result = expression
        for _ in range(request.order):
            result = plain_differential(result, found.variables)
        return result

    def steps() -> Steps:
        return (), found.steps, found.rewrites

    text, latex = text_name(request.output), latex_name(request.output)
    sides = Sides(f"d{text}", rf"\mathrm{{d}}{latex}", "df")
    if request.order == 2:
        sides = Sides(f"d²{text}", rf"\mathrm{{d}}^{{2}} {latex}", "d2f")
    result = GeneralDerivation(
        "differential", sides, expression, request.wrt, found.value, steps, plain, names
    )
    result.output, result.order = request.output, request.order
    return result


def _general(
    kind: str, expression: Expr, found: Derivative, plain: Callable[[], Expr], preparation: Sequence[Step],
    request: Request, names: Mapping[Expr, str],
) -> Derivation:  # fmt: skip
    axes, told = order_of_axes(found, request.layout)
    value = found.value if axes is None else simplify(transpose(found.value, axes))

    def true() -> Expr:
        return plain() if axes is None else transpose(plain(), axes)

    def steps() -> Steps:
        return preparation, found.steps, found.rewrites

    variables = list(request.wrt) if len(request.wrt) > 1 else list(request.wrt) * request.order
    sides = _sides(request.output, [names.get(v, v.name) for v in variables])
    notes = [*found.notes, *told]
    result = GeneralDerivation(kind, sides, expression, request.wrt, value, steps, true, names, notes)
    result.prepared, result.output = found.output, request.output
    plain_jacobian = request.structure is None and request.layout == "mixed" and len(variables) == 1
    result.is_linear_map = plain_jacobian and not (is_complex(variables[0]) and expression.shape == ())
    if request.layout != "denominator":
        result.rows = value.ndim - variables[-1].ndim
    if request.layout == "mixed":
        result.by = variables
    return result


def _sides(output: str, names: Sequence[str]) -> Sides:
    """∂f/∂X, ∂²f/∂X², ∂²f/∂x∂y."""
    order = len(names)
    mark = {1: "", 2: "²", 3: "³"}.get(order, f"^{order}")
    power = "" if order == 1 else f"^{{{order}}}"
    if len(set(names)) == 1:
        text, latex = f"∂{text_name(names[0])}{mark}", rf"\partial {raised(latex_name(names[0]), power)}"
    else:
        text = "".join(f"∂{text_name(n)}" for n in names)
        latex = r" \, ".join(rf"\partial {latex_name(n)}" for n in names)
    code = f"d{names[0]}" if order == 1 else f"d{order}" + "".join(dict.fromkeys(names))
    above = rf"\partial{power} {latex_name(output)}"
    return Sides(f"∂{mark}{text_name(output)}/{text}", rf"\frac{{{above}}}{{{latex}}}", code)
