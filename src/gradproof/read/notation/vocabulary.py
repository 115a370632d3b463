"""The words of the notation: one record per function, from which reading and the documentation both come.

A record's signature names its parameters as NumPy does and says what each must be; whoever reads a call
brings the arguments into that form, so that a builder sees expressions, sizes and plain values only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from gradproof.expr.node import Expr

Kind = Literal[
    "array",  # any expression
    "vector",
    "matrix",
    "square",  # a matrix with as many rows as columns
    "scalar",
    "size",  # a number of rows or columns
    "sizes",  # one size, a tuple of them, or several arguments
    "arrays",  # several arguments, or one list
    "list",  # a list of expressions
    "axis",  # a whole number, a tuple of them or None
    "integer",
    "number",
    "flag",
    "word",
    "any",
]
Builder = Callable[..., Expr | tuple[Expr, ...]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function.

    Attributes
    ----------
    name : str
    kind : str
        What the argument must be.
    required : bool
    also : tuple of str
        Other keywords for it, such as PyTorch's ``dim`` for ``axis``.
    """

    name: str
    kind: Kind
    required: bool
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the notation.

    Attributes
    ----------
    names : tuple of str
        The name in the documentation first, then every other spelling. A spelling with a dot
        (``torch.std``) goes before the bare name.
    parameters : tuple of Parameter
    build : callable
        Makes the expression; missing arguments are left out.
    meaning : str
        One line.
    broadcasts : bool
        Whether the array arguments are brought to one shape; an elementwise function.
    family : str
        The heading in the documentation.
    """

    names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    build: Builder
    meaning: str
    broadcasts: bool
    family: str

    @property
    def name(self) -> str:
        """The name in the documentation."""
        return self.names[0]

    @property
    def signature(self) -> str:
        """How a call is written: ``sum(X, axis, keepdims)``, optional parameters in brackets."""
        shown = [p.name if p.required else f"[{p.name}]" for p in self.parameters]
        return f"{self.name}({', '.join(shown)})"


VOCABULARY: dict[str, Function] = {}
_ALSO = {"axis": ("dim", "axes"), "keepdims": ("keepdim",), "n": ("N",), "ord": ("p",)}
_SYNONYMS = {"input": 0, "x": 0, "a": 0, "A": 0, "X": 0, "tensor": 0}


# Functions that people ask for and that are not read, and what to do instead.
UNREAD = {
    "vech": "write vec(X), and say structure='symmetric' for the independent entries of a symmetric X",
    "cross": "write the three entries out: a_2 b_3 - a_3 b_2 and so on, or a matrix times b",
    "rank": "the rank is a whole number and has no derivative; write norm(X, 'nuc') for its convex bound",
    "eig": "write eigvalsh(A) for the eigenvalues of a symmetric matrix, eigvals(A) for any",
    "vander": "write the powers out: x.^2",
    "perm": "the permanent is not known; write det(A) for the determinant",
    "card": "the number of entries that are not 0 has no derivative; write norm(x, 1)",
    "argmax": "the place of the largest entry has no derivative; write max(x) for its value",
    "argmin": "the place of the smallest entry has no derivative; write min(x) for its value",
}


def word(
    names: str, signature: str, meaning: str, *, family: str, broadcasts: bool = False
) -> Callable[[Builder], Builder]:
    """Enter a function in the vocabulary.

    Parameters
    ----------
    names : str
        Spellings, separated by spaces.
    signature : str
        ``"X: square, k: integer"``; a question mark after the name makes a parameter optional.
    """
    parameters = tuple(_parameter(part) for part in signature.split(",") if part.strip())

    def enter(build: Builder) -> Builder:
        function = Function(tuple(names.split()), parameters, build, meaning, broadcasts, family)
        for name in function.names:
            if name in VOCABULARY:
                raise ValueError(f"{name!r} is in the vocabulary twice")
            VOCABULARY[name] = function
        return build

    return enter


def _parameter(text: str) -> Parameter:
    name, _, kind = (part.strip() for part in text.partition(":"))
    if kind not in get_args(Kind):
        raise ValueError(f"{kind!r} is no kind of argument")
    bare = name.rstrip("?")
    return Parameter(bare, kind, bare == name, _ALSO.get(bare, ()))  # type: ignore[arg-type]


def find(name: str) -> Function | None:
    """The function that a spelling names; the modules before it are dropped.

    ``torch.std`` is looked up as it stands first, then as ``std``.
    """
    found = VOCABULARY.get(name)
    if found is None and "." in name:
        found = VOCABULARY.get(name.rpartition(".")[2])
    return found


def functions() -> Iterator[Function]:
    """Every function once, in the order of the documentation."""
    yield from dict.fromkeys(VOCABULARY.values())


def keyword_place(function: Function, keyword: str) -> int | None:
    """Which parameter a keyword names; None if none."""
    for place, parameter in enumerate(function.parameters):
        if keyword == parameter.name or keyword in parameter.also:
            return place
    return _SYNONYMS.get(keyword)


def documented() -> list[tuple[str, list[dict[str, Any]]]]:
    """Families and their functions as plain data, for a page of the documentation."""
    families: dict[str, list[dict[str, Any]]] = {}
    for function in functions():
        families.setdefault(function.family, []).append(
            {
                "signature": function.signature,
                "also": list(function.names[1:]),
                "meaning": function.meaning,
            }
        )
    return list(families.items())
