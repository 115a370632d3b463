"""NumPy's spelling, through Python's own parser: precedence is exactly Python's.

``*``, ``/`` and ``**`` are entrywise with broadcasting and ``@`` is the matrix product, as in NumPy. Names of
modules before a function (``np.``, ``np.linalg.``, ``torch.``, ``scipy.special.``, ...) are dropped.
"""

from __future__ import annotations

import ast
import keyword
import re
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.read.notation.problems import refusal
from gradproof.read.notation.tree import (
    Applied,
    Binary,
    Call,
    Comparison,
    Conjugate,
    Constant,
    Index,
    Items,
    Name,
    Node,
    Number,
    Operator,
    Relation,
    Repeated,
    Slice,
    Span,
    String,
    Transpose,
    Unary,
)

MODULES = frozenset(
    [
        "np",
        "numpy",
        "jnp",
        "jax",
        "jax.numpy",
        "torch",
        "tf",
        "math",
        "scipy",
        "sp",
        "linalg",
        "np.linalg",
        "numpy.linalg",
        "jnp.linalg",
        "jax.numpy.linalg",
        "scipy.linalg",
        "sp.linalg",
        "sla",
        "la",
        "LA",
        "torch.linalg",
        "jax.nn",
        "nn",
        "nn.functional",
        "torch.nn.functional",
        "torch.special",
        "scipy.special",
        "special",
        "sp.special",
        "jax.scipy.special",
        "jax.scipy.linalg",
        "jsp",
        "jsp.linalg",
        "jsp.special",
        "tf.math",
        "tf.linalg",
        "tf.nn",
        "cp",
    ]
)
# What torch.nn.functional, imported as F, has and a matrix F has not.
_FUNCTIONAL = frozenset(
    [
        "F.relu",
        "F.softmax",
        "F.log_softmax",
        "F.softplus",
        "F.gelu",
        "F.silu",
        "F.elu",
        "F.sigmoid",
        "F.tanh",
        "F.leaky_relu",
        "F.logsigmoid",
        "F.layer_norm",
        "F.normalize",
        "F.softsign",
        "F.hardtanh",
    ]
)
_OPERATORS: dict[type[ast.operator], Operator] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "hadamard",
    ast.Div: "elementwise_divide",
    ast.MatMult: "matmul",
    ast.Pow: "elementwise_power",
}
_RELATIONS: dict[type[ast.cmpop], Relation] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_WORD = re.compile(r"[^\W\d]\w*")


def parse_numpy(text: str) -> Node:
    """The syntax tree of a formula in NumPy's spelling.

    Raises
    ------
    InputError
        Python cannot parse the text, or it holds something that is no formula.
    """
    source = _without_keywords(_without_left_side(text))
    padding = len(source) - len(source.lstrip())
    try:
        parsed = ast.parse("(" + source[padding:] + "\n)", mode="eval")
    except (SyntaxError, ValueError) as error:
        place = _place(text, error, padding)
        raise refusal(
            f"this is not an expression that Python can read: {getattr(error, 'msg', error)}",
            text,
            (place, place + 1),
            "correct it at the place shown, or say dialect='math' if it is mathematical notation",
        ) from None
    return _Reader(text, source, padding - 1).node(parsed.body)


def _without_left_side(text: str) -> str:
    """``J = ...`` and a closing semicolon are no part of the formula; blanks keep the places."""
    match = re.match(r"\s*[^\W\d]\w*\s*=(?!=)", text)
    if match:
        text = " " * match.end() + text[match.end() :]
    return re.sub(r";\s*$", lambda m: " " * len(m.group()), text)


def _place(text: str, error: Exception, padding: int) -> int:
    if not isinstance(error, SyntaxError) or error.offset is None:
        return 0
    lines = text[padding:].split("\n")
    line = min((error.lineno or 1) - 1, len(lines) - 1)
    before = sum(len(part) + 1 for part in lines[:line])
    return min(padding + before + error.offset - (2 if line == 0 else 1), max(len(text) - 1, 0))


def _without_keywords(text: str) -> str:
    """Words that Python keeps for itself, such as ``lambda``, as names of the same length."""
    if not any(word in text for word in _NAMES_FOR):
        return text

    def spelled(match: re.Match[str]) -> str:
        word = match.group()
        if word not in _NAMES_FOR or (word == "lambda" and _is_function(text, match.end())):
            return word
        return _NAMES_FOR[word]

    return _WORD.sub(spelled, text)


def _is_function(text: str, end: int) -> bool:
    return re.match(r"\s+[^\W\d]\w*(\s*,\s*[^\W\d]\w*)*\s*:", text[end:]) is not None


# The last letter of each is one that no keyboard types by accident.
_NAMES_FOR = {
    word: word[:-1] + "ƨ" for word in keyword.kwlist if word.islower() and word not in ("for", "in")
}
_MEANT_BY = {name: word for word, name in _NAMES_FOR.items()}


class _Reader:
    """Python's tree as ours, with spans in characters of the user's text."""

    def __init__(self, text: str, source: str, shift: int) -> None:
        self.text = text
        self.shift = shift
        self.ascii = source.isascii()
        self.lines = ("(" + source[shift + 1 :]).split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)

    def offset(self, line: int, column: int) -> int:
        """The character of the user's text at Python's line and byte column."""
        if not self.ascii:
            column = len(self.lines[line - 1].encode()[:column].decode(errors="ignore"))
        return self.starts[line - 1] + column + self.shift

    def span(self, node: ast.expr) -> Span:
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def node(self, node: ast.expr) -> Node:
        method = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            raise self.no_formula(node)
        result: Node = method(node)
        return result

    def no_formula(self, node: ast.expr) -> InputError:
        return refusal(
            f"a Python {type(node).__name__} is no formula",
            self.text,
            self.span(node),
            "write a formula of arithmetic, @, indexing and functions; for code, pass a Python function",
        )

    def _name(self, node: ast.Name) -> Node:
        return Name(self.span(node), _MEANT_BY.get(node.id, node.id))

    def _constant(self, node: ast.Constant) -> Node:
        span, value = self.span(node), node.value
        if value is None or value is True or value is False or value is ...:
            return Constant(span, "..." if value is ... else value)
        if isinstance(value, int):
            return Number(span, Fraction(value))
        if isinstance(value, float):
            return Number(span, value)
        if isinstance(value, complex):
            return Number(span, value)
        if isinstance(value, str):
            return String(span, value)
        raise self.no_formula(node)

    def _binop(self, node: ast.BinOp) -> Node:
        """A chain of operations nests to the left as deep as it is long, so it is not recursed into."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        left = self.node(chain[-1].left)
        for link in reversed(chain):
            left = self.joined(link, left, self.node(link.right))
        return left

    def joined(self, node: ast.BinOp, left: Node, right: Node) -> Node:
        """Two operands with the operation between them."""
        op = _OPERATORS.get(type(node.op))
        at = self._between(left.span[1], right.span[0])
        if op is None:
            sign = self.text[slice(*at)]
            fix = "use ** for a power" if sign == "^" else "use + - * / @ and **"
            raise refusal(f"{sign!r} is no operation of a formula in NumPy's spelling", self.text, at, fix)
        return Binary(self.span(node), op, left, right, at)

    def _between(self, start: int, stop: int) -> Span:
        """Where the operator stands between two operands, which may have brackets around them."""
        gap = self.text[start:stop]
        inside = gap.strip(") \n\t(")
        place = start + gap.find(inside) if inside else start
        return place, place + max(1, len(inside))

    def _unaryop(self, node: ast.UnaryOp) -> Node:
        operand = self.node(node.operand)
        if isinstance(node.op, ast.USub):
            return Unary(self.span(node), "-", operand)
        return Unary(self.span(node), "+" if isinstance(node.op, ast.UAdd) else "not", operand)

    def _compare(self, node: ast.Compare) -> Node:
        relation = _RELATIONS.get(type(node.ops[0]))
        if len(node.ops) > 1 or relation is None:
            raise refusal(
                "a chain of comparisons has no value entry by entry",
                self.text,
                self.span(node),
                "write (a < b)*(b < c)",
            )
        return Comparison(self.span(node), relation, self.node(node.left), self.node(node.comparators[0]))

    def _attribute(self, node: ast.Attribute) -> Node:
        dotted = _dotted(node)
        span = self.span(node)
        if node.attr == "newaxis":
            return Constant(span, None)
        if _of_module(dotted):
            return Name(span, str(dotted))
        if node.attr in ("T", "mT"):
            return Transpose(span, self.node(node.value))
        if node.attr == "H":
            return Transpose(span, self.node(node.value), conjugate=True)
        at = (span[1] - len(node.attr), span[1])
        return Call(span, node.attr, (self.node(node.value),), at=at)

    def _call(self, node: ast.Call) -> Node:
        span, function = self.span(node), node.func
        arguments = tuple(self.node(a) for a in node.args)
        keywords = tuple((k.arg or "**", self.node(k.value)) for k in node.keywords)
        if isinstance(function, ast.Lambda):
            parameters = tuple(a.arg for a in function.args.args)
            return Applied(span, parameters, self.node(function.body), arguments)
        at = self.span(function)
        dotted = _dotted(function)
        if isinstance(function, ast.Attribute) and not _of_module(dotted):
            operand = self.node(function.value)
            if function.attr in ("conj", "conjugate"):
                return Conjugate(span, operand)
            at = (at[1] - len(function.attr), at[1])
            return Call(span, "." + function.attr, (operand, *arguments), keywords, at)
        if dotted is None:
            raise self.no_formula(node)
        return Call(span, _MEANT_BY.get(dotted, dotted), arguments, keywords, at)

    def _subscript(self, node: ast.Subscript) -> Node:
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return Index(self.span(node), self.node(node.value), tuple(self.node(i) for i in inside))

    def _slice(self, node: ast.Slice) -> Node:
        start, stop, step = (None if p is None else self.node(p) for p in (node.lower, node.upper, node.step))
        return Slice(self.span(node), start, stop, step)

    def _tuple(self, node: ast.Tuple | ast.List) -> Node:
        return Items(self.span(node), tuple(self.node(e) for e in node.elts))

    _list = _tuple

    def _generatorexp(self, node: ast.GeneratorExp | ast.ListComp) -> Node:
        (loop, *more) = node.generators
        values = loop.iter
        if more or loop.ifs or not isinstance(loop.target, ast.Name) or not isinstance(values, ast.Call):
            raise self.no_formula(node)
        if _dotted(values.func) != "range":
            raise self.no_formula(values)
        return Repeated(
            self.span(node), self.node(node.elt), loop.target.id, tuple(self.node(a) for a in values.args)
        )

    _listcomp = _generatorexp

    def _starred(self, node: ast.Starred) -> Node:
        raise self.no_formula(node)


def _of_module(dotted: str | None) -> bool:
    return dotted is not None and (dotted.rpartition(".")[0] in MODULES or dotted in _FUNCTIONAL)


def _dotted(node: ast.expr) -> str | None:
    """``np.linalg.norm`` as it is written; None where there is more than names and dots."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])
