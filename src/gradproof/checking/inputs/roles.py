"""What people call the arguments of costs: data, labels, weights, biases, penalties, sizes."""

from __future__ import annotations

import re

DATA = re.compile(
    r"^(x|xs|x_?t|x_?(train|data|batch|in|in_?put)|train_?x|data|dataset|features?|inputs?|images?|a_?prev|design"
    r"|samples?)$",
    re.IGNORECASE,
)
LABELS = re.compile(
    r"^(y|ys|t|y_?(true|train|data|batch|actual|label|one_?hot|enc)|train_?y|labels?|targets?|truth|answers?"
    r"|one_?hot|ground_?truth|expected|y_t|oh_?y)$",
    re.IGNORECASE,
)
PREDICTIONS = re.compile(
    r"^(a[l\d]*|al|y_?(hat|pred\w*|out)|yhat|preds?|predictions?|probs?|probabilit\w*|h|hypothesis|p|out(put)?s?"
    r"|activations?)$",
    re.IGNORECASE,
)
BIAS = re.compile(r"^(b|bias(es)?|intercept|b_?(\d+|[a-z]{1,2}|out|hidden|in)|bias_?\d+|c_?\d+)$")
WEIGHTS = re.compile(
    r"^(w|weights?|theta|w_?[\da-z]{1,3}|weights?_?\d+|theta_?\d*|params?|parameters|nn_?params|beta|coef\w*|p0|x0"
    r"|u_?\d*|v_?\d*|wt|model|initial_\w+|\w*_?weights?|\w*vectors?|k)$",
    re.IGNORECASE,
)
FLAT_FIRST = re.compile(
    r"^(w|theta|params?|nn_?params|beta|coef\w*|p0|x0|weights?|initial_theta|x)$", re.IGNORECASE
)
PENALTY = re.compile(
    r"^(\w*_?lambda?_?\w*|lam|lamd?a|lamb|lmbda|lmd|lmda|reg|reg_?\w*|l2\w*|l1\w*|\w*decay|wd|alpha\w*|c|mu|ridge"
    r"|\w*regul\w*|_lambda|learning_?rate|lr|eta|delta|margin|temperature|scale|sigma)$",
    re.IGNORECASE,
)
SIZE = re.compile(
    r"^(\w*_?size|n_\w+|\w*_?dims?|num_\w+|n_?(x|h|y|in|out|hidden|input|output|classes|labels|features?|users|movies)"
    r"|\w*_count|(hidden|input|output)_?(size|layer_size|dim|units?)?|k|num\w+|\w*units)$",
    re.IGNORECASE,
)
SIZES = re.compile(
    r"^(dims|dimensions|layers?_?(dims|sizes|sz)|sizes|shape|architecture|topology)$", re.IGNORECASE
)
SCALARS = {
    "keep_prob": 0.8, "keep_probs": 0.8, "p": 0.6, "dropout": 0.6, "eps": 1e-5, "epsilon": 1e-5,
    "momentum": 0.9, "num_iterations": 3, "iterations": 3, "num_iters": 3, "seed": 1, "stride": 1, "pad": 1,
    "f": 2, "pool_height": 2, "pool_width": 2, "print_cost": False, "verbose": False, "debug": False,
    "beta1": 0.9, "beta2": 0.999,
}  # fmt: skip
"""Values for arguments and for keys of option dictionaries."""
STATES = re.compile(r"^(prev_?\w*|[ah]_?prev|c_?prev|[ahc]_?0|h_?init|\w+_prev)$", re.IGNORECASE)
POSITIVE = re.compile(r"^(\w*var(iance)?|\w*sigma2?|\w*std|gamma|prec\w*|kernel|cov\w*)$", re.IGNORECASE)
VECTOR = re.compile(r"^(\w*vec(tor)?|predicted|\w*_vec)$", re.IGNORECASE)
FLAG = re.compile(r"^(return|with|compute|calc|want|need)_?(the_?)?(grad|deriv|jac)\w*$", re.IGNORECASE)
INDEX = re.compile(r"^(target|\w*(idx|index))$", re.IGNORECASE)
MASK = re.compile(r"^(r|\w*mask\w*|d\d)$", re.IGNORECASE)
MODE_STRINGS = ("train", "relu", "sigmoid", "tanh", "mean", "l2")


def is_data(name: str) -> bool:
    """Whether an argument is called like data."""
    return bool(DATA.match(name))


def is_labels(name: str) -> bool:
    """Whether an argument is called like labels."""
    return bool(LABELS.match(name))


def is_penalty(name: str) -> bool:
    """Whether an argument is called like the strength of a penalty."""
    return name == "l" or (bool(PENALTY.match(name)) and not WEIGHTS.match(name))
