"""One function as source: arguments, asserts, a line for each shared expression, its equation behind it."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import cast

from gradproof.calculus.facts import is_complex, is_positive_definite
from gradproof.calculus.patterns import PATTERNS
from gradproof.calculus.rewrite import Rewriter
from gradproof.expr.elementwise import scalar_exponent
from gradproof.expr.node import OPERATIONS, SYMBOL, ArrayData, Attrs, Expr, Shape, make, postorder, symbol
from gradproof.expr.product import PRODUCT, SUM, specs_of
from gradproof.write.code_arguments import opening, providers, told
from gradproof.write.code_diagonal import diagonal_lines, has_diagonal_terms, is_diagonal_term, start_of
from gradproof.write.code_dialect import Dialect
from gradproof.write.code_nodes import (
    STATEMENTS,
    Rearranging,
    call_code,
    is_argument,
    is_cheap,
    is_leaf,
    is_size,
    is_transparent,
    literal_code,
    power_code,
)
from gradproof.write.code_plan import Plan
from gradproof.write.code_scaled import ScaledCode, scaled_code
from gradproof.write.code_text import ATOM, Code, number_code, plus
from gradproof.write.matrix import to_text
from gradproof.write.template import uses

# Functions spelled out, which overflow, are called by their names, which need not.
STABLE = tuple(
    rule
    for rule in PATTERNS
    if not {"maximum", "where", "cast_float"} & set(rule.heads)
    and rule.name not in ("rectifier", "hyperbolic tangent")
)
_SLICE = -7_000_000
_LONGEST_INLINE = 64
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What a function looks like.

    Attributes
    ----------
    arguments : symbols in the order of the signature; those not listed follow in the order met
    returns : ``"dict"`` with the keys of the outputs, or ``"values"``: the one array, or a tuple
    asserts : whether the shapes of the arguments are asserted
    doc : docstring, without quotes; empty for none
    examples : typical numbers of the symbolic sizes, from which the order of products is chosen
    sources : arrays that may become arguments where a size is needed that no argument has
    required : sizes that are read off the arguments whether or not they seem to be needed
    """

    arguments: Sequence[Expr] = ()
    returns: str = "dict"
    asserts: bool = False
    doc: str = ""
    examples: Mapping[str, int] | None = None
    sources: Sequence[Expr] = ()
    required: frozenset[str] = frozenset()


def identifier(name: str) -> str:
    """The name with everything that Python's names cannot have made an underscore."""
    plain = re.sub(r"\W+", "_", name).strip("_") or "value"
    plain = f"_{plain}" if plain[0].isdigit() else plain
    return f"{plain}_" if keyword.iskeyword(plain) else plain


class FunctionWriter:
    """One function being written: arguments, lines, and the code that stands for each expression.

    Attributes
    ----------
    arguments : name of each argument, and the symbol or the literal array it stands for
    """

    def __init__(
        self,
        exprs: Mapping[str, Expr],
        names: Mapping[Expr, str],
        function_name: str,
        dialect: Dialect,
        options: Options | None = None,
    ) -> None:
        self.dialect, self.function_name = dialect, function_name
        self.options = options or Options()
        self.given = dict(exprs), names
        stable = Rewriter(STABLE)
        exprs = {key: stable(node) for key, node in exprs.items()}
        names = {stable.table.get(n, n): name for n, name in names.items()}
        wanted = {n: k for k, n in reversed(list(exprs.items()))} | dict(names)
        plan = Plan(list(exprs.values()), list(names), self.options.examples, rank_k=dialect.rank_k)
        self.exprs = {key: plan[n] for key, n in exprs.items()}
        self.order = postorder(*self.exprs.values())
        inside = set(self.order)
        self.taken = {"np", "torch", "jax", "jnp", "scipy", function_name, *dialect.helpers}
        self.arguments: dict[str, Expr] = {}
        self.table: dict[Expr, Code] = {}
        self.parts: dict[Expr, ScaledCode] = {}
        self.lines: list[str] = []
        self.printed: dict[Expr, str] = {}
        self._take_arguments(list(exprs.values()))
        asserts, required = self.options.asserts, self.options.required
        self.lines += opening(
            self.arguments, self.order, dialect, self._fresh, asserts=asserts, required=required
        )
        self.wanted = {plan[n]: name for n, name in wanted.items() if n in plan.table and plan[n] in inside}
        self.variables = {n: self._fresh(name) for n, name in self.wanted.items() if not is_leaf(n)}
        self.shared = self._shared()
        self.filled = {n for n in self.order if dialect.in_place and has_diagonal_terms(n)}
        inside_sums = {t for n in self.filled if n.op is SUM for t in n.args}
        self.absorbed = {
            t for t in inside_sums if t not in self.shared and t not in self.variables and not is_leaf(t)
        }
        self.filled -= self.absorbed
        self.rearranging = Rearranging(dialect, self.table.__getitem__)
        self.complex = any(is_complex(n) for n in self.arguments.values())

    # --- names ------------------------------------------------------------------------------------------

    def _take_arguments(self, roots: Sequence[Expr]) -> None:
        met = [n for n in postorder(*roots) if (n.op is SYMBOL and not is_size(n)) or is_argument(n)]
        for node in dict.fromkeys([*self.options.arguments, *met]):
            label = node.name or cast("ArrayData", node.attrs[0]).label or "data"
            name = self._fresh(label)
            self.arguments[name] = node
            if is_size(node):
                continue
            self.table[node] = Code(name, ATOM, node.shape)
            self.printed[node] = node.name or name

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

    def _shared(self) -> set[Expr]:
        """Nodes used more than once; a transposed or broadcast node passes its uses on."""
        counts: dict[Expr, int] = {}
        used = set(self.dialect.used)
        for node in reversed(self.order):
            through = is_transparent(node) and node not in self.variables
            for k, arg in enumerate(node.args):
                repeats = (
                    max(1, uses(self.dialect.template(node), k))
                    if node.op.numpy and node.op.name not in _SPECIAL
                    else 1
                )
                counts[arg] = counts.get(arg, 0) + (counts.get(node, 1) if through else repeats)
        self.dialect.used = used
        return {
            n for n, c in counts.items() if c > 1 and not (is_leaf(n) or is_transparent(n) or is_cheap(n))
        }

    # --- the source -------------------------------------------------------------------------------------

    def source(self) -> str:
        """The function, without imports and helpers; what it needs of these the dialect knows."""
        for node in self.order:
            if node not in self.table:
                self.table[node] = self._placed(node)
        values = [self.dialect.full(self.table[n], n.shape).text for n in self.exprs.values()]
        if self.dialect.unknown:
            return self._with_sizes(frozenset(self.dialect.unknown))
        if self.options.returns == "dict":
            keys = [json.dumps(key, ensure_ascii=False) for key in self.exprs]
            result = "{" + ", ".join(f"{k}: {v}" for k, v in zip(keys, values, strict=True)) + "}"
        else:
            result = ", ".join(values)
        words = "\n".join([*([self.options.doc] if self.options.doc else []), *told(self.arguments)])
        doc = [f'"""{words}"""'.replace("\\", "\\\\")] if words else []
        text = "\n".join(
            f"    {line}".rstrip() for line in "\n".join([*doc, *self.lines, f"return {result}"]).split("\n")
        )
        return f"def {self.function_name}({', '.join(self.arguments)}):\n{text}"

    def _with_sizes(self, missing: frozenset[str]) -> str:
        """The source once more, with arguments off which the sizes can be read that no argument had."""
        had = list(self.arguments.values())
        added = providers(missing, [s for s in self.options.sources if s not in had])
        options = replace(self.options, arguments=[*had, *added], required=self.options.required | missing)
        again = FunctionWriter(*self.given, self.function_name, self.dialect, options)
        text = again.source()
        self.arguments = again.arguments
        return text

    def _placed(self, node: Expr) -> Code:
        """The code that stands for a node: its own, or the name of a variable that a line assigns."""
        name = self.variables.get(node, "")
        if node.op.name in STATEMENTS:
            name = name or self._temporary()
            self.lines.append(f"# {self._equation(node, name)}")
            self.lines += STATEMENTS[node.op.name](self.rearranging, node, name)
            return Code(name, ATOM, node.shape)
        if node in self.absorbed:
            return Code("", ATOM, node.shape) if is_diagonal_term(node) else self._code(node)
        if node in self.filled:
            return self._filled(node, name or self._temporary())
        code = self._code(node)
        if not name:
            if is_leaf(node) or is_transparent(node):
                return code
            if node not in self.shared and len(code.text) <= _LONGEST_INLINE:
                return code
            name = self._temporary()
        if node in self.exprs.values():
            code = self.dialect.full(code, node.shape)
        self.parts.pop(node, None)
        self._assign(name, code.text, node)
        return Code(name, ATOM, code.shape, code.boolean)

    def _filled(self, node: Expr, name: str) -> Code:
        """An array of which diagonals are written through views."""
        self.lines.append(f"# {self._equation(node, name)}")
        start = start_of(node, self.table, self.parts, self.dialect)
        if start is None:
            self.lines.append(self.dialect.zeros_line(name, node.shape))
        elif start[1]:
            self._line(name, start[0].text)
        else:
            self.lines.append(self.dialect.copied(name, start[0].at(ATOM)))
        self.lines += diagonal_lines(node, name, self.table, self.parts, self.dialect)
        return Code(name, ATOM, node.shape)

    def _assign(self, name: str, code: str, node: Expr) -> None:
        """One line, its equation behind it or, where that is too long, above it."""
        comment = self._equation(node, name)
        line = f"{name} = {code}"
        if len(line) + len(comment) + 8 <= _WIDTH:
            self.lines.append(f"{line}  # {comment}")
            return
        self.lines.append(f"# {comment}")
        self._line(name, code)

    def _line(self, name: str, code: str) -> None:
        line = f"{name} = {code}"
        if len(line) + 4 <= _WIDTH:
            self.lines.append(line)
        else:
            self.lines += [f"{name} = (", *(f"    {term}" for term in _terms(code)), ")"]

    def _equation(self, node: Expr, name: str) -> str:
        self.printed[node] = self.wanted.get(node) or name
        left = to_text(node, {node: self.printed[node]})
        right = to_text(node, self.printed, expand=(node,), width=10**9).partition("\n")[0]
        return f"{left} = {right}"

    # --- single nodes -----------------------------------------------------------------------------------

    def _code(self, node: Expr) -> Code:
        write = _SPECIAL.get(node.op.name, FunctionWriter._call)
        return write(self, node)

    def _product(self, node: Expr) -> Code:
        solved = self._vector_solve(node)
        if solved is not None:
            return solved
        self.parts[node] = scaled_code(node, self.table, self.parts, self.dialect)
        return self.parts[node].code()

    def _vector_solve(self, node: Expr) -> Code | None:
        """``solve(A, b)`` for a vector b, which the record knows as a column."""
        specs, out, _ = specs_of(node)
        if len(node.args) != 1 or specs[0] != (0, 1) or out != (0,) or node.shape[0] == 1:
            return None
        (column,) = node.args
        if column.op.name != "solve" or column in self.variables or column in self.shared:
            return None
        matrix, right = column.args
        if right.op is not PRODUCT or len(right.args) != 1 or right.args[0].ndim != 1 or matrix.ndim != 2:
            return None
        if self.dialect.name == "torch" and is_positive_definite(matrix):
            return None  # cholesky_solve takes columns
        vector = self.dialect.full(self.table[right.args[0]], right.args[0].shape)
        solved = self.dialect.definite if is_positive_definite(matrix) else self.dialect.solved
        whole = self.dialect.full(self.table[matrix], matrix.shape)
        return Code(solved(whole.text, vector.text), ATOM, node.shape)

    def _definite_solve(self, node: Expr) -> Code | None:
        if node.op.name != "solve" or node.ndim != 2 or not is_positive_definite(node.args[0]):
            return None
        matrix, right = (self.dialect.full(self.table[a], a.shape).text for a in node.args)
        return Code(self.dialect.definite(matrix, right), ATOM, node.shape)

    def _power(self, node: Expr) -> Code:
        exponent = scalar_exponent(node.args[1])
        if exponent is None:
            return self._call(node)
        return power_code(self.table[node.args[0]], exponent, self.dialect)

    def _call(self, node: Expr) -> Code:
        special = self._definite_solve(node) or self.dialect.special(node, self.table.__getitem__)
        if special is not None:
            return special
        codes = [
            self.table[a] if node.op.elementwise else self.dialect.full(self.table[a], a.shape)
            for a in node.args
        ]
        return call_code(node, codes, self.dialect)

    def _each(self, node: Expr) -> Code:
        """An operation at every slice of a stack: ``np.stack([f(X[..., k]) for k in range(n)], axis=-1)``."""
        name, own, mapped, extra = cast("tuple[str, Attrs, tuple[bool, ...], Shape]", node.attrs)
        k = self._fresh("k")
        slices = []
        for position, (arg, stack) in enumerate(zip(node.args, mapped, strict=True)):
            if not stack:
                slices.append(arg)
                continue
            shape = arg.shape[: arg.ndim - len(extra)]
            piece = symbol(f"slice {position}", shape, _SLICE)
            whole = self.dialect.full(self.table[arg], arg.shape)
            flat = whole.at(ATOM)
            if len(extra) > 1:
                flat = self.dialect.reshaped(whole.text, (*shape, -1))
            self.table[piece] = Code(f"{flat}[..., {k}]", ATOM, shape)
            slices.append(piece)
        inner = make(OPERATIONS[name], tuple(slices), own)
        code = self.dialect.full(self._code(inner), inner.shape)
        count = " * ".join(self.dialect.size(n) for n in extra)
        text = self.dialect.stacked(f"{code.text} for {k} in range({count})")
        if len(extra) > 1:
            text = self.dialect.reshaped(text, node.shape)
        return Code(text, ATOM, node.shape, code.boolean)

    def _reshaped(self, node: Expr) -> Code:
        """Axes joined or split."""
        whole = self.dialect.full(self.table[node.args[0]], node.args[0].shape)
        return Code(self.dialect.reshaped(whole.text, node.shape), ATOM, node.shape, whole.boolean)

    def _signed(self, node: Expr) -> tuple[bool, Code]:
        """Whether a term is subtracted, and its code without the minus."""
        parts = self.parts.get(node)
        if parts is None or parts.coefficient >= 0:
            return False, self.table[node]
        return True, parts.positive()

    def _leaf(self, node: Expr) -> Code:
        if node.op is SYMBOL:  # the size of an axis as a number
            return Code(self.dialect.size(node.name), ATOM if node.name.isidentifier() else 1)
        return self.dialect.eye(node.shape[0])


def _terms(code: str) -> list[str]:
    """A long sum, one term a line."""
    depth, starts = 0, [0]
    for k, c in enumerate(code):
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 and code[k : k + 3] in (" + ", " - "):
            starts.append(k + 1)
    return [code[a:b].rstrip() for a, b in zip(starts, [*starts[1:], len(code)], strict=True)]


_SPECIAL: dict[str, Callable[[FunctionWriter, Expr], Code]] = {
    "number": lambda writer, node: number_code(cast("Fraction", node.attrs[0])),
    "symbol": FunctionWriter._leaf,
    "delta": FunctionWriter._leaf,
    "constant": lambda writer, node: literal_code(node, writer.dialect),
    SUM.name: lambda writer, node: plus([writer._signed(a) for a in node.args]),
    PRODUCT.name: FunctionWriter._product,
    "power": FunctionWriter._power,
    "each": FunctionWriter._each,
    "merge_axes": FunctionWriter._reshaped,
    "split_axes": FunctionWriter._reshaped,
    "index": lambda writer, node: writer.rearranging.index(node),
    "concatenate": lambda writer, node: writer.rearranging.concatenate(node),
}
