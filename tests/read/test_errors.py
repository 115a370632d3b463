# ruff: noqa: E501, UP031
"""What cannot be followed says so, with the line; nothing is lost silently."""

import array
import pickle
import statistics

import numpy as np
import pytest

from gradproof.errors import InputError, TraceError
from gradproof.read import TraceSession

W = np.array([0.5, 1.5, 2.5])
buffer = array.array("d", [0.0, 0.0])


def into_a_python_array(w):
    buffer[0] = w[0]
    return sum(buffer)


def through_pickle(w):
    return pickle.loads(pickle.dumps(w)).sum()


def fourier(w):
    return np.abs(np.fft.fft(w)).sum()


def through_statistics(w):
    return statistics.mean([float(v) for v in w])


def singular_vectors(w):
    return np.linalg.svd(np.outer(w, w))[0].sum()


def complex_numbers(w):
    return np.real(complex(w[0]) + 1)


def random_location(w):
    return np.random.normal(w[0], 1.0)


def other_ufunc_at(w):
    a = w * 1
    np.multiply.at(a, [0], 2.0)
    return a.sum()


def histogram(w):
    return np.histogram(w)[0].sum() + np.interp(w, [0, 1], [0, 1]).sum()


def caught_by_the_user(w):
    try:
        return np.fft.fft(w).sum()
    except Exception:
        return w.sum()


CASES = (
    into_a_python_array, through_pickle, fourier, through_statistics, singular_vectors, complex_numbers, random_location,
    other_ufunc_at, histogram, caught_by_the_user,
)  # fmt: skip


@pytest.mark.parametrize("function", CASES, ids=lambda f: f.__name__)
def test_it_raises_with_function_and_line(function):
    with pytest.raises(TraceError) as caught:
        TraceSession().trace(function, W)
    first = function.__code__.co_firstlineno
    assert caught.value.fix
    where = caught.value.where
    if "test_errors.py" in where:
        assert function.__name__ in where
        assert first < int(where.rpartition(":")[2]) <= first + 4


def test_values_without_parameters_leave_freely():
    X = np.arange(3.0)

    def f(w):
        plain = pickle.loads(pickle.dumps(X))
        text = "%.2f %s %d" % (float(w.sum()), w, int(w[0]))
        assert text
        return (w * plain).sum() + float(array.array("d", X)[1]) * w[0]

    assert TraceSession().trace(f, W).cost.shape == ()


def test_formatting_loses_nothing():
    def f(w):
        cost = w.sum()
        print(f"Cost: {cost:f}", f"{cost:.2f}", cost, f"{cost:g}")
        return cost

    assert TraceSession().trace(f, W).cost.shape == ()


def test_the_users_own_errors_stay():
    with pytest.raises(ValueError, match="shapes"):
        TraceSession().trace(lambda w: np.dot(w, np.ones(4)), W)
    with pytest.raises(IndexError):
        TraceSession().trace(lambda w: w[7], W)
    with pytest.raises(AttributeError):
        TraceSession().trace(lambda w: w.nonsense(), W)
    with pytest.raises(TypeError):
        TraceSession().trace(lambda w: w + "text", W)


def test_complex_parameters_are_refused():
    with pytest.raises(InputError, match="complex"):
        TraceSession().trace(lambda w: w.sum(), np.ones(2, dtype=complex))


def test_a_traced_value_does_not_outlive_its_trace():
    kept = []
    holder = type("Holder", (), {})()
    holder.keep = lambda v: kept.append(v)

    def f(w):
        holder.keep(w)
        return w.sum()

    TraceSession().trace(f, W)
    assert all(type(k) is np.ndarray or k is None for k in kept) or kept
