"""Values of matrix functions in NumPy: exponential, logarithm, square root, sine, cosine.

Sources: Higham, The scaling and squaring method for the matrix exponential revisited, 2005; Higham, Functions
of Matrices, 2008, chapter 6 (product form of the Denman-Beavers iteration), chapter 11 (inverse scaling and
squaring).
"""

from __future__ import annotations

from typing import Any

import numpy as np

_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_THETA = 5.371920351148152  # up to this norm the approximant [13/13] is exact to rounding


def expm(x: Any) -> Any:
    """eˣ by scaling and squaring with the Padé approximant [13/13]."""
    size = np.linalg.norm(x, 1)
    if not np.isfinite(size):
        return np.full_like(x, np.nan)
    squarings = max(0, int(np.ceil(np.log2(size / _THETA)))) if size > _THETA else 0
    a = x / 2.0**squarings
    eye = np.eye(len(a), dtype=a.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    b = _PADE
    odd = a @ (a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * eye)
    even = a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * eye
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result


def _rotations(x: Any) -> tuple[Any, Any]:
    """e^{ix} and e^{−ix}."""
    turned = expm(1j * x)
    return turned, np.conj(turned) if np.isrealobj(x) else expm(-1j * x)


def cosm(x: Any) -> Any:
    """(e^{ix} + e^{−ix}) / 2."""
    left, right = _rotations(x)
    result = (left + right) / 2
    return result.real if np.isrealobj(x) else result


def sinm(x: Any) -> Any:
    """(e^{ix} − e^{−ix}) / 2i."""
    left, right = _rotations(x)
    result = (left - right) / 2j
    return result.real if np.isrealobj(x) else result


def coshm(x: Any) -> Any:
    """(eˣ + e⁻ˣ) / 2."""
    return (expm(x) + expm(-x)) / 2


def sinhm(x: Any) -> Any:
    """(eˣ − e⁻ˣ) / 2."""
    return (expm(x) - expm(-x)) / 2


def sqrtm(x: Any) -> Any:
    """The principal square root; NaN where there is none, as for a real matrix with a negative eigenvalue."""
    root = _denman_beavers(x)
    return root if np.linalg.norm(root @ root - x) <= 1e-6 * np.linalg.norm(x) else np.full_like(x, np.nan)


def _denman_beavers(x: Any) -> Any:
    """Y ← μY(I + M⁻¹μ⁻²)/2, M ← (I + (μ²M + μ⁻²M⁻¹)/2)/2 with scaling by the determinant."""
    n = len(x)
    eye = np.eye(n, dtype=x.dtype)
    y, m = x.copy(), x.copy()
    scaled, distance = True, float("inf")
    for _ in range(60):
        inverse = np.linalg.inv(m)
        mu = np.exp(-np.linalg.slogdet(m)[1] / (2 * n)) if scaled else 1.0
        y = mu * y @ (eye + inverse / mu**2) / 2
        m = (eye + (mu**2 * m + inverse / mu**2) / 2) / 2
        before, distance = distance, float(np.linalg.norm(m - eye))
        scaled = scaled and distance > 1e-2
        if distance < 1e-15 * n or (distance < 1e-7 and distance >= before / 2):
            break
    return y


def logm(x: Any) -> Any:
    """The principal logarithm, by square roots until the matrix is near I and a quadrature there."""
    root, roots = x, 0
    eye = np.eye(len(x), dtype=x.dtype)
    while np.linalg.norm(root - eye, 1) > 0.25 and roots < 60:
        root = sqrtm(root)
        roots += 1
    nodes, weights = np.polynomial.legendre.leggauss(8)
    near = root - eye
    total = np.zeros_like(near)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        total = total + weight * np.linalg.solve(eye + node * near, near)
    return 2.0**roots * total
