"""A module around functions: the imports and the helpers that they use, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from gradproof.write.code_dialect import Dialect


def module_source(dialect: Dialect, pieces: Sequence[str]) -> str:
    """Imports, helpers and the given pieces of source, two empty lines between them."""
    helpers = [dialect.helpers[name].rstrip("\n") for name in dialect.helpers if name in dialect.used]
    body = "\n\n\n".join([*helpers, *pieces])
    needed = [line for word, line in dialect.extra_imports if f"{word}." in body]
    return "\n".join([dialect.imports, *needed]) + "\n\n\n" + body
