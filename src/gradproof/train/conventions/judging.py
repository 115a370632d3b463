"""Whether two conventions can be made to do the same, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gradproof.errors import InputError
from gradproof.train.conventions.convention import Convention
from gradproof.train.conventions.situation import Situation, exact

Exactness = Literal["exact", "approximate", "none"]
_OPTIMIZER_WORDS = {"sgd": "plain gradient descent", "momentum": "momentum", "adam": "Adam"}


@dataclass(slots=True)
class Judgement:
    """What stands in the way.

    Attributes
    ----------
    differences : why the two are not the same, whatever the value; an approximation is then all there is
    reason : why they are the same, where they are
    steady : whether c is compared at the rest point of momentum, where a decay counts for 1 − μ
    optimizer : the optimiser that was assumed, where it is settled
    """

    differences: list[str] = field(default_factory=list)
    reason: str = ""
    steady: bool = False
    optimizer: str | None = None


def impossible_reasons(source: Convention, target: Convention) -> list[str]:
    """Why there is no value at all."""
    return [
        f"trees have no weights: {each.name}'s {each.value} is a part of {each.formula}, the value of "
        "a leaf, so there is nothing for c W to be added to"
        for each in (source, target)
        if each.kind == "leaf"
    ]


def judge(source: Convention, target: Convention, situation: Situation) -> Judgement:
    """Compare what the two do to the weights.

    Raises
    ------
    InputError
        The answer depends on the optimiser, which was not said, or a convention does not belong to it.
    """
    found = Judgement(optimizer=_optimizer(source, target, situation))
    _mechanism(source, target, situation, found)
    _biases(source, target, situation, found)
    if source.losses and target.losses and not set(source.losses) & set(target.losses):
        found.differences.append(
            f"another loss: {source.name} is for the {' or '.join(source.losses)} loss, {target.name} "
            f"for the {' or '.join(target.losses)} loss, so the same c W stands beside another gradient"
        )
    return found


def _optimizer(source: Convention, target: Convention, situation: Situation) -> str | None:
    """The optimiser, if it was said or only one fits both."""
    asked = situation.optimizer
    for each in (source, target):
        if asked is not None and not each.solver and asked not in each.optimizers:
            raise InputError(
                f"{each.name} does not go with the optimizer {asked}",
                fix=f"its optimizer is {' or '.join(each.optimizers)}",
            )
    if asked is not None:
        return asked
    shared = [o for o in source.optimizers if o in target.optimizers]
    return shared[0] if len(shared) == 1 else None


def _mechanism(source: Convention, target: Convention, situation: Situation, found: Judgement) -> None:
    """Through the gradient, or beside it."""
    if source.coupled and target.coupled:
        found.reason = _same_gradient(source, target)
    elif not source.coupled and not target.coupled:
        found.reason = (
            "the same decay: both take the same share of W off in each step, beside what the optimiser does"
        )
        if not set(source.optimizers) & set(target.optimizers):
            found.differences.append(
                f"another optimiser: {source.name} is {_words(source)}, {target.name} is "
                f"{_words(target)}; the decay is the same, the steps that it stands against are not"
            )
    else:
        _decay_for_penalty(source, target, situation, found)


def _same_gradient(source: Convention, target: Convention) -> str:
    """Why two penalties agree."""
    text = "the same gradient: both add c W to that of the mean loss"
    if source.solver or target.solver:
        one = source if source.solver else target
        return f"{text}, so their costs have one minimum, which {one.name} goes to by itself"
    if set(source.optimizers) & set(target.optimizers):
        return f"{text}, so every step is the same, with any optimiser that both have"
    return (
        f"{text}, so both minimise one cost, on other ways: {source.name} is {_words(source)}, "
        f"{target.name} {_words(target)}"
    )


def _decay_for_penalty(
    source: Convention, target: Convention, situation: Situation, found: Judgement
) -> None:
    """A decay stands for a penalty under plain gradient descent only."""
    decay, penalty = (target, source) if source.coupled else (source, target)
    possible = [o for o in decay.optimizers if o in penalty.optimizers] or list(decay.optimizers)
    if found.optimizer is None and len(possible) > 1:
        raise InputError(
            f"whether {decay.name} can do what {penalty.name} does depends on the optimiser",
            fix=f"say the optimizer, {' or '.join(possible)} (--optimizer sgd: plain gradient descent, "
            f"with which it can)",
        )
    found.optimizer = found.optimizer or possible[0]
    if (
        found.optimizer == "momentum"
        and situation.momentum is not None
        and not exact(situation.momentum, "momentum")
    ):
        found.optimizer = "sgd"
    if found.optimizer == "sgd":
        found.reason = (
            "the same step: with plain gradient descent, to take lr c W off is the step along c W"
        )
    elif found.optimizer == "momentum":
        found.steady = True
        found.differences.append(
            f"momentum carries a penalty and no decay: the term of {penalty.name} enters the velocity "
            f"and the decay of {decay.name} does not, so no value gives the same steps. As near as it "
            "comes is the same point of rest in full batches, at which a decay counts for 1 − μ"
        )
    else:
        found.differences.append(
            f"Adam scales a penalty and no decay: it divides the gradient, the term of {penalty.name} "
            f"included, by √v̂ of each weight, but not the decay of {decay.name}, so no value makes "
            "them equal. The same c is no more than a start for tuning"
        )


def _biases(source: Convention, target: Convention, situation: Situation, found: Judgement) -> None:
    """Whether both penalise the biases or neither does."""
    asked = situation.biases
    if asked is not None and source.biases != "choice" and asked != (source.biases == "always"):
        raise InputError(
            f"{source.name} {source.biases} penalises biases",
            where=f"biases={asked}",
            fix="leave it out",
        )
    wanted = penalises_biases(source, situation)
    if target.biases == "choice" or wanted == (target.biases == "always"):
        return
    does = "penalises them" if wanted else "does not penalise them"
    text = f"biases: {source.name} {does} and {target.name} {target.biases} does"
    if source.biases == "choice" and asked is None:
        text += "; if yours leaves them out: --no-biases" if wanted else "; if yours has them: --biases"
    found.differences.append(text)


def penalises_biases(source: Convention, situation: Situation) -> bool:
    """Whether the source penalises biases, by what was said or by its default."""
    if situation.biases is not None:
        return situation.biases
    return source.biases_by_default


def _words(convention: Convention) -> str:
    return "for " + " or ".join(_OPTIMIZER_WORDS[o] for o in convention.optimizers)
