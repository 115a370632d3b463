"""The two tasks, classification and regression: how y becomes Y, and outputs become predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from gradproof.expr.node import Array
from gradproof.train.estimators.base import NetworkEstimator
from gradproof.train.estimators.inputs import EstimatorInputError


@dataclass(eq=False, repr=False, kw_only=True)
class Classification(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]
    """Two classes are one sigmoid with binary cross-entropy, more are a softmax with cross-entropy.

    Parameters
    ----------
    class_weight : weights of the classes, which multiply those of the examples: ``"balanced"`` gives every
        class the same total weight; or a dictionary from labels to weights, or None

    Attributes
    ----------
    classes_ : the labels, sorted
    """

    class_weight: Any = None

    def _loss(self, outputs: int) -> str:
        return "binary_cross_entropy" if outputs == 1 else "cross_entropy"

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        """X, and y as labels."""
        X, y = self._table(X, y=y, reset=reset)
        check_classification_targets(y)
        return X, column_or_1d(y, warn=True)

    def _encoded(self, y: Array, *, learn: bool) -> Array:
        """Y: 0 and 1 in one row for two classes, else one row for each class."""
        if learn:
            self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise EstimatorInputError(
                f"y has one class, {self.classes_[0]!r}", fix="give examples of at least two classes"
            )
        place = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
        if (self.classes_[place] != y).any():
            unknown = np.unique(y[self.classes_[place] != y])
            raise EstimatorInputError(
                f"y has classes that are not among those of the first call: {unknown.tolist()}",
                fix="give all classes to the first partial_fit, as classes",
            )
        if len(self.classes_) == 2:
            return place[None, :].astype(float)
        return np.eye(len(self.classes_))[place].T

    def _labels(self, Y: Array) -> Array | None:
        """The class of each example, by which a validation part is chosen."""
        return np.asarray(Y[0] if len(Y) == 1 else Y.argmax(0))

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class, of shape (n, classes)."""
        A = self._outputs(X)
        return np.vstack([1 - A, A]).T if len(A) == 1 else A.T

    def predict_log_proba(self, X: Any) -> Array:
        """Logarithm of the probability of each class, of shape (n, classes)."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> Array:
        """The label of the most probable class of each example."""
        A = self._outputs(X)
        return np.asarray(self.classes_[(A[0] > 0.5).astype(int) if len(A) == 1 else A.argmax(0)])


@dataclass(eq=False, repr=False, kw_only=True)
class Regression(RegressorMixin, NetworkEstimator):  # type: ignore[misc]
    """Half the squared error, for one target or several.

    The targets are used as they are. Where their scale is far from 1, standardise them
    (``sklearn.compose.TransformedTargetRegressor``), or the penalty and the learning rate mean little.
    """

    def _loss(self, outputs: int) -> str:
        return "squared_error"

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        """X, and y as numbers."""
        X, y = self._table(X, y=y, reset=reset, multi_output=True, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _encoded(self, y: Array, *, learn: bool) -> Array:
        """Y: one row for each target."""
        if learn:
            self._one_target = y.ndim == 1
        return np.asarray(y.reshape(len(y), -1).T)

    def _labels(self, Y: Array) -> Array | None:
        return None

    def predict(self, X: Any) -> Array:
        """The targets of each example, of shape (n,) or, for several, (n, targets)."""
        A = self._outputs(X)
        return A[0] if self._one_target else A.T

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
