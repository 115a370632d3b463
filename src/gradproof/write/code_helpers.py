"""Helpers that emitted code may need, as source; ``np`` stands for the library."""

from __future__ import annotations

SIGMOID = '''\
def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
'''
SOFTMAX = '''\
def softmax(z, axis):
    """exp(z) / sum(exp(z)) along the axis, without overflow."""
    e = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)
'''
LOGSUMEXP = '''\
def logsumexp(z, axis):
    """log(sum(exp(z))) along the axis, which is kept, without overflow."""
    top = np.max(z, axis=axis, keepdims=True)
    return top + np.log(np.sum(np.exp(z - top), axis=axis, keepdims=True))
'''
DIFF_ADJOINT = '''\
def diff_adjoint(g, axis):
    """The transpose of the differences along an axis."""
    edge = np.zeros_like(np.take(g, np.array([0]), axis=axis))
    return -np.diff(np.concatenate([edge, g, edge], axis=axis), axis=axis)
'''
TOEPLITZ_COLUMN = '''\
def toeplitz_column(G):
    """Sums along the main diagonal and those below it."""
    return np.stack([np.diagonal(G, -i).sum() for i in range(G.shape[0])])
'''
TOEPLITZ_ROW = '''\
def toeplitz_row(G):
    """Sums along the diagonals above the main one, after a 0."""
    sums = [np.diagonal(G, j).sum() for j in range(1, G.shape[1])]
    return np.stack([0 * G[0, 0], *sums])
'''
HANKEL_COLUMN = '''\
def hankel_column(G):
    """Sums along the antidiagonals that begin in the first column."""
    m, n = G.shape
    return np.stack([np.diagonal(np.fliplr(G), n - 1 - k).sum() for k in range(m)])
'''
HANKEL_ROW = '''\
def hankel_row(G):
    """Sums along the antidiagonals that end in the last row, after a 0."""
    m, n = G.shape
    sums = [np.diagonal(np.fliplr(G), n - m - k).sum() for k in range(1, n)]
    return np.stack([0 * G[0, 0], *sums])
'''
INVERSE_GAPS = '''\
def inverse_gaps(w):
    """1 / (w_j - w_i), and 0 on the diagonal."""
    gaps = w[..., None, :] - w[..., :, None]
    return np.where(gaps == 0, 0.0, 1 / np.where(gaps == 0, 1.0, gaps))
'''
EIGENVECTOR = '''\
def eigenvector(A, pick):
    """The unit eigenvector of the chosen eigenvalue, its sign fixed by a probe."""
    values, vectors = np.linalg.eig(A)
    v = vectors[:, pick(values.real)].real
    v = v / np.linalg.norm(v)
    return v * np.sign(v @ np.cos(np.arange(1, len(v) + 1) * np.ones_like(v)))
'''

ANYWHERE: dict[str, str] = {
    "diff_adjoint": DIFF_ADJOINT,
    "toeplitz_column": TOEPLITZ_COLUMN,
    "toeplitz_row": TOEPLITZ_ROW,
    "hankel_column": HANKEL_COLUMN,
    "hankel_row": HANKEL_ROW,
    "inverse_gaps": INVERSE_GAPS,
    "eigenvector": EIGENVECTOR,
}
STABLE: dict[str, str] = {"sigmoid": SIGMOID, "softmax": SOFTMAX, "logsumexp": LOGSUMEXP}
CALLS: dict[str, str] = {
    "diff_adjoint": "diff_adjoint({0}, {attrs[0]})",
    "toeplitz_column": "toeplitz_column({0})",
    "toeplitz_row": "toeplitz_row({0})",
    "hankel_column": "hankel_column({0})",
    "hankel_row": "hankel_row({0})",
    "inverse_gaps": "inverse_gaps({0})",
    "v_max": "eigenvector({0}, np.argmax)",
    "v_min": "eigenvector({0}, np.argmin)",
}
"""Templates that call the helpers, for operations whose records have none or a long one."""


def spelled(sources: dict[str, str], module: str) -> dict[str, str]:
    """The helpers in another library's words."""
    return {name: source.replace("np.", f"{module}.") for name, source in sources.items()}
