"""Estimators that choose λ by cross-validation of a whole path."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv

from gradproof.expr.node import Array
from gradproof.train.estimators.base import Examples, NetworkEstimator
from gradproof.train.estimators.inputs import EstimatorInputError
from gradproof.train.estimators.tasks import Classification, Regression
from gradproof.train.path import CrossValidation, cross_validate_path
from gradproof.train.path.choice import checked_rule
from gradproof.train.path.executors import Where, processors


@dataclass(eq=False, repr=False, kw_only=True)
class ChosenLambda(NetworkEstimator):
    """A network whose λ is chosen: a path of λ is trained on each fold, then the chosen one on all examples.

    Parameters
    ----------
    lambdas : λ to try, or how many, which :func:`~gradproof.train.path.lambda_grid` then chooses
    cv : folds: a number, a splitter of scikit-learn, or pairs of index arrays
    scoring : what λ is chosen by: None for the validation cost, the network's own loss; ``"accuracy"``,
        ``"r2"`` or any other scorer of scikit-learn. Where there are weights of examples the scorer gets
        them
    choose : ``"min"`` for the best λ, ``"1se"`` for the largest within one standard error of it
    n_jobs : threads: None for 1, −1 for one for each processor
    executor : an executor, or a function that makes one, for folds to be trained elsewhere; see
        :func:`~gradproof.train.path.cross_validate_path`. A function can be cloned with the estimator, most
        executors cannot

    Attributes
    ----------
    lambda_ : the λ of the network
    lambda_min_, lambda_1se_ : the best λ, and the largest one within one standard error of it
    lambdas_ : λ that were tried
    cv_results_ : the numbers of each λ and fold, as :meth:`CrossValidation.to_dict` has them
    path_ : all of it, :class:`~gradproof.train.path.CrossValidation`
    """

    lambdas: Any = 32
    cv: Any = 5
    scoring: Any = None
    choose: str = "min"
    n_jobs: int | None = None
    executor: Any = None

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Choose λ, then fit with it."""
        checked_rule(self.choose)
        X, y = self._checked(X, y, reset=True)
        Y = self._encoded(y, learn=True)
        examples = self._examples(X, y, Y, sample_weight)
        folds = self._folds(X, y, examples)
        found = cross_validate_path(
            self._network(len(examples.X), len(Y), 1.0), examples.X, examples.Y, self.lambdas, folds,
            weights=examples.weights, executor=self._where(), progress=bool(self.verbose), seed=self._seed(),
            **self._settings(examples.count),
        )  # fmt: skip
        if self.scoring is not None:
            found = found.judged_by(str(self.scoring), self._scores(found, examples, y[examples.kept]))
        self.path_ = found
        self.cv_results_ = found.to_dict()
        self.lambda_ = found.lambda_by(self.choose)
        self._keep(found.refit(examples.X, examples.Y, self.choose, weights=examples.weights))

    def _folds(self, X: Any, y: Array, examples: Examples) -> list[tuple[Array, Array]]:
        """Indices of each fold's parts among the examples that are left."""
        place = np.full(len(y), -1)
        place[examples.kept] = np.arange(examples.count)
        splitter = check_cv(self.cv, y, classifier=is_classifier(self))
        found = []
        for training, validation in splitter.split(X, y):
            both = (place[training], place[validation])
            found.append((both[0][both[0] >= 0], both[1][both[1] >= 0]))
        return found

    def _where(self) -> Where:
        if self.executor is not None:
            return self.executor  # type: ignore[no-any-return]
        jobs = 1 if self.n_jobs is None else int(self.n_jobs)
        if jobs == 0:
            raise EstimatorInputError("n_jobs is 0", fix="give a number of threads, or -1 for all processors")
        return jobs if jobs > 0 else max(1, processors() + 1 + jobs)

    def _scores(self, found: CrossValidation, examples: Examples, y: Array) -> Array:
        """The scorer's value of each λ on each fold, shape (folds, R)."""
        scorer = check_scoring(self, scoring=self.scoring)
        mine = copy(self)
        if hasattr(mine, "feature_names_in_"):
            del mine.feature_names_in_
        rows = []
        for (_, validation), path in zip(found.folds, found.paths, strict=True):
            X = examples.X[:, validation]
            more = {} if examples.weights is None else {"sample_weight": examples.weights[validation]}
            scores = []
            for outputs in path.predict(X):
                mine.fitted_ = _Known(outputs)  # type: ignore[assignment]
                scores.append(scorer(mine, X.T, y[validation], **more))
            rows.append(scores)
        return np.array(rows, np.float64)

    @property
    def lambdas_(self) -> Array:
        """λ that were tried, shape (R,)."""
        return np.array(self.cv_results_["lambdas"])

    @property
    def lambda_min_(self) -> float:
        """The best λ."""
        return float(self.cv_results_["chosen"])

    @property
    def lambda_1se_(self) -> float:
        """The largest λ within one standard error of the best."""
        return float(self.cv_results_["one_se"])


@dataclass(frozen=True, slots=True)
class _Known:
    """Stands for a trained network whose outputs are known already."""

    outputs: Array

    def predict(self, X: Array) -> Array:
        return self.outputs


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkClassifierCV(Classification, ChosenLambda):
    """:class:`NetworkClassifier` with λ chosen by cross-validation.

    Its parameters are those of :class:`ChosenLambda`, :class:`Classification` and :class:`NetworkEstimator`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NetworkClassifierCV(
    ...     hidden_layer_sizes=(8,), lambdas=[0.01, 0.1, 1, 10], learning_rate=0.02, epochs=60, random_state=0
    ... )
    >>> model.fit(X, y).lambda_ in model.lambdas_, bool(model.score(X, y) > 0.9)
    (True, True)
    >>> model.path_.validation_cost.shape
    (5, 4)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkClassifierCV:
        """Choose λ and fit to X of shape (n, n_features) and the labels y of shape (n,).

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`NetworkClassifier.fit`; the validation cost is weighted as well
        """
        self._fit(X, y, sample_weight)
        return self


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkRegressorCV(Regression, ChosenLambda):
    """:class:`NetworkRegressor` with λ chosen by cross-validation.

    Its parameters are those of :class:`ChosenLambda` and :class:`NetworkEstimator`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((80, 10))
    >>> y = X[:, 0] + 0.5 * rng.standard_normal(80)
    >>> model = NetworkRegressorCV(hidden_layer_sizes=(8,), lambdas=6, learning_rate=0.02, random_state=0)
    >>> model.fit(X, y).lambda_ > 0, model.lambda_1se_ >= model.lambda_min_
    (True, True)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkRegressorCV:
        """Choose λ and fit to X of shape (n, n_features) and y of shape (n,) or (n, targets).

        Parameters
        ----------
        X, y, sample_weight : as for :meth:`NetworkRegressor.fit`; the validation cost is weighted as well
        """
        self._fit(X, y, sample_weight)
        return self
