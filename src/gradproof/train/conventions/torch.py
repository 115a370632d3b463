"""PyTorch: ``weight_decay`` is coupled in SGD and Adam, decoupled in AdamW."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply
from gradproof.expr.node import symbol
from gradproof.train.conventions.convention import RATE, Blanks, Convention, W

_DECAY = symbol("weight_decay")
_ALL = (
    "biases, and BatchNorm's and LayerNorm's parameters, decay too unless they are in a group of their own"
)


def _code(optimizer: str, blanks: Blanks) -> str:
    moving = (
        f", momentum={blanks.momentum}" if optimizer == "SGD" and blanks.optimizer == "momentum" else ""
    )
    rest = f"lr={blanks.lr}{moving}"
    if blanks.biases:
        return (
            f"optimizer = torch.optim.{optimizer}(model.parameters(), {rest}, weight_decay={blanks.value})"
        )
    return (
        "weights = [p for p in model.parameters() if p.ndim > 1]\n"
        "others = [p for p in model.parameters() if p.ndim <= 1]  # biases, BatchNorm, LayerNorm\n"
        f"optimizer = torch.optim.{optimizer}(\n"
        f'    [{{"params": weights, "weight_decay": {blanks.value}}}, '
        f'{{"params": others, "weight_decay": 0.0}}],\n'
        f"    {rest},\n"
        ")"
    )


def _record(
    optimizer: str, coupled: bool, optimizers: tuple[str, ...], notes: tuple[str, ...]
) -> Convention:
    rule = multiply(_DECAY, W) if coupled else multiply(RATE, _DECAY, W)
    return Convention(
        f"torch.{optimizer}",
        f"torch.optim.{optimizer}(weight_decay)",
        "weight_decay",
        "gradient" if coupled else "decay",
        rule,
        biases="choice",
        biases_by_default=True,
        optimizers=optimizers,
        code=lambda blanks: _code(optimizer, blanks),
        notes=(*notes, _ALL),
        known=("run",),
        source=f"torch.optim.{optimizer}; pytorch issues 2639 and 1402",
        aliases=(f"torch.optim.{optimizer}", f"pytorch.{optimizer}")
        + (() if optimizer == "AdamW" else ("torch.weight_decay",)),
    )


CONVENTIONS = (
    _record("SGD", True, ("sgd", "momentum"), ()),
    _record(
        "Adam",
        True,
        ("adam",),
        (
            (
                "weight_decay W is added before the moments, so it is the penalty's gradient and no "
                "decay: where it is all of the gradient, the first step is −lr sign(W) for 1e-2 and "
                "for 1e-6 alike"
            ),
            "decoupled_weight_decay=True makes it torch.AdamW",
        ),
    ),
    _record("AdamW", False, ("adam",), ("the default is 0.01",)),
)
