"""Several devices, and several processes on this machine over loopback, give the weights of one device."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from tests.train.engines.agreement import NETWORKS, largest_difference, run

from gradproof.train.engines import engine_of
from gradproof.train.fitting import fit, load_model
from gradproof.train.network import dense
from gradproof.train.optimizers import Adam
from gradproof.train.penalties import L2

pytest.importorskip("jax")
pytestmark = pytest.mark.jax
ROOT = Path(__file__).parents[3]
ROUNDING = 1e-13
PATIENCE = 120  # seconds; a run takes about three
HERE = ("-m", "gradproof.train.parallel", "--here", "2")
NETWORK = "dropout and elastic net"

TRAIN = """
import sys
import jax
import numpy as np
from tests.train.engines.agreement import NETWORKS, run
from gradproof.train.engines import engine_of
from gradproof.train.optimizers import Adam

out, network, copies, devices = sys.argv[1:]
engine = engine_of("jax", NETWORKS[network], Adam(0.01), copies=eval(copies), weighted=True, devices=devices)
seen = np.array([jax.process_count(), len(engine.placement.devices)])
np.savez(f"{out}{jax.process_index()}.npz", seen=seen, **run(engine))
"""


def launched(tmp_path, script, *command, devices=1):
    """Run a command on a script with a time limit; it and all that it started has ended afterwards."""
    path = tmp_path / "script.py"
    path.write_text(script, "utf-8")
    environment = {
        **os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]), "OMP_NUM_THREADS": "1",
        "JAX_PLATFORMS": "cpu", "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
    }  # fmt: skip
    arguments = [each.format(script=path, out=tmp_path / "out") for each in command]
    process = subprocess.Popen(
        [sys.executable, *arguments], env=environment, cwd=tmp_path, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        printed, _ = process.communicate(timeout=PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode, printed


def check(path, processes, devices, copies=None):
    found = dict(np.load(path))
    assert found.pop("seen").tolist() == [processes, devices]
    expected = run(engine_of("reference", NETWORKS[NETWORK], Adam(0.01), copies=copies, weighted=True))
    assert largest_difference(found, expected) < ROUNDING


def test_two_processes_give_the_weights_of_one(tmp_path):
    """Batches of 10 and 7 examples: the last one is not cut evenly."""
    status, printed = launched(tmp_path, TRAIN, *HERE, "{script}", "{out}", NETWORK, "None", "auto")
    assert status == 0, printed
    for process in range(2):
        check(tmp_path / f"out{process}.npz", 2, 2)


@pytest.mark.parametrize("copies", [None, 3])
def test_the_devices_of_one_process_give_the_weights_of_one_device(tmp_path, copies):
    status, printed = launched(tmp_path, TRAIN, "{script}", "{out}", NETWORK, f"{copies}", "all", devices=3)
    assert status == 0, printed
    check(tmp_path / "out0.npz", 1, 3, copies)


@pytest.mark.slow
def test_the_script_of_the_page_gives_the_weights_of_one_process(tmp_path):
    datasets = pytest.importorskip("sklearn.datasets")
    page = (ROOT / "docs" / "devices.md").read_text("utf-8")
    script = re.search(r"`train.py`:\n\n```python\n(.*?)```", page, re.DOTALL)[1]
    status, printed = launched(tmp_path, script, *HERE, "{script}")
    assert status == 0, printed
    assert printed.count("<Fitted 64-32-10: 5 epochs") == 1
    X, labels = datasets.load_digits(return_X_y=True)
    network = dense([64, 32, 10], penalty=L2(0.7))
    expected = fit(network, X.T / 16, np.eye(10)[:, labels], engine="numpy", epochs=5)
    found = load_model(tmp_path / "digits.npz")
    assert largest_difference(found.parameters, expected.parameters) < 1e-11


OTHER_START = """
import jax
import numpy as np
from gradproof.train.engines import engine_of
from gradproof.train.engines.base import Data, Epoch, State
from gradproof.train.network import dense
from gradproof.train.optimizers import SGD

engine = engine_of("jax", dense([2, 1], loss="squared_error"), SGD())
data = Data.of(np.ones((2, 3)), np.ones((1, 3)))
state = State.begin({"W1": np.ones((1, 2)) * jax.process_index(), "b1": np.ones((1, 1))}, SGD())
engine.epoch(data, state, Epoch(np.arange(3), 3, 0.1, {}, 3))
print("trained")
"""


def test_processes_that_begin_with_other_parameters_are_refused(tmp_path):
    status, printed = launched(tmp_path, OTHER_START, *HERE, "{script}")
    assert status == 1
    assert "process 1 has not the parameters of process 0" in printed
    assert "trained" not in printed


FAILS = """
import jax
from jax.experimental import multihost_utils
multihost_utils.sync_global_devices("both are there")
if jax.process_index() == 1:
    raise ValueError("this one is lost")
multihost_utils.sync_global_devices("the other never comes")
print("trained")
"""


def test_when_one_process_fails_all_end(tmp_path):
    status, printed = launched(tmp_path, FAILS, *HERE, "{script}")
    assert status == 1
    assert "this one is lost" in printed
    assert "trained" not in printed


def test_what_is_missing_is_said(tmp_path):
    status, printed = launched(tmp_path, "", *HERE[:2], "--process", "0", "{script}")
    assert status == 2
    assert "fix: " in printed
