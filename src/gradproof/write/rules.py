r"""Rules in symbols: each is run on symbols, and what it makes of them is printed.

A derivative rule prints as the differential of its operation, d(A B) = dA B + A dB; a rewrite as what it
makes of a sample. No formula is typed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial

from gradproof.calculus.differential import differential_symbol, gradient_of, pushforward, with_deltas
from gradproof.calculus.differentiate import pullback
from gradproof.calculus.jacobian import jacobian
from gradproof.calculus.rewrite import Rule, with_args
from gradproof.calculus.simplify import ALL_RULES, PREPARATION, simplify
from gradproof.calculus.structures import STRUCTURES
from gradproof.expr.broadcast import matmul, multiply, sum_over
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import OPERATIONS, SYMBOL, Expr, Operation, make, postorder, symbol, symbols
from gradproof.expr.product import PRODUCT, SUM
from gradproof.write.index import to_index
from gradproof.write.matrix import to_latex, to_text

_LETTERS = {0: ("x", "y", "z"), 1: ("x", "y", "z"), 2: ("X", "Y", "Z"), 3: ("T",), 4: ("T",)}


def on_symbols(node: Expr) -> Expr:
    """The operation on symbols: of numbers for an entrywise function, of the sample's shapes for others."""
    if node.op.elementwise:
        made = [make_() for make_ in node.op.samples]
        facts = {"complex"} if all(any(map(is_complex, symbols(m))) for m in made) else ()
        return with_args(node, tuple(symbol(c, facts=facts) for c in "xyz"[: len(node.args)]))
    fresh: dict[int, Iterator[str]] = {n: iter(letters) for n, letters in _LETTERS.items()}
    known: dict[Expr, Expr] = {}
    for arg in node.args:
        if arg.args and arg.ndim in fresh and arg not in known and not _is_literal(arg):
            known[arg] = symbol(next(fresh[arg.ndim]), arg.shape)
    return with_args(node, tuple(known.get(a, a) for a in node.args))


def _is_literal(arg: Expr) -> bool:
    return arg.op is PRODUCT and all(not a.args and not a.shape for a in arg.args)


def firings(rule: Rule, show: Callable[[Expr], str] = to_latex) -> Iterator[tuple[str, str]]:
    """What a rewrite rule makes of its samples, before and after, each pair once."""
    shown: set[tuple[str, str]] = set()
    for sample in rule.samples:
        for node in postorder(sample()):
            after = rule.rewrite(node) if node.op.name in rule.heads else None
            if after is not None and after is not node:
                pair = show(node), show(after)
                if pair not in shown and pair[0] != pair[1]:
                    shown.add(pair)
                    yield pair


# --- one line for a rule ------------------------------------------------------------------------------


@lru_cache(512)
def rule_in_symbols(name: str, *, latex: bool = False) -> str:
    """The rule of a step as an equation, empty for a name that is no rule.

    A rule that changes the graph and not the print is given by the statement in its record.

    Examples
    --------
    >>> print(rule_in_symbols("product rule"))
    d(A B) = dA B + A dB
    >>> print(rule_in_symbols("derivative of the inverse"))
    d(X⁻¹) = −X⁻¹ dX X⁻¹
    """
    given = _special(name)
    if given is not None:
        return given(latex)
    operations = [op for op in OPERATIONS.values() if op.rule == name and op.pullback and op.samples]
    if operations:
        return _shortest(line for op in operations for line in _differentials(op, latex))
    show = _show(latex)
    rules = [rule for rule in dict.fromkeys((*ALL_RULES, *PREPARATION)) if rule.name == name]
    fired = _shortest(f"{a} = {b}" for rule in rules for a, b in firings(rule, show))
    return fired or next((rule.statement for rule in rules), name.partition(": ")[2])


def _show(latex: bool) -> Callable[[Expr], str]:
    return (lambda e: to_latex(e, traces=True)) if latex else (lambda e: to_text(e, traces=True))


def _shortest(lines: Iterable[str]) -> str:
    """The shortest, one without a note and without anything that cancels at once if there is one."""

    def rank(line: str) -> tuple[bool, bool, int]:
        noted = "\n" in line or "index notation" in line
        return noted, re.search(r"(\w+) [−-] \1\b", line) is not None, len(line)

    return min(lines, key=rank, default="")


def _differentials(op: Operation, latex: bool) -> Iterator[str]:
    for sample in op.samples[:1]:
        node = next((n for n in reversed(postorder(sample())) if n.op is op), None)
        if node is not None:
            yield _differential(on_symbols(node), latex)


def _differential(node: Expr, latex: bool) -> str:
    """What the rule of the operation of a node gives, in the differentials of its arguments."""
    known = {a: differential_symbol(a, a.name) for a in symbols(node) if a in node.args and not a.args}
    known = {a: d for a, d in known.items() if _has_derivative(node, a)}
    found = pushforward(node, dict(known))
    show = _show(latex)
    inside, d = show(node), r"\mathrm{d}" if latex else "d"
    left = rf"{d}\left({inside}\right)" if latex else f"d({inside})"
    lines = [f"{left} = {show(side)}" for side in (found, simplify(found))]
    return _shortest(lines)


def _has_derivative(node: Expr, arg: Expr) -> bool:
    return arg.op is SYMBOL and not is_integer(arg)


def is_integer(leaf: Expr) -> bool:
    """Whether a symbol is declared to be a whole number, which does not vary."""
    return "integer" in leaf.attrs[3]  # type: ignore[operator]


def _matrices() -> tuple[Expr, Expr]:
    return symbol("A", ("m", "n")), symbol("B", ("n", "p"))


def _product_rule(latex: bool) -> str:
    return _differential(matmul(*_matrices()), latex)


def _sum_rule(latex: bool) -> str:
    a = symbol("A", ("m", "n"))
    return _differential(make(SUM, (a, symbol("B", ("m", "n")))), latex)


def _linear() -> tuple[Expr, Expr]:
    """A differential that is linear in dX, and its symbol."""
    x = symbol("X", ("m", "n"))
    of = differential_symbol(x, "X")
    return sum_over(multiply(symbol("G", ("m", "n")), of)), of


def _read_off(latex: bool) -> str:
    """The gradient of what stands in the differential, by the rule that reads it off."""
    total, of = _linear()
    show = _show(latex)
    d, below = (r"\mathrm{d}f", r"\frac{\partial f}{\partial X}") if latex else ("df", "∂f/∂X")
    arrow = r" \;\Rightarrow\; " if latex else " ⇒ "
    return f"{d} = {show(total)}{arrow}{below} = {show(gradient_of(total, of))}"


def _jacobian(latex: bool) -> str:
    a, x = symbol("A", ("m", "n")), symbol("x", ("n",))
    found = jacobian(matmul(a, x), x)
    show = _show(latex)
    below = r"\frac{\partial f}{\partial x}" if latex else "∂f/∂x"
    d, arrow = (r"\mathrm{d}f", r" \;\Rightarrow\; ") if latex else ("df", " ⇒ ")
    return f"{d} = {show(found.steps[0].after)}{arrow}{below} = {show(found.value)}"


def _entries(latex: bool) -> str:
    """Entry by entry: the deltas of ∂x_kl/∂x_ij contracted."""
    total, of = _linear()
    deltas = with_deltas(total, of)
    assert deltas is not None
    return f"{to_index(deltas, latex=latex)} = {to_index(gradient_of(total, of), latex=latex)}"


def _backward(latex: bool) -> str:
    """The cotangent of the argument of a product from that of the product."""
    a, x, g = (symbol(c, shape) for c, shape in (("A", ("m", "n")), ("X", ("n", "p")), ("G", ("m", "p"))))
    show = _show(latex)
    found = show(simplify(pullback(matmul(a, x), g, [x])[x]))
    if latex:
        above, below = r"\frac{\partial f}{\partial Y}", r"\frac{\partial f}{\partial X}"
        given = rf"Y = {show(matmul(a, x))}, \; G = {above}"
        return rf"{given} \;\Rightarrow\; {below} = {found}"
    return f"Y = {show(matmul(a, x))}, G = ∂f/∂Y ⇒ ∂f/∂X = {found}"


def _structured(name: str, latex: bool) -> str:
    """The gradient by independent entries, made of a free one."""
    form = next(s for s in STRUCTURES.values() if s.rule == name)
    g, x = symbol("G", ("n", "n")), symbol("X", ("n", "n"))
    below = r"\frac{\partial f}{\partial X}" if latex else "∂f/∂X"
    return f"{below} = {_show(latex)(simplify(form.gradient(g, x)))}"


def _special(name: str) -> Callable[[bool], str] | None:
    """What prints a rule that no record holds."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    if any(form.rule == name for form in STRUCTURES.values()):
        return partial(_structured, name)
    return None


_SPECIAL: dict[str, Callable[[bool], str]] = {
    "product rule": _product_rule,
    "sum rule": _sum_rule,
    "as an inner product": _read_off,
    "Σ_k δ_ik a_k = a_i": _entries,
    "backpropagation": _backward,
    "the gradient read off: df = ⟨∂f/∂X, dX⟩": _read_off,
    "the Jacobian read off: df = J dX": _jacobian,
}


def rule_names() -> Sequence[str]:
    """Every name that :func:`rule_in_symbols` knows."""
    own = [op.rule for op in OPERATIONS.values() if op.pullback and op.samples and op.rule]
    forms = [form.rule for form in STRUCTURES.values()]
    return list(dict.fromkeys([*own, *(r.name for r in (*ALL_RULES, *PREPARATION)), *_SPECIAL, *forms]))
