"""Convolutions of NumPy and SciPy: sums of shifted copies, one for each entry of the smaller side."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.read.dispatch import HANDLERS, handles
from gradproof.read.recorder import active
from gradproof.read.traced import concrete


def _full(x: Any, w: Any) -> Any:
    """Σ_k w_k · (x shifted by k), over all overlaps."""
    shape, kernel = np.shape(concrete(x)), np.shape(concrete(w))
    result = HANDLERS["zeros"](tuple(n + k - 1 for n, k in zip(shape, kernel, strict=True)))
    for place in np.ndindex(*kernel):
        result[tuple(slice(i, i + n) for i, n in zip(place, shape, strict=True))] += x * w[place]
    return result


def _cut(full: Any, shape: tuple[int, ...], kernel: tuple[int, ...], mode: str) -> Any:
    """The part of the full convolution that a mode keeps."""
    if mode == "full":
        return full
    if mode == "same":
        return full[tuple(slice((k - 1) // 2, (k - 1) // 2 + n) for n, k in zip(shape, kernel, strict=True))]
    if mode == "valid":
        bounds = [(min(n, k) - 1, max(n, k)) for n, k in zip(shape, kernel, strict=True)]
        return full[tuple(slice(low, high) for low, high in bounds)]
    raise active().error(f"a convolution with mode={mode!r} cannot be followed", "use full, same or valid")


def convolved(a: Any, v: Any, mode: str) -> Any:
    """The convolution of two arrays of as many axes."""
    x, w = HANDLERS["asarray"](a), HANDLERS["asarray"](v)
    small = np.size(concrete(w)) <= np.size(concrete(x))
    full = _full(x, w) if small else _full(w, x)
    return _cut(full, np.shape(concrete(x)), np.shape(concrete(w)), mode)


@handles("convolve")
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Discrete convolution of two sequences; "same" is as long as the longer one."""
    if mode == "same" and len(concrete(v)) > len(concrete(a)):
        a, v = v, a
    return convolved(a, v, mode)


@handles("correlate")
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Sliding inner products."""
    if len(concrete(v)) > len(concrete(a)):
        return HANDLERS["flip"](correlate(v, a, mode))
    return convolved(a, HANDLERS["flip"](HANDLERS["asarray"](v)), mode)


@handles("scipy.signal.convolve", "scipy.signal.fftconvolve", "scipy.signal.oaconvolve")
def signal_convolve(in1: Any, in2: Any, mode: str = "full", *args: Any, **kwargs: Any) -> Any:
    """Convolution over all axes."""
    return convolved(in1, in2, mode)


@handles("scipy.signal.correlate")
def signal_correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    """Correlation over all axes."""
    return convolved(in1, HANDLERS["flip"](HANDLERS["asarray"](in2)), mode)


def _padded(in1: Any, in2: Any, mode: str, boundary: str) -> Any:
    if boundary != "fill":
        raise active().error(
            f"a convolution with boundary={boundary!r} cannot be followed", "pad with np.pad before"
        )
    return convolved(in1, in2, mode)


@handles("scipy.signal.convolve2d")
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Convolution of matrices."""
    return _padded(in1, in2, mode, boundary)


@handles("scipy.signal.correlate2d")
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Correlation of matrices."""
    return _padded(in1, HANDLERS["flip"](HANDLERS["asarray"](in2)), mode, boundary)
