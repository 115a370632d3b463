"""scikit-learn's own checks, none of them expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from gradproof.train.estimators import (
    NetworkClassifier,
    NetworkClassifierCV,
    NetworkRegressor,
    NetworkRegressorCV,
)
from gradproof.train.fitting import LBFGS

# The checks of the CV ones train some hundred paths.
SMALL = {"hidden_layer_sizes": (8,), "learning_rate": 0.05, "epochs": 25, "lambdas": 3, "cv": 3}

# pandas, and an array API that has to be asked for before SciPy is imported: not everywhere.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")


@parametrize_with_checks([NetworkClassifier(), NetworkRegressor()])
def test_conventions(estimator, check):
    check(estimator)


@parametrize_with_checks([NetworkClassifierCV(**SMALL), NetworkRegressorCV(**SMALL)])
def test_conventions_of_those_that_choose(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [
        NetworkClassifier(
            hidden_layer_sizes=(), optimizer=LBFGS(tol=1e-9), l2=0.1, class_weight="balanced"
        ),
        NetworkRegressor(hidden_layer_sizes=(16, 8), activation="tanh", optimizer="nesterov"),
    ]
)
@pytest.mark.slow
def test_conventions_with_other_parameters(estimator, check):
    check(estimator)
