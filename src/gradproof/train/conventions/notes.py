"""What a translation says beside its value: how the input was read, and what to watch for."""

from __future__ import annotations

from gradproof.train.conventions.convention import Convention
from gradproof.train.conventions.registry import has_readings
from gradproof.train.conventions.situation import LOSS_WORDS, Situation
from gradproof.write.matrix import to_text


def assumptions(source: Convention, target: Convention, situation: Situation) -> list[str]:
    """How the input was read where it can be read otherwise."""
    found = []
    if has_readings(source) and "." not in source.name and situation.batch not in (None, situation.m):
        found.append(
            f"the m of λ/m is {situation.m}, the rows of the data; if your cost is called with "
            f"mini-batches, its m is {situation.batch}: --per batch"
        )
    if source.biases == "choice" and source.biases_by_default and situation.biases is None:
        found.append(
            f"biases are penalised as well, as {source.name} does unless told otherwise; if yours are "
            "left out: --no-biases"
        )
    for convention, loss in ((source, situation.loss), (target, situation.to_loss)):
        if loss != "mean":
            found.append(f"the data cost beside {convention.name} is {LOSS_WORDS[loss]}")
    return found


def notes(target: Convention, situation: Situation, optimizer: str | None) -> list[str]:
    """What to watch for."""
    found = list(target.notes)
    if situation.loss != situation.to_loss and optimizer != "adam":
        found.append(
            f"the whole cost is {to_text(situation.ratio)} times as large: for the same steps of "
            "gradient descent the learning rate is divided by that, as in the code here where lr was "
            "given"
        )
    if "mse" in (situation.loss, situation.to_loss):
        found.append("with n_y outputs, PyTorch's and Keras's mse divide by n_y as well, and λ has to")
    if optimizer == "adam" and target.coupled and target.name != "torch.Adam":
        found.append(
            "Adam divides the penalty's gradient by √v̂ like all of the gradient: the cost is the "
            "same, but this is not AdamW's weight decay"
        )
    if "unconfirmed" in target.known:
        found.append(
            f"parts of what is known of {target.name} are unconfirmed: run it once on a small case"
        )
    return found
