"""What all estimators share: the parameters, the network they describe, and what is known after fitting."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from gradproof.checking.report import Report
from gradproof.errors import InputError
from gradproof.expr.node import Array
from gradproof.train.estimators.inputs import EstimatorInputError, dense, example_weights
from gradproof.train.estimators.saving import KEY, fill, write_estimator
from gradproof.train.fitting import LBFGS, EarlyStopping, Fitted, Ledger, load_model
from gradproof.train.fitting.inputs import checked_dtype
from gradproof.train.fitting.named import OPTIMIZERS
from gradproof.train.network import Network
from gradproof.train.network import dense as dense_network
from gradproof.train.optimizers import Optimizer
from gradproof.train.penalties import Penalty


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples as training takes them: along the columns, those of weight 0 left out.

    Attributes
    ----------
    X : array of shape (n_features, m)
    Y : array of shape (n_outputs, m)
    weights : array of shape (m,), as given, or None
    kept : indices of these examples among those given
    """

    X: Array
    Y: Array
    weights: Array | None
    kept: Array

    @property
    def count(self) -> int:
        """How many."""
        return int(self.X.shape[1])

    @property
    def mean_weight(self) -> float:
        """Mean of the weights."""
        return 1.0 if self.weights is None else float(self.weights.mean())

    @property
    def relative(self) -> Array | None:
        """The weights with mean 1; None where all are equal."""
        if self.weights is None or (self.weights == self.weights[0]).all():
            return None
        return np.asarray(self.weights / self.weights.mean())

    def data(self) -> Any:
        """X and Y, and the relative weights if there are any."""
        weights = self.relative
        return (self.X, self.Y) if weights is None else (self.X, self.Y, weights)

    def taken(self, which: Array) -> Examples:
        """Some of them."""
        weights = None if self.weights is None else self.weights[which]
        return Examples(self.X.T[which].T, self.Y.T[which].T, weights, self.kept[which])


@dataclass(eq=False, repr=False, kw_only=True)
class NetworkEstimator(BaseEstimator):  # type: ignore[misc]
    """A network of dense layers in scikit-learn's conventions.

    Parameters
    ----------
    hidden_layer_sizes : units of each hidden layer; an empty tuple for none
    activation : of the hidden layers, one name or one for each
    l1_ratio : ρ, the share of Σ|w| in the penalty λ/m (ρ Σ|w| + (1 − ρ)/2 Σ w²); 0 is L2, 1 is L1
    penalty_per : m of the penalty: ``"data"``, the examples; ``"batch"``, those of the mini-batch, as in
        scikit-learn's ``MLPClassifier``; ``"none"``, 1
    dropout : share of a hidden layer's outputs that is dropped while training, one number or one for each
    max_norm : largest norm of a hidden layer's rows of weights, or None
    optimizer : ``"adam"``, ``"adamw"``, ``"sgd"``, ``"momentum"``, ``"nesterov"``, ``"rmsprop"``,
        ``"lbfgs"``, or an optimiser
    learning_rate : α; None for the optimiser's own
    batch_size : examples in a step: ``"auto"``, which is 200 or all if they are fewer, a number, or None for
        all
    epochs : passes over the data
    early_stopping : ``"validation"`` or True to keep a part of the examples apart and stop when its cost no
        longer falls; ``"training"`` to watch the training cost; False to make all epochs
    validation_fraction : that part's share
    patience : epochs in a row without the cost falling by more than ``tol``, after which training stops
    tol : see ``patience``
    init : how initial weights are drawn: ``"auto"``, ``"he"``, ``"xavier"``, ``"glorot_uniform"``
    shuffle : whether each epoch meets the examples in a new order
    engine : ``"auto"``, ``"compiled"``, ``"numpy"``, ``"jax"``, ``"reference"``
    dtype : ``"float64"`` or ``"float32"``
    random_state : seed of the initial weights, the order of the examples, dropout and the validation part
    verbose : whether to show a bar once fitting has taken a second

    Attributes
    ----------
    fitted_ : the trained network, :class:`~gradproof.train.fitting.Fitted`
    n_features_in_, feature_names_in_ : of the X that was fitted
    """

    hidden_layer_sizes: Any = field(default=(100,), kw_only=False)
    activation: Any = "relu"
    l1_ratio: float = 0.0
    penalty_per: str = "data"
    dropout: Any = 0.0
    max_norm: float | None = None
    optimizer: Any = "adam"
    learning_rate: float | None = None
    batch_size: Any = "auto"
    epochs: int = 200
    early_stopping: Any = False
    validation_fraction: float = 0.1
    patience: int = 10
    tol: float = 0.0
    init: str = "auto"
    shuffle: bool = True
    engine: str = "auto"
    dtype: str = "float64"
    random_state: Any = None
    verbose: Any = False

    # --- what the parameters say ------------------------------------------------------------------------

    def _network(self, inputs: int, outputs: int, lambd: float | None) -> Network:
        """The network with this λ; None for no penalty."""
        sizes = [inputs, *np.atleast_1d(np.asarray(self.hidden_layer_sizes, dtype=int)).tolist(), outputs]
        several = isinstance(self.dropout, list | tuple)
        dropped = self.dropout if several else [self.dropout] * (len(sizes) - 2)
        return dense_network(
            sizes, activation=self.activation, loss=self._loss(outputs),
            penalty=None if lambd is None else Penalty(lambd, self.l1_ratio, self.penalty_per),
            keep_prob=[1 - share for share in dropped], max_norm=self.max_norm,
        )  # fmt: skip

    def _loss(self, outputs: int) -> str:
        """The loss for that many outputs."""
        raise NotImplementedError

    def _rule(self) -> Optimizer | LBFGS:
        """The optimiser."""
        given, rate = self.optimizer, self.learning_rate
        if isinstance(given, Optimizer):
            return given if rate is None else replace(given, learning_rate=rate)
        if isinstance(given, LBFGS):
            return given
        if not isinstance(given, str) or given not in OPTIMIZERS:
            raise EstimatorInputError(
                f"optimizer is {given!r}", fix=f"give an optimiser, or one of {', '.join(OPTIMIZERS)}"
            )
        return OPTIMIZERS[given](rate)

    def _settings(self, count: int) -> dict[str, Any]:
        """What is the same for one training and for a path, for that many examples."""
        return {
            "optimizer": self._rule(),
            "epochs": self.epochs,
            "batch_size": min(200, count) if self.batch_size == "auto" else self.batch_size,
            "engine": self.engine,
            "dtype": self.dtype,
            "init": self.init,
            "shuffle": self.shuffle,
            "early_stopping": self._stopping(),
        }

    def _stopping(self) -> EarlyStopping | None:
        given = self.early_stopping
        if given is False or given is None:
            return None
        if given is not True and given not in ("validation", "training"):
            raise EstimatorInputError(
                f"early_stopping is {given!r}", fix='give True, False, "validation" or "training"'
            )
        monitor = "training" if given == "training" else "validation"
        return EarlyStopping(self.patience, self.tol, monitor)

    def _seed(self) -> int:
        """The seed, drawn where a generator or None was given."""
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    # --- what is given ----------------------------------------------------------------------------------

    def _table(self, X: Any, *, reset: bool, **more: Any) -> Any:
        """X, or X and y, as scikit-learn checks them."""
        return validate_data(
            self, X, reset=reset, accept_sparse="csr", dtype=checked_dtype(self.dtype), **more
        )

    def _examples(self, X: Any, y: Array, Y: Array, sample_weight: Any) -> Examples:
        """The examples of a training, for Y with a column for each."""
        weights = example_weights(X, y, sample_weight, getattr(self, "class_weight", None))
        table = dense(X)
        if weights is None or (weights > 0).all():
            return Examples(table.T, Y, weights, np.arange(len(table)))
        kept = np.flatnonzero(weights)
        return Examples(table[kept].T, Y[:, kept], weights[kept], kept)

    def _parted(self, examples: Examples, labels: Array | None, seed: int) -> tuple[Examples, Examples]:
        """The examples to train on, and those to validate on; classes are spread evenly where they can be."""
        if labels is not None and np.unique(labels, return_counts=True)[1].min() < 2:
            labels = None
        training, validation = train_test_split(
            np.arange(examples.count), test_size=self.validation_fraction, random_state=seed % 2**32,
            stratify=labels,
        )  # fmt: skip
        return examples.taken(np.sort(training)), examples.taken(np.sort(validation))

    def _outputs(self, X: Any) -> Array:
        """The network's outputs, shape (n_outputs, n)."""
        check_is_fitted(self)
        return self.fitted_.predict(dense(self._table(X, reset=False)).T)

    # --- what is known after fitting --------------------------------------------------------------------

    def _keep(self, fitted: Fitted) -> None:
        """Take what a training gave."""
        self.fitted_ = fitted

    @property
    def coefs_(self) -> list[Array]:
        """Weights of each layer, of shape (units below, units): W[l] transposed, as scikit-learn has them."""
        return [self.fitted_.parameters[f"W{k}"].T for k in range(1, self.fitted_.network.depth + 1)]

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each layer, of shape (units,)."""
        return [self.fitted_.parameters[f"b{k}"].ravel() for k in range(1, self.fitted_.network.depth + 1)]

    @property
    def ledger_(self) -> Ledger:
        """Data cost, penalty, its m and the validation cost of each epoch."""
        return self.fitted_.ledger

    @property
    def loss_curve_(self) -> list[float]:
        """Data cost + penalty of each epoch."""
        return [entry.cost for entry in self.fitted_.ledger]

    @property
    def loss_(self) -> float:
        """Data cost + penalty of the last epoch."""
        return self.fitted_.ledger[-1].cost

    @property
    def n_iter_(self) -> int:
        """Epochs that were made."""
        return len(self.fitted_.ledger)

    @property
    def n_layers_(self) -> int:
        """Layers, the input among them."""
        return self.fitted_.network.depth + 1

    @property
    def n_outputs_(self) -> int:
        """Outputs of the network."""
        return self.fitted_.network.sizes[-1]

    def explain(self, **how: Any) -> str:
        """The cost and its backprop equations, as they were trained with; see :meth:`Fitted.explain`."""
        check_is_fitted(self)
        return self.fitted_.explain(**how)

    def check(self) -> Report:
        """Check the gradients that the network was trained with; see :meth:`Fitted.check`."""
        check_is_fitted(self)
        return self.fitted_.check()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the estimator to one npz file, without a pickle; :meth:`load` reads it.

        Parameters that are objects, such as an executor, a splitter or a generator of random numbers, are not
        kept, and have their defaults afterwards.
        """
        check_is_fitted(self)
        write_estimator(path, self)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The estimator that :meth:`save` wrote. Nothing in the file is executed.

        Raises
        ------
        InputError
            There is no such file, it is damaged, or it holds something else.
        """
        fitted = load_model(path)
        about = fitted.extra.get(KEY)
        if about is None or about["class"] != cls.__name__:
            held = "a network alone" if about is None else f"a {about['class']}"
            fix = "read it with load_model" if about is None else f"{about['class']}.load"
            raise InputError(f"the file holds {held}, not a {cls.__name__}", where=str(path), fix=fix)
        made = cls()
        fill(made, fitted, about)
        made._keep(fitted)
        return made

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
