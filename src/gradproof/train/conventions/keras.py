"""Keras: a regulariser of layers, which is a penalty, and the optimisers' weight decay, which is none."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply
from gradproof.expr.node import symbol
from gradproof.train.conventions.convention import RATE, SQUARES, Blanks, Convention, W

_EXCLUDED = '["bias", "gamma", "beta"]'


def _l2_code(blanks: Blanks) -> str:
    biases = ", bias_regularizer=penalty" if blanks.biases else ""
    return (
        f"penalty = keras.regularizers.L2({blanks.value})\n"
        f"# in each layer: keras.layers.Dense(units, kernel_regularizer=penalty{biases})"
    )


def _decay_code(optimizer: str, blanks: Blanks) -> str:
    moving = (
        f", momentum={blanks.momentum}" if optimizer == "SGD" and blanks.optimizer == "momentum" else ""
    )
    line = f"optimizer = keras.optimizers.{optimizer}({blanks.lr}{moving}, weight_decay={blanks.value})"
    if blanks.biases:
        return line
    return f"{line}\noptimizer.exclude_from_weight_decay(var_names={_EXCLUDED})  # before the first step"


def _decay(optimizer: str, default: str, optimizers: tuple[str, ...]) -> Convention:
    return Convention(
        f"keras.{optimizer}",
        f"keras.optimizers.{optimizer}(weight_decay)",
        "weight_decay",
        "decay",
        multiply(RATE, symbol("weight_decay"), W),
        biases="choice",
        biases_by_default=True,
        optimizers=optimizers,
        code=lambda blanks: _decay_code(optimizer, blanks),
        notes=(
            (
                "decoupled in every Keras optimiser, in Adam too, while torch.optim's SGD and Adam "
                "have it coupled under the same name"
            ),
            f"the default is {default}",
        ),
        known=("run", "source"),
        source="keras/src/optimizers/base_optimizer.py, _apply_weight_decay",
        aliases=() if optimizer == "AdamW" else ("keras.weight_decay",),
    )


CONVENTIONS = (
    Convention(
        "keras.L2",
        "keras.regularizers.L2(l)",
        "l",
        "penalty",
        multiply(symbol("l"), SQUARES),
        biases="choice",
        code=_l2_code,
        notes=(
            "there is no ½ in it: the gradient is 2 l W",
            "added to the mean loss of every batch as it is: nothing divides it",
        ),
        known=("run", "source"),
        source="keras/src/regularizers/regularizers.py",
        aliases=("keras.regularizers.L2", "tf.keras.L2", "keras.l2_regularizer"),
    ),
    _decay("SGD", "None, no decay", ("sgd", "momentum")),
    _decay("Adam", "None, no decay", ("adam",)),
    _decay("AdamW", "0.004", ("adam",)),
)
