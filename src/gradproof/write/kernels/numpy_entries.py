"""Entries as NumPy calls that write into arrays which are there already: ``np.maximum(Z1, 0, out=A1)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.expr.node import SYMBOL, Expr, Operation, Shape, Spec, number_value, postorder
from gradproof.expr.powers import POWER, scalar_exponent
from gradproof.expr.product import PRODUCT, SUM, specs_of
from gradproof.write.kernels.scalars import scalar_code
from gradproof.write.kernels.statements import is_scalar, positive_of

# Calls that take ``out=``.
UFUNCS: Mapping[str, str] = {
    name: f"np.{name}"
    for name in ("exp", "expm1", "log", "log1p", "tanh", "abs", "sign", "maximum", "minimum", "greater",
                 "greater_equal", "less", "less_equal", "equal")
}  # fmt: skip
# The others as an expression, whose value is copied; {0}, {1} are the arguments.
FORMULAS: Mapping[str, str] = {
    "sigmoid": "1 / (1 + np.exp(-{0}))",
    "softplus": "np.logaddexp({0}, 0)",
    "silu": "{0} / (1 + np.exp(-{0}))",
    "erf": "erf({0})",
    "normal_cdf": "(1 + erf({0} * 0.7071067811865476)) / 2",
    "gelu": "{0} * (1 + erf({0} * 0.7071067811865476)) / 2",
    "elu": "np.where({0} > 0, {0}, {1} * np.expm1(np.minimum({0}, 0)))",
    "leaky_relu": "np.where({0} > 0, {0}, {1} * {0})",
    "where": "np.where({0}, {1}, {2})",
    "cast_float": "{0}",
}


class Calls:
    """The lines that fill arrays, and the scratch arrays that they need.

    Attributes
    ----------
    lines : the calls so far
    scratch : name -> shape of every scratch array
    """

    def __init__(self, identifiers: Mapping[Expr, str]) -> None:
        self.identifiers = identifiers
        self.lines: list[str] = []
        self.scratch: dict[str, Shape] = {}
        self.free: dict[Shape, list[str]] = {}

    def fill(self, target: Expr, value: Expr) -> None:
        """``target = value``."""
        out = self.identifiers[target]
        last = self.operand(value, out if value.op is not SYMBOL else None, target)
        if last != out:
            self.lines.append(f"{out}[...] = {last}")

    def operand(self, node: Expr, out: str | None = None, target: Expr | None = None) -> str:
        """The name or number that stands for a node; results go to ``out`` or to a scratch array."""
        if is_scalar(node):
            return self.scalar(node)
        if node.op is SYMBOL:
            return self.identifiers[node]
        if node.op is PRODUCT and len(node.args) == 1:
            return self._view(node)
        if node.op is SUM:
            return self._sum(node, out, target)
        return _OPERATIONS.get(node.op, Calls._call)(self, node, out)

    def _view(self, node: Expr) -> str:
        """The one factor of a product, with its axes where the product has them; a scalar as it is."""
        text = self.operand(node.args[0])
        (spec,), axes, _ = specs_of(node)
        return text if _is_filled(node) else placed(text, spec, axes)

    def _call(self, node: Expr, out: str | None) -> str:
        """A function of entries."""
        arguments = [self.operand(a) for a in node.args]
        place = self.place(node.shape, out, arguments)
        if node.op.name in UFUNCS:
            self.lines.append(f"{UFUNCS[node.op.name]}({', '.join(arguments)}, out={place})")
        elif node.op.name in FORMULAS:
            self.lines.append(f"{place}[...] = {FORMULAS[node.op.name].format(*arguments)}")
        else:
            raise InputError(f"there is no NumPy call for {node.op.name}", fix='use engine="reference"')
        return place

    def whole(self, node: Expr) -> str:
        """The same with each axis as long as the node's, so that it can be summed over."""
        text = self.operand(node)
        if not is_repeated(node):
            return text
        place = self.place(node.shape, None, [])
        self.lines.append(f"{place}[...] = {text}")
        return place

    def scalar(self, node: Expr) -> str:
        """A scalar expression as Python."""
        text = scalar_code(node, self.identifiers.__getitem__, "python")
        return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text

    # --- scratch ------------------------------------------------------------------------------------------

    def place(self, shape: Shape, out: str | None, used: Sequence[str]) -> str:
        """Where a result goes; a scratch array that held an argument of the same shape is used again."""
        for name in used:
            if name in self.scratch and (out is not None or self.scratch[name] != shape):
                self.release(name)
        if out is not None:
            return out
        again = next((n for n in used if self.scratch.get(n) == shape), None)
        if again is not None:
            for name in used:
                if name != again and name in self.scratch:
                    self.release(name)
            return again
        waiting = self.free.setdefault(shape, [])
        if waiting:
            return waiting.pop()
        name = f"scratch{len(self.scratch) + 1}"
        self.scratch[name] = shape
        return name

    def release(self, name: str) -> None:
        """A scratch array whose value is no longer needed."""
        waiting = self.free.setdefault(self.scratch[name], [])
        if name not in waiting:
            waiting.append(name)

    # --- operations ---------------------------------------------------------------------------------------

    def _sum(self, node: Expr, out: str | None, target: Expr | None) -> str:
        terms = list(node.args)
        first = next((k for k, t in enumerate(terms) if target is not None and target in postorder(t)), 0)
        terms.insert(0, terms.pop(first))
        parts = []
        for k, term in enumerate(terms):
            positive = positive_of(term) if k else None
            parts.append((positive is not None, self.operand(term if positive is None else positive)))
        calls = [("subtract" if is_negative else "add", text) for is_negative, text in parts[1:]]
        return self._chained(parts[0][1], calls, [text for _, text in parts], node.shape, out)

    def _chained(
        self, left: str, calls: Sequence[tuple[str, str]], used: Sequence[str], shape: Shape, out: str | None
    ) -> str:
        """Calls that each take the result so far; none overwrites what a later one reads."""
        later = {_array_of(text) for _, text in calls[1:]}
        place = self.place(shape, None if out in later else out, [n for n in used if n not in later])
        for k, (name, text) in enumerate(calls):
            into = out if out is not None and k == len(calls) - 1 else place
            if name == "multiply" and text == "-1.0":
                self.lines.append(f"np.negative({_short(left)}, out={into})")
            else:
                self.lines.append(f"np.{name}({_short(left)}, {_short(text)}, out={into})")
            left = into
        for name in dict.fromkeys([place, *used]):
            if name in self.scratch and name != left and (name in later or name == place):
                self.release(name)
        return left

    def _product(self, node: Expr, out: str | None) -> str:
        specs, axes, _ = specs_of(node)
        scalars = [a for a in node.args if is_scalar(a)]
        above: list[tuple[str, Spec]] = []
        below: list[tuple[str, Spec]] = []
        for arg, spec in zip(node.args, specs, strict=True):
            if is_scalar(arg):
                continue
            is_below = arg.op is POWER and scalar_exponent(arg.args[1]) == -1
            inner = arg.args[0] if is_below else arg
            own = () if _is_filled(inner) else spec
            (below if is_below else above).append((self.operand(inner), own))
        used = [text for text, _ in (*above, *below)]
        views = [placed(text, spec, axes) for text, spec in above]
        under = [placed(text, spec, axes) for text, spec in below]
        factor = self.factor(scalars)
        if not views:
            views, factor = [factor], "1"
        calls = [*(("multiply", v) for v in views[1:]), *(("divide", v) for v in under)]
        calls += [("multiply", factor)] if factor != "1" else []
        if calls:
            return self._chained(views[0], calls, used, node.shape, out)
        place = self.place(node.shape, out, used)
        self.lines.append(f"{place}[...] = {views[0]}")
        return place

    def factor(self, scalars: Sequence[Expr]) -> str:
        """All scalar factors as one number."""
        coefficient: Fraction | float = 1
        above, below = list[str](), list[str]()
        for each in scalars:
            value = number_value(each)
            if value is not None:
                coefficient = coefficient * value
            elif each.op is POWER and scalar_exponent(each.args[1]) == -1:
                below.append(self.scalar(each.args[0]))
            else:
                above.append(self.scalar(each))
        if coefficient != 1 or not above:
            above.insert(0, "1" if coefficient == 1 and not below else repr(float(coefficient)))
        return " / ".join([" * ".join(above), *below])

    def _power(self, node: Expr, out: str | None) -> str:
        exponent = scalar_exponent(node.args[1])
        base = self.operand(node.args[0])
        place = self.place(node.shape, out, [base])
        calls = {2: "np.square", -1: "np.reciprocal", Fraction(1, 2): "np.sqrt"}
        if exponent is None:
            raise InputError("a power with an array as exponent", fix='use engine="reference"')
        if exponent in calls:
            self.lines.append(f"{calls[exponent]}({base}, out={place})")
        else:
            self.lines.append(f"np.power({base}, {float(exponent)!r}, out={place})")
        return place


def _is_filled(node: Expr) -> bool:
    """Whether a node is one number at every entry."""
    while node.op is PRODUCT and len(node.args) == 1:
        (node,) = node.args
    return node.shape == ()


def is_repeated(node: Expr) -> bool:
    """Whether a node is a view of an array that is shorter along some axis."""
    if node.op is not PRODUCT or len(node.args) > 1:
        return False
    (spec,), out, sizes = specs_of(node)
    return any(i not in spec and sizes[i] != 1 for i in out) or is_repeated(node.args[0])


_OPERATIONS: dict[Operation, Callable[[Calls, Expr, str | None], str]] = {
    PRODUCT: Calls._product,
    POWER: Calls._power,
}


def _short(text: str) -> str:
    """A view without the leading axes that broadcasting adds anyway."""
    return re.sub(r"\[(None, )+(:, )*:\]$", "", text)


def _array_of(text: str) -> str:
    """The name of the array that a text is a view of."""
    return re.split(r"\W", text, maxsplit=1)[0]


def placed(text: str, spec: Sequence[int], out: Sequence[int]) -> str:
    """A factor with its axes where the product has them, so that it broadcasts."""
    twice = next((i for k, i in enumerate(spec) if i in spec[:k]), None)
    if twice is not None:
        first, second = [axis for axis, i in enumerate(spec) if i == twice][:2]
        rest = [i for axis, i in enumerate(spec) if axis not in (first, second)]
        return placed(f"{text}.diagonal(0, {first}, {second})", [*rest, twice], out)
    at = [out.index(i) if i in out else -1 for i in spec]
    kept = [p for p in at if p >= 0]
    if len(spec) == len(out) and all(p in (-1, k) for k, p in enumerate(at)):
        return text
    if not spec:
        return text
    if len(spec) == len(out) == 2 and kept == [p for p in (1, 0) if p in kept]:
        return f"{text}.T"
    if kept != sorted(kept):
        order = sorted(range(len(spec)), key=lambda axis: (at[axis] < 0, at[axis]))
        return placed(f"{text}.transpose({', '.join(map(str, order))})", [spec[axis] for axis in order], out)
    source = {p: axis for axis, p in enumerate(at) if p >= 0}
    inside, last = [], -1
    for position in range(len(out)):
        if position not in source:
            inside.append("None")
            continue
        inside += ["0"] * (source[position] - last - 1)  # an axis of size 1 that the product does not have
        inside.append(":")
        last = source[position]
    return f"{text}[{', '.join([*inside, *['0'] * (len(spec) - 1 - last)])}]"
