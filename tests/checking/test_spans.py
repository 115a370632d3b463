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


A = np.arange(12.0).reshape(4, 3) / 9 - 0.4


def network(p):
    return np.sum(np.tanh(p["W"] @ A + p["b"]) ** 2) / 3


def gradients(p, shape=lambda dW, db: (dW, db)):
    H = np.tanh(p["W"] @ A + p["b"])
    dZ = 2 * H * (1 - H**2) / 3
    dW, db = shape(dZ @ A.T, dZ)
    return {"W": dW, "b": db}


PARAMS = {"W": np.linspace(-1, 1, 8).reshape(2, 4), "b": np.array([[0.1], [-0.2]])}


def shaped(shape):
    return gp.check(network, lambda p: gradients(p, shape), PARAMS, seed=1)


def test_a_gradient_of_the_wrong_shape_has_its_line_and_what_is_right_about_it():
    report = shaped(lambda dW, dZ: (dW.T, dZ.sum(axis=1)))
    w, b = report["W"].diagnosis, report["b"].diagnosis
    assert (w.code, b.code) == ("wrong-shape", "wrong-shape")
    assert "it is the transpose of the right gradient" in w.message
    assert "its values are right, its axes are not" in b.message
    assert "keepdims" in b.fix
    assert w.line == b.line == report["W"].diagnosis.line is not None
    assert w.file == __file__


def test_sums_too_many_and_too_few():
    assert "it was not summed over axis 1" in shaped(lambda dW, dZ: (dW, dZ))["b"].diagnosis.message
    few = shaped(lambda dW, dZ: (dW.sum(axis=1), dZ.sum(axis=1, keepdims=True)))
    assert "it is the right gradient summed over axis 1" in few["W"].diagnosis.message
    other = shaped(lambda dW, dZ: (dZ.sum(axis=1, keepdims=True), dW))
    assert "it is the right gradient by b" in other["W"].diagnosis.message


def test_a_gradient_that_is_not_a_number_has_its_line():
    report = shaped(lambda dW, dZ: (dW / (dW - dW), dZ.sum(axis=1, keepdims=True)))
    assert report["W"].diagnosis.code == "not-a-number"
    assert report["W"].diagnosis.file == __file__


def test_a_gradient_without_a_name_has_the_line_of_its_expression():
    def grad(w):
        return (
            A.T @ np.ones(4)
            - 2 * w
        )

    report = gp.check(lambda w: np.sum(A @ w) + np.sum(w**2), grad, np.array([0.4, 0.2, -0.3]), seed=1)
    first = grad.__code__.co_firstlineno
    assert first + 2 <= report["params"].diagnosis.line <= first + 3


def test_numeric_evidence_points_at_the_return():
    def opaque(w):
        return float(str(np.sum(w**2)))

    def grad(w):
        weights = 1.0 * w
        return 3 * weights

    report = gp.check(opaque, grad, np.array([0.4, 0.2, -0.3]), seed=1)
    assert report.evidence.kind == "numeric"
    assert report["params"].diagnosis.line == grad.__code__.co_firstlineno + 2
