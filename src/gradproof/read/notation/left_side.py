"""The name that an equation gives its right side: the J of ``J(W) = ...``."""

from __future__ import annotations

import re

_LEFT_SIDE = re.compile(
    r"\s*\$*\s*(?:\\(?:mathcal|mathrm|mathbf|text)\s*\{?\s*)?(?P<base>\\?[^\W\d_]+\d*)\}?"
    r"(?:_\{?(?:\\(?:mathrm|text)\s*\{)?(?P<lower>\w+)\}*)?\s*(?:\([^()=]*\))?\s*:?=(?!=)"
)


def function_name(text: str) -> str:
    r"""What the left side calls the function; empty where there is no left side.

    Examples
    --------
    >>> [function_name(t) for t in ("J = x'x", r"\mathcal{L}_{reg}(W) = 1", r"\sum_{i=1}^n x_i")]
    ['J', 'L_reg', '']
    """
    found = _LEFT_SIDE.match(text)
    if found is None or found["base"] in ("\\sum", "\\prod"):  # the limits of a sum are no left side
        return ""
    base = found["base"].removeprefix("\\")
    return f"{base}_{found['lower']}" if found["lower"] else base
