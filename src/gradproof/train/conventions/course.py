"""λ as courses and textbooks write it, and as gradproof does."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply
from gradproof.expr.elementwise import divide
from gradproof.expr.node import Expr, symbol
from gradproof.train.conventions.convention import (
    BATCH,
    HALF_SQUARES,
    ONE,
    RATE,
    ROWS,
    Blanks,
    Convention,
    W,
)

# The suffix of the name, and what m is.
PER = {"data": ("", ROWS), "batch": (".batch", BATCH), "none": (".none", ONE)}
_LAMBDA = symbol("lambda")


def _penalty(rows: Expr) -> Expr:
    """λ/(2 rows) ‖W‖²_F."""
    return multiply(divide(_LAMBDA, rows), HALF_SQUARES)


def _course_code(m: str) -> str:
    """The penalty of the cost and its term of the gradient."""
    over, before = ("2", "") if m == "none" else ("(2 * m)", " / m")
    rows = {
        "data": "m = X.shape[1]  # all rows of the data: not inside a loop over mini-batches\n",
        "batch": "m = X.shape[1]  # the rows of this mini-batch\n",
        "none": "",
    }[m]
    return (
        f"lambd = {{value}}\n{rows}"
        f"J = J + lambd / {over} * sum(np.sum(np.square(W)) for W in weights)\n"
        f"dW1 = dW1 + lambd * W1{before}  # and so for each W; not for b"
    )


def _course(per: str, notes: tuple[str, ...], known: tuple[str, ...], source: str) -> Convention:
    suffix, rows = PER[per]
    text = _course_code(per)
    return Convention(
        f"course{suffix}",
        "lambd",
        "lambda",
        "penalty",
        _penalty(rows),
        code=lambda blanks: text.format(value=blanks.value),
        notes=notes,
        known=known,
        source=source,
    )


def _ours(per: str) -> Convention:
    suffix, rows = PER[per]

    def code(blanks: Blanks) -> str:
        told = "" if per == "data" else f', per="{per}"'
        biases = ", biases=True" if blanks.biases else ""
        return f"from gradproof.train.penalties import L2\n\npenalty = L2({blanks.value}{told}{biases})"

    return Convention(
        f"gradproof{suffix}",
        f'L2(lambd, per="{per}")',
        "lambda",
        "penalty",
        _penalty(rows),
        biases="choice",
        code=code,
        known=("run", "source"),
        source="gradproof.train.penalties",
    )


def _cs231n_code(blanks: Blanks) -> str:
    return f"reg = {blanks.value}\nloss += 0.5 * reg * np.sum(W * W)\ndW += reg * W"


def _adamw_code(blanks: Blanks) -> str:
    biases = ", biases=True" if blanks.biases else ""
    return (
        "from gradproof.train.optimizers import AdamW\n\n"
        f"optimizer = AdamW({blanks.lr}, weight_decay={blanks.value}{biases})"
    )


CONVENTIONS = (
    _course(
        "data",
        (
            (
                "m is the m of the call: course code that is called with mini-batches divides by "
                "their rows instead, which makes λ stronger by m/b; that reading is course.batch"
            ),
        ),
        ("source",),
        "Deep Learning Specialization, course 2, week 1: Regularization",
    ),
    _course(
        "batch",
        ("a last batch with fewer rows gets a stronger penalty",),
        ("source",),
        "the same code, called with mini-batches",
    ),
    _course(
        "none",
        ("some copies of course labs leave m out: λ/2 Σ w²",),
        ("docs",),
        "copies of a course's labs, such as Jamie33/learngit",
    ),
    Convention(
        "cs231n",
        "reg",
        "reg",
        "penalty",
        multiply(symbol("reg"), HALF_SQUARES),
        code=_cs231n_code,
        notes=("some years' assignments write reg Σ w² without the ½: reg is then keras.L2's l",),
        known=("docs",),
        source="CS231n notes, Regularization; Hinton's lectures, weight cost",
        aliases=("hinton",),
    ),
    *(_ours(per) for per in PER),
    Convention(
        "gradproof.AdamW",
        "AdamW(weight_decay)",
        "weight_decay",
        "decay",
        multiply(RATE, symbol("weight_decay"), W),
        biases="choice",
        optimizers=("adam",),
        code=_adamw_code,
        known=("run", "source"),
        source="gradproof.train.optimizers",
    ),
)
