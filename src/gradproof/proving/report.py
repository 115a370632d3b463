"""A proof as text and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log10
from typing import Any

import numpy as np

from gradproof.calculus.step import Step
from gradproof.derivation.steps import step_lines
from gradproof.expr.node import Array, Size
from gradproof.proving.proof import (
    EQUAL,
    NOT_EQUAL,
    RANDOM,
    SHAPES_DIFFER,
    TO_ROUNDING,
    TRANSPOSED,
    TRIED,
    Counterexample,
    Evaluation,
    Proof,
    as_floats,
)
from gradproof.write.matrix import to_text

MAX_STEPS = 24


def to_lines(proof: Proof) -> list[tuple[str, str]]:
    """The lines of the report, each with the name of its style: ``good``, ``bad``, ``unsure``, ``dim``."""
    style = "good" if proof.holds else "bad" if proof.exit_status == 1 else "unsure"
    lines = [
        (headline(proof), style),
        (f"  left   {proof.left_text}", ""),
        (f"  right  {proof.right_text}", ""),
    ]
    for title, body in _sections(proof):
        lines += [("", ""), (title, "")]
        lines += [("  " + line, "") for line in body]
    lines += [(f"  note: {note}", "dim") for note in proof.notes]
    return lines


def headline(proof: Proof) -> str:
    """The verdict in one line."""
    where = f" where both sides have a value: {' and '.join(proof.domain)}" if proof.domain else ""
    if proof.verdict == EQUAL:
        return f"equal{where}"
    if proof.verdict == TO_ROUNDING and proof.evaluation is not None:
        points = proof.evaluation.points
        return f"equal to rounding{where}, at {points} random points (evidence, not a proof)"
    if proof.verdict == TRANSPOSED:
        return "equal up to transpose: one side is a row, the other a column"
    if proof.verdict == NOT_EQUAL:
        condition = f"; equal if {' or if '.join(proof.conditions)}" if proof.conditions else ""
        return f"not equal{condition}"
    if proof.verdict == SHAPES_DIFFER:
        return f"not equal: shapes {_shape(proof.left_shape)} and {_shape(proof.right_shape)}"
    return f"undecided: {proof.reason}"


def _shape(shape: tuple[Size, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def _sections(proof: Proof) -> Iterator[tuple[str, list[str]]]:
    if proof.hints:
        yield "how they differ", proof.hints
    if proof.reduction is not None and proof.holds:
        yield "by rewriting", _rewriting(proof)
    if proof.evaluation is not None:
        yield "by evaluation", _evaluation(proof.evaluation)
    if proof.counterexample is not None:
        yield "counterexample", _counterexample(proof.counterexample)


def _rewriting(proof: Proof) -> list[str]:
    assert proof.reduction is not None
    lines = []
    for side, steps in (("left", proof.reduction.left), ("right", proof.reduction.right)):
        printed = _steps(steps)
        lines += [f"{side:<6} {line}" for line in printed[:MAX_STEPS]]
        if len(printed) > MAX_STEPS:
            lines.append(f"{side:<6} ... and {len(printed) - MAX_STEPS} more steps")
    lines.append(f"both   {to_text(proof.reduction.form)}, up to the order of factors and terms")
    return lines


def _steps(steps: list[Step]) -> list[str]:
    return [f"{s.left} = {s.right}   [{s.rule}]" for s in step_lines(steps, {})]


def _evaluation(found: Evaluation) -> list[str]:
    tried = "; ".join(_sizes(s) for s in found.sizes if s)
    at = f" with {tried}" if tried else ""
    if found.bits:
        return [f"both sides agree to {found.bits} bits at {found.points} random points{at}"]
    lines = [f"both sides agree at {found.points} random points modulo random primes{at}"]
    bound = f"probability of an error at these sizes: at most {bound_text(found.error)}"
    if found.sizes_as_numbers == RANDOM:
        bound += "; sizes that occur as numbers were random numbers modulo these primes, too"
    elif found.sizes_as_numbers == TRIED:
        bound += "; a size occurs as a number, and nothing bounds the error at sizes that were not tried"
    lines.append(bound)
    if found.unknown:
        lines.append(f"treated as unknown functions: {', '.join(sorted(found.unknown))}")
    return lines


def bound_text(error: float) -> str:
    """A probability as a power of ten, rounded up."""
    return f"10^{int(np.ceil(log10(error)))}" if error > 0 else "10^-300"


def _sizes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in sizes.items())


_CERTAINTY = {
    "exact": "in exact arithmetic",
    "enclosed": "with rigorous error bounds",
    "float": "in float64",
}


def _counterexample(found: Counterexample) -> list[str]:
    lines = [_sizes(found.sizes)] if found.sizes else []
    for name, array in found.values.items():
        lines += _matrix(f"{name} = ", array)
    lines += _matrix("left side  = ", found.left)
    lines += _matrix("right side = ", found.right)
    lines.append(f"({_CERTAINTY[found.certainty]})")
    return lines


def _matrix(head: str, array: Array) -> list[str]:
    printed = str(_printable(array)).splitlines() or ["[]"]
    return [head + printed[0], *(" " * len(head) + line for line in printed[1:])]


def _printable(array: Array) -> Any:
    """Fractions as they are, balls as floats."""
    if array.dtype == object:
        texts = np.array([_entry(x) for x in array.flat], dtype=object).reshape(array.shape)
        return np.array2string(texts, formatter={"all": str}) if texts.ndim else texts[()]
    return np.array2string(np.asarray(array), precision=6) if array.ndim else array[()]


def _entry(x: Any) -> str:
    return str(x) if hasattr(x, "denominator") else f"{float(x):.6g}"


def as_dict(proof: Proof) -> dict[str, Any]:
    """The proof as plain data, for JSON."""
    content: dict[str, Any] = {
        "verdict": proof.verdict,
        "left": proof.left_text,
        "right": proof.right_text,
        "shapes": [[*map(str, proof.left_shape)], [*map(str, proof.right_shape)]],
        "domain": proof.domain,
        "conditions": proof.conditions,
        "hints": proof.hints,
        "reason": proof.reason,
        "notes": proof.notes,
    }
    if proof.reduction is not None and proof.holds:
        content["rewriting"] = {
            side: [{"rule": s.rule, "before": s.left, "after": s.right} for s in step_lines(steps, {})]
            for side, steps in (("left", proof.reduction.left), ("right", proof.reduction.right))
        }
    if proof.evaluation is not None:
        found = proof.evaluation
        content["evaluation"] = {
            "points": found.points,
            "sizes": found.sizes,
            "error": None if found.bits else found.error,
            "sizes_as_numbers": found.sizes_as_numbers or None,
            "bits": found.bits or None,
            "unknown": sorted(found.unknown),
        }
    if proof.counterexample is not None:
        content["counterexample"] = {
            "sizes": proof.counterexample.sizes,
            "values": {n: _listed(a) for n, a in proof.counterexample.values.items()},
            "left": _listed(proof.counterexample.left),
            "right": _listed(proof.counterexample.right),
            "certainty": proof.counterexample.certainty,
        }
    return content


def _listed(array: Array) -> Any:
    floats = as_floats(array)
    if np.iscomplexobj(floats):
        return np.vectorize(str, otypes=[object])(floats).tolist()
    return floats.tolist()
