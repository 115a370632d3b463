"""A training in a process of its own, to be killed: ``python -m ...interrupted_job CHECKPOINT RESULT``."""

import sys
import time

from tests.train.fitting.problems import quadrants

from gradproof.train.fitting import Cosine, EarlyStopping, fit
from gradproof.train.network import dense
from gradproof.train.optimizers import Adam
from gradproof.train.penalties import L2

NETWORK = dense([2, 16, 1], loss="binary_cross_entropy", penalty=L2(0.01), keep_prob=0.8)
EPOCHS, EVERY = 60, 7


def train(checkpoint=None, callback=None, **options):
    """Shuffled, with dropout, Adam, a schedule, early stopping: everything a checkpoint has to hold."""
    options = {
        "epochs": EPOCHS, "engine": "numpy", "checkpoint_every": EVERY, "optimizer": Adam(0.02),
        "early_stopping": EarlyStopping(patience=500), "schedule": Cosine(100), "data": quadrants(),
    } | options  # fmt: skip
    return fit(
        NETWORK, *options.pop("data"), batch_size=16, seed=3, validation=quadrants(20, seed=1),
        checkpoint=checkpoint, callback=callback, **options,
    )  # fmt: skip


if __name__ == "__main__":
    train(sys.argv[1], lambda entry: print(entry.epoch, flush=True) or time.sleep(0.02)).save(sys.argv[2])
