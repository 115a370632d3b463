"""Tables as scikit-learn takes them, made into the arrays that training takes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.validation import _check_sample_weight

from gradproof.errors import InputError
from gradproof.expr.node import Array


class EstimatorInputError(InputError, ValueError):
    """Input that an estimator cannot use: a ValueError, as scikit-learn's tools expect."""


def dense(X: Any) -> Array:
    """X as an array; a sparse one is converted, if memory can hold it.

    The first layer's weights have an entry for each feature and its gradient is dense, but batches of a
    sparse X would have to be converted in every epoch: it is done once.

    Raises
    ------
    EstimatorInputError
        The array would be larger than the machine's memory.
    """
    if not sparse.issparse(X):
        return np.asarray(X)
    size = X.shape[0] * X.shape[1] * X.dtype.itemsize
    if size > (memory := _memory()):
        raise EstimatorInputError(
            f"a sparse X of shape {X.shape} takes {size / 2**30:.3g} GiB as an array, and the machine has "
            f"{memory / 2**30:.3g} GiB",
            fix="select features, reduce them with TruncatedSVD, or use partial_fit on some rows at a time",
        )
    return np.asarray(X.toarray())


def _memory() -> float:
    """Bytes of memory, infinite where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return np.inf


def example_weights(X: Any, y: Array, sample_weight: Any, class_weight: Any) -> Array | None:
    """The weight of each example; None where every one is 1.

    Parameters
    ----------
    sample_weight : array of shape (n,), a number, or None
    class_weight : None, ``"balanced"`` or a dictionary from labels to weights, which multiply the examples';
        balanced ones give each class the same total weight
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if class_weight is not None and weights.any():
        seen = weights > 0
        classes = np.unique(y[seen])
        factors = compute_class_weight(class_weight, classes=classes, y=y[seen], sample_weight=weights[seen])
        weights = weights.copy()
        weights[seen] *= factors[np.searchsorted(classes, y[seen])]
    if not weights.any():
        raise EstimatorInputError(
            "the weight of every example is zero", fix="give at least one example a positive weight"
        )
    return None if (weights == 1).all() else np.asarray(weights)
