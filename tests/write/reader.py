"""Reads the Unicode matrix notation back and computes it, so that what is printed is known to be right.

A value is (array, loose): scalars have shape (), everything else has two axes, columns being (n, 1). An
axis is loose where the notation leaves its size open (the ``1ᵀ`` of ``b 1ᵀ``); its size is that of whatever
it is added to.
"""

import re

import numpy as np

TOKEN = re.compile(
    r"\s*(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)|\s*(?P<name>[A-Za-zα-ω][A-Za-z0-9]*[₀-₉]*)"
    r"|\s*(?P<sign>‖[⁰¹²³⁴⁵⁶⁷⁸⁹]*_F|‖[⁰¹²³⁴⁵⁶⁷⁸⁹]+|‖|\^∘|⁻¹|⁻ᵀ|ᵀ|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|[-+−∘⊘/()\[\],^>])"
)
POSTFIX = re.compile(r"⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
FUNCTIONS = {"exp": np.exp, "tanh": np.tanh, "sqrt": np.sqrt, "log": np.log}


class NotRead(Exception):
    """The print leaves a size open where it matters, which only the expression's shape would tell."""


ONES, ONES_T = object(), object()


def split(text):
    tokens, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        assert match, f"{text!r} at {position}"
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class Reader:
    def __init__(self, text, values):
        self.tokens, self.k, self.values = split(text), 0, values
        self.text = text
        self.bars = []  # how deep in brackets each open norm is

    def peek(self):
        return self.tokens[self.k][1] if self.k < len(self.tokens) else ""

    def kind(self):
        return self.tokens[self.k][0] if self.k < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        assert expected is None or token == expected, (
            f"{self.text}: {expected} expected, not {token!r} ({self.k})"
        )
        self.k += 1
        return token

    def read(self):
        value = self.sum()
        assert self.k == len(self.tokens), f"{self.text}: {self.tokens[self.k :]} is left"
        return value

    def sum(self):
        negative = self.peek() == "−" and bool(self.take())
        total = self.entrywise()
        total = (-total[0], total[1]) if negative else total
        while self.peek() in ("+", "−"):
            sign = 1 if self.take() == "+" else -1
            term = self.entrywise()
            total = both(lambda a, b, s=sign: a + s * b, total, term)
        return total

    def entrywise(self):
        value = self.product()
        while self.peek() in ("∘", "⊘"):
            operation = np.multiply if self.take() == "∘" else np.divide
            value = both(operation, value, self.product())
        return value

    def product(self):
        """Factors beside each other: scalars, then a chain of matrices."""
        factors = [self.factor()]
        while self.kind() in ("number", "name") or self.peek() in self.opening():
            factors.append(self.factor())
        return chain(factors)

    def factor(self):
        value = self.postfix()
        if self.peek() == "/":
            self.take()
            below = self.postfix()
            value = both(np.divide, plain(value), plain(below))
        return value

    def postfix(self):
        value = self.atom()
        while True:
            token = self.peek()
            if token == "ᵀ":
                value = ONES_T if value is ONES else (value[0].T, value[1][::-1])
            elif token in ("⁻¹", "⁻ᵀ"):
                inverse = np.linalg.inv(closed(value))
                value = (inverse if token == "⁻¹" else inverse.T, (False, False))
            elif POSTFIX.fullmatch(token):
                power = int(token.translate(DIGITS))
                array, loose = plain(value)
                value = (np.linalg.matrix_power(array, power) if array.shape else array**power, loose)
            elif token == "^∘":
                self.take()
                exponent = self.atom()
                array, loose = plain(value)
                value = (array ** plain(exponent)[0], loose)
                continue
            else:
                return value
            self.take()

    def depth(self):
        """How many brackets are open."""
        before = self.tokens[: self.k]
        return sum(t in ("(", "[") for _, t in before) - sum(t in (")", "]") for _, t in before)

    def opening(self):
        """What begins a factor: a bar does not where a norm is open that no bracket has been opened in."""
        return ("(", "[") if self.bars and self.bars[-1] == self.depth() else ("(", "[", "‖")

    def atom(self):
        token = self.take()
        if token == "(":
            value = self.sum()
            self.take(")")
            return value
        if token == "[":
            left = self.sum()
            self.take(">")
            right = self.sum()
            self.take("]")
            return both(lambda a, b: (a > b) * 1.0, left, right)
        if token == "‖":
            self.bars.append(self.depth())
            inside = closed(self.sum())
            end = self.take()
            self.bars.pop()
            power = int(end.strip("‖_F").translate(DIGITS) or 1)
            return (np.sqrt(np.sum(inside**2)) ** power, (False, False))
        if re.fullmatch(r"\d.*", token):
            return ONES if token == "1" and self.is_vector() else (np.float64(token), (False, False))
        if self.peek() == "(" and token in (*FUNCTIONS, "sum", "tr", "diag"):
            self.take("(")
            inside = self.sum()
            self.take(")")
            return call(token, inside)
        return (self.values[token], (False, False))

    def is_vector(self):
        """A bare 1 is a vector of ones beside a matrix, and the number in a sum or a fraction."""
        before = self.tokens[self.k - 2][1] if self.k > 1 else "("
        after = self.peek()
        if after == "ᵀ":
            return True
        first = before in ("(", "[", "+", "−", "∘", "⊘", "‖", ">", ",", "/") or self.k == 1
        ends = after in (")", "]", "+", "−", "∘", "⊘", "‖", ">", ",", "/", "", "^∘") or after.startswith("‖")
        return before != "/" and after != "/" and not (first and ends) and (not first or self.kind() != "")


def plain(value):
    if value is ONES:
        return (np.ones((1, 1)), (True, False))
    if value is ONES_T:
        return (np.ones((1, 1)), (False, True))
    return value


def closed(value):
    array, loose = plain(value)
    if any(loose):
        raise NotRead
    return array


def both(operation, a, b):
    (x, loose_x), (y, loose_y) = plain(a), plain(b)
    loose = tuple(
        (p or not np.ndim(x)) and (q or not np.ndim(y)) and (p or q)
        for p, q in zip(loose_x, loose_y, strict=True)
    )
    return (operation(x, y), loose)


def call(name, inside):
    if name in FUNCTIONS:
        return (FUNCTIONS[name](plain(inside)[0]), plain(inside)[1])
    array = closed(inside)
    if name == "sum":
        return (np.sum(array), (False, False))
    if name == "tr":
        return (np.trace(array), (False, False))
    if min(array.shape) == 1 and max(array.shape) > 1:
        return (np.diag(array.ravel()), (False, False))
    return (np.diag(array)[:, None], (False, False))


def chain(factors):
    scalar, parts = np.float64(1), []
    for factor in factors:
        if factor not in (ONES, ONES_T) and np.ndim(factor[0]) == 0:
            scalar = scalar * factor[0]
        else:
            parts.append(factor)
    if not parts:
        return (scalar, (False, False))
    changed = True
    while changed and len(parts) > 1:
        changed = False
        for k in range(len(parts) - 1):
            a, b = parts[k], parts[k + 1]
            joined = None
            if a is ONES_T and b not in (ONES, ONES_T):
                joined = (closed(b).sum(0, keepdims=True), (False, False))
            elif b is ONES and a not in (ONES, ONES_T):
                joined = (closed(a).sum(1, keepdims=True), (False, False))
            elif a not in (ONES, ONES_T) and b not in (ONES, ONES_T):
                joined = (closed(a) @ closed(b), (False, False))
            if joined is not None:
                parts[k : k + 2] = [joined]
                changed = True
                break
    array, loose = plain(parts[0])
    for part in parts[1:]:
        if parts[0] is ONES_T:
            raise NotRead
        right, loose_right = plain(part)
        array, loose = (
            array * right,
            (loose[0], loose_right[1]),
        )  # a column of ones beside a row, and the like
    if array.shape == (1, 1) and not any(loose):
        array = array[0, 0]
    return (scalar * array, loose)


def read(text, values):
    """The value of the print; ``values`` by printed name, in two axes or none."""
    return Reader(text, values).read()[0]
