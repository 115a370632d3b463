"""λ of one framework as that of another: the value, the code, and whether it is the same at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gradproof.calculus.monomial import flat
from gradproof.errors import InputError
from gradproof.expr.broadcast import multiply
from gradproof.expr.elementwise import divide
from gradproof.expr.node import Expr, symbol, symbols
from gradproof.expr.substitute import substitute
from gradproof.train.conventions.convention import BATCH, KEPT, ONE, RATE, Blanks, Convention, solved
from gradproof.train.conventions.judging import Judgement, impossible_reasons, judge, penalises_biases
from gradproof.train.conventions.notes import assumptions, notes
from gradproof.train.conventions.registry import CONVENTIONS, find
from gradproof.train.conventions.result import Translation
from gradproof.train.conventions.situation import LOSSES, Number, Situation, evaluated, exact, plain

GROWING = (
    "optax.add_decayed_weights.after"  # its positive values make weights grow, its negative ones decay
)


def translate(
    source: str,
    value: Number,
    *,
    to: str,
    m: int | None = None,
    batch: int | None = None,
    lr: Number | None = None,
    momentum: Number | None = None,
    sd_y: Number | None = None,
    optimizer: str | None = None,
    per: str | None = None,
    loss: str = "mean",
    to_loss: str = "mean",
    biases: bool | None = None,
    approximate: bool = False,
) -> Translation:
    """What value of ``to`` does what this value of ``source`` does.

    Both are brought to c, the factor in the gradient of J + c/2 ‖W‖²_F, with J the mean over the rows of an
    example's loss.

    Parameters
    ----------
    source, to : names of conventions, such as ``"course"`` and ``"keras.L2"``; ``gradproof translate --list``
        shows them all
    value : λ, or whatever the source calls it
    m : rows of the data
    batch : rows of a mini-batch
    lr : learning rate, for decays that it does not scale
    momentum : μ, for approximations
    sd_y : standard deviation of the targets, for the least squares of glmnet and Spark
    optimizer : ``"sgd"``, ``"momentum"`` or ``"adam"`` (every adaptive method), where it decides
    per : ``"data"``, ``"batch"`` or ``"none"``: what the m is in the course's or gradproof's λ/m
    loss, to_loss : the data cost on the two sides: ``"mean"``; ``"sum"`` over the rows of a batch; ``"mse"``
        and ``"sse"``, mean and sum of r² without the ½
    biases : whether they are penalised; by default what the source does unless told otherwise
    approximate : give the nearest value where there is no equivalent

    Returns
    -------
    Translation
        Without ``value``, and with ``exactness`` "none", where there is no equivalent.

    Raises
    ------
    InputError
        There is no such convention, a number is missing or out of range, or the answer depends on the
        optimiser.

    Examples
    --------
    >>> found = translate("course", 0.7, to="keras.L2", m=5000)
    >>> found.value, found.formula, found.exactness
    (7e-05, 'l = λ/(2m)', 'exact')
    >>> translate("course", 0.7, to="torch.AdamW", m=5000).exactness
    'none'
    """
    situation = Situation(m, batch, lr, momentum, sd_y, optimizer, loss, to_loss, biases)
    first, second = _conventions(source, to, optimizer, per)
    return _Pair(first, second, exact(value, first.label), situation).translation(approximate=approximate)


def translations(
    source: str, value: Number, *, per: str | None = None, approximate: bool = False, **situation: Any
) -> dict[str, Translation | InputError]:
    """The same for every convention: by its name the translation, or what it needs to be told.

    Parameters
    ----------
    source, value, per, approximate, situation : as for :func:`translate`
    """
    told = Situation(**situation)
    first = find(source, told.optimizer, per)
    given = exact(value, first.label)
    found: dict[str, Translation | InputError] = {}
    for name, second in CONVENTIONS.items():
        if second is first:
            continue
        try:
            found[name] = _Pair(first, second, given, told).translation(approximate=approximate)
        except InputError as error:
            found[name] = error
    return found


def _conventions(
    source: str, to: str, optimizer: str | None, per: str | None
) -> tuple[Convention, Convention]:
    """Both conventions; ``per`` is for the source if it has several readings, else for the target."""
    first, second = find(source, optimizer), find(to, optimizer)
    if per is None:
        return first, second
    try:
        return find(source, optimizer, per), second
    except InputError as error:
        try:
            return first, find(to, optimizer, per)
        except InputError:
            raise error from None


@dataclass(slots=True)
class _Pair:
    """A value of one convention, on its way to another."""

    source: Convention
    target: Convention
    given: Fraction
    situation: Situation
    judgement: Judgement = field(default_factory=Judgement)

    def translation(self, *, approximate: bool) -> Translation:
        """All that can be said of it."""
        self._require_possible()
        known: dict[str, Any] = {
            "source": self.source,
            "target": self.target,
            "given": float(self.given),
            "situation": self.situation,
            "assumptions": tuple(assumptions(self.source, self.target, self.situation)),
        }
        impossible = self._growth() or impossible_reasons(self.source, self.target)
        if impossible:
            return Translation(exactness="none", reasons=tuple(impossible), **known)
        self.judgement = judge(self.source, self.target, self.situation)
        formula = self._formula()
        differences = [*self.judgement.differences, *self._last_batch(formula)]
        if differences and not approximate:
            nearest = self._nearest(formula)
            return Translation(exactness="none", nearest=nearest, reasons=tuple(differences), **known)
        value = self._value(formula)
        return Translation(
            exactness="approximate" if differences else "exact",
            value=value,
            expression=formula,
            c=self._c(),
            code=self.target.code(self._blanks(value)),
            biases=self._biases(),
            reasons=tuple(differences) or (self.judgement.reason,),
            notes=tuple(notes(self.target, self.situation, self.judgement.optimizer)),
            **known,
        )

    def _require_possible(self) -> None:
        """No negative λ, and no other loss where the framework brings its own."""
        if self.given < 0 and self.source.name != GROWING:
            raise InputError(
                f"{self.source.label} is {float(self.given):g}", fix="give a number that is at least 0"
            )
        sides = (self.source, "loss", "--loss"), (self.target, "to_loss", "--to-loss")
        for convention, name, option in sides:
            if convention.own_loss and getattr(self.situation, name) != "mean":
                raise InputError(
                    f"{convention.name} has a loss of its own", where=option, fix=f"leave {option} out"
                )

    def _growth(self) -> list[str]:
        """Why there is nothing to translate where the weights grow."""
        if self.source.name != GROWING or self.given <= 0:
            return []
        name, label = self.source.name, self.source.label
        return [
            f"weights grow: a positive {label} of {name} adds to them in each step, which no penalty does"
        ]

    @property
    def _own(self) -> Expr:
        """The source's value, told apart from the target's where both have the same name."""
        source, target = self.source, self.target
        if source is target or source.value != target.value:
            return source.symbol
        if source.library != target.library:
            return symbol(f"{source.value}_{source.library}")
        return symbol(f"{source.value}_{source.name.rpartition('.')[2]}")

    def _formula(self) -> Expr:
        """The target's value in terms of the source's."""
        assert self.source.c is not None
        c = substitute(self.source.c, {self.source.symbol: self._own})
        if self.judgement.steady:
            c = divide(c, KEPT) if self.source.coupled else multiply(c, KEPT)
        return solved(self.target, multiply(c, self._ratio), self._rate)

    @property
    def _ratio(self) -> Expr:
        """By how much the target's cost is larger; Adam, and a decay beside it, know no scale of the cost."""
        if self.judgement.optimizer == "adam" and not (self.source.coupled or self.target.coupled):
            return ONE
        return self.situation.ratio

    @property
    def _rate(self) -> Expr:
        """The target's learning rate, of which gradient descent needs less where the cost is larger."""
        return RATE if self.judgement.optimizer == "adam" else divide(RATE, self.situation.ratio)

    def _value(self, formula: Expr) -> float:
        source, target = self.source, self.target
        if self.given == 0 and flat(formula).powers[self._own, ()] < 0:
            raise InputError(
                f"{source.label} = 0 of {source.name} has no {target.label} of {target.name}: it is "
                "infinite",
                fix="leave the penalty out" if source.value != "C" else "give a positive C",
            )
        numbers = self.situation.numbers() | {self._own: self.given}
        return float(evaluated(formula, numbers, f"{target.label} of {target.name}"))

    def _nearest(self, formula: Expr) -> float | None:
        """The value if there is one and enough is known for it."""
        try:
            return self._value(formula)
        except InputError:
            return None

    def _if_known(self, formula: Expr) -> float | None:
        """The number if enough is known for it."""
        try:
            return float(evaluated(formula, self.situation.numbers() | {self._own: self.given}, ""))
        except InputError:
            return None

    def _c(self) -> float | None:
        """c of the source beside the mean loss, if enough is known for it."""
        assert self.source.c is not None
        c = divide(self.source.c, LOSSES[self.situation.loss])
        if self.judgement.steady and not self.source.coupled:
            c = multiply(c, KEPT)
        return self._if_known(substitute(c, {self.source.symbol: self._own}))

    def _last_batch(self, formula: Expr) -> list[str]:
        """Where the value depends on b, the smaller last batch of an epoch would need another one."""
        rest, batch = self.situation.rest, self.situation.batch
        if BATCH not in symbols(formula) or not rest:
            return []
        return [
            (
                "the last batch is smaller: the value depends on the rows of a batch, and the last "
                f"one of an epoch has {rest} instead of {batch}; choose a batch that divides m, or "
                "drop the last one"
            )
        ]

    def _biases(self) -> bool:
        """Whether the target's code penalises biases."""
        if self.target.biases == "choice":
            return penalises_biases(self.source, self.situation)
        return self.target.biases == "always"

    def _blanks(self, value: float) -> Blanks:
        """What the code is filled with."""
        given = {name: getattr(self.situation, name) for name in ("momentum", "batch")}
        filled = {name: str(plain(number)) for name, number in given.items() if number is not None}
        rate = self._if_known(self._rate)
        if rate is not None:
            filled["lr"] = repr(rate)
        return Blanks(
            repr(value), optimizer=self.judgement.optimizer or "sgd", biases=self._biases(), **filled
        )
