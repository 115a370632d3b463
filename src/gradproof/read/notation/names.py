"""What names stand for: what was declared, what a let says, and else what people mean by the letter."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gradproof.expr.node import Expr, Shape, Size, number, size_symbol, symbol
from gradproof.read.notation.evaluation import means, value_of
from gradproof.read.notation.scope import Convention, Scope, SizeTable, Value
from gradproof.read.notation.tree import Name, Node

CONSTANTS: dict[str, Expr] = {
    "pi": number(math.pi),
    "π": number(math.pi),
    "inf": number(math.inf),
    "Inf": number(math.inf),
    "∞": number(math.inf),
    "np.e": number(math.e),
    "math.e": number(math.e),
}
GREEK = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "eps",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "lam",
        "lambd",
        "lamda",
        "lmbda",
        "mu",
        "nu",
        "xi",
        "omicron",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "chi",
        "psi",
        "omega",
        "varepsilon",
        "tol",
        "reg",
    ]
)
_SCALARS = frozenset(["i", "j", "k", "l", "m", "n", "N", "M", "K", "L", "T", "t", "c", "C_", "d", "e"]) - {
    "C_"
}
# Letters that people use for numbers and for vectors: a vector where only that fits.
_EITHER = frozenset(
    [
        "c",
        "d",
        "e",
        "t",
        "k",
        "l",
        "theta",
        "θ",
        "beta",
        "β",
        "mu",
        "μ",
        "alpha",
        "α",
        "eta",
        "η",
        "phi",
        "φ",
        "xi",
        "ξ",
    ]
)


@dataclass(frozen=True, slots=True)
class Let:
    """A name for a formula, read where it is used."""

    text: str
    node: Node
    convention: Convention


@dataclass(slots=True)
class Names:
    """The names of one reading.

    Attributes
    ----------
    shapes : declared shapes
    facts : declared facts
    lets : formulas that names stand for
    sizes : names that are sizes of axes
    ranks : numbers of axes of names that nobody declared, as guessed from the text
    met : the symbols that were used, in the order met
    """

    shapes: Mapping[str, Shape]
    facts: Mapping[str, tuple[str, ...]]
    lets: Mapping[str, Let]
    sizes: frozenset[str]
    ranks: dict[str, int] = field(default_factory=dict)
    met: dict[str, Expr] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def is_known(self, name: str) -> bool:
        """Whether a name is declared as a variable or by a let."""
        return name in self.shapes or name in self.lets

    def symbol(self, name: str, table: SizeTable) -> Expr:
        """The symbol of a name, with the shape that is known by now."""
        shape = self.shapes.get(name)
        if shape is None and name[:1] == "d":  # the differential of a declared variable has its shape
            shape = self.shapes.get(name[1:])
        if shape is None:
            rank = self.ranks.setdefault(name, default_rank(name))
            shape = tuple(table.fresh((name, axis)) for axis in range(rank))
            facts = self.facts.get(name, ())
            if rank == 2 and set(facts) & SQUARE_FACTS:
                table.unify(*shape)
        shape = tuple(table.fresh((name, k)) if str(s)[:1] == "?" else s for k, s in enumerate(shape))
        result = symbol(name, tuple(table.resolve(s) for s in shape), facts=self.facts.get(name, ()))
        self.met[name] = result
        return result

    def guessed(self) -> list[str]:
        """The names whose number of axes was guessed."""
        return [name for name in self.met if name not in self.shapes]


SQUARE_FACTS = frozenset(
    ["symmetric", "spd", "psd", "diagonal", "toeplitz", "lower", "upper", "orthogonal", "invertible"]
)


def default_rank(name: str) -> int:
    """The number of axes a name suggests: capitals are matrices, Greek letters scalars, the rest vectors."""
    base = re.split(r"[_^\[]", name)[0].rstrip("0123456789₀₁₂₃₄₅₆₇₈₉") or name
    if base in ("N", "M", "K", "L", "T") and base != name:
        base = name  # N_1 is as little a matrix as N is; W1 is one, as W is
    if base == "N" or (base.lower() in GREEK and base.islower()) or _is_greek(base):
        return 0
    if len(base) == 1:
        return 2 if base.isupper() else 0 if base in _SCALARS else 1
    if base.isupper() or base[0].isupper():
        return 2
    return 2 if base[0] == "d" and base[1:2].isupper() else 0


def other_ranks(name: str) -> tuple[int, ...]:
    """What else a name may be, where what it suggests does not fit."""
    base = name.split("_", maxsplit=1)[0].rstrip("0123456789")
    rank = default_rank(name)
    if rank == 1:
        return (0,)
    if rank == 0 and (base in _EITHER or len(base) > 1):
        return (1,)
    return (0,) if rank == 2 and base in ("M", "K", "L", "T", "C") else ()


def _is_greek(base: str) -> bool:
    return len(base) == 1 and "α" <= base <= "ω"


@means(Name)
def _name(node: Name, scope: Scope) -> Value:
    name = node.name
    if name in scope.locals:
        return scope.locals[name]
    names = scope.names
    if name in names.lets and name not in names.shapes:
        return _let(name, scope)
    if name in names.shapes:
        return names.symbol(name, scope.sizes)
    if name in names.sizes:
        return as_scalar(scope.sizes.resolve(name))
    constant = CONSTANTS.get(name) or (CONSTANTS.get(name.rpartition(".")[2]) if "." in name else None)
    if constant is None and "." in name:
        raise scope.refuse(f"{name!r} is no variable", node, "declare it, or call it if it is a function")
    return names.symbol(name, scope.sizes) if constant is None else constant


def as_scalar(size: Size) -> Expr:
    """A size as a number in a formula."""
    return number(size) if isinstance(size, int) else size_symbol(size)


def _let(name: str, scope: Scope) -> Value:
    names = scope.names
    if name in names.values:
        return names.values[name]
    let = names.lets[name]
    if name in scope.reading:
        raise scope.refuse(f"the let of {name!r} needs itself", (0, len(scope.text)), "name it differently")
    scope.reading.append(name)
    try:
        with scope.within(let.text, let.convention):
            value = value_of(let.node, scope)
    finally:
        scope.reading.remove(name)
    names.values[name] = value
    return value
