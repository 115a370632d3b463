"""What translate says: values of the table of facts, refusals, errors, assumptions."""

import json

import pytest

from gradproof.errors import InputError
from gradproof.train.conventions import CONVENTIONS, find, translate, translations

COURSE = {"m": 5000, "batch": 200}


@pytest.mark.parametrize(
    ("target", "formula", "value"),
    [
        ("keras.L2", "l = λ/(2m)", 7e-05),
        ("torch.SGD", "weight_decay = λ/m", 0.00014),
        ("torch.Adam", "weight_decay = λ/m", 0.00014),
        ("sklearn.MLP", "alpha = λ b/m", 0.028),
        ("sklearn.SGDClassifier", "alpha = λ/m", 0.00014),
        ("sklearn.LogisticRegression", "C = 1/λ", 1 / 0.7),
        ("sklearn.Ridge", "alpha = λ", 0.7),
        ("sklearn.ElasticNet", "alpha = λ/m", 0.00014),
        ("glmnet", "λ = λ_course/m", 0.00014),
        ("spark", "regParam = λ/m", 0.00014),
        ("caffe", "weight_decay = λ/m", 0.00014),
        ("matlab", "λ = λ_course/m", 0.00014),
        ("paddle", "coeff = λ/m", 0.00014),
        ("cs231n", "reg = λ/m", 0.00014),
        ("fastai.l2_reg", "wd = λ/m", 0.00014),
        ("gradproof", "λ = λ_course", 0.7),
    ],
)
def test_from_the_course(target, formula, value):
    found = translate("course", 0.7, to=target, **COURSE)
    assert (found.exactness, found.formula) == ("exact", formula)
    assert found.value == pytest.approx(value, rel=1e-15)
    assert found.c == 0.00014
    assert repr(found.value) in found.code
    assert not found.biases


def test_ridge_without_the_half():
    """J = 1/m Σ r² has twice the data cost: alpha is λ/2."""
    found = translate("course", 0.7, to="sklearn.Ridge", m=5000, loss="mse")
    assert (found.value, found.formula) == (0.35, "alpha = λ/2")
    assert any("1/2 times as large" in note for note in found.notes)


def test_the_learning_rate_in_the_code_is_that_of_the_other_cost():
    found = translate("course", 0.7, to="torch.SGD", to_loss="sum", lr=0.1, optimizer="sgd", **COURSE)
    assert found.value == 0.028
    assert "lr=0.0005" in found.code
    assert found.exactness == "exact"
    adam = translate("course", 0.7, to="torch.Adam", to_loss="sum", lr=0.1, **COURSE)
    assert (adam.value, "lr=0.1" in adam.code) == (0.028, True)


def test_a_decay_beside_adam_knows_no_scale_of_the_cost():
    found = translate("torch.AdamW", 0.1, to="tfa.AdamW", to_loss="sum", lr=0.001, **COURSE)
    assert (found.value, "learning_rate=0.001" in found.code) == (0.0001, True)


def test_all_rows_as_one_batch():
    assert translate("course", 0.7, to="sklearn.MLP", m=5000, batch=5000).value == 0.7


def test_values_are_rounded_once():
    """In floats 0.7/(2·5000)·2·5000 is not 0.7; the numbers are read as they were written."""
    assert translate("course", "1/3", to="keras.L2", m=3).value == 1 / 18
    there = translate("course", 0.7, to="keras.L2", m=5000)
    assert translate("keras.L2", there.value, to="course", m=5000).value == 0.7


DECAYS = ["torch.AdamW", "keras.Adam", "keras.AdamW", "optax.adamw", "tfa.AdamW", "gradproof.AdamW"]


@pytest.mark.parametrize("target", DECAYS)
def test_a_penalty_is_no_decay_under_adam(target):
    found = translate("course", 0.7, to=target, lr=0.001, **COURSE)
    assert (found.exactness, found.value, found.code) == ("none", None, "")
    assert found.reasons[0].startswith("Adam scales a penalty and no decay: ")
    forced = translate("course", 0.7, to=target, lr=0.001, approximate=True, **COURSE)
    assert forced.exactness == "approximate"
    assert forced.value == found.nearest
    assert forced.reasons == found.reasons


def test_decays_translate_into_each_other_under_adam():
    found = translate("tfa.AdamW", 1e-4, to="torch.AdamW", lr=1e-3)
    assert (found.exactness, found.value, found.formula) == (
        "exact", 0.1, "weight_decay = weight_decay_tfa/lr",
    )  # fmt: skip
    assert translate("optax.adamw", 0.1, to="optax.add_decayed_weights.after", lr=0.01).value == -0.001


def test_the_same_option_coupled_and_decoupled():
    """weight_decay of torch's Adam and of Keras's Adam: one name, two things."""
    assert translate("torch.Adam", 0.01, to="keras.Adam").exactness == "none"
    assert translate("torch.AdamW", 0.01, to="keras.Adam").exactness == "exact"


def test_keras_sgd_is_a_penalty_without_momentum_only():
    with pytest.raises(InputError, match="depends on the optimiser") as error:
        translate("course", 0.7, to="keras.SGD", **COURSE)
    assert "sgd or momentum" in error.value.fix
    assert translate("course", 0.7, to="keras.SGD", optimizer="sgd", **COURSE).value == 0.00014
    found = translate("course", 0.7, to="keras.SGD", optimizer="momentum", momentum=0.9, **COURSE)
    assert (found.exactness, found.nearest) == ("none", 0.0014)
    none = translate("course", 0.7, to="keras.SGD", optimizer="momentum", momentum="0.0", **COURSE)
    assert (none.exactness, none.value) == ("exact", 0.00014)


def test_an_approximation_from_a_decay_counts_for_1_minus_mu():
    found = translate(
        "keras.SGD", 0.01, to="keras.L2", optimizer="momentum", momentum=0.9, approximate=True
    )
    assert (found.value, found.formula, found.c) == (0.0005, "l = weight_decay/2 (1 − μ)", 0.001)


@pytest.mark.parametrize("target", ["xgboost", "lightgbm"])
def test_trees_have_no_weights(target):
    for found in (
        translate("course", 0.7, to=target, approximate=True, **COURSE),
        translate(target, 1, to="course", approximate=True, **COURSE),
    ):
        assert (found.exactness, found.value, found.nearest) == ("none", None, None)
        assert found.reasons[0].startswith("trees have no weights: ")


def test_optax_after_the_optimiser():
    grows = translate("optax.add_decayed_weights.after", 0.1, to="course", **COURSE)
    assert grows.exactness == "none"
    assert grows.reasons[0].startswith("weights grow")
    found = translate("course", 0.7, to="optax.add_decayed_weights.after", optimizer="sgd", lr=0.1, **COURSE)
    assert (found.value, found.formula) == (-1.4e-05, "weight_decay = −λ lr/m")
    assert found.code.endswith(
        "optimizer = optax.chain(optax.sgd(0.1), optax.add_decayed_weights(-1.4e-05, mask=mask))"
    )
    back = translate(
        "optax.add_decayed_weights.after", found.value, to="course", optimizer="sgd", lr=0.1, biases=False,
        **COURSE,
    )  # fmt: skip
    assert back.value == 0.7


# --- biases -----------------------------------------------------------------------------------------------


def test_biases_follow_the_source():
    found = translate("torch.SGD", 1e-4, to="keras.L2")
    assert found.biases
    assert "bias_regularizer=penalty" in found.code
    assert "--no-biases" in found.assumptions[0]
    left_out = translate("torch.SGD", 1e-4, to="keras.L2", biases=False)
    assert not left_out.biases
    assert "bias" not in left_out.code


@pytest.mark.parametrize(("source", "target"), [("torch.SGD", "course"), ("course", "h2o")])
def test_biases_that_cannot_be_alike_are_a_difference(source, target):
    found = translate(source, 0.1, to=target, **COURSE)
    assert found.exactness == "none"
    assert found.reasons[0].startswith("biases: ")
    assert translate(source, 0.1, to=target, approximate=True, **COURSE).exactness == "approximate"


def test_what_is_said_about_biases_must_be_possible():
    assert translate("torch.SGD", 0.1, to="course", biases=False, **COURSE).exactness == "exact"
    with pytest.raises(InputError, match="course never penalises biases"):
        translate("course", 0.1, to="keras.L2", biases=True, **COURSE)


# --- what m is --------------------------------------------------------------------------------------------


def test_the_reading_of_m_is_said_and_can_be_chosen():
    found = translate("course", 0.7, to="keras.L2", **COURSE)
    assert "the m of λ/m is 5000" in found.assumptions[0]
    per_batch = translate("course", 0.7, to="keras.L2", per="batch", **COURSE)
    assert (per_batch.value, per_batch.formula) == (0.00175, "l = λ/(2b)")
    assert per_batch.assumptions == ()
    assert translate("course", 0.7, to="keras.L2", per="none").value == 0.35
    assert not translate("course", 0.7, to="keras.L2", m=5000, batch=5000).assumptions


def test_per_is_for_the_target_where_the_source_has_no_readings():
    found = translate("keras.L2", 7e-05, to="gradproof", per="batch", **COURSE)
    assert (found.target.name, found.value) == ("gradproof.batch", 0.028)
    assert 'per="batch"' in found.code
    with pytest.raises(InputError, match="says itself what it divides by"):
        translate("keras.L2", 1, to="torch.SGD", per="batch")


# --- what cannot be used ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value", "target", "told", "message", "fix"),
    [
        ("course", 0.7, "keras.L2", {}, "depends on m, the rows of the data", "--m 5000"),
        ("course", 0.7, "sklearn.MLP", {"m": 9}, "depends on b, the rows of a mini-batch", "--batch 200"),
        ("tfa.AdamW", 0.1, "torch.AdamW", {}, "depends on lr", "--lr 0.1"),
        ("course", 0.7, "glmnet.gaussian", {"m": 9}, "depends on s_y", "--sd-y"),
        ("course", 0.7, "keras.L3", {}, "no convention 'keras.L3'", "keras.L2"),
        ("course", 0.7, "keras.foo", {}, "no convention 'keras.foo'", "keras.SGD"),
        ("cuorse", 0.7, "keras.L2", {}, "no convention 'cuorse'", "course"),
        ("qqq", 0.7, "keras.L2", {}, "no convention 'qqq'", "--list shows those of course, cs231n"),
        ("course", "much", "keras.L2", {}, "λ is 'much'", "finite number"),
        ("course", float("nan"), "keras.L2", {}, "λ is nan", "finite number"),
        ("course", float("inf"), "keras.L2", {}, "λ is inf", "finite number"),
        ("course", "1e999", "keras.L2", {}, "λ is '1e999'", "finite number"),
        ("course", -1, "keras.L2", {"m": 9}, "λ is -1", "at least 0"),
        ("course", 0, "sklearn.LogisticRegression", {"m": 9}, "it is infinite", "leave the penalty out"),
        ("sklearn.LogisticRegression", 0, "course", {"m": 9}, "it is infinite", "positive C"),
        ("course", 1, "keras.L2", {"m": 0}, "m is 0", "from 1 on"),
        ("course", 1, "keras.L2", {"m": 2.5}, "m is 2.5", "whole number"),
        ("course", 1, "keras.L2", {"m": 5, "batch": 6}, "batch is 6, more than m = 5", "part of the data"),
        ("course", 1, "keras.L2", {"m": 5, "lr": 0}, "lr is 0", "positive"),
        ("course", 1, "keras.L2", {"m": 5, "momentum": 1}, "momentum is 1", "below 1"),
        ("course", 1, "keras.L2", {"m": 5, "optimizer": "lamb"}, "no optimizer 'lamb'", "sgd, momentum"),
        ("course", 1, "keras.L2", {"m": 5, "loss": "max"}, "loss is 'max'", "mean, sum, mse, sse"),
        ("course", 1, "keras.L2", {"m": 5, "per": "row"}, "per is 'row'", "data, batch, none"),
        ("course", 1, "torch.SGD", {"m": 5, "optimizer": "adam"}, "does not go with", "sgd or momentum"),
        ("course", 1, "sklearn.MLP", {"m": 5, "to_loss": "sum"}, "a loss of its own", "--to-loss"),
        ("tfa", 1, "course", {"m": 5}, "tfa is tfa.SGDW, tfa.AdamW", "choose one"),
    ],
)
def test_errors_say_what_is_wrong_and_what_to_do(source, value, target, told, message, fix):
    with pytest.raises(InputError) as error:
        translate(source, value, to=target, **told)
    assert message in str(error.value)
    assert fix in error.value.fix


def test_names_are_found_by_alias_and_in_any_case():
    assert find("KERAS.l2").name == "keras.L2"
    assert find("torch.optim.AdamW").name == "torch.AdamW"
    assert find("keras.weight_decay", "adam").name == "keras.Adam"
    assert find("keras.weight_decay", "momentum").name == "keras.SGD"
    assert find("hinton").name == "cs231n"


def test_no_alias_is_another_s_name():
    names = {name.lower() for name in CONVENTIONS}
    assert not names & {alias.lower() for each in CONVENTIONS.values() for alias in each.aliases}


# --- all at once, as data ---------------------------------------------------------------------------------


def test_translations_have_every_other_convention():
    found = translations("course", 0.7, optimizer="sgd", lr=0.1, sd_y=2, **COURSE)
    assert list(found) == [name for name in CONVENTIONS if name != "course"]
    values = {name: each.value for name, each in found.items() if not isinstance(each, InputError)}
    assert values["keras.SGD"] == 0.00014
    assert values["glmnet.gaussian"] == 0.00028
    assert "sgd" not in found["torch.Adam"].fix


def test_as_data():
    found = translate("course", 0.7, to="keras.L2", lr="0.1", **COURSE)
    data = json.loads(json.dumps(found.to_dict()))
    assert data["value"] == 7e-05
    assert data["latex"] == r"l = \frac{\lambda}{2 m}"
    assert data["situation"]["lr"] == 0.1
    assert data["exactness"] == "exact"


@pytest.mark.parametrize("source", CONVENTIONS)
@pytest.mark.parametrize(("optimizer", "approximate"), [(None, False), ("momentum", True)])
def test_everything_has_an_answer_that_can_be_printed(source, optimizer, approximate):
    """No pair breaks, whatever it needs; reasons are short before their colon."""
    told = {"lr": 0.1, "momentum": 0.9, "sd_y": 2, "optimizer": optimizer, **COURSE}
    value = -0.1 if source == "optax.add_decayed_weights.after" else 0.1
    for name, found in translations(source, value, approximate=approximate, **told).items():
        if isinstance(found, InputError):
            assert "ptimi" in str(found), name
            continue
        assert all(len(line) <= 104 for line in str(found).splitlines()), str(found)
        assert found.reasons
        assert len(found.reasons[0].partition(":")[0]) < 40
        assert (found.value is None) == (found.exactness == "none")
        assert bool(found.code) == (found.value is not None)
