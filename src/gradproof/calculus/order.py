"""An order of expressions that does not depend on how or when they were made.

Interned nodes are equal when they are the same object; to *sort* them, each gets a digest of its content.
"""

from __future__ import annotations

import hashlib
import weakref

from gradproof.expr.node import ArrayData, Expr

_DIGESTS: weakref.WeakKeyDictionary[Expr, str] = weakref.WeakKeyDictionary()


def digest(node: Expr) -> str:
    """A string that depends on the content of the expression only; equal for equal expressions."""
    known = _DIGESTS.get(node)
    if known is not None:
        return known
    stack = [node]
    while stack:
        missing = [a for a in stack[-1].args if a not in _DIGESTS]
        if missing:
            stack += missing
        else:
            done = stack.pop()
            _DIGESTS[done] = _own_digest(done)
    return _DIGESTS[node]


def _own_digest(node: Expr) -> str:
    parts = [node.op.name, *(_DIGESTS[a] for a in node.args)]
    for attribute in node.attrs:
        if isinstance(attribute, ArrayData):
            parts.append(f"{attribute.label}{attribute.array.shape}{attribute.array.dtype}")
            parts.append(hashlib.blake2b(attribute.array.tobytes(), digest_size=12).hexdigest())
        else:
            parts.append(repr(attribute))
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).hexdigest()
