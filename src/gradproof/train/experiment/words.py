"""The experiment in lines of text: a table, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradproof.train.experiment.course import Experiment, averages
from gradproof.train.report.layout import table_lines

FEW = 20  # training points below which nothing is said to be better: other points would give another order
SURE = 2.0  # standard errors beyond which a difference is called one


def experiment_lines(experiment: Experiment) -> list[str]:
    """Accuracies and norms of the three networks, and what L2 and dropout changed."""
    sizes = experiment.outcomes[0].fitted.network.sizes
    count, tested = (Y.shape[1] for _, Y in (experiment.training, experiment.test))
    head = (
        f"{experiment.data.name}: {experiment.data.about}; {count} training points, {tested} test points, "
        f"seed {experiment.seed}"
    )
    names = [f"‖W{k}‖" for k in range(1, len(sizes))]
    rows = [["", "training", "test", *names]]
    for each in experiment.outcomes:
        norms = [f"{norm:.2f}" for norm in each.norms]
        rows.append([each.title, f"{100 * each.training:.1f} %", f"{100 * each.test:.1f} %", *norms])
    told = [_said(experiment, k) for k in range(len(experiment.outcomes))]
    network = f"network {'-'.join(map(str, sizes))}, relu, Adam on all points, {_epochs(experiment)} epochs"
    return [head, network, "", *table_lines(rows), "", *told]


def repeated_lines(experiments: Sequence[Experiment]) -> list[str]:
    """Means over seeds, and each seed's accuracies."""
    rows = [["", "training", "test", "test against the first", "better in"]]
    count = len(experiments)
    for k, each in enumerate(averages(experiments)):
        (a, sa), (b, sb), (gain, spread) = each["training"], each["test"], each["gain"]
        against = [f"{_signed(gain)} ± {100 * spread:.1f}", f"{each['better']} of {count}"] if k else ["", ""]
        rows.append(
            [each["network"], f"{100 * a:.1f} ± {100 * sa:.1f}", f"{100 * b:.1f} ± {100 * sb:.1f}", *against]
        )
    single = [["seed", *(each.title for each in experiments[0].outcomes)]]
    for found in experiments:
        pairs = [f"{100 * e.training:.1f} → {100 * e.test:.1f}" for e in found.outcomes]
        single.append([str(found.seed), *pairs])
    return [
        f"{count} seeds, mean ± standard deviation in %", "", *table_lines(rows), "",
        "training → test accuracy in % of each seed", "", *table_lines(single),
    ]  # fmt: skip


def _said(experiment: Experiment, k: int) -> str:
    each = experiment.outcomes[k]
    gap = 100 * (each.training - each.test)
    told = f"{each.title}: training {abs(gap):.1f} points {'above' if gap >= 0 else 'below'} test"
    if not k:
        return told
    gain, error = experiment.gain(each)
    count = experiment.training[1].shape[1]
    if count < FEW:
        how = f"{count} training points prove nothing"
    elif abs(gain) > SURE * error:
        how = "better" if gain > 0 else "worse"
    else:
        how = "no clear difference"
    return f"{told}; test {_signed(gain)} ± {100 * error:.2f} against no regularisation: {how}"


def _signed(share: float) -> str:
    return f"{100 * share:+.2f}".replace("-", "−")


def _epochs(experiment: Experiment) -> Any:
    return max(len(each.fitted.ledger) for each in experiment.outcomes)
