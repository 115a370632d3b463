"""Functions of a square matrix: exponential, logarithm, square root, sine, cosine, powers.

The derivative of f at X in the direction E is the upper right block of f([[X, E], [0, X]]); its adjoint is
the derivative at Xᵀ. Where E is a function of X they commute, and the derivative is E f'(X): so tr f(X) has
the gradient f'(X)ᵀ. Sources: Mathias, A chain rule for matrix functions, 1996; Higham, Functions of Matrices,
2008, theorem 3.6; Higham and Relton, Higher order Fréchet derivatives of matrix functions, 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from gradproof.errors import InputError, ShapeError
from gradproof.expr import matrix_values
from gradproof.expr.broadcast import matmul, minus, multiply, negate, scale
from gradproof.expr.commuting import is_function_of
from gradproof.expr.linalg import inv, lapack, square_shape, transposed, well_conditioned
from gradproof.expr.node import (
    OPERATIONS,
    Attrs,
    Expr,
    Operation,
    Shape,
    delta,
    make,
    number,
    number_value,
    register,
    symbol,
)
from gradproof.expr.product import einsum

HIGHAM = "Higham, Functions of Matrices, 2008"
_HALF = Fraction(1, 2)
_LONGEST_PRODUCT = 8  # higher powers are one operation, not a product as long


@dataclass(frozen=True)
class MatrixFunction:
    """f(X, parameters): its value for one matrix, and its scalar derivative as an expression."""

    name: str
    value: Callable[..., Any]
    derivative: Callable[..., Expr]
    parameters: int = 0


FUNCTIONS: dict[str, MatrixFunction] = {}


def _by_slice(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of every matrix of a stack; scalars go to all of them."""

    def value(*arrays: Any) -> Any:
        if all(np.ndim(x) < 3 for x in arrays):
            return function(*arrays)
        shape = np.broadcast_shapes(*(np.shape(x)[:-2] for x in arrays))
        whole = [np.broadcast_to(x, (*shape, *np.shape(x)[-2:])) if np.ndim(x) else x for x in arrays]
        slices = [function(*(x[place] if np.ndim(x) else x for x in whole)) for place in np.ndindex(shape)]
        return np.reshape(slices, (*shape, *np.shape(slices[0])))

    return lapack(_by_shape(value), lambda x, *rest: x.shape)


def _by_shape(value: Callable[..., Any]) -> Callable[..., Any]:
    def checked(x: Any, *rest: Any) -> Any:
        return value(x, *rest) if np.isfinite(x).all() else np.full(x.shape, np.nan)

    return checked


# --- the derivative of any of them ------------------------------------------------------------------


def _block(function: MatrixFunction, x: Any, *rest: Any) -> Any:
    """The mixed derivative in all directions: the upper right block of f of a block triangular matrix."""
    parameters, directions = rest[: function.parameters], rest[function.parameters :]
    n, whole, size = len(x), x, 1.0
    for direction in directions:
        length = float(np.linalg.norm(direction))
        if length == 0:
            return np.zeros_like(x)
        size *= length
        corner = np.kron(np.eye(len(whole) // n), direction / length)
        whole = np.block([[whole, corner], [np.zeros_like(whole), whole]])
    return size * function.value(whole, *parameters)[:n, -n:]


def _shape(args: tuple[Expr, ...], attrs: Attrs) -> Shape:
    shape = square_shape(args, attrs)
    for other in args[1:]:
        if other.shape not in ((), shape):
            raise ShapeError(f"a direction of shape {other.shape} at a matrix of shape {shape}")
    return shape


def _derivative(function: MatrixFunction, args: Sequence[Expr]) -> Expr:
    """D f(X)[E₁, E₂, ...]; E f'(X) for one direction that is a function of X."""
    first = 1 + function.parameters
    if len(args) > first + 1:
        return make(HIGHER, tuple(args), (function.name,))
    if is_function_of(args[first], args[0], {*FUNCTIONS, "inv"}):
        return matmul(args[first], function.derivative(*args[:first]))
    return make(OPERATIONS[f"{function.name}_frechet"], tuple(args))


def _pullback(function: MatrixFunction) -> Callable[[Expr, Expr], Sequence[Expr | None]]:
    """⟨G, D f(X)[E]⟩ = ⟨E, D f(X)[Gᵀ]ᵀ⟩, and with more directions likewise."""

    def pullback(node: Expr, g: Expr) -> list[Expr | None]:
        first = 1 + function.parameters
        fixed, directions = node.args[:first], node.args[first:]
        found: list[Expr | None] = [_derivative(function, (*fixed, *directions, transposed(g)))]
        found += [None] * function.parameters
        for k in range(len(directions)):
            others = (*directions[:k], *directions[k + 1 :])
            found.append(_derivative(function, (*fixed, *others, transposed(g))))
        return [None if f is None else transposed(f) for f in found]

    return pullback


HIGHER: Operation = register(
    Operation(
        "frechet_higher",
        meaning="D_k(A, E, ...) is the derivative of a matrix function at A in several directions",
        shape=_shape,
        value=lambda attrs, dtype, *arrays: _by_slice(lambda *a: _block(FUNCTIONS[str(attrs[0])], *a))(
            attrs, dtype, *arrays
        ),
        pullback=lambda node, g: _pullback(FUNCTIONS[str(node.attrs[0])])(node, g),
        rule="higher derivative of a matrix function",
        text="D_{attrs[0]}({all})",
        latex=r"D_{{\mathrm{{{attrs[0]}}}}}\left({all}\right)",
        samples=(
            lambda: make(HIGHER, tuple(symbol(name, (2, 2)) for name in "XEF"), ("expm",)),
            lambda: make(HIGHER, (symbol("X", (2, 2)), number(9), *_directions()), ("matrix_power",)),
        ),
        domain=(-1.0, 1.0),
        source="Higham and Relton, Higher order Fréchet derivatives of matrix functions, 2014",
    )
)


def _directions() -> tuple[Expr, Expr]:
    return symbol("E", (2, 2)), symbol("F", (2, 2))


# --- the functions ----------------------------------------------------------------------------------


def _matrix_function(
    function: MatrixFunction,
    sample: Callable[[], tuple[Expr, ...]],
    *,
    text: str,
    latex: str,
    numpy: str,
    domain: tuple[float, float] = (-1.0, 1.0),
) -> Operation:
    """Register a matrix function and its derivative in a direction."""
    FUNCTIONS[function.name] = function
    shorter = function.name.removesuffix("m")
    direction = 1 + function.parameters
    block = f"np.block([[{{0}}, {{{direction}}}], [np.zeros_like({{0}}), {{0}}]])"
    register(
        Operation(
            f"{function.name}_frechet",
            meaning=f"L_{shorter}(A, E) is the derivative of {function.name} at A in the direction E",
            shape=_shape,
            value=_by_slice(lambda *arrays: _block(function, *arrays)),
            pullback=_pullback(function),
            rule=f"second derivative of {function.name}",
            text=f"L_{shorter}({{0}}, {{{direction}}})",
            latex=rf"L_{{{{\mathrm{{{{{shorter.replace('_', ' ')}}}}}}}}}\left({{0}}, {{{direction}}}\right)",
            numpy=numpy.replace("{0}", block) + "[:len({0}), len({0}):]",
            samples=(
                lambda: make(
                    OPERATIONS[f"{function.name}_frechet"], (*sample(), symbol("E", sample()[0].shape))
                ),
            ),
            domain=domain,
            source=f"{HIGHAM}, theorem 3.6",
            linear=(direction,),
        )
    )
    return register(
        Operation(
            function.name,
            shape=_shape,
            value=_by_slice(function.value),
            pullback=_pullback(function),
            rule=f"derivative of {function.name}",
            text=text,
            latex=latex,
            numpy=numpy,
            samples=(lambda: make(OPERATIONS[function.name], sample()),),
            domain=domain,
            source=f"{HIGHAM}, theorem 3.6; tr f(X) has the gradient f'(X)ᵀ",
        )
    )


def _named(name: str, derivative: Callable[[Expr], Expr], definite: bool = False) -> Operation:
    return _matrix_function(
        MatrixFunction(name, getattr(matrix_values, name), derivative),
        lambda: (well_conditioned() if definite else symbol("X", (3, 3)),),
        text=f"{name}({{0}})",
        latex=rf"\operatorname{{{{{name}}}}}\left({{0}}\right)",
        numpy=f"scipy.linalg.{name}({{0}})",
    )


EXPM = _named("expm", lambda x: expm(x))
SINM = _named("sinm", lambda x: cosm(x))
COSM = _named("cosm", lambda x: negate(sinm(x)))
SINHM = _named("sinhm", lambda x: coshm(x))
COSHM = _named("coshm", lambda x: sinhm(x))
LOGM = _named("logm", lambda x: inv(x), definite=True)
SQRTM = _named("sqrtm", lambda x: scale(_HALF, inv(sqrtm(x))), definite=True)
MATRIX_POWER = _matrix_function(
    MatrixFunction(
        "matrix_power",
        lambda x, k: np.linalg.matrix_power(x, round(float(np.real(k)))),
        lambda x, k: multiply(k, mpow(x, minus(k, number(1)))),
        parameters=1,
    ),
    lambda: (symbol("X", (3, 3)), number(9)),
    text="{0}^{1}",
    latex="{0}^{{{1}}}",
    numpy="np.linalg.matrix_power({0}, int({1}))",
)


def expm(x: Expr) -> Expr:
    """eˣ = Σ Xᵏ/k! of a square matrix."""
    return make(EXPM, (x,))


def logm(x: Expr) -> Expr:
    """The principal logarithm of a square matrix."""
    return make(LOGM, (x,))


def sqrtm(x: Expr) -> Expr:
    """The principal square root of a square matrix."""
    return make(SQRTM, (x,))


def sinm(x: Expr) -> Expr:
    """The sine of a square matrix."""
    return make(SINM, (x,))


def cosm(x: Expr) -> Expr:
    """The cosine of a square matrix."""
    return make(COSM, (x,))


def sinhm(x: Expr) -> Expr:
    """The hyperbolic sine of a square matrix."""
    return make(SINHM, (x,))


def coshm(x: Expr) -> Expr:
    """The hyperbolic cosine of a square matrix."""
    return make(COSHM, (x,))


def frechet(name: str, x: Expr, e: Expr) -> Expr:
    """The derivative of the function ``name`` (``expm``, ``logm``, ...) at ``x`` in direction ``e``."""
    return _derivative(FUNCTIONS[name], (x, e))


def mpow(x: Expr, k: Expr | int | float | Fraction) -> Expr:
    """Xᵏ of a square matrix: a product for a small whole k, √X for 1/2, one operation for a name.

    Raises
    ------
    InputError
        The exponent is a fraction other than ±1/2.
    """
    square_shape((x,), ())
    exponent = k if isinstance(k, Expr) else number(k)
    value = number_value(exponent)
    if value is None:
        return make(MATRIX_POWER, (x, exponent))
    if abs(value) == _HALF:
        return sqrtm(x if value > 0 else inv(x))
    if Fraction(value).denominator != 1:
        raise InputError(
            f"the matrix power {value} is neither whole nor 1/2",
            fix="write it as expm(p * logm(X))",
        )
    whole = int(value)
    if abs(whole) > _LONGEST_PRODUCT:
        return make(MATRIX_POWER, (x, exponent))
    base = inv(x) if whole < 0 else x
    if whole == 0:
        return einsum([(x.ndim - 2, x.ndim - 1)], [delta(x.shape[-1])], tuple(range(x.ndim)), x.shape)
    lead = tuple(range(x.ndim - 2))
    at = x.ndim - 2
    specs = [(*lead, at + j, at + j + 1) for j in range(abs(whole))]
    return einsum(specs, [base] * abs(whole), (*lead, at, at + abs(whole)))
