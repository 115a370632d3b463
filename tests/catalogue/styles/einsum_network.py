"""Everything an einsum; parameters in a list; a mean squared loss over time and features."""
import numpy as np
from numpy import einsum as es

_g = np.random.default_rng(99)
SEQ = _g.normal(size=(3, 5, 4))      # batch, time, features
TARGET = _g.normal(size=(3, 5, 2))


def forward(ps):
    U, V, c = ps
    H = es("btf,fh->bth", SEQ, U)
    S = np.tanh(H)
    O = es("bth,ho->bto", S, V) + c
    return S, O


def mse(ps):
    _, O = forward(ps)
    R = O - TARGET
    return es("bto,bto->", R, R) / R.size + 0.05 * es("fh,fh->", ps[0], ps[0])


def mse_grad(ps):
    U, V, c = ps
    S, O = forward(ps)
    gO = 2 * (O - TARGET) / TARGET.size
    gV = es("bth,bto->ho", S, gO)
    gc = es("bto->o", gO)
    gS = es("bto,ho->bth", gO, V)
    gH = gS * (1 - S * S)
    gU = es("btf,bth->fh", SEQ, gH) + 0.1 * U
    return [gU, gV, gc]


def problem():
    return {"cost": mse, "grad": mse_grad, "params": [_g.normal(size=(4, 6)), _g.normal(size=(6, 2)), _g.normal(size=2)]}


# ---- catalogue ----
from tests.catalogue.case import Blame, Style

style = Style(__name__, layers="[1] [2]")
CASES = style.cases

style.wrong(
    "two_forgotten",
    ("gO = 2 * (O - TARGET) / TARGET.size", "gO = (O - TARGET) / TARGET.size"),
    blame={"[1]": Blame("wrong-factor", factor="1/2", variable="gO")},
    inherited="[0] [2]",
    first_wrong="gO",
)
style.wrong(
    "mean_over_batch_only",
    ("gO = 2 * (O - TARGET) / TARGET.size", "gO = 2 * (O - TARGET) / len(TARGET)"),
    blame={"[1]": Blame("wrong-factor", factor="10|size/3", variable="gO")},
    inherited="[0] [2]",
    first_wrong="gO",
)
style.wrong(
    "subscripts_of_another_axis",
    ('gV = es("bth,bto->ho", S, gO)', 'gV = es("bth,bso->ho", S, gO)'),
    blame={"[1]": Blame("wrong-axis", alternatives=("wrong-operation",))},
)
style.wrong(
    "bias_over_outputs",
    ('gc = es("bto->o", gO)', 'gc = es("bto->", gO) * np.ones(2)'),
    blame={"[2]": Blame("wrong-axis", alternatives=("sum-for-matrix",))},
)
style.wrong(
    "transposed_result",
    ('gU = es("btf,bth->fh", SEQ, gH) + 0.1 * U', 'gU = es("btf,bth->hf", SEQ, gH) + 0.1 * U.T'),
    blame={"[0]": Blame("transposed", alternatives=("wrong-shape",))},
)
style.wrong(
    "derivative_forgotten",
    ("gH = gS * (1 - S * S)", "gH = gS"),
    blame={"[0]": Blame("missing-derivative", variable="gH")},
    first_wrong="gH",
)
style.wrong(
    "penalty_without_the_two",
    ("+ 0.1 * U", "+ 0.05 * U"),
    blame={"[0]": Blame("wrong-factor", factor="1/2")},
    nearby=True,
)
style.wrong(
    "penalty_on_everything",
    ('gV = es("bth,bto->ho", S, gO)', 'gV = es("bth,bto->ho", S, gO) + 0.1 * V'),
    blame={"[1]": "extra-term"},
    nearby=True,
)
style.wrong(
    "target_for_residual",
    ('gc = es("bto->o", gO)', 'gc = es("bto->o", 2 * O / TARGET.size)'),
    blame={"[2]": Blame("missing-term", alternatives=("wrong-operand",))},
)
