"""Explaining a fault as a whole: term against term first, then by what the difference itself is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from gradproof.checking.diagnosis.bench import Bench, size_of
from gradproof.checking.diagnosis.explain import Explainer, Explanation
from gradproof.checking.diagnosis.match import cancel
from gradproof.checking.diagnosis.names import Names
from gradproof.checking.diagnosis.operands import Operands
from gradproof.checking.diagnosis.terms import Term, multiplied_out, split
from gradproof.expr.broadcast import scale as scaled
from gradproof.expr.node import Expr, postorder
from gradproof.expr.substitute import substitution

FEW = 4
MOST_EDITS = 3
CLOSE = 1e-10


class FaultExplainer:
    """Explains the difference between a node of the candidate and the expression that belongs there."""

    def __init__(self, bench: Bench, names: Names, operands: Operands) -> None:
        self.bench, self.names, self.operands = bench, names, operands
        self.explainer = Explainer(bench, operands)

    def explain(
        self, node: Expr, right: Expr, repaired: Mapping[Expr, Expr], parameter: str = ""
    ) -> list[Explanation]:
        """One explanation for each term that is wrong; a single ``unexplained`` if none fits.

        ``repaired`` has what belongs in the place of upstream nodes that are wrong themselves.
        """
        if repaired:
            table = substitution(node, repaired)
            self.names.adopt(table)
            node = table[node]
        values = self.bench.values(node)
        whole = self.explainer.values(values, self.bench.values(right), right)
        if whole is not None and whole.code == "wrong-factor":
            whole.found, whole.expected, whole.node = node, right, node
            return [whole]
        sparse = self._few_entries(values, node, right, parameter)
        if sparse is not None:
            return [sparse]
        moved = self._rearranged(values, node, right)
        if moved is not None:
            return [moved]
        return (
            self._by_terms(node, right, parameter)
            or self._by_residual(values, node, right, parameter)
            or self._data_and_penalty(values, node, right, parameter)
            or self._some_entries(values, node, right, parameter)
            or [Explanation("unexplained", node=node, found=node, expected=right)]
        )

    # --- term against term ------------------------------------------------------------------------------

    def _by_terms(self, node: Expr, right: Expr, parameter: str) -> list[Explanation] | None:
        atoms = self.operands.atoms - {node, right}
        found, expected = split(node, atoms), split(right, atoms)
        for _ in range(2):
            left = cancel(self.bench, found, expected)
            explained = self._explain_left(*left, parameter, self._scale(node, right))
            if explained is not None:
                return explained
            found = [t for term in left[0] for t in multiplied_out(term, atoms)]
            expected = [t for term in left[1] for t in multiplied_out(term, atoms)]
        return None

    def _scale(self, node: Expr, right: Expr) -> float:
        return max(size_of(self.bench.values(node)), size_of(self.bench.values(right)))

    def _explain_left(
        self, found: list[Term], expected: list[Term], parameter: str, scale: float
    ) -> list[Explanation] | None:
        """Pair what is left so that every pair has an explanation; what has no partner is missing or
        extra.
        """
        if not found and not expected:
            return None
        if len(found) > FEW or len(expected) > FEW:
            return None
        if not expected:
            return [self._extra(t, parameter) for t in found]
        if not found:
            return [Explanation("missing-term", expected=t.expr) for t in expected]
        longer, shorter = (found, expected) if len(found) >= len(expected) else (expected, found)
        best: list[Explanation] | None = None
        for order in permutations(longer, len(shorter)):
            pairs = zip(order, shorter, strict=True) if longer is found else zip(shorter, order, strict=True)
            explained = [self.explainer.pair(f, e, scale) for f, e in pairs]
            if all(x is not None for x in explained):
                rest = [t for t in longer if t not in order]
                alone = [
                    self._extra(t, parameter)
                    if longer is found
                    else Explanation("missing-term", expected=t.expr)
                    for t in rest
                ]
                option = [x for x in explained if x is not None] + alone
                if len(option) <= MOST_EDITS and (best is None or _effort(option) < _effort(best)):
                    best = option
        return best

    def _extra(self, term: Term, parameter: str) -> Explanation:
        values = self.bench.values(term.expr)
        code = "penalty-on-bias" if self.is_bias_penalty(values, parameter) else "extra-term"
        sure = any(
            n in self.operands.active for n in postorder(term.expr)
        )  # a constant alone is part of a factor
        return Explanation(code, found=term.expr, node=term.node, sure=sure)

    def is_bias_penalty(self, values: Sequence[Any], parameter: str) -> bool:
        """Whether a term is a constant times the parameter itself, and the parameter looks like a bias."""
        symbol = self.bench.parameters.get(parameter)
        if symbol is None or not _looks_like_bias(parameter, symbol):
            return False
        own = self.bench.values(symbol)
        if self.bench.ratio(values, own) is not None:
            return True
        return self.bench.ratio(values, [np.broadcast_to(np.sum(v), np.shape(v)) for v in own]) is not None

    def _rearranged(self, values: Sequence[Any], node: Expr, right: Expr) -> Explanation | None:
        """The right entries at other places, the same places at every point; a transpose is told as such."""
        good = [np.ravel(g) for g in self.bench.values(right)]
        found = [np.ravel(v) for v in values]
        if right.ndim == 0 or any(v.shape != g.shape for v, g in zip(found, good, strict=True)):
            return None
        here, there = np.argsort(found[0], kind="stable"), np.argsort(good[0], kind="stable")
        if len(np.unique(good[0])) < good[0].size or len(found) < 2:
            return None
        if not self.bench.agree([v[here] for v in found], [g[there] for g in good]):
            return None
        square = right.ndim == 2 and right.shape[0] == right.shape[1]
        if square and self.bench.agree(values, [np.transpose(g) for g in self.bench.values(right)]):
            return None
        places = np.argwhere((here != there)[np.argsort(here)].reshape(np.shape(values[0])))
        return Explanation("wrong-entries", node=node, found=node, expected=right, moved=True,
                           indices=[tuple(map(int, i)) for i in places])

    # --- the difference by itself -----------------------------------------------------------------------

    def _some_entries(
        self, values: Sequence[Any], node: Expr, right: Expr, parameter: str
    ) -> list[Explanation] | None:
        """At most half of the entries are wrong: that much is certain where nothing else is."""
        found = self._few_entries(values, node, right, parameter, 0.5)
        if found is None:
            return None
        found.sure = False
        return [found]

    def _few_entries(
        self, values: Sequence[Any], node: Expr, right: Expr, parameter: str, share: float = 0.1
    ) -> Explanation | None:
        """Only a few entries are wrong: name them; the entries of a bias inside a parameter are its
        penalty.
        """
        good = self.bench.values(right)
        gaps = [np.abs(np.subtract(v, g, dtype=float)) for v, g in zip(values, good, strict=True)]
        floor = 1e-9 * max(float(np.max(g, initial=0.0)) for g in gaps)
        places = [np.argwhere(g > floor) for g in gaps]
        size = int(np.size(good[0]))
        if (
            size < 4
            or not 0 < len(places[0]) <= max(1, int(size * share))
            or any(len(p) != len(places[0]) for p in places)
        ):
            return None
        if any(not np.array_equal(p, places[0]) for p in places):
            return None
        indices = [tuple(int(i) for i in p) for p in places[0]]
        code, ratio = "wrong-entries", 1.0
        symbol = self.bench.parameters.get(parameter)
        if symbol is not None and all(i[0] == 0 or i[-1] == 0 for i in indices):
            mask = gaps[0] > floor
            own = [np.where(mask, v, 0.0) for v in self.bench.values(symbol)]
            extra = [np.where(mask, v - g, 0.0) for v, g in zip(values, good, strict=True)]
            added = self.bench.ratio(extra, own)
            if added is not None:
                code, ratio = ("penalty-on-bias" if added > 0 else "missing-term"), added
        return Explanation(code, node=node, found=node, expected=right, indices=indices, ratio=ratio)

    def _data_and_penalty(
        self, values: Sequence[Any], node: Expr, right: Expr, parameter: str
    ) -> list[Explanation] | None:
        """Constants at the two parts of the right gradient: that of the data and that of the penalty."""
        symbol = self.bench.parameters.get(parameter)
        if symbol is None or not symbol.ndim:
            return None
        own, good = self.bench.values(symbol), self.bench.values(right)
        for term in split(right, self.operands.atoms - {node, right}):
            share = self.bench.ratio(self.bench.values(term.expr), own)
            if share is None or len(own) < 2:
                continue
            data = [g - share * w for g, w in zip(good, own, strict=True)]
            columns = [
                np.concatenate([np.ravel(v) for v in part]).astype(float) for part in (data, own, values)
            ]
            (c, d), *_ = np.linalg.lstsq(np.stack(columns[:2], axis=1), columns[2], rcond=None)
            if np.max(np.abs(c * columns[0] + d * columns[1] - columns[2])) > CLOSE * np.max(
                np.abs(columns[2])
            ):
                continue
            result = []
            if abs(c - 1) > CLOSE:
                result.append(Explanation("wrong-factor", ratio=float(c), node=node, sure=False))
            if abs(d) < CLOSE * abs(share):
                result.append(Explanation("missing-term", expected=term.expr, node=node, sure=False))
            elif abs(d - share) > CLOSE * abs(share):
                result.append(
                    Explanation(
                        "wrong-factor",
                        ratio=float(d / share),
                        found=scaled(float(d), symbol),
                        expected=term.expr,
                        node=node,
                        sure=False,
                    )
                )
            return result or None
        return None

    def _by_residual(
        self, values: Sequence[Any], node: Expr, right: Expr, parameter: str
    ) -> list[Explanation] | None:
        """What single change of one expected term leaves exactly this difference."""
        good = self.bench.values(right)
        if any(np.shape(v) != np.shape(g) for v, g in zip(values, good, strict=True)):
            return None
        rest = [v - g for v, g in zip(values, good, strict=True)]
        scale = max(size_of(values), size_of(good))
        atoms = self.operands.atoms - {node, right}
        for expected in (t for s in split(right, atoms) for t in (s, *multiplied_out(s, atoms))):
            own = self.bench.values(expected.expr)
            ratio = self.bench.ratio(rest, own, scale)
            if ratio is not None:
                if abs(ratio + 1) < 1e-7:
                    return [Explanation("missing-term", expected=expected.expr, node=node)]
                return [Explanation("wrong-factor", ratio=1 + ratio, found=scaled(1 + ratio, expected.expr),
                                    expected=expected.expr, node=node)]
            replaced = [r + o for r, o in zip(rest, own, strict=True)]
            found = self.explainer.values(replaced, own, expected.expr, scale)
            if found is not None:
                found.expected, found.node = expected.expr, node
                return [found]
        return self._of_parameter(rest, node, parameter, scale)

    def _of_parameter(
        self, rest: Sequence[Any], node: Expr, parameter: str, scale: float
    ) -> list[Explanation] | None:
        """Whether what is too much is a constant times the parameter itself."""
        if self.is_bias_penalty(rest, parameter):
            return [Explanation("penalty-on-bias", node=node)]
        symbol = self.bench.parameters.get(parameter)
        if symbol is not None:
            ratio = self.bench.ratio(rest, self.bench.values(symbol), scale)
            if ratio is not None:
                return [Explanation("extra-term", found=scaled(ratio, symbol), node=node, sure=False)]
        return None


def _effort(option: Sequence[Explanation]) -> float:
    """Edits that change less come first."""
    weight = {"wrong-factor": 1.0, "sum-for-matrix": 1.0, "transposed": 1.2, "wrong-mask": 1.5}
    return sum(weight.get(x.code, 2.0) + (0.5 if x.also_factor is not None else 0.0) for x in option)


def _looks_like_bias(name: str, symbol: Expr) -> bool:
    """A vector, or an array with one axis longer than 1, whose name does not say it is a weight."""
    last = name.rsplit(".", 1)[-1].lower()
    thin = sum(1 for s in symbol.shape if s != 1) <= 1
    return (
        last.startswith("b")
        or "bias" in last
        or (thin and not last.startswith(("w", "theta", "v", "u", "params")))
    )
