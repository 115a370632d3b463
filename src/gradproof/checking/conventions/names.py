"""What names say: costs, gradients, forward and backward passes."""

from __future__ import annotations

import re
from collections.abc import Sequence

COST = re.compile(
    r"cost|loss|objective|(^|_)obj($|_)|^J(_|$|[A-Z])|energy|nll|log_?like|neg_?log|cross_?entropy|(^|_)(mse|bce|sse|ce)($|_)"
    r"|squared_error|criterion|hinge|^E$|rosen|^fun?$|^f$|^L$|penalty|potential|divergence",
    re.IGNORECASE,
)
COST_VALUE = re.compile(r"cost|loss|obj|^J|err|nll|energy|^E$|^L$|^f$|value|^l$|like|^ce$", re.IGNORECASE)
GRADIENT = re.compile(
    r"grad|deriv|(^|_)jac|^d_?(cost|loss|J|f|L|E|theta|params|obj)|(^|_)d(cost|loss|J|f|L|E|w|W|theta|params)(_|$)"
    r"|fprime|f_prime|_der$|_prime$|(^|_)diff($|_)|nabla|(^|_)bprop|back_?prop",
    re.IGNORECASE,
)
GRADIENT_VALUE = re.compile(
    r"^d_?[A-Z]\w*$|^d[a-z]\w{0,12}$|grad|nabla|^g$|^grds?$|delta|deriv|^jac|backprop|^partial", re.IGNORECASE
)
NOT_GRADIENT = re.compile(
    r"^(data\w*|dim\w*|dropout\w*|dist\w*|dtype|d|degree|debug|dict|df|done)$", re.IGNORECASE
)
CACHE = re.compile(r"^(\w*_)?(caches?|memory|ctx|context|stash|saved)(_\w+)?$", re.IGNORECASE)
OTHER_VALUE = re.compile(r"cache|pred|acc|memory|hist|^[azh][l\d]*$|prob|hat|out|state|hidden", re.IGNORECASE)
FORWARD = re.compile(r"forward|(^|_)fprop|feed_?forward|(^|_)fwd", re.IGNORECASE)
BACKWARD = re.compile(r"backward|back_?prop|(^|_)bprop|(^|_)bwd|backpropagat", re.IGNORECASE)
CHECKER = re.compile(
    r"numeric|check|approx|finite|^test|_test$|test_|plot|update|optimi[sz]|descent|train|fit|predict|gradient_?step"
    r"|clip|minimi[sz]e|example|init|^make_|^build_|^create_",
    re.IGNORECASE,
)
AFFIXES = re.compile(
    r"^(d_?(?=[A-Za-z])|grad(ient)?s?_?(of_)?|g_|delta_?|nabla_?|partial_?|deriv(ative)?_?(of_)?|backprop_?)|"
    r"(_?grad(ient)?s?|_d|_bar|_delta|_deriv(ative)?|_der|_prime|Grad)$"
)


def is_cost(name: str) -> bool:
    """Whether a function is called like a cost."""
    return bool(COST.search(name)) and not is_gradient(name) and not is_checker(name)


def is_gradient(name: str) -> bool:
    """Whether a function is called like a gradient."""
    return bool(GRADIENT.search(name)) and not is_checker(name)


def is_checker(name: str) -> bool:
    """Functions that check, plot, train or update: they use gradients and do not compute one."""
    return bool(CHECKER.search(name))


def is_gradient_value(name: str) -> bool:
    """Whether a returned variable is called like a gradient."""
    return bool(GRADIENT_VALUE.search(name)) and not NOT_GRADIENT.match(name)


def is_cost_value(name: str) -> bool:
    """Whether a returned variable is called like a cost."""
    return bool(COST_VALUE.search(name)) and not is_gradient_value(name)


def is_cache(name: str) -> bool:
    """Whether a variable is what a forward pass remembers for the backward pass."""
    return bool(CACHE.match(name))


def without_gradient(name: str) -> list[str]:
    """What a gradient's name may be the gradient by: ``W1`` for ``dW1``, ``grad_W1``, ``W1_grad``."""
    stripped = [AFFIXES.sub("", name, count=1), AFFIXES.sub("", name)]
    bare = re.sub(r"^d(J|L|C|E)_?d_?", "", name)
    return list(dict.fromkeys([name, *stripped, bare]))


def tokens(name: str) -> set[str]:
    """Words of a name: ``backward_propagation_with_L2`` and ``backwardPropWithL2`` share theirs."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1_\2", name.rpartition(".")[2])
    words = {word.lower() for word in re.split(r"[_\W]+", spaced) if word}
    return {re.sub(r"^(regulari[sz]\w*|reg|l2)$", "regularization", word) for word in words}


def nearest(name: str, others: Sequence[str]) -> str:
    """The name that shares most words with another, and has fewest words of its own."""
    mine = tokens(name)
    return max(others, key=lambda other: len(mine & tokens(other)) - 0.5 * len(tokens(other) - mine))
