"""Declarations as people write them: ``W: matrix(n, k), symmetric``, ``x: vector(n)``, ``c: scalar``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradproof.errors import InputError
from gradproof.expr.node import Shape, Size
from gradproof.expr.sizes import plus
from gradproof.read.notation.problems import closest

FACTS = frozenset(
    [
        "symmetric",
        "spd",
        "psd",
        "diagonal",
        "toeplitz",
        "lower",
        "upper",
        "orthogonal",
        "invertible",
        "positive",
        "nonnegative",
        "integer",
        "complex",
        "simplex",
        "row_stochastic",
        "column_stochastic",
    ]
)
_SPELLED: dict[str, tuple[str, ...]] = {
    "positive definite": ("symmetric", "spd"),
    "positive-definite": ("symmetric", "spd"),
    "pd": ("symmetric", "spd"),
    "positive semidefinite": ("symmetric", "psd"),
    "positive-semidefinite": ("symmetric", "psd"),
    "lower triangular": ("lower",),
    "upper triangular": ("upper",),
    "nonsingular": ("invertible",),
    "regular": ("invertible",),
    "non-negative": ("nonnegative",),
    "row stochastic": ("row_stochastic",),
    "row-stochastic": ("row_stochastic",),
    "column stochastic": ("column_stochastic",),
    "column-stochastic": ("column_stochastic",),
    "diag": ("diagonal",),
    "sym": ("symmetric",),
    "real": (),
}
_FACTS_OF: dict[str, tuple[str, ...]] = {**{word: (word,) for word in FACTS}, **_SPELLED}
_KINDS = {
    "scalar": 0,
    "number": 0,
    "real": 0,
    "vector": 1,
    "vec": 1,
    "matrix": 2,
    "mat": 2,
    "tensor": -1,
    "array": -1,
}
_SIZE = r"[^\W\d]\w*|\d+"
_SHAPE = re.compile(
    rf"\s*(?:(?P<product>(?:{_SIZE})(?:\s*[x×]\s+(?:{_SIZE})|\s*×\s*(?:{_SIZE})|(?<=\d)x(?=\d)\d+)+)|"
    rf"(?P<kind>[a-z]+)\s*(?:\((?P<inside>[^()]*)\))?|\((?P<bare>[^()]*)\))\s*"
)


def shape_of(declared: str | Sequence[Size] | Size, name: str) -> Shape:
    """The shape that ``("n", "k")``, ``"n x k"``, ``"matrix(n, k)"`` or ``"scalar"`` names."""
    if isinstance(declared, int) and not isinstance(declared, bool):
        return (_size(declared, name),)
    if isinstance(declared, str):
        shape, rest = _shape_at_start(declared, name)
        if shape is None or rest.strip():
            raise _bad(declared, name)
        return shape
    if not isinstance(declared, list | tuple):
        raise _bad(repr(declared), name)
    return tuple(_size(part, name) for part in declared)


def _shape_at_start(text: str, name: str) -> tuple[Shape | None, str]:
    """The shape a declaration begins with, and what follows it; None where it begins with none."""
    match = _SHAPE.match(text)
    if match is None or (match["kind"] is not None and match["kind"] not in _KINDS):
        return None, text
    kind, inside = match["kind"], match["inside"] if match["inside"] is not None else match["bare"]
    rest = text[match.end() :]
    if match["product"]:
        return tuple(_size(p, name) for p in re.split(r"\s*[x×]\s*", match["product"])), rest
    sizes = None if inside is None else tuple(_size(p, name) for p in inside.split(",") if p.strip())
    axes = _KINDS[kind] if kind is not None else -1
    if axes == 0 and not sizes:
        return (), rest
    if sizes is None:  # a kind alone: its sizes are found from the formula
        return tuple("?" for _ in range(axes)) if axes > 0 else None, rest
    if kind in ("matrix", "mat") and len(sizes) == 1:
        sizes = (*sizes, *sizes)
    if axes >= 0 and len(sizes) != axes:
        raise _bad(text, name)
    return sizes, rest


def _size(part: Any, name: str) -> Size:
    if isinstance(part, int):
        if part < 0:
            raise InputError(f"the size {part} of {name} is negative", fix="give a whole number from 0 on")
        return part
    text = str(part).strip()
    if text.isdigit():
        return int(text)
    if re.fullmatch(r"[\w*+ ]+", text) and not text[0].isdigit():
        terms = [re.sub(r"\s", "", t) for t in text.split("+")]
        return plus(*(int(t) if t.isdigit() else t for t in terms)) if len(terms) > 1 else terms[0]
    raise InputError(
        f"{text!r} is no size of an axis of {name}", fix="give a whole number or a name such as n"
    )


def _bad(declared: str, name: str) -> InputError:
    return InputError(
        f"{declared!r} is no shape for {name}",
        fix=f"write {name}: matrix(n, k), {name}: vector(n), {name}: scalar, or {name}: n x k",
    )


def facts_from(words: str | Iterable[str], name: str) -> tuple[str, ...]:
    """Facts by the words people use for them: ``positive definite`` is spd."""
    if not isinstance(words, str) and not _is_words(words):
        raise InputError(
            f"{words!r} names no facts about {name}", fix=f"write assume={{'{name}': ['symmetric']}}"
        )
    if isinstance(words, str):
        words = [w for w in re.split(r"\s*(?:,|;|\band\b)\s*", words) if w]
    found: list[str] = []
    for said in words:
        left = said.strip().lower().split()
        while left:
            count = next((k for k in (2, 1) if " ".join(left[:k]) in _FACTS_OF), 0)
            if not count:
                near = closest(" ".join(left), _FACTS_OF)
                raise InputError(
                    f"{' '.join(left)!r} is no fact about {name} that is known",
                    fix=f"did you mean {near}?" if near else f"the facts are {', '.join(sorted(FACTS))}",
                )
            found += _FACTS_OF[" ".join(left[:count])]
            left = left[count:]
    return tuple(dict.fromkeys(found))


def _is_words(words: object) -> bool:
    """Whether facts were given as a collection of strings."""
    return isinstance(words, list | tuple | set | frozenset) and all(isinstance(w, str) for w in words)


_SQUARE = frozenset(["symmetric", "spd", "psd", "invertible"])
_OF_AXES = {
    **dict.fromkeys([*_SQUARE, "diagonal", "toeplitz", "lower", "upper", "orthogonal"], 2),
    **dict.fromkeys(["row_stochastic", "column_stochastic"], 2),
    "simplex": 1,
}


_PLURAL = {0: "scalars", 1: "vectors", 2: "matrices"}


def check_facts(facts: Mapping[str, Sequence[str]], shapes: Mapping[str, Shape], lets: Iterable[str]) -> None:
    """Refuse facts about names that there are none of, and facts that the kind of a name cannot have.

    Parameters
    ----------
    facts : facts by name
    shapes : the shape of every name that was declared or occurs
    lets : names of formulas

    Raises
    ------
    InputError
        A fact fits nothing.
    """
    for name, known in facts.items():
        shape = shapes.get(name)
        if shape is None:
            raise InputError(
                f"{' and '.join(known)} is assumed of {name}, which "
                + ("is the name of a formula" if name in set(lets) else "does not occur"),
                fix=f"assume it of a variable: {', '.join(shapes) or 'there is none'}",
            )
        for fact in known:
            axes = _OF_AXES.get(fact)
            oblong = fact in _SQUARE and len(shape) == 2 and shape[0] != shape[1]
            if oblong or (axes is not None and axes != len(shape)):
                kind = {0: "a scalar", 1: "a vector", 2: "a matrix"}.get(len(shape), "an array")
                raise InputError(
                    f"{name} is {kind}{f' of shape {shape}' if shape else ''}, which cannot be {fact}",
                    fix=f"{fact} is said of {'square matrices' if fact in _SQUARE else _PLURAL[axes or 0]}",
                )


# ``n k`` before a comma or the end: two sizes with nothing between them
_BARE_SIZES = re.compile(r"^\s*([^\W\d_]|\d+)\s+([^\W\d_]|\d+)\s*(,|$)")


def parse_declaration(text: str) -> tuple[str, Shape | None, tuple[str, ...]]:
    """``"W: matrix(n, k), symmetric"`` as a name, its shape and its facts.

    Raises
    ------
    InputError
        The declaration is none.
    """
    if not isinstance(text, str):
        raise InputError(f"{text!r} declares nothing", fix="write for example W: matrix(n, k), symmetric")
    name, colon, what = text.partition(":")
    name = name.strip()
    if not colon or not name or re.search(r"\s", name):
        raise InputError(f"{text!r} declares nothing", fix="write for example W: matrix(n, k), symmetric")
    shape, rest = _shape_at_start(_BARE_SIZES.sub(r"(\1, \2)\3", what), name)
    facts = facts_from(rest.strip(" ,"), name)
    return name, shape, facts


def declarations(
    shapes: Mapping[str, Any] | Iterable[str] | None, assume: Mapping[str, Any] | None
) -> tuple[dict[str, Shape], dict[str, tuple[str, ...]]]:
    """Shapes and facts from every form they are given in.

    Parameters
    ----------
    shapes : mapping of names to shapes, or declarations such as ``"W: matrix(n, k), symmetric"``
    assume : mapping of names to facts
    """
    found: dict[str, Shape] = {}
    facts: dict[str, tuple[str, ...]] = {}
    _check_kinds(shapes, assume)
    if isinstance(shapes, Mapping):
        for name, declared in shapes.items():
            if isinstance(declared, str):
                _, shape, known = parse_declaration(f"{name}: {declared}")
                if shape is None and not known:
                    raise _bad(declared, name)
                facts[name] = known
            else:
                shape = shape_of(declared, name)
            if shape is not None:
                found[name] = shape
    elif shapes is not None:
        for text in [shapes] if isinstance(shapes, str) else shapes:
            name, shape, known = parse_declaration(text)
            facts[name] = (*facts.get(name, ()), *known)
            if shape is not None:
                found[name] = shape
    for name, words in (assume or {}).items():
        facts[name] = tuple(dict.fromkeys((*facts.get(name, ()), *facts_from(words, name))))
    return found, {name: known for name, known in facts.items() if known}


def _check_kinds(shapes: object, assume: object) -> None:
    """Refuse what is no mapping of names and no list of declarations."""
    if shapes is not None and not isinstance(shapes, Mapping | str | list | tuple | set | frozenset):
        raise InputError(
            f"{shapes!r} declares no shapes",
            fix="write shapes={'W': ('n', 'k')} or shapes=['W: matrix(n, k)']",
        )
    if assume is not None and not isinstance(assume, Mapping):
        raise InputError(f"{assume!r} names no facts", fix="write assume={'A': ['symmetric']}")
    for given in (shapes, assume):
        for name in given if isinstance(given, Mapping) else ():
            if not isinstance(name, str):
                raise InputError(f"{name!r} is no name of a variable", fix="give the name as a string")
