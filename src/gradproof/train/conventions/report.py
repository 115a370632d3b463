"""Tables: a value in every convention, and the conventions themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gradproof.errors import InputError
from gradproof.train.conventions.convention import Convention
from gradproof.train.conventions.result import VERDICTS, Line, Translation, aligned
from gradproof.write.matrix import to_text


def table_lines(found: Mapping[str, Translation | InputError]) -> list[Line]:
    """One line for each convention: its value and formula, or why it has none."""
    rows, styles = [], []
    for name, each in found.items():
        if isinstance(each, InputError):
            rows.append((name, "", "", each.fix.partition(" (")[0]))
            styles.append("dim")
            continue
        verdict, style = VERDICTS[each.exactness]
        short = "" if each.exactness == "exact" else f": {each.reasons[0].partition(':')[0]}"
        value = "" if each.value is None else f"{each.value:.6g}"
        rows.append((name, value, each.formula, verdict + short))
        styles.append(style)
    return list(zip(aligned([("to", "value", "formula", ""), *rows]), ["bold", *styles], strict=True))


def list_lines(conventions: Iterable[Convention]) -> list[Line]:
    """One line for each convention: what it does, its c, whether biases are penalised, how it is known."""
    rows = [
        (
            each.name,
            each.acts,
            each.formula,
            "" if each.c is None else to_text(each.c),
            _biases(each),
            ", ".join(each.known),
        )
        for each in conventions
    ]
    texts = aligned([("name", "acts as", "", "c", "biases", "known by"), *rows])
    return list(zip(texts, ["bold", *[""] * len(rows)], strict=True))


def _biases(convention: Convention) -> str:
    if convention.kind == "leaf":
        return ""
    if convention.biases == "choice":
        return "yes*" if convention.biases_by_default else "no*"
    return "yes" if convention.biases == "always" else "no"
