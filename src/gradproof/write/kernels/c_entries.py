"""One entry of an expression as C: the code of the body of a loop nest.

To have another elementwise function, add its line to :data:`FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr, number_value, postorder
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT, SUM
from gradproof.write.kernels.layout import Stride, strides_of
from gradproof.write.kernels.statements import Place, argument_places, is_scalar, positive_of

# {0}, {1}, ... are the arguments; EXP and its like are the functions of the precision that is compiled.
FUNCTIONS: Mapping[str, str] = {
    "exp": "EXP({0})",
    "expm1": "EXPM1({0})",
    "log": "LOG({0})",
    "log1p": "LOG1P({0})",
    "tanh": "TANH({0})",
    "erf": "ERF({0})",
    "sigmoid": "(1 / (1 + EXP(-{0})))",
    "softplus": "(MAX({0}, 0) + LOG1P(EXP(-ABS({0}))))",
    "silu": "({0} / (1 + EXP(-{0})))",
    "normal_cdf": "((1 + ERF({0} * (T)0.70710678118654752440)) / 2)",
    "gelu": "({0} * (1 + ERF({0} * (T)0.70710678118654752440)) / 2)",
    "elu": "({0} > 0 ? {0} : {1} * EXPM1(MIN({0}, 0)))",
    "leaky_relu": "({0} > 0 ? {0} : {1} * {0})",
    "abs": "ABS({0})",
    "sign": "({0} > 0 ? 1 : {0} < 0 ? -1 : {0})",
    "maximum": "MAX({0}, {1})",
    "minimum": "MIN({0}, {1})",
    "greater": "(T)({0} > {1})",
    "greater_equal": "(T)({0} >= {1})",
    "less": "(T)({0} < {1})",
    "less_equal": "(T)({0} <= {1})",
    "equal": "(T)({0} == {1})",
    "where": "({0} != 0 ? {1} : {2})",
    "cast_float": "{0}",
}


class Names:
    """The identifier of each symbol, and of each number that is computed before the loops.

    Attributes
    ----------
    slowest : the size of the axis whose entries stand furthest apart
    constants : scalar expression -> its identifier; all of them are computed when a step begins
    """

    def __init__(self, identifiers: Mapping[Expr, str], slowest: str) -> None:
        self.identifiers, self.slowest = identifiers, slowest
        self.constants: dict[Expr, str] = {}
        self.is_flat = False  # whether one loop runs over all entries, as they lie in memory

    def constant(self, node: Expr) -> str:
        """The identifier of a scalar expression, or the number it is."""
        value = number_value(node)
        if value is not None:
            return literal(value)
        return self.constants.setdefault(node, f"c{len(self.constants) + 1}")

    def entry(self, leaf: Expr, place: Place) -> str:
        """``W1[i0 * 64 + i1]``."""
        if self.is_flat:
            return f"{self.identifiers[leaf]}[i]"
        return f"{self.identifiers[leaf]}[{offset(strides_of(leaf.shape, self.slowest), place)}]"


def literal(value: Fraction | float) -> str:
    """A number in the precision that is compiled."""
    real = float(value)
    text = str(int(real)) if real.is_integer() and abs(real) < 1 << 24 else f"(T){real!r}"
    return text if real >= 0 else f"({text})"


def offset(strides: Sequence[Stride], place: Place) -> str:
    """The position of an entry."""
    terms = [
        f"i{at}" if str(stride) == "1" else f"i{at} * {_enclosed(stride)}"
        for stride, at in zip(strides, place, strict=True)
        if at >= 0
    ]
    return " + ".join(sorted(terms, key=lambda term: term[1])) or "0"


def _enclosed(stride: Stride) -> str:
    return (
        str(stride) if not stride.names or (stride.number == 1 and len(stride.names) == 1) else f"({stride})"
    )


class Body:
    """The lines inside one loop nest; what several expressions need is computed once."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.lines: list[str] = []
        self.known: dict[tuple[Expr, Place], str] = {}
        self.uses: dict[tuple[Expr, Place], int] = {}

    def expect(self, node: Expr, place: Place) -> None:
        """Count the uses of every entry, so that those used more than once get a line of their own."""
        stack = [(node, place)]
        while stack:
            key = stack.pop()
            self.uses[key] = self.uses.get(key, 0) + 1
            if self.uses[key] == 1 and not is_scalar(key[0]):
                stack += zip(key[0].args, argument_places(*key), strict=True)

    def code(self, node: Expr, place: Place) -> str:
        """The entry of a node at a place."""
        key = (node, place)
        if key not in self.known:
            text = self._code(node, place)
            if self.uses.get(key, 0) > 1 and not is_scalar(node):
                text = self.line(text)
            self.known[key] = text
        return self.known[key]

    def line(self, text: str) -> str:
        """A variable that holds the value of the code."""
        name = f"v{len(self.lines) + 1}"
        self.lines.append(f"const T {name} = {text};")
        return name

    def assigned(self, leaf: Expr, place: Place, value: str) -> None:
        """Remember a symbol's new entry, and forget what was computed from the old one."""
        stale = [key for key in self.known if leaf in postorder(key[0])]
        for key in stale:
            del self.known[key]
        self.known[leaf, place] = value

    def _code(self, node: Expr, place: Place) -> str:
        if is_scalar(node):
            return self.names.constant(node)
        if node.op is SYMBOL:
            return self.names.entry(node, place)
        if node.op is PRODUCT:
            return self._product(node, place)
        if node.op is SUM:
            return self._sum(node, place)
        parts = [self.code(a, p) for a, p in zip(node.args, argument_places(node, place), strict=True)]
        if node.op is POWER:
            return self._power(node, parts[0])
        if node.op.name not in FUNCTIONS:
            raise InputError(f"there is no C code for {node.op.name}", fix='use engine="numpy"')
        if FUNCTIONS[node.op.name].count("{0}") > 1 and not _is_short(parts[0]):
            parts[0] = self.line(parts[0])
        return FUNCTIONS[node.op.name].format(*parts)

    def _sum(self, node: Expr, place: Place) -> str:
        text = ""
        for term, at in zip(node.args, argument_places(node, place), strict=True):
            positive = positive_of(term) if text else None
            if positive is None:
                text += f"{' + ' if text else ''}{self.code(term, at)}"
            else:
                text += f" - {self.code(positive, at)}"
        return f"({text})"

    def _power(self, node: Expr, base: str) -> str:
        exponent = scalar_exponent(node.args[1])
        if exponent is None:
            raise InputError("no C code for a power with an array as exponent", fix='use engine="numpy"')
        if exponent == -1:
            return f"(1 / {base})"
        if exponent in (Fraction(1, 2), Fraction(-1, 2)):
            return f"SQRT({base})" if exponent > 0 else f"(1 / SQRT({base}))"
        if exponent == 2:
            base = base if _is_short(base) else self.line(base)
            return f"({base} * {base})"
        return f"POW({base}, {literal(exponent)})"

    def _product(self, node: Expr, place: Place) -> str:
        """Scalars first, as one number; then the factors; what is divided by, last."""
        return self.factors(node, argument_places(node, place))

    def factors(self, node: Expr, places: Sequence[Place]) -> str:
        """The product of a node's factors at their places."""
        return self._quotient(node, places, self.scale([a for a in node.args if is_scalar(a)]))

    def unscaled(self, node: Expr, places: Sequence[Place]) -> str:
        """The same without the scalar factors."""
        return self._quotient(node, places, "1")

    def _quotient(self, node: Expr, places: Sequence[Place], lead: str) -> str:
        above, below = [], []
        for arg, at in zip(node.args, places, strict=True):
            if is_scalar(arg):
                continue
            if arg.op is POWER and scalar_exponent(arg.args[1]) == -1:
                below.append(self.code(arg.args[0], argument_places(arg, at)[0]))
            else:
                above.append(self.code(arg, at))
        front = [] if lead in ("1", "(-1)") and (above or lead == "1") else [lead]
        text = " * ".join([*front, *above]) or "1"
        if below:
            text = f"{text} / {below[0]}" if len(below) == 1 else f"{text} / ({' * '.join(below)})"
        text = f"-{text}" if lead == "(-1)" and not front else text
        return text if len(above) + len(front) + len(below) == 1 and not text.startswith("-") else f"({text})"

    def scale(self, scalars: Sequence[Expr]) -> str:
        """All scalar factors as one constant."""
        coefficient: Fraction | float = 1
        others = []
        for each in scalars:
            value = number_value(each)
            if value is None:
                others.append(each)
            else:
                coefficient = coefficient * value
        if not others:
            return literal(coefficient)
        parts = [
            self.names.constant(each) if is_scalar(each) else self.names.entry(each, ()) for each in others
        ]
        return " * ".join([*([literal(coefficient)] if coefficient != 1 else []), *parts])


def _is_short(text: str) -> bool:
    return all(letter.isalnum() or letter == "_" for letter in text)
