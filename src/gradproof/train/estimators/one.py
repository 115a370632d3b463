"""Estimators with one λ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.utils.metaestimators import available_if

from gradproof.expr.node import Array
from gradproof.train.engines.base import State
from gradproof.train.estimators.base import Examples, NetworkEstimator
from gradproof.train.estimators.inputs import EstimatorInputError
from gradproof.train.estimators.tasks import Classification, Regression
from gradproof.train.fitting import LBFGS, Fitted, Ledger, fit
from gradproof.train.network import Network
from gradproof.train.path.result import with_total_weight


def has_epochs(estimator: NetworkEstimator) -> bool:
    """Whether the optimiser makes epochs, which L-BFGS does not."""
    if estimator.optimizer == "lbfgs" or isinstance(estimator.optimizer, LBFGS):
        raise AttributeError("L-BFGS has no partial_fit: each of its steps takes all data")
    return True


@dataclass(eq=False, repr=False, kw_only=True)
class OneLambda(NetworkEstimator):
    """A network with a given λ.

    Parameters
    ----------
    l2 : λ of the course's cost J + λ/(2m) Σ ‖W[l]‖²_F; scikit-learn's ``MLPClassifier(alpha)`` is λ with
        ``penalty_per="batch"``
    warm_start : whether ``fit`` goes on from where the last one ended
    checkpoint : file in which a training is kept, and from which an interrupted one goes on; None for none
    """

    l2: float = 0.0
    warm_start: bool = False
    checkpoint: Any = None

    def _fit(self, X: Any, y: Any, sample_weight: Any) -> None:
        """Fit from the beginning, or with warm_start from where the last fit ended."""
        again = self.warm_start and hasattr(self, "fitted_")
        X, y = self._checked(X, y, reset=not again)
        examples = self._examples(X, y, self._encoded(y, learn=not again), sample_weight)
        seed = self._first_seed = self._seed()
        settings = self._settings(examples.count)
        stopping, validation = settings["early_stopping"], None
        if stopping and stopping.monitor == "validation":
            examples, held_out = self._parted(examples, self._labels(examples.Y), seed)
            validation = held_out.data()
        self._keep(
            fit(
                self._own_network(examples), examples.X, examples.Y, weights=examples.relative, seed=seed,
                validation=validation, start=self._state() if again else None, checkpoint=self.checkpoint,
                progress=bool(self.verbose), **settings,
            )
        )  # fmt: skip

    def _partial_fit(self, X: Any, y: Array, Y: Array, sample_weight: Any) -> None:
        """One epoch more on these examples, with the optimiser's state."""
        first = not hasattr(self, "fitted_")
        examples = self._examples(X, y, Y, sample_weight)
        if self._stopping() is not None:
            raise EstimatorInputError(
                "partial_fit makes one epoch, which early stopping cannot do with",
                fix="use fit, or early_stopping=False",
            )
        if first:
            self._first_seed = self._seed()
        before = Ledger() if first else self.ledger_
        settings = self._settings(examples.count) | {"epochs": 1}
        seed = np.random.SeedSequence(self._first_seed, spawn_key=() if first else (len(before),))
        found = fit(
            self._own_network(examples), examples.X, examples.Y, weights=examples.relative,
            seed=seed, start=None if first else self._state(), **settings,
        )  # fmt: skip
        self._keep(_with_ledger(found, before))

    def _own_network(self, examples: Examples) -> Network:
        network = self._network(len(examples.X), len(examples.Y), self.l2 or None)
        return with_total_weight(network, examples.mean_weight)

    def _state(self) -> State | dict[str, Array]:
        """What to go on from: with the optimiser's state where it has one."""
        last: Fitted = self.fitted_
        return last.parameters if isinstance(last.optimizer, LBFGS) else last.state


def _with_ledger(fitted: Fitted, before: Ledger) -> Fitted:
    """The epochs of this call after those before."""
    own = (replace(entry, epoch=len(before) + entry.epoch) for entry in fitted.ledger)
    fitted.ledger = Ledger([*before, *own])
    fitted.best_epoch = len(fitted.ledger)
    return fitted


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkClassifier(Classification, OneLambda):
    """A network that tells classes apart, with the course's penalty λ/(2m) Σ ‖W[l]‖²_F.

    Its parameters are those of :class:`OneLambda`, :class:`Classification` and :class:`NetworkEstimator`; the
    gradients it is trained with are the ones that :meth:`explain` prints.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NetworkClassifier(hidden_layer_sizes=(16,), l2=0.1, learning_rate=0.01, random_state=0)
    >>> bool(model.fit(X, y).score(X, y) > 0.95)
    True
    >>> [w.shape for w in model.coefs_], model.ledger_[-1].rows
    ([(4, 16), (16, 3)], 150)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkClassifier:
        """Fit to X of shape (n, n_features) and the labels y of shape (n,).

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n, n_features)
        y : array of shape (n,)
        sample_weight : array of shape (n,)
            How often each example counts, in the data cost and in the m of the penalty.
        """
        self._fit(X, y, sample_weight)
        return self

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> NetworkClassifier:
        """Make one epoch more on these examples; the optimiser goes on where it was.

        Parameters
        ----------
        X, y, sample_weight : as for ``fit``; m of the penalty counts these examples alone
        classes : all labels there will be, for the first call; by default those of its y
        """
        first = not hasattr(self, "fitted_")
        X, y = self._checked(X, y, reset=first)
        if classes is not None:
            given = np.unique(classes)
            if not first and not np.array_equal(given, self.classes_):
                raise EstimatorInputError(
                    f"classes is {given.tolist()}, and was {self.classes_.tolist()} in the first call",
                    fix="give the same classes, or none",
                )
            self.classes_ = given
        Y = self._encoded(y, learn=first and classes is None)
        self._partial_fit(X, y, Y, sample_weight)
        return self


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkRegressor(Regression, OneLambda):
    """A network that predicts numbers, with the course's penalty λ/(2m) Σ ‖W[l]‖²_F.

    Its parameters are those of :class:`OneLambda` and :class:`NetworkEstimator`; the gradients it is trained
    with are the ones that :meth:`explain` prints. The loss is half the squared error.

    Examples
    --------
    >>> X = np.linspace(-3, 3, 100)[:, None]
    >>> y = np.sin(X[:, 0])
    >>> model = NetworkRegressor(activation="tanh", optimizer="lbfgs", l2=1e-3, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.99)
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkRegressor:
        """Fit to X of shape (n, n_features) and y of shape (n,) or (n, targets).

        Parameters
        ----------
        X : array, sparse matrix or data frame of shape (n, n_features)
        y : array of shape (n,) or (n, targets)
        sample_weight : array of shape (n,)
            How often each example counts, in the data cost and in the m of the penalty.
        """
        self._fit(X, y, sample_weight)
        return self

    @available_if(has_epochs)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkRegressor:
        """Make one epoch more on these examples; the optimiser goes on where it was.

        Parameters
        ----------
        X, y, sample_weight : as for ``fit``; m of the penalty counts these examples alone
        """
        first = not hasattr(self, "fitted_")
        X, y = self._checked(X, y, reset=first)
        self._partial_fit(X, y, self._encoded(y, learn=first), sample_weight)
        return self
