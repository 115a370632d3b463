r"""The catalogue of rules as a page: every formula in it is made by running the rule on symbols.

What a rule does is written once, in its record; this page is the record at work. A derivative rule is given
the cotangent G = ∂J/∂Y of its result and prints the cotangents of its arguments; a rewrite rule is given an
expression on which it fires.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradproof.calculus.rewrite import Rule
from gradproof.calculus.simplify import ALL_RULES, PREPARATION, simplify
from gradproof.expr.kinds import is_complex
from gradproof.expr.node import OPERATIONS, Operation, number, postorder, symbol
from gradproof.write.markdown import inline
from gradproof.write.matrix import to_latex
from gradproof.write.rules import firings, on_symbols

_COTANGENT = -6_000_000
SHOWN = 2  # samples printed of one rewrite
INTRODUCTION = """\
# Rules

This page is generated from the records of the operations and of the rewrite rules: every formula is made by
running the rule on symbols, and every rule is tested on these and on random values.

"""
DERIVATIVES = """\
## Derivatives of operations

A scalar function has its gradient, an entrywise function its derivative. For any other operation,
$Y = f(X)$, the rule gives the cotangent of $X$ from that of $Y$: $\\partial J/\\partial X$ from
$G = \\partial J/\\partial Y$.

"""
REWRITES = """\
## Rewrites

Each rule is an identity used from left to right. What it makes of a sample stands below its statement.

"""


@dataclass(frozen=True, slots=True)
class DerivativeRule:
    """What the derivative rule of an operation does.

    Attributes
    ----------
    operation : the record
    result : the operation applied to symbols
    parts : for each argument with a derivative, what stands on the left and what the rule gives, in LaTeX
    kinks : whether there are points without a derivative
    """

    operation: Operation
    result: str
    parts: tuple[tuple[str, str], ...]
    kinks: bool


def derivative_rules() -> Iterator[DerivativeRule]:
    """Every operation with a derivative, in the order of the catalogue."""
    for op in OPERATIONS.values():
        if op.pullback is not None and op.samples:
            yield _derivative_rule(op)


def _derivative_rule(op: Operation) -> DerivativeRule:
    node = on_symbols(next(n for n in reversed(postorder(op.samples[0]())) if n.op is op))
    assert op.pullback is not None
    plain = not node.shape and not is_complex(node) and not any(map(is_complex, node.args))
    letter, facts = "G" if node.ndim == 2 else "g", {"complex"} if is_complex(node) else ()
    seed = number(1) if plain else symbol(letter, node.shape, _COTANGENT, facts)
    parts = []
    for k, (arg, given) in enumerate(zip(node.args, op.pullback(node, seed), strict=True)):
        if given is None or arg in node.args[:k]:
            continue
        left = rf"\frac{{\partial {'f' if plain else 'J'}}}{{\partial {to_latex(arg)}}}"
        parts.append((left, to_latex(simplify(given), short=True)))
    return DerivativeRule(op, to_latex(node), tuple(parts), op.kink is not None)


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """A rewrite rule with what it made of its samples: LaTeX before and after."""

    rule: Rule
    firings: tuple[tuple[str, str], ...]


def rewrite_rules(rules: Sequence[Rule] = (*ALL_RULES, *PREPARATION)) -> Iterator[RewriteRule]:
    """Every rewrite rule, in the order in which they are tried."""
    for rule in dict.fromkeys(rules):
        yield RewriteRule(rule, tuple(firings(rule)))


# --- the page -----------------------------------------------------------------------------------------


def rules_page() -> str:
    """The page in Markdown."""
    pieces = [INTRODUCTION, DERIVATIVES, *_derivative_lines(derivative_rules()), "\n", REWRITES]
    groups: dict[str, list[RewriteRule]] = {}
    for entry in rewrite_rules():
        groups.setdefault(entry.rule.name, []).append(entry)
    pieces += [_rewrite_section(name, entries) for name, entries in groups.items()]
    return "".join(pieces).rstrip() + "\n"


def _derivative_lines(entries: Iterable[DerivativeRule]) -> Iterator[str]:
    """An entry for each operation: its name and print, then its rule; those with derivative 0 in one line."""
    constant: list[str] = []
    for entry in entries:
        op = entry.operation
        name = f"**{_plain(op.name)}** {inline(entry.result)}"
        if not entry.parts:
            constant.append(name)
            continue
        formulas = ", ".join(inline(f"{left} = {right}") for left, right in entry.parts)
        kinks = ", not at its kinks" if entry.kinks else ""
        yield f"{name}{f': {_plain(op.meaning)}' if op.meaning else ''}\n"
        yield f": {formulas}\n: {op.rule or op.name}{kinks}. *{_plain(op.source)}.*\n\n"
    yield f"Constant almost everywhere, so without a derivative: {', '.join(constant)}.\n"


def _rewrite_section(name: str, entries: Sequence[RewriteRule]) -> str:
    lines = [f"### {name}\n"]
    for entry in entries:
        rule = entry.rule
        told = f"Ends because: {_plain(rule.terminates)}."
        told += f" Source: {_plain(rule.source)}." if rule.source else ""
        lines.append(f"{_plain(rule.statement)}\n")
        lines += [f"$${before} = {after}$$\n" for before, after in entry.firings[:SHOWN]]
        lines.append(told + "\n")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """A sentence of a record as Markdown."""
    return re.sub(r"([*_|<>$\[\]])", r"\\\1", text).rstrip(".")
