"""Optax: a decay is a link of a chain, and its place decides what it is."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply, negate
from gradproof.expr.node import symbol
from gradproof.train.conventions.convention import RATE, Blanks, Convention, W

_DECAY = symbol("weight_decay")
_MASK = "mask = jax.tree.map(lambda p: p.ndim > 1, params)  # weights; not biases and scales\n"
_PARAMS = "update() needs the parameters: optimizer.update(gradients, state, params)"


def _rule(blanks: Blanks) -> str:
    """The optimiser itself."""
    return {
        "sgd": f"optax.sgd({blanks.lr})",
        "momentum": f"optax.sgd({blanks.lr}, momentum={blanks.momentum})",
        "adam": f"optax.adam({blanks.lr})",
    }[blanks.optimizer]


def _masked(blanks: Blanks) -> tuple[str, str]:
    """The line that makes the mask, and the argument."""
    return ("", "") if blanks.biases else (_MASK, ", mask=mask")


def _before(blanks: Blanks) -> str:
    line, mask = _masked(blanks)
    decay = f"optax.add_decayed_weights({blanks.value}{mask})"
    return f"{line}optimizer = optax.chain({decay}, {_rule(blanks)})"


def _after(blanks: Blanks) -> str:
    line, mask = _masked(blanks)
    decay = f"optax.add_decayed_weights({blanks.value}{mask})"
    return f"{line}optimizer = optax.chain({_rule(blanks)}, {decay})"


def _adamw(blanks: Blanks) -> str:
    line, mask = _masked(blanks)
    return f"{line}optimizer = optax.adamw({blanks.lr}, weight_decay={blanks.value}{mask})"


CONVENTIONS = (
    Convention(
        "optax.add_decayed_weights",
        "optax.chain(add_decayed_weights(weight_decay), optimiser)",
        "weight_decay",
        "gradient",
        multiply(_DECAY, W),
        biases="choice",
        biases_by_default=True,
        code=_before,
        notes=(
            (
                "the place in the chain decides: before the optimiser it is a penalty's gradient, "
                "after it something else (optax.add_decayed_weights.after)"
            ),
            _PARAMS,
        ),
        known=("run", "source"),
        source="optax add_decayed_weights",
        aliases=("optax.add_decayed_weights.before",),
    ),
    Convention(
        "optax.add_decayed_weights.after",
        "optax.chain(optimiser, add_decayed_weights(weight_decay))",
        "weight_decay",
        "decay",
        negate(multiply(_DECAY, W)),
        biases="choice",
        biases_by_default=True,
        code=_after,
        notes=(
            (
                "updates are added, so here a positive weight_decay makes weights grow, and lr does "
                "not scale it; a decay is negative"
            ),
            "the same number with lr constant only: with a schedule use optax.adamw or the place before",
            _PARAMS,
        ),
        known=("run", "source"),
        source="optax add_decayed_weights and apply_updates",
    ),
    Convention(
        "optax.adamw",
        "optax.adamw(weight_decay)",
        "weight_decay",
        "decay",
        multiply(RATE, _DECAY, W),
        biases="choice",
        biases_by_default=True,
        optimizers=("adam",),
        code=_adamw,
        notes=("the default is 1e-4", _PARAMS),
        known=("run",),
        source="optax adamw",
    ),
)
