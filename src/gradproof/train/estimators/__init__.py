"""Networks in scikit-learn's conventions."""

from __future__ import annotations

from gradproof.train.estimators.one import NetworkClassifier, NetworkRegressor
from gradproof.train.estimators.search import NetworkClassifierCV, NetworkRegressorCV

__all__ = ["NetworkClassifier", "NetworkClassifierCV", "NetworkRegressor", "NetworkRegressorCV"]
