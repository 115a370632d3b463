"""The path of λ: networks that differ in λ alone, trained in one run, and cross-validation."""

from __future__ import annotations

from gradproof.train.path.crossvalidate import cross_validate_path
from gradproof.train.path.crossvalidation import CrossValidation
from gradproof.train.path.executors import run_all
from gradproof.train.path.grid import lambda_grid
from gradproof.train.path.restarts import Restarts, restarts
from gradproof.train.path.result import LambdaPath
from gradproof.train.path.run import lambda_path

__all__ = [
    "CrossValidation",
    "LambdaPath",
    "Restarts",
    "cross_validate_path",
    "lambda_grid",
    "lambda_path",
    "restarts",
    "run_all",
]
