import io
import json
import zipfile

import numpy as np
import pytest
from tests.train.fitting.problems import NETWORKS, QUADRANTS, data_for, quadrants, same

from gradproof.errors import InputError
from gradproof.train.fitting import LBFGS, EarlyStopping, fit, load_model
from gradproof.train.fitting.archive import FORMAT, read_archive, write_archive
from gradproof.train.fitting.optimizer_record import from_record, to_record
from gradproof.train.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop

OPTIMIZERS = [
    SGD(0.1), SGD(0.1, momentum=0.9), SGD(0.1, momentum=0.9, nesterov=True), RMSprop(decay=0.8), Adam(),
    Adam(epsilon_hat=True), AdamW(weight_decay=0.1), AdamW(weight_decay=0.1, biases=True),
]  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_comes_back_as_it_was(tmp_path, name):
    network = NETWORKS[name]
    X, Y = data_for(network)
    fitted = fit(network, X, Y, epochs=2, engine="numpy", dtype="float32", batch_size=20)
    fitted.save(tmp_path / "model.npz")
    again = load_model(tmp_path / "model.npz")
    assert again.network == network
    assert same(again.parameters, fitted.parameters)
    assert same(again.state.slots, fitted.state.slots)
    assert again.ledger == fitted.ledger
    assert np.array_equal(again.predict(X), fitted.predict(X))
    assert again.explain() == fitted.explain()
    for what in ("stopped", "reason", "engine", "weighted", "rows", "batch_size", "best_epoch", "seconds"):
        assert getattr(again, what) == getattr(fitted, what)


def test_training_goes_on_from_a_file(tmp_path):
    options = {"engine": "numpy", "shuffle": False}
    first = fit(QUADRANTS, *quadrants(), epochs=2, **options)
    first.save(tmp_path / "model.npz")
    again = load_model(tmp_path / "model.npz")
    second = fit(
        again.network, *quadrants(), epochs=2, optimizer=again.optimizer, start=again.state, **options
    )
    assert same(second.parameters, fit(QUADRANTS, *quadrants(), epochs=4, **options).parameters)


def test_the_state_of_the_last_epoch_is_kept_beside_the_best(tmp_path):
    X, Y = quadrants()
    fitted = fit(
        QUADRANTS, X, Y, optimizer=Adam(0.3), engine="numpy", validation=quadrants(20, seed=1),
        early_stopping=EarlyStopping(patience=4),
    )  # fmt: skip
    fitted.save(tmp_path / "model.npz")
    again = load_model(tmp_path / "model.npz")
    assert same(again.parameters, fitted.parameters)
    assert same(again.state.parameters, fitted.state.parameters)
    assert not same(again.parameters, again.state.parameters)


def test_what_others_keep_beside_a_model(tmp_path):
    fitted = fit(QUADRANTS, *quadrants(), epochs=1, engine="numpy")
    extra, arrays = (
        {"classes": ["no", "ja·ñ"], "n": 3},
        {"mean": np.arange(2.0), "names": np.array(["a", "bc"])},
    )
    fitted.save(tmp_path / "model.npz", extra=extra, arrays=arrays)
    again = load_model(tmp_path / "model.npz")
    assert again.extra == extra
    assert same(again.arrays, arrays)
    again.save(tmp_path / "again.npz", with_state=False)
    last = load_model(tmp_path / "again.npz")
    assert (last.extra, last.state.slots) == (extra, {})
    assert same(last.arrays, arrays)


def test_a_model_of_lbfgs(tmp_path):
    fitted = fit(QUADRANTS, *quadrants(), optimizer=LBFGS(max_iter=3))
    fitted.save(tmp_path / "model.npz")
    assert load_model(tmp_path / "model.npz").optimizer == LBFGS(max_iter=3)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.name)
def test_optimisers_as_plain_data(optimizer):
    record = json.loads(json.dumps(to_record(optimizer)))
    again = from_record(record)
    assert to_record(again) == record
    assert (again.slots, again.decays, again.decays_biases) == (
        optimizer.slots, optimizer.decays, optimizer.decays_biases,
    )  # fmt: skip


def test_records_tell_optimisers_apart():
    records = [json.dumps(to_record(each)) for each in OPTIMIZERS]
    assert len(set(records)) == len(records)


def test_an_optimiser_of_ones_own_is_not_guessed(tmp_path):
    own = Optimizer("signed", 0.1, {}, (), lambda w, g, state, scalars: SGD().update(w, g, state, scalars))
    fitted = fit(QUADRANTS, *quadrants(), epochs=1, optimizer=own, engine="numpy")
    fitted.save(tmp_path / "model.npz")
    assert load_model(tmp_path / "model.npz").optimizer is None


# --- files that are no models ---------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    fit(QUADRANTS, *quadrants(), epochs=1, engine="numpy").save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


def flipped(data):
    middle = len(data) // 3
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-100],
        lambda data: data[:500],
        flipped,
        lambda data: b"",
        lambda data: b"no archive at all",
    ],
    ids=["short", "shorter", "one bit", "empty", "text"],
)
def test_damage_is_seen(saved, damage):
    saved.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(
        InputError, match=f"(?s)is no model of gradproof, or it is damaged.*at: {saved}.*fix: "
    ):
        load_model(saved)


def test_other_files_are_refused(tmp_path):
    for name, write in {
        "array.npy": lambda path: np.save(path, np.ones(3)),
        "other.npz": lambda path: np.savez(path, a=np.ones(3)),
    }.items():
        write(tmp_path / name)
        with pytest.raises(InputError, match="is no model of gradproof"):
            load_model(tmp_path / name)
    with pytest.raises(InputError, match="there is no model"):
        load_model(tmp_path / "missing.npz")
    with pytest.raises(InputError, match="this is a folder, and no model"):
        load_model(tmp_path)
    write_archive(tmp_path / "checkpoint.npz", "checkpoint", {}, {})
    with pytest.raises(InputError, match="the file holds a checkpoint, not a model"):
        load_model(tmp_path / "checkpoint.npz")


def test_nothing_in_a_file_is_executed(saved):
    class Trap:
        def __reduce__(self):
            return print, ("executed",)

    with zipfile.ZipFile(saved, "a") as archive:
        trap = io.BytesIO()
        np.save(trap, np.array([Trap()], dtype=object), allow_pickle=True)
        archive.writestr("arrays:trap.npy", trap.getvalue())
    with pytest.raises(InputError, match="damaged: one of its arrays holds objects"):
        load_model(saved)


def test_objects_are_not_written(tmp_path):
    fitted = fit(QUADRANTS, *quadrants(), epochs=1, engine="numpy")
    with pytest.raises(InputError, match="arrays:o is an array of objects"):
        fitted.save(tmp_path / "model.npz", arrays={"o": np.array([None])})
    assert list(tmp_path.iterdir()) == []


def test_a_later_format_is_refused(saved, monkeypatch):
    monkeypatch.setattr("gradproof.train.fitting.archive.FORMAT", FORMAT - 1)
    with pytest.raises(InputError, match=f"the model has format {FORMAT}, and this gradproof reads up to"):
        load_model(saved)


@pytest.mark.parametrize("missing", ["parameters:W1", "parameters:b2"])
def test_a_model_that_lacks_something_is_refused(saved, tmp_path, missing):
    content, groups = read_archive(saved, "model")
    group, name = missing.split(":")
    del groups[group][name]
    write_archive(tmp_path / "less.npz", "model", content, groups)
    with pytest.raises(InputError, match="the model is not complete"):
        load_model(tmp_path / "less.npz")


def test_a_failed_write_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(InputError, match="the model cannot be written: No space left on device"):
        load_model(saved).save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["model.npz"]
