"""A training told on a terminal."""

from __future__ import annotations

from gradproof.train.job.work import Outcome
from gradproof.train.report.facts import Facts
from gradproof.train.report.layout import labelled, table_lines


def summary_lines(outcome: Outcome) -> list[str]:
    """Data, network, λ, training, scores, the ledger's last lines."""
    facts = Facts(outcome)
    return [
        *labelled("data", facts.data()),
        *labelled("network", [facts.network()]),
        *labelled("penalty", facts.penalty()),
        *labelled("training", facts.training()),
        "",
        *table_lines(facts.scores()),
        facts.baseline(),
        "",
        *table_lines(facts.ledger()),
    ]
