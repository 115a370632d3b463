"""From a wrong gradient to the term that is wrong, its place and its reason."""

from gradproof.checking.diagnosis.diagnose import diagnose

__all__ = ["diagnose"]
