"""How a framework scales its L2 penalty: one record, and what follows from it.

A record says what the option does, as an expression. All else is computed: the gradient of a penalty is
derived, c is read off, and a translation is the equation c = c, solved for the other option's value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from gradproof.calculus.differentiate import gradient
from gradproof.calculus.monomial import Monomial, build, flat
from gradproof.errors import InternalError
from gradproof.expr.broadcast import minus, multiply, plus, scale, sum_over
from gradproof.expr.elementwise import divide, square
from gradproof.expr.node import Expr, number, symbol
from gradproof.expr.substitute import substitute
from gradproof.write.matrix import to_text

W = symbol("W", ("n", "k"))
SQUARES = sum_over(square(W))  # ‖W‖²_F
HALF_SQUARES = scale(0.5, SQUARES)
J, GRADIENT = symbol("J"), symbol("g", W.shape)
ROWS, BATCH, RATE, MOMENTUM, SPREAD = (symbol(name) for name in ("m", "b", "lr", "μ", "s_y"))
ONE = number(1)
KEPT = minus(ONE, MOMENTUM)

Kind = Literal["penalty", "gradient", "decay", "leaf"]
OPTIMIZERS = ("sgd", "momentum", "adam")


@dataclass(frozen=True, slots=True)
class Blanks:
    """What code to paste is filled with: numbers as text, or a variable's name where there is none."""

    value: str
    lr: str = "lr"
    momentum: str = "momentum"
    batch: str = "batch_size"
    optimizer: str = "sgd"
    biases: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Convention:
    """What one option of one framework does to the weights.

    Attributes
    ----------
    name : how it is asked for, such as ``keras.L2``
    option : the option in the framework's own words
    value : name of its number
    kind : what ``rule`` is: a ``"penalty"`` R(W) added to the cost; a term added to the ``"gradient"``
        before the optimiser sees it; a ``"decay"``, taken from W in each step beside what the optimiser does;
        or the value of a tree's ``"leaf"``
    rule : that, as an expression of W, of the value and of m, b, lr
    data : what stands before J, the mean loss of an example, in the cost
    biases : whether they are penalised: ``"never"``, ``"always"``, or as the code says, ``"choice"``
    biases_by_default : whether they are unless the code says otherwise
    optimizers : those that the option belongs to
    losses : the losses of the one model it belongs to; empty for any network
    solver : whether the framework goes to the minimum by itself
    code : the code to paste
    notes : what people trip over
    known : how it is known: ``"run"``, its behaviour was measured; ``"source"`` or ``"docs"``, read there;
        ``"unconfirmed"``
    source : where
    aliases : other names; several conventions may share one, and the optimiser then decides
    """

    name: str
    option: str
    value: str
    kind: Kind
    rule: Expr
    data: Expr = ONE
    biases: Literal["never", "always", "choice"] = "never"
    biases_by_default: bool = False
    optimizers: tuple[str, ...] = OPTIMIZERS
    losses: tuple[str, ...] = ()
    solver: bool = False
    code: Callable[[Blanks], str] = lambda _: ""
    notes: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    source: str = ""
    aliases: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Convention {self.name}>"

    @property
    def library(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]

    @property
    def symbol(self) -> Expr:
        """The value as it stands in ``rule``."""
        return symbol(self.value)

    @property
    def label(self) -> str:
        """The value's name as it is read: λ where it is called lambda."""
        return "λ" if self.value == "lambda" else self.value

    @property
    def acts(self) -> str:
        """What ``formula`` is, in a word or two."""
        return {"penalty": "cost", "gradient": "gradient", "decay": "decay of W", "leaf": "leaf"}[self.kind]

    @property
    def own_loss(self) -> bool:
        """Whether the framework brings the data cost along, so that there is no other beside the penalty."""
        return self.library in ("sklearn", "glmnet", "spark", "h2o")

    @property
    def coupled(self) -> bool:
        """Whether it acts through the gradient, so that momentum and Adam's averages see it."""
        return self.kind in ("penalty", "gradient")

    @cached_property
    def c(self) -> Expr | None:
        """The factor c in the gradient of J + c/2 ‖W‖²_F, by which conventions are compared; None for trees.

        A decay is compared at plain gradient descent, where taking lr c W from W is the step along c W.
        """
        if self.kind == "leaf":
            return None
        if self.kind == "decay":
            return factor_of_weights(divide(self.rule, RATE))
        along = gradient(self.rule, [W])[0] if self.kind == "penalty" else self.rule
        return factor_of_weights(divide(along, self.data))

    @property
    def formula(self) -> str:
        """The cost, the gradient that the optimiser gets, what a step leaves of W, or a leaf's value.

        J is the mean over the rows of an example's loss, and g its gradient.
        """
        if self.kind == "penalty":
            return to_text(plus(multiply(self.data, J), self.rule))
        if self.kind == "gradient":
            return to_text(plus(GRADIENT, self.rule))
        if self.kind == "decay":
            return to_text(minus(W, self.rule))
        return to_text(self.rule)


def factor_of_weights(along: Expr) -> Expr:
    """The scalar c of c W."""
    mono = flat(along)
    powers = {factor: e for factor, e in mono.powers.items() if factor[0] is not W}
    if len(powers) != len(mono.powers) - 1 or mono.sizes or any(f.ndim for f, _ in powers):
        raise InternalError(f"{to_text(along)} is no multiple of W")
    return build(Monomial(mono.coefficient, powers, (), {}))


def solved(convention: Convention, c: Expr, rate: Expr = RATE) -> Expr:
    """The value that gives this c at this learning rate."""
    own = convention.c
    if own is None:
        raise InternalError(f"{convention.name} has no c")
    mono = flat(substitute(own, {RATE: rate}))
    key = (convention.symbol, ())
    rest = build(Monomial(mono.coefficient, {f: e for f, e in mono.powers.items() if f != key}, (), {}))
    exponent = mono.powers[key]
    if abs(exponent) != 1:
        raise InternalError(f"c of {convention.name} is no simple multiple of its value")
    found = divide(c, rest) if exponent == 1 else divide(rest, c)
    return build(flat(found))
