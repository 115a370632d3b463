"""Code that rounds to float32, throughout or on the way: right gradients are right, wrong ones are found."""

import numpy as np
import pytest

import gradproof as gp

f32 = np.float32
rnd = np.random.default_rng(5)
X = rnd.normal(size=(40, 4)).astype(f32)
Y = (rnd.random((40, 1)) > 0.5).astype(f32)
LAMBDA = f32(0.1)
INVERSE = f32(1) / f32(40)


def parameters(dtype=f32):
    return {"w": rnd.normal(size=(4, 3)).astype(dtype), "v": rnd.normal(size=(3, 1)).astype(dtype)}


def forward(p):
    H = np.tanh(X @ p["w"])
    return H, (H @ p["v"]).astype(f32)


def cost(p):
    _, z = forward(p)
    data = np.mean(np.log(f32(1) + np.exp(z)) - Y * z, dtype=f32)
    return f32(data + f32(0.5) * LAMBDA * np.sum(p["w"] ** 2))


def grad(p, penalty=LAMBDA):
    H, z = forward(p)
    d = (f32(1) / (f32(1) + np.exp(-z)) - Y) / f32(len(X))
    dH = (d @ p["v"].T).astype(f32)
    return {"w": (X.T @ (dH * (1 - H**2)) + penalty * p["w"]).astype(f32), "v": (H.T @ d).astype(f32)}


def cast_by_asarray(p):
    z = np.asarray(X @ p["w"] @ p["v"], dtype=np.float32)
    return np.mean((z - Y) ** 2)


def cast_by_buffer(p):
    z = np.zeros((40, 1), dtype=np.float32)
    z += X @ p["w"] @ p["v"]
    return np.mean((z - Y) ** 2)


def squares(p):
    d = 2 * (X @ p["w"] @ p["v"] - Y) / len(X)
    return {"w": X.T @ d @ p["v"].T, "v": p["w"].T @ X.T @ d}


def squares_by_constant(p):
    d = 2 * (X @ p["w"] @ p["v"] - Y) * INVERSE
    return {"w": X.T @ d @ p["v"].T, "v": p["w"].T @ X.T @ d}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3))
def test_single_precision_throughout_is_right(dtype, seed):
    report = gp.check(cost, grad, parameters(dtype), seed=seed)
    assert report.verdict == "correct", report.to_json()
    assert report.evidence.kind == "derived"


@pytest.mark.parametrize("rounded", [cast_by_asarray, cast_by_buffer])
@pytest.mark.parametrize("candidate", [squares, squares_by_constant])
def test_a_cast_on_the_way_is_no_fault(rounded, candidate):
    report = gp.check(rounded, candidate, parameters(), seed=1)
    assert report.verdict == "correct", report.to_json()
    assert any("float32" in note for note in report.evidence.notes)


def test_the_evidence_says_that_casts_were_ignored():
    report = gp.check(cost, grad, parameters(), seed=1)
    assert any("casts ignored" in note for note in report.evidence.notes)


@pytest.mark.parametrize("penalty", [f32(0.0), f32(0.05), f32(0.10001)])
def test_a_wrong_penalty_is_found_in_single_precision(penalty):
    report = gp.check(cost, lambda p: grad(p, penalty), parameters(), seed=1)
    assert report.wrong == ["w"]
    assert report["w"].diagnosis.code in ("missing-term", "wrong-factor", "wrong-operand")


def test_numeric_evidence_does_not_take_rounding_for_a_fault():
    def unreadable(p):
        z = X @ np.array([[float(str(x)) for x in row] for row in p["w"]], dtype=f32) @ p["v"].astype(f32)
        return np.mean((z - Y) ** 2, dtype=f32)

    report = gp.check(unreadable, squares, parameters(), seed=1)
    assert report.evidence.kind == "numeric"
    assert report.wrong == []
    off = gp.check(unreadable, lambda p: {k: 3 * g for k, g in squares(p).items()}, parameters(), seed=1)
    assert off.verdict != "correct"
