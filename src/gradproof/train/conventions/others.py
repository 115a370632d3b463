"""TensorFlow Addons, fastai, Caffe, H2O, MATLAB, Paddle."""

from __future__ import annotations

from gradproof.expr.broadcast import multiply
from gradproof.expr.node import symbol
from gradproof.train.conventions.convention import HALF_SQUARES, RATE, Blanks, Convention, W


def _tfa_code(optimizer: str, blanks: Blanks) -> str:
    moving = (
        f", momentum={blanks.momentum}" if optimizer == "SGDW" and blanks.optimizer == "momentum" else ""
    )
    numbers = f"weight_decay={blanks.value}, learning_rate={blanks.lr}{moving}"
    line = f"optimizer = tfa.optimizers.{optimizer}({numbers})"
    if blanks.biases:
        return line
    weights = "[v for v in variables if v.ndim > 1]"
    return f"{line}\n# optimizer.minimize(loss, variables, decay_var_list={weights})"


def _tfa(optimizer: str, optimizers: tuple[str, ...]) -> Convention:
    return Convention(
        f"tfa.{optimizer}",
        f"tfa.optimizers.{optimizer}(weight_decay)",
        "weight_decay",
        "decay",
        multiply(symbol("weight_decay"), W),
        biases="choice",
        biases_by_default=True,
        optimizers=optimizers,
        code=lambda blanks: _tfa_code(optimizer, blanks),
        notes=(
            (
                "not multiplied by lr, so it is lr times the number of PyTorch and Keras; with a "
                "schedule of lr, weight_decay needs the same one"
            ),
            "the last release was in November 2023",
        ),
        known=("source",),
        source="tensorflow_addons/optimizers/weight_decay_optimizers.py",
        aliases=("tfa", "tfa.weight_decay"),
    )


def _fastai_code(coupled: bool, blanks: Blanks) -> str:
    told = ", decouple_wd=False" if coupled else ""
    biases = ", wd_bn_bias=True" if blanks.biases else ""
    moving = f", mom={blanks.momentum}" if blanks.optimizer == "momentum" else ""
    optimizer = "Adam" if blanks.optimizer == "adam" else "SGD"
    return (
        f"opt_func = partial({optimizer}{moving}{told})\n"
        f"learn = Learner(dls, model, opt_func=opt_func, lr={blanks.lr}, wd={blanks.value}{biases})"
    )


def _fastai(coupled: bool) -> Convention:
    decay = multiply(symbol("wd"), W)
    return Convention(
        "fastai.l2_reg" if coupled else "fastai",
        f"wd{', decouple_wd=False' if coupled else ''}",
        "wd",
        "gradient" if coupled else "decay",
        decay if coupled else multiply(RATE, decay),
        biases="choice",
        code=lambda blanks: _fastai_code(coupled, blanks),
        notes=(
            (
                "a Learner leaves biases and BatchNorm out unless wd_bn_bias=True; an optimiser on "
                "its own does not"
            ),
            "Adam's default is 0.01",
        ),
        known=("source",),
        source="fastai/optimizer.py, l2_reg and weight_decay",
    )


def _caffe_code(blanks: Blanks) -> str:
    bias = 1 if blanks.biases else 0
    return (
        f"weight_decay: {blanks.value}  # in the solver\n"
        f"# in each layer: param {{ decay_mult: 1 }} param {{ decay_mult: {bias} }}"
    )


def _matlab_code(blanks: Blanks) -> str:
    solver = "adam" if blanks.optimizer == "adam" else "sgdm"
    moving = {"sgd": ", Momentum=0", "momentum": f", Momentum={blanks.momentum}", "adam": ""}[
        blanks.optimizer
    ]
    biases = "\n% in each layer: BiasL2Factor=1" if blanks.biases else ""
    return f'options = trainingOptions("{solver}"{moving}, L2Regularization={blanks.value});{biases}'


def _paddle_code(blanks: Blanks) -> str:
    line = f"decay = paddle.regularizer.L2Decay({blanks.value})\n"
    if blanks.biases:
        return f"{line}# in the optimiser, for all parameters: weight_decay=decay"
    attribute = "weight_attr=paddle.ParamAttr(regularizer=decay)"
    return f"{line}# in each layer: paddle.nn.Linear(n_in, n_out, {attribute})"


CONVENTIONS = (
    _tfa("SGDW", ("sgd", "momentum")),
    _tfa("AdamW", ("adam",)),
    _fastai(coupled=False),
    _fastai(coupled=True),
    Convention(
        "caffe",
        "weight_decay of the solver",
        "weight_decay",
        "gradient",
        multiply(symbol("weight_decay"), W),
        biases="choice",
        biases_by_default=True,
        code=_caffe_code,
        notes=(
            "times decay_mult, which each parameter has, 1 unless the layer says otherwise",
            "added after gradients are clipped, so it is not clipped with them",
        ),
        known=("source",),
        source="caffe/src/caffe/solvers/sgd_solver.cpp, Regularize",
    ),
    Convention(
        "h2o",
        "H2ODeepLearningEstimator(l2)",
        "l2",
        "gradient",
        multiply(symbol("l2"), W),
        biases="always",
        biases_by_default=True,
        code=lambda blanks: f"H2ODeepLearningEstimator(l2={blanks.value})",
        notes=("biases are penalised as well, and that cannot be switched off",),
        known=("source",),
        source="h2o-3 Neurons.java, update and update_bias",
    ),
    Convention(
        "matlab",
        "trainingOptions(L2Regularization)",
        "lambda",
        "penalty",
        multiply(symbol("lambda"), HALF_SQUARES),
        biases="choice",
        code=_matlab_code,
        notes=(
            (
                "times WeightL2Factor of the layer, 1 unless it says otherwise; that BiasL2Factor is "
                "0, and the default 1e-4, are unconfirmed"
            ),
        ),
        known=("docs", "unconfirmed"),
        source="MATLAB Answers 2155645",
    ),
    Convention(
        "paddle",
        "paddle.regularizer.L2Decay(coeff)",
        "coeff",
        "penalty",
        multiply(symbol("coeff"), HALF_SQUARES),
        biases="choice",
        biases_by_default=True,
        code=_paddle_code,
        notes=(
            "given to the optimiser it is for all trainable parameters, given to a ParamAttr for that one",
        ),
        known=("docs",),
        source="Paddle's documentation of L2Decay",
    ),
)
