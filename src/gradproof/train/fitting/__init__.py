"""Fitting: initial parameters, batches, the loop and its ledger, early stopping, checkpoints, saving."""

from __future__ import annotations

from gradproof.train.fitting.batches import batch_sizes, dropout_masks, example_order, streams
from gradproof.train.fitting.explanation import explain
from gradproof.train.fitting.fitted import Fitted
from gradproof.train.fitting.gradient_check import check
from gradproof.train.fitting.initial import initial_parameters
from gradproof.train.fitting.lbfgs import LBFGS
from gradproof.train.fitting.ledger import Entry, Ledger
from gradproof.train.fitting.loop import DivergenceWarning, fit
from gradproof.train.fitting.penalty_value import penalty_rows, penalty_value
from gradproof.train.fitting.saving import load_model
from gradproof.train.fitting.schedules import Constant, Cosine, Inverse, Step, Warmup
from gradproof.train.fitting.stopping import EarlyStopping
from gradproof.train.fitting.validation import DataCost

__all__ = [
    "fit", "Fitted", "Entry", "Ledger", "EarlyStopping", "LBFGS", "DivergenceWarning", "load_model",
    "explain", "check",
    "Constant", "Inverse", "Step", "Cosine", "Warmup",
    "streams", "example_order", "batch_sizes", "dropout_masks", "initial_parameters",
    "penalty_value", "penalty_rows", "DataCost",
]  # fmt: skip
