"""The door :func:`derive`: a formula or a function in, a derivation out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradproof.checking.api import derive_function
from gradproof.derivation.base import Derivation
from gradproof.derivation.formula import Request, derive_expression
from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr, Size, symbols
from gradproof.read.notation import read_all
from gradproof.read.notation.left_side import function_name


def derive(
    cost: str | Expr | Callable[[Any], Any],
    params: Any = None,
    wrt: str | Expr | Sequence[str | Expr] | None = None,
    *,
    shapes: Mapping[str, Sequence[Size] | str] | Sequence[str] | None = None,
    assume: Mapping[str, Sequence[str]] | None = None,
    let: Mapping[str, str] | None = None,
    order: int = 1,
    structure: str | None = None,
    kind: str | None = None,
    layout: str = "mixed",
    dialect: str | None = None,
    layers: int | None = None,
) -> Derivation:
    r"""Derive a gradient, Jacobian, Hessian or differential; every step is shown and can be checked.

    Parameters
    ----------
    cost : str, expression or callable
        A formula in NumPy's spelling, in the notation people type or in LaTeX: ``"tr(W.T @ W)"``,
        ``"x'*A*x"``, ``r"\|W\|_F^2"``; or a NumPy function ``cost(params) -> number``.
    params : the parameters of a function, as for :func:`~gradproof.check`
    wrt : str or sequence of str
        The variable; of several, the total differential. Not needed where there is only one.
    shapes : shape of each variable, ``{"W": ("n", "k")}``; sizes are names or integers, scalars have ``()``.
        Or declarations: ``["A: matrix(n, n), spd"]``. What is not declared is inferred; ``notes`` tells how.
    assume : facts of the values: ``{"A": ["symmetric"]}``. They are used to simplify; the gradient is still
        that of a variable whose entries are independent, unless ``structure`` says otherwise.
    let : definitions of names in the formula, ``{"Z": "W @ X + b"}``; they appear in the derivation
    order : 2 for the Hessian, or the second derivative by a scalar
    structure : ``"symmetric"``, ``"diagonal"``, ``"toeplitz"``, ``"lower"``, ...: the variable has this
        structure and the gradient is by its independent entries
    kind : ``"gradient"``, ``"jacobian"``, ``"hessian"``, ``"differential"``; by default what fits
    layout : ``"mixed"``: a gradient has the shape of its variable, a Jacobian that of the function followed
        by that of the variable. ``"numerator"`` transposes gradients, ``"denominator"`` Jacobians.
    dialect : ``"numpy"``, ``"math"`` or ``"latex"``; recognised by default
    layers : how many terms a sum over layers in LaTeX has, ``\sum_l \|W^{[l]}\|_F^2``

    Returns
    -------
    Derivation
        ``.gradient``, ``.steps``, ``str()``, ``.to_latex()``, ``.to_numpy()``, ``.evaluate({"W": array})``.

    Raises
    ------
    InputError
        The formula cannot be read or differentiated; the message points at the place and says what to do.

    Examples
    --------
    >>> print(derive("lambda/(2m) ||W||_F^2", wrt="W", shapes={"W": ("n", "k")}).to_text())
    ∂f/∂W = λ/m W
    """
    if not isinstance(cost, str | Expr) and not callable(cost):
        raise InputError(
            f"a {type(cost).__name__} is no cost", fix="give a formula as a string, or a function"
        )
    if callable(cost):
        return derive_function(cost, params, _one_name(wrt))
    if isinstance(cost, Expr):
        asked = _Asked(cost, {leaf.name: leaf for leaf in symbols(cost)}, {}, ())
    else:
        options = {"shapes": shapes, "assume": assume, "let": let, "dialect": dialect, "layers": layers}
        asked = _read(cost, options, let or {}, wrt)
    variables = [_variable(asked, w) for w in _listed(wrt, asked)]
    request = Request(variables, order, structure, kind, layout, asked.name or _free_name(asked))
    derived = derive_expression(asked.expression, asked.names, request)
    derived.notes += [*asked.notes, *_absent(asked, variables)]
    return derived


def _absent(asked: _Asked, variables: Sequence[Expr]) -> list[str]:
    """Where the variable does not occur the derivative is 0, and often a name was typed differently."""
    occurring = set(symbols(asked.expression))
    missing = [v.name for v in variables if v not in occurring]
    there = ", ".join(s.name for s in occurring) or "none"
    return [f"{name} does not occur in the formula; its variables are {there}" for name in missing]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The expression to differentiate, its symbols, names of its parts, what was guessed, its own name."""

    expression: Expr
    symbols: Mapping[str, Expr]
    names: Mapping[Expr, str]
    notes: tuple[str, ...]
    name: str = ""


def _free_name(asked: _Asked) -> str:
    """What a formula without a left side is called: f, or a letter that it does not use itself."""
    return next((c for c in "fJgh" if c not in asked.symbols), "f")


def _read(text: str, options: Mapping[str, Any], let: Mapping[str, str], wrt: Any) -> _Asked:
    """Read the formula, with it the names of its parts, and the variable in the notation it was typed in."""
    asked = [wrt] if isinstance(wrt, str) else wrt if isinstance(wrt, list | tuple) else []
    typed = [w for w in asked if isinstance(w, str) and not w.isidentifier()]
    formula, *parts = read_all([text, *let], **options)
    options = {**options, "dialect": formula.dialect}
    variables = read_all([text, *typed], **options)[1:] if typed else []
    names = {part.expression: name for part, name in zip(parts, let, strict=True)}
    named = {node: name for node, name in names.items() if node.op is not SYMBOL}
    spelled = {w: v.expression for w, v in zip(typed, variables, strict=True) if v.expression.op is SYMBOL}
    return _Asked(
        formula.expression, {**formula.symbols, **spelled}, named, formula.notes, function_name(text)
    )


def _one_name(wrt: str | Expr | Sequence[str | Expr] | None) -> str | None:
    if wrt is None or isinstance(wrt, str):
        return wrt
    raise InputError("a function is differentiated by one parameter", where=repr(wrt), fix="give its name")


def _listed(wrt: str | Expr | Sequence[str | Expr] | None, asked: _Asked) -> list[str | Expr]:
    if wrt is None:
        found = [name for name, leaf in asked.symbols.items() if leaf in set(symbols(asked.expression))]
        if len(found) == 1:
            return list(found)
        raise InputError(
            f"there are {len(found)} variables: {', '.join(found)}",
            fix=f"say by which to differentiate: wrt={found[0]!r}" if found else "use a variable",
        )
    if isinstance(wrt, str | Expr):
        return [wrt]
    if not hasattr(wrt, "__len__") or not len(wrt):
        raise InputError(f"{wrt!r} is no variable", fix="give a name, or a list of names")
    return list(wrt)


def _variable(asked: _Asked, wrt: str | Expr) -> Expr:
    if isinstance(wrt, Expr):
        return wrt
    if not isinstance(wrt, str):
        raise InputError(f"{wrt!r} is no variable", fix="give the variable's name: wrt='W'")
    leaf = asked.symbols.get(wrt)
    if leaf is None:
        raise InputError(
            f"no variable is called {wrt!r}", fix=f"wrt is one of {', '.join(asked.symbols) or 'none'}"
        )
    return leaf
