"""The address of the matrix product of SciPy's BLAS, which compiled kernels call."""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
import numpy.typing as npt


def is_available() -> bool:
    """Whether SciPy is installed."""
    try:
        import scipy.linalg.cython_blas  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def gemm_address(dtype: npt.DTypeLike) -> int:
    """The address of ``dgemm`` or ``sgemm``.

    SciPy publishes the routines of its BLAS for Cython as capsules that hold their addresses
    (scipy.linalg.cython_blas).
    """
    from scipy.linalg import cython_blas

    name = {"float64": "dgemm", "float32": "sgemm"}[np.dtype(dtype).name]
    capsule = cython_blas.__pyx_capi__[name]
    api = ctypes.pythonapi
    api.PyCapsule_GetName.restype = ctypes.c_char_p
    api.PyCapsule_GetName.argtypes = [ctypes.py_object]
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    return int(api.PyCapsule_GetPointer(capsule, api.PyCapsule_GetName(capsule)))
