"""Every error gradproof raises on purpose.

Two families, kept apart: :class:`InputError` means the user's input cannot be used and says what to
do about it; :class:`InternalError` means that gradproof contradicted itself, which is our defect.
"""

from __future__ import annotations


class GradproofError(Exception):
    """Base of all errors raised by gradproof."""


class InputError(GradproofError):
    """The input cannot be used as it stands.

    Parameters
    ----------
    what : str
        What is wrong, with the value that is wrong.
    where : str
        The expression, function or ``file:line`` it concerns.
    fix : str
        What to do about it.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  at: {self.where}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class ShapeError(InputError):
    """Two shapes do not fit together; both are named."""


class TraceError(InputError):
    """A NumPy function did something that the tracer cannot follow.

    The cost may still be right: evidence falls back to numbers, and the report says why.
    """


class InternalError(GradproofError):
    """gradproof contradicted itself. Please report it with the expression printed in the message."""
