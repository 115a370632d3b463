"""Estimators in files: the network, the parameters and what was learnt of X and y; no pickle."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof.errors import InputError
from gradproof.train.fitting import Fitted
from gradproof.train.fitting.optimizer_record import from_record, to_record
from gradproof.train.optimizers import Optimizer

KEY = "estimator"  # of what is stored beside the network
LEARNT = ("n_features_in_", "feature_names_in_", "_one_target", "_first_seed", "lambda_", "cv_results_")


def write_estimator(path: str | os.PathLike[str], estimator: Any) -> None:
    """Write a fitted estimator beside its network; parameters that no file can hold are left out."""
    params = {name: stored(value) for name, value in estimator.get_params(deep=False).items()}
    learnt = {name: stored(vars(estimator)[name]) for name in LEARNT if name in vars(estimator)}
    about = {
        "class": type(estimator).__name__,
        "params": {name: value for name, value in params.items() if value is not None},
        "learnt": learnt,
        "labels": None,
    }
    arrays = {}
    if hasattr(estimator, "classes_"):
        arrays["classes"], about["labels"] = _labels(estimator.classes_)
    fitted: Fitted = estimator.fitted_
    fitted.save(path, extra={KEY: about}, arrays=arrays)


def fill(estimator: Any, fitted: Fitted, about: Mapping[str, Any]) -> None:
    """Give an estimator what :func:`write_estimator` stored."""
    estimator.set_params(**{name: restored(value) for name, value in about["params"].items()})
    for name in LEARNT:
        if name in about["learnt"]:
            value = restored(about["learnt"][name])
            setattr(estimator, name, np.array(value, object) if name == "feature_names_in_" else value)
    if "classes" in fitted.arrays:
        estimator.classes_ = fitted.arrays["classes"].astype(about["labels"])


def _labels(classes: Any) -> tuple[Any, str]:
    """Labels as an array that a file can hold, and their dtype."""
    if classes.dtype.kind != "O":
        return classes, classes.dtype.str
    if not all(isinstance(label, str) for label in classes):
        raise InputError(
            f"the labels {list(classes)[:5]} are neither numbers nor texts, which files hold",
            fix="fit to labels that are strings or numbers",
        )
    return classes.astype(str), "O"


def stored(value: Any) -> Any:
    """A value as JSON has it, ``{kind: content}``; None for what no file can hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float | str):
        return {"value": value}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        items = [stored(item) for item in value]
        return None if any(item is None for item in items) else {"tuple": items}
    if isinstance(value, dict):
        pairs = [[stored(k), stored(v)] for k, v in value.items()]
        return {"dict": pairs}
    if isinstance(value, Optimizer):
        return {"optimizer": to_record(value)}
    return {"value": None} if value is None else None


def restored(content: Any) -> Any:
    """The value that :func:`stored` wrote."""
    ((kind, value),) = content.items()
    if kind == "tuple":
        return tuple(restored(item) for item in value)
    if kind == "dict":
        return {restored(k): restored(v) for k, v in value}
    if kind == "optimizer":
        return from_record(value)
    return value
