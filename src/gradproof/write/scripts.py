r"""Superscripts and subscripts in LaTeX: a base takes one of each; a second needs braces around the first.

>>> raised("X", r"^{\top}"), raised("X^{-1}", r"^{\top}"), raised(r"x^{\circ 2}", r"^{\top}")
('X^{\\top}', 'X^{-\\top}', '{x^{\\circ 2}}^{\\top}')
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
_INVERSE, _TRANSPOSE, _BOTH = "^{-1}", r"^{\top}", r"^{-\top}"


def scripts_at_end(latex: str) -> set[str]:
    """Which of ``^`` and ``_`` the last base of a formula has already."""
    found: set[str] = set()
    depth, waiting = 0, False
    for token in _TOKEN.findall(latex):
        if token.isspace():
            continue
        if depth == 0 and token in "^_":
            found.add(token)
            waiting = True
            continue
        if depth == 0 and not waiting and token not in "'}":
            found = set()
        depth += (token == "{") - (token == "}")
        waiting = waiting and depth > 0
    return found


def raised(base: str, mark: str) -> str:
    """A mark such as a transpose behind a base; an inverse and a transpose are one mark."""
    if "^" not in scripts_at_end(base):
        return base + mark
    if {mark, base[-len(_INVERSE) :]} == {_TRANSPOSE, _INVERSE} and base.endswith(_INVERSE):
        return base.removesuffix(_INVERSE) + _BOTH
    return f"{{{base}}}{mark}"


def lowered(base: str, inside: str) -> str:
    """A subscript behind a base; one that is there already is continued, ``W_{1,ij}``."""
    if "_" not in scripts_at_end(base):
        return f"{base}_{{{inside}}}"
    below = re.fullmatch(r"(.*)_\{([^{}]*)\}", base)
    return f"{below[1]}_{{{below[2]},{inside}}}" if below else f"{{{base}}}_{{{inside}}}"
