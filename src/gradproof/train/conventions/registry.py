"""All conventions, and how one is found by its name."""

from __future__ import annotations

from difflib import get_close_matches

from gradproof.errors import InputError
from gradproof.train.conventions import course, keras, linear, optax, others, sklearn, torch, trees
from gradproof.train.conventions.convention import Convention

CONVENTIONS: dict[str, Convention] = {
    each.name: each
    for family in (course, keras, torch, optax, sklearn, linear, others, trees)
    for each in family.CONVENTIONS
}


def find(name: str, optimizer: str | None = None, per: str | None = None) -> Convention:
    """The convention of that name.

    Parameters
    ----------
    name : as in :data:`CONVENTIONS` or an alias; upper and lower case are the same
    optimizer : decides where an alias is shared by the optimisers of a framework
    per : ``"data"``, ``"batch"`` or ``"none"``: which of the readings of the course's and gradproof's λ

    Raises
    ------
    InputError
        There is none, or several fit.
    """
    wanted = name.strip().lower()
    exact = [each for each in CONVENTIONS.values() if each.name.lower() == wanted]
    fitting = exact or [each for each in CONVENTIONS.values() if wanted in map(str.lower, each.aliases)]
    if len(fitting) > 1 and optimizer is not None:
        fitting = [each for each in fitting if optimizer in each.optimizers] or fitting
    if not fitting:
        raise _unknown(name)
    if len(fitting) > 1:
        names = ", ".join(each.name for each in fitting)
        raise InputError(
            f"{name} is {names}: they differ", fix="choose one, or say the optimizer (--optimizer sgd)"
        )
    return fitting[0] if per is None else _reading(fitting[0], per)


def has_readings(convention: Convention) -> bool:
    """Whether its m can be read in several ways."""
    return _base(convention) in ("course", "gradproof") and convention.coupled


def _reading(convention: Convention, per: str) -> Convention:
    if per not in course.PER:
        raise InputError(f"per is {per!r}", fix=f"per is one of {', '.join(course.PER)}")
    if not has_readings(convention):
        raise InputError(
            f"{convention.name} says itself what it divides by", where=f"per {per}", fix="leave per out"
        )
    return CONVENTIONS[_base(convention) + course.PER[per][0]]


def _base(convention: Convention) -> str:
    return convention.name.partition(".")[0]


def _unknown(name: str) -> InputError:
    """What there is instead: names alike, those of the same library, else all libraries."""
    known = {n.lower(): each.name for each in CONVENTIONS.values() for n in (each.name, *each.aliases)}
    library = name.lower().partition(".")[0]
    near = [known[n] for n in get_close_matches(name.lower(), known, 3, 0.6)]
    near = near or [each.name for each in CONVENTIONS.values() if each.library == library]
    if near:
        listed = ", ".join(dict.fromkeys(near))
        return InputError(
            f"there is no convention {name!r}", fix=f"did you mean {listed}? --list shows all"
        )
    libraries = ", ".join(dict.fromkeys(each.library for each in CONVENTIONS.values()))
    return InputError(f"there is no convention {name!r}", fix=f"--list shows those of {libraries}")
