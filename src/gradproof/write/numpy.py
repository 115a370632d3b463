"""Readable NumPy: one function, one line for each named or shared expression, its equation behind it."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import cast

from gradproof.expr.elementwise import scalar_exponent
from gradproof.expr.node import SYMBOL, ArrayData, Expr, postorder
from gradproof.write.matrix import to_text
from gradproof.write.numpy_code import ATOM, Code, full, number_code, plus
from gradproof.write.numpy_nodes import (
    STATEMENTS,
    call_code,
    concatenate_code,
    index_code,
    is_argument,
    is_cheap,
    is_leaf,
    is_transparent,
    literal_code,
    power_code,
)
from gradproof.write.numpy_scaled import ScaledCode, scaled_code
from gradproof.write.template import uses

_LONGEST_INLINE = 64
_WIDTH = 100


def to_numpy(
    exprs: Mapping[str, Expr], names: Mapping[Expr, str] | None = None, function_name: str = "gradient"
) -> str:
    """Source of a function that computes expressions with NumPy.

    Parameters
    ----------
    exprs : what the function returns, as a dictionary with these keys
    names : names for intermediate expressions, which become local variables
    function_name : name of the function

    Returns
    -------
    str
        Imports and one function. Its arguments are those of :func:`numpy_arguments`, in that order.

    Examples
    --------
    >>> from gradproof.expr.broadcast import matmul, transpose
    >>> from gradproof.expr.node import symbol
    >>> print(to_numpy({"dW": matmul(symbol("dZ", (2, 9)), transpose(symbol("X", (4, 9))))}))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def gradient(dZ, X):
        dW = dZ @ X.T  # dW = dZ Xᵀ
        return {"dW": dW}
    """
    return _Function(exprs, names or {}, function_name).source()


def numpy_arguments(exprs: Mapping[str, Expr]) -> dict[str, Expr]:
    """Arguments of the function that :func:`to_numpy` writes: symbols and large arrays, in the order met."""
    return dict(_Function(exprs, {}, "f").arguments)


def identifier(name: str) -> str:
    """The name with everything that Python's names cannot have made an underscore."""
    plain = re.sub(r"\W+", "_", name).strip("_") or "value"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if keyword.iskeyword(plain) else plain


class _Function:
    """One function being written: arguments, lines, and the code that stands for each expression."""

    def __init__(self, exprs: Mapping[str, Expr], names: Mapping[Expr, str], function_name: str) -> None:
        self.exprs, self.function_name = exprs, function_name
        self.order = postorder(*exprs.values())
        self.taken = {"np", "scipy", function_name}
        self.arguments: dict[str, Expr] = {}
        self.table: dict[Expr, Code] = {}
        self.parts: dict[Expr, ScaledCode] = {}
        self.lines: list[str] = []
        self.printed: dict[Expr, str] = {}
        for node in self.order:
            if node.op is SYMBOL or is_argument(node):
                label = node.name or cast("ArrayData", node.attrs[0]).label or "data"
                name = self._fresh(label)
                self.arguments[name] = node
                self.table[node] = Code(name, ATOM, node.shape)
                self.printed[node] = node.name or name
        self._name_sizes()
        roots = {node: key for key, node in reversed(list(exprs.items()))}
        self.wanted = {n: names.get(n, roots.get(n, "")) for n in self.order if n in names or n in roots}
        self.variables = {n: self._fresh(name) for n, name in self.wanted.items() if not is_leaf(n)}
        self.shared = self._shared()

    def _fresh(self, name: str) -> str:
        base = identifier(name)
        unique, k = base, 2
        while unique in self.taken:
            unique, k = f"{base}_{k}", k + 1
        self.taken.add(unique)
        return unique

    def _temporary(self) -> str:
        k = 1
        while f"t{k}" in self.taken:
            k += 1
        self.taken.add(f"t{k}")
        return f"t{k}"

    def _name_sizes(self) -> None:
        """A symbolic size is read off the first argument that has it."""
        for argument, node in self.arguments.items():
            for axis, size in enumerate(node.shape):
                if isinstance(size, str) and size not in self.taken:
                    self.taken.add(size)
                    self.lines.append(f"{size} = {argument}.shape[{axis}]")

    def _shared(self) -> set[Expr]:
        """Nodes used more than once; a transposed or broadcast node passes its uses on."""
        counts: dict[Expr, int] = {}
        for node in reversed(self.order):
            through = is_transparent(node) and node not in self.variables
            for k, arg in enumerate(node.args):
                repeats = max(1, uses(node.op.numpy, k))
                counts[arg] = counts.get(arg, 0) + (counts.get(node, 1) if through else repeats)
        return {
            n for n, c in counts.items() if c > 1 and not (is_leaf(n) or is_transparent(n) or is_cheap(n))
        }

    def source(self) -> str:
        """The whole source."""
        for node in self.order:
            if node not in self.table:
                self.table[node] = self._placed(node)
        results = [
            f"{json.dumps(key, ensure_ascii=False)}: {full(self.table[n], n.shape).text}"
            for key, n in self.exprs.items()
        ]
        text = "\n".join(f"    {line}" for line in [*self.lines, f"return {{{', '.join(results)}}}"])
        imports = ["import numpy as np", *(["import scipy.special"] if "scipy." in text else [])]
        head = f"def {self.function_name}({', '.join(self.arguments)}):"
        return "\n".join([*imports, "", "", head, text])

    def _placed(self, node: Expr) -> Code:
        """The code that stands for a node: its own, or the name of a variable that a line assigns."""
        name = self.variables.get(node, "")
        if node.op.name in STATEMENTS:
            name = name or self._temporary()
            self.lines.append(f"# {self._equation(node, name)}")
            self.lines += STATEMENTS[node.op.name](node, name, self.table.__getitem__)
            return Code(name, ATOM, node.shape)
        code = self._code(node)
        if not name:
            if is_leaf(node) or is_transparent(node):
                return code
            if node not in self.shared and len(code.text) <= _LONGEST_INLINE:
                return code
            name = self._temporary()
        if node in self.exprs.values():
            code = full(code, node.shape)
        self.parts.pop(node, None)
        self._assign(name, code.text, node)
        return Code(name, ATOM, code.shape, code.boolean)

    def _assign(self, name: str, code: str, node: Expr) -> None:
        """One line, its equation behind it or, where that is too long, above it."""
        comment = self._equation(node, name)
        line = f"{name} = {code}"
        if len(line) + len(comment) + 8 <= _WIDTH:
            self.lines.append(f"{line}  # {comment}")
            return
        self.lines.append(f"# {comment}")
        if len(line) + 4 <= _WIDTH:
            self.lines.append(line)
        else:
            self.lines += [f"{name} = (", *(f"    {term}" for term in _terms(code)), ")"]

    def _equation(self, node: Expr, name: str) -> str:
        self.printed[node] = self.wanted.get(node) or name
        left = to_text(node, {node: self.printed[node]})
        right = to_text(node, self.printed, expand=(node,), width=10**9).partition("\n")[0]
        return f"{left} = {right}"

    def _code(self, node: Expr) -> Code:
        write = _SPECIAL.get(node.op.name, _Function._call)
        return write(self, node)

    def _product(self, node: Expr) -> Code:
        self.parts[node] = scaled_code(node, self.table, self.parts)
        return self.parts[node].code()

    def _power(self, node: Expr) -> Code:
        exponent = scalar_exponent(node.args[1])
        return self._call(node) if exponent is None else power_code(self.table[node.args[0]], exponent)

    def _call(self, node: Expr) -> Code:
        codes = [self.table[a] if node.op.elementwise else full(self.table[a], a.shape) for a in node.args]
        return call_code(node, codes)

    def _signed(self, node: Expr) -> tuple[bool, Code]:
        """Whether a term is subtracted, and its code without the minus."""
        parts = self.parts.get(node)
        if parts is None or parts.coefficient >= 0:
            return False, self.table[node]
        return True, parts.positive()


def _terms(code: str) -> list[str]:
    """A long sum, one term a line."""
    depth, starts = 0, [0]
    for k, c in enumerate(code):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and code[k : k + 3] in (" + ", " - "):
            starts.append(k + 1)
    return [code[a:b].rstrip() for a, b in zip(starts, [*starts[1:], len(code)], strict=True)]


_SPECIAL: dict[str, Callable[[_Function, Expr], Code]] = {
    "number": lambda function, node: number_code(cast("Fraction", node.attrs[0])),
    "constant": lambda function, node: literal_code(node),
    "sum": lambda function, node: plus([function._signed(a) for a in node.args]),
    "product": _Function._product,
    "power": _Function._power,
    "index": lambda function, node: index_code(node, function.table.__getitem__),
    "concatenate": lambda function, node: concatenate_code(node, function.table.__getitem__),
}
