"""The address of a BLAS matrix product, which compiled kernels call: NumPy's own, or SciPy's.

NumPy's is taken where its wheel brings one, so that everything in a process uses the same threads: those of
two libraries wait for work by spinning, each where the other one wants to run.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

_NAMES = {"float64": "dgemm", "float32": "sgemm"}
# Where NumPy's wheels have their OpenBLAS, whose integers have 8 bytes, on Linux and on macOS.
_PLACES = ("../numpy.libs/libscipy_openblas64_*", ".dylibs/libscipy_openblas64_*")


def is_available() -> bool:
    """Whether there is one of the two."""
    if _of_numpy() is not None:
        return True
    try:
        import scipy.linalg.cython_blas  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def gemm_address(dtype: npt.DTypeLike) -> int:
    """The address of ``dgemm`` or ``sgemm``."""
    name = _NAMES[np.dtype(dtype).name]
    library = _of_numpy()
    if library is not None:
        return ctypes.cast(getattr(library, f"scipy_{name}_64_"), ctypes.c_void_p).value or 0
    return _of_scipy(name)


@cache
def _of_numpy() -> ctypes.CDLL | None:
    """The OpenBLAS that NumPy has loaded; None where NumPy was built with another library."""
    for place in _PLACES:
        for path in sorted(Path(np.__file__).parent.glob(place)):
            try:
                library = ctypes.CDLL(str(path))
            except OSError:
                continue
            if all(hasattr(library, f"scipy_{name}_64_") for name in _NAMES.values()):
                return library
    return None


def _of_scipy(name: str) -> int:
    """SciPy publishes the routines of its BLAS for Cython as capsules that hold their addresses."""
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetName.argtypes = [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule)))
