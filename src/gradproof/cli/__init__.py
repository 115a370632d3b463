"""The command line: ``gradproof check``, ``derive`` and ``explain``."""

from gradproof.cli.app import main

__all__ = ["main"]
