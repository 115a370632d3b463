"""Products with their scalars apart, so that nested multiples become one: λ/m · W and not λ/(2m) · (2W)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gradproof.expr.elementwise import POWER, scalar_exponent
from gradproof.expr.node import Expr, number_value
from gradproof.expr.product import specs_of
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_product import Spec, product_code
from gradproof.write.code_text import ATOM, PRODUCT, UNARY, Code, number_code, times


@dataclass(slots=True)
class ScaledCode:
    """coefficient · over / under · body."""

    coefficient: Fraction | float = Fraction(1)
    over: list[Code] = field(default_factory=list)
    under: list[Code] = field(default_factory=list)
    body: Code | None = None

    def absorb(self, other: ScaledCode, inverted: bool = False) -> None:
        """Multiply (or divide) by the scalars of another."""
        if inverted:
            self.coefficient = self.coefficient / other.coefficient
            self.over += other.under
            self.under += other.over
        else:
            self.coefficient = self.coefficient * other.coefficient
            self.over += other.over
            self.under += other.under

    def positive(self) -> Code:
        """Code of the absolute coefficient and all else: ``lam / m * W``, ``X.T @ E / m``."""
        value = -self.coefficient if self.coefficient < 0 else self.coefficient
        front, below = list(self.over), list(self.under)
        if isinstance(value, Fraction) and " / " in number_code(value).text:
            below.insert(0, number_code(Fraction(value.denominator)))
            value = Fraction(value.numerator)
        if value != 1:
            front.insert(0, number_code(value))
        if self.body is None:
            return times(front or [number_code(Fraction(1))], below)
        if not front and not below:
            return self.body
        if front and below:
            return times([times(front, below), self.body])
        return times([*front, self.body], below)

    def code(self) -> Code:
        """Code with the sign."""
        code = self.positive()
        if self.coefficient >= 0:
            return code
        code = code.numeric()
        if code.text[0].isdigit() and code.level == PRODUCT:  # -2 * (A @ B)
            return Code(f"-{code.text}", PRODUCT, code.shape)
        loose = "@" in code.text or code.level < PRODUCT
        return Code(f"-{code.at(UNARY if loose else PRODUCT)}", UNARY, code.shape)


def scaled_code(
    node: Expr, table: Mapping[Expr, Code], parts: Mapping[Expr, ScaledCode], dialect: Dialect
) -> ScaledCode:
    """A product node; ``parts`` are the products below it that are written in place."""
    specs, out, sizes = specs_of(node)
    result = ScaledCode()
    arrays: tuple[list[tuple[Code, Spec]], list[tuple[Code, Spec]]] = ([], [])
    for arg, spec in zip(node.args, specs, strict=True):
        value = number_value(arg)
        if value is not None:
            result.coefficient = result.coefficient * value
            continue
        divides = arg.op is POWER and scalar_exponent(arg.args[1]) == -1 and table[arg].level != ATOM
        source = arg.args[0] if divides else arg
        code: Code | None = table[source]
        inner = parts.get(source)
        if inner is not None and (inner.body is None or not divides) and inner.coefficient:
            result.absorb(inner, divides)
            code = inner.body
        if code is None:  # scalars only, perhaps repeated over an array, which is left to broadcasting
            continue
        if spec:
            arrays[divides].append((code, spec))
        else:
            (result.under if divides else result.over).append(code)
    held = {i for _, s in (*arrays[0], *arrays[1]) for i in s} | set(out)
    result.over += [Code(dialect.size(s), ATOM) for i, s in enumerate(sizes) if i not in held and s != 1]
    if arrays[0] or arrays[1]:
        result.body = product_code(*arrays, out, sizes, dialect)
    return result
