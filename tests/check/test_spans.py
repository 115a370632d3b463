"""Where diagnoses point: into the functions that were checked, of this check and of no other."""

import importlib.util
import textwrap

import numpy as np

import gradproof as gp

SOURCE = textwrap.dedent(
    """
    import numpy as np

    def cost(p):
        return np.sum(np.tanh(X @ p["W"])) + 0.5 * R * np.sum(p["W"] ** 2)

    def grad(p):
        H = np.tanh(X @ p["W"])
        dW = X.T @ (1 - H**2) + R * p["W"]
        return {"W": dW}

    X = np.arange(12.0).reshape(4, 3) / 7
    R = 0.3
    """
)


def module(folder, name, text):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def settle(loaded):
    return gp.check(loaded.cost, loaded.grad, {"W": np.array([[0.1, -0.4], [0.3, 0.2], [-0.5, 0.7]])}, seed=1)


def test_the_same_function_in_another_file_is_another_function(tmp_path):
    assert settle(module(tmp_path, "right", SOURCE)).verdict == "correct"
    wrong = settle(module(tmp_path, "wrong", SOURCE.replace("0.5 * R", "1.0 * R")))
    assert wrong["W"].diagnosis.code == "wrong-factor"
    assert wrong["W"].diagnosis.file == str(tmp_path / "wrong.py")
    assert wrong["W"].diagnosis.line == 9


def test_a_file_written_anew_has_its_new_lines(tmp_path):
    settle(module(tmp_path, "again", SOURCE.replace("1 - H**2", "1 - H")))
    report = settle(module(tmp_path, "again", "# a line more\n" + SOURCE.replace("R * p", "2 * R * p")))
    assert report["W"].diagnosis.line == 10
    assert report["W"].diagnosis.variable == "dW"


def test_the_line_that_asks_is_never_to_blame():
    def cost(p):
        total = np.zeros(3)
        for i in range(3):
            total[i] = np.sum(np.maximum(0, p["W"][i] + p["b"]))
        return total.sum() + np.sum(p["W"] ** 2)

    first = cost.__code__.co_firstlineno
    params = {"W": np.arange(12.0).reshape(3, 4) / 5 - 1, "b": np.array([-50.0, 0.4, 0.2, 0.3])}

    def grad(p):
        alive = (p["W"] + p["b"]) > 0
        db = np.zeros(4)
        for j in range(4):
            db[j] = alive[:, j].sum() + p["b"][j]
        return {"W": alive + 2 * p["W"], "b": db}

    last = grad.__code__.co_firstlineno + 5
    report = gp.check(cost, grad, params, seed=2)
    spans = [d.span for p in report for d in p.diagnoses if d.span is not None]
    assert report.wrong == ["b"]
    assert spans
    assert all(first <= s.line <= last for s in spans)
