"""What every derivation can do: print itself, be evaluated, be checked in numbers, be emitted as code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.calculus.sampling import sampled
from gradproof.calculus.step import Step
from gradproof.derivation.rows import WIDTH, Row, Style
from gradproof.derivation.sections import Section
from gradproof.derivation.steps import Placed, StepLine, placed_lines
from gradproof.derivation.values import by_symbol, known_sizes, require_known
from gradproof.derivation.verification import Claim, Verification, verified
from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.node import SYMBOL, Expr, facts_of, symbols
from gradproof.expr.product import is_zero
from gradproof.expr.sizes import shown_shape, sizes_of, with_sizes
from gradproof.write.code import hessian_code, to_code, value_and_gradient_code
from gradproof.write.markdown import to_markdown
from gradproof.write.mathml import html_table, latex_to_mathml
from gradproof.write.matrix import to_latex, to_text
from gradproof.write.meanings import meanings
from gradproof.write.svg import latex_to_svg

RULE_COLUMN = 72  # rules stand at most here; beside a longer line there is none


class Derivation(ABC):
    """How a derivative comes about.

    Attributes
    ----------
    expression : what was differentiated
    wrt : the variable, or the variables of a total differential
    gradient : the result, simplified. Of a scalar it has the shape of the variable; else it is the Jacobian,
        of shape ``expression.shape + wrt.shape``; of order 2 the Hessian, of shape ``wrt.shape + wrt.shape``
    names : printed name of each named expression
    values : values of the symbols that were given with the cost, if any
    notes : what the reader should know: facts used, guesses made, the convention of a structured variable
    """

    expression: Expr
    wrt: tuple[Expr, ...]
    gradient: Expr
    names: dict[Expr, str]
    values: Mapping[Expr, Any]
    notes: list[str]
    output: str = "f"  # what is differentiated is called this

    @property
    def steps(self) -> list[Step]:
        """Every step: functions recognised, rules applied, rewrites."""
        return [item.step for item in self.placed()]

    @abstractmethod
    def placed(self) -> list[Placed]:
        """Every step with its place in the derivation."""

    @property
    @abstractmethod
    def left(self) -> tuple[str, str]:
        """The left-hand side of the result as text and as LaTeX: ∂J/∂W."""

    @property
    @abstractmethod
    def result_name(self) -> str:
        """The result's name in code: ``dW``."""

    @abstractmethod
    def claim(self) -> Claim:
        """What :meth:`verify` has to check."""

    @abstractmethod
    def sections(self, *, latex: bool = False, style: str = "all") -> list[Section]:
        """The printed derivation: titles, and under each the left and right sides of its rows.

        Parameters
        ----------
        style : ``"differential"``, ``"index"`` (entries, with δ), ``"backprop"`` (an equation for each named
            part) or ``"all"``
        """

    def latex_rows(self, style: str = "all") -> list[Row]:
        """All rows in LaTeX."""
        return [row for _, rows in self.sections(latex=True, style=style) for row in rows]

    def step_lines(self, *, latex: bool = False) -> list[StepLine]:
        """Every step as a line with its rule, where it was applied, and the rule in symbols."""
        return placed_lines(self.placed(), Style(self.symbol_names, self.output, latex=latex))

    # --- numbers ------------------------------------------------------------------------------------------

    def evaluate(self, values: Mapping[str | Expr, Any]) -> Any:
        """The result as numbers.

        Parameters
        ----------
        values : array of each variable by name, ``{"W": array}``, and the number of a size that no array has,
            ``{"n": 5}``; what does not occur is ignored. Given ``{"dW": array}`` as well, a gradient or
            Jacobian by W is applied to it: the value is that of the differential.

        Raises
        ------
        InputError
            A variable or a size has no value, or one that is not made of numbers.
        ShapeError
            Arrays do not fit the declared shapes, or each other.
        """
        leaves = symbols(self.expression, self.gradient, *self.wrt)
        table = by_symbol(values, leaves, self.names)
        missing = [s for s in symbols(self.gradient) if s not in table and "size" not in facts_of(s)]
        if missing:
            names = ", ".join(self.names.get(s, s.name) for s in missing)
            raise InputError(f"no value was given for {names}", fix="give an array for each variable by name")
        sizes = known_sizes(values, table, [self.expression, self.gradient, *self.wrt])
        bound = with_sizes([self.gradient, *table], sizes)
        require_known(bound[self.gradient], [*self.wrt, *leaves])
        kind = np.complex128 if any(np.iscomplexobj(v) for v in table.values()) else np.float64
        arrays = {bound[s]: v for s, v in table.items()}
        result = evaluate([bound[self.gradient]], arrays, kind)[0]
        name = f"d{self.wrt[0].name}"
        if not self.is_linear_map or name not in values or any(s.name == name for s in leaves):
            return result
        return np.tensordot(result, np.asarray(values[name]), self.wrt[0].ndim)

    def verify(self, values: Mapping[Expr, Any] | None = None) -> Verification:
        """Evaluate both sides of every step, and the result against differentiation without rewriting.

        Symbols without a value get a random one, of which all declared facts are true.
        """
        table = dict(self.values if values is None else values)
        claim = self.claim()
        known = sizes_of([(s, np.asarray(v)) for s, v in table.items() if s.op is SYMBOL])
        drawn = sampled([self.expression, claim.true, *self.wrt], sizes=known)
        return verified(claim, {**drawn.values, **table}, drawn.sizes)

    @property
    def expression_text(self) -> str:
        """What was differentiated, in matrix notation."""
        return to_text(self.expression, self.symbol_names)

    # Whether the result is a gradient or Jacobian by free entries, which a direction dW can be put into.
    is_linear_map: bool = False
    # How many axes of a derivative of three or four are the function's; None where that is not the order.
    rows: int | None = None

    # --- words --------------------------------------------------------------------------------------------

    @cached_property
    def symbol_names(self) -> dict[Expr, str]:
        """The printed names of symbols only."""
        # A gradient that is a symbol, x of ½‖x‖², is named by the symbol and not by the result's name.
        leaves = {leaf: name for leaf, name in self.names.items() if leaf.op is SYMBOL}
        return leaves | ({self.gradient: self.gradient.name} if self.gradient in leaves else {})

    @property
    def told(self) -> list[str]:
        """The notes, what unusual names in the result mean, and the shape of a result of zeros."""
        zeros = ""
        if self.gradient.shape and is_zero(self.gradient):
            zeros = f"every entry of the result is 0; its shape is {shown_shape(self.gradient.shape)}"
        return [*self.notes, *meanings(self.gradient, self.to_text()), *([zeros] if zeros else [])]

    def to_text(self) -> str:
        """The result in matrix notation: ``∂J/∂W = λ/m W``."""
        left = f"{self.left[0]} = "
        return to_text(self.gradient, self.symbol_names, prefix=left, short=True, rows=self.rows)

    def __str__(self) -> str:
        return self.derivation_text()

    def derivation_text(self, style: str = "all") -> str:
        """The derivation as text, in all styles or one; the notes below it."""
        lines = []
        for title, rows in self.sections(style=style):
            lines += ["", title] if title else []
            lines += laid_out(rows)
        lines += [f"  {note}" for note in self.told]
        return "\n".join(lines)

    def to_latex(self, *, steps: bool = True, style: str = "all") -> str:
        """The derivation as LaTeX, one aligned block; without steps only the result."""
        if not steps:
            left = f"{self.left[1]} = "
            return to_latex(self.gradient, self.symbol_names, prefix=left, short=True, rows=self.rows)
        rows = [f"{row.left} &= {row.right}" for row in self.latex_rows(style)]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def to_mathml(self, *, steps: bool = True) -> str:
        """A ``<math>`` element for each row, which browsers show without a network or a script."""
        rows = [f"{r.left} = {r.right}" for r in self.latex_rows()] if steps else [self.to_latex(steps=False)]
        return "\n".join(latex_to_mathml(row) for row in rows)

    def to_svg(self) -> str:
        """The result as a picture in which letters are paths; needs the extra ``svg``."""
        return latex_to_svg(self.to_latex(steps=False))

    def to_markdown(self, *, style: str = "all") -> str:
        """The derivation as Markdown: the result, a table of rows with their rules, what was guessed."""
        rows = [row[:3] for row in self.latex_rows(style)]
        return to_markdown(self.to_latex(steps=False), rows, self.told)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def _repr_html_(self) -> str:
        sections = [(title, [row[:3] for row in rows]) for title, rows in self.sections(latex=True)]
        return html_table(sections, self.told)

    # --- code ---------------------------------------------------------------------------------------------

    def to_code(
        self, framework: str = "numpy", function_name: str = "", *, value: bool = False, dense: bool = False
    ) -> str:
        """Source of a function that computes the result, and runs by itself.

        Parameters
        ----------
        framework : ``"numpy"``, ``"torch"`` or ``"jax"``
        function_name : ``gradient``, ``hessian`` or ``value_and_gradient`` where empty
        value : whether the function returns the cost as well, what both share computed once
        dense : whether a Hessian that has structure is returned as a whole array instead of in factors
        """
        asserts = any(isinstance(n, str) for leaf in symbols(self.expression) for n in leaf.shape)
        sources = [*self.wrt, *symbols(self.expression)]
        if value and self.expression.shape == () and self.gradient.shape == self.wrt[0].shape:
            gradients = {self.wrt[0]: self.gradient}
            name = function_name or "value_and_gradient"
            return value_and_gradient_code(
                self.expression, gradients, framework,
                names=self.names, function_name=name, asserts=asserts, sources=sources,
            )  # fmt: skip
        if self.expression.shape == () and len(self.gradient.shape) == 2 * self.wrt[0].ndim > 0:
            name = function_name or "hessian"
            return hessian_code(
                self.gradient, self.wrt[0], framework,
                dense=dense, names=self.names, function_name=name, asserts=asserts, sources=sources,
            )  # fmt: skip
        name = function_name or "gradient"
        return to_code(
            {self.result_name: self.gradient}, framework,
            names=self.names, function_name=name, asserts=asserts, sources=sources,
        )  # fmt: skip

    def to_numpy(self, function_name: str = "") -> str:
        """Source of a NumPy function that computes the result."""
        return self.to_code("numpy", function_name)

    def to_torch(self, function_name: str = "") -> str:
        """Source of a PyTorch function that computes the result."""
        return self.to_code("torch", function_name)

    def to_jax(self, function_name: str = "") -> str:
        """Source of a JAX function that computes the result; it can be compiled with ``jax.jit``."""
        return self.to_code("jax", function_name)


def laid_out(rows: list[Row]) -> list[str]:
    """Rows under each other, the rules in a column of their own."""
    heads = [f"  {row.left} = " for row in rows]
    bodies = [h + r.right.replace("\n", "\n" + " " * len(h)) for h, r in zip(heads, rows, strict=True)]
    firsts = [body.split("\n")[0] for body in bodies]
    column = max((len(first) for first in firsts if len(first) <= RULE_COLUMN), default=0) + 3
    lines = []
    for head, body, row in zip(heads, bodies, rows, strict=True):
        first, *rest = body.split("\n")
        told = f"{first:<{column}}{row.rule}" if len(first) < column else f"{first}   {row.rule}"
        if not row.rule:
            lines += [first, *rest]
        elif len(told) <= WIDTH:
            lines += [told, *rest]
        else:
            lines += [first, *rest, " " * len(head) + f"[{row.rule}]"]
    return lines
