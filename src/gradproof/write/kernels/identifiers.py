"""Names of symbols as identifiers that every language has: α is alpha, β₁ is beta1."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

from gradproof.expr.node import Expr

C_WORDS = {"i", "j", "m", "T", "order", "count", "size", "cost", "start", "arrays", "scalars", "gemm", "top",
             "total", "share", "double", "float", "int", "for", "if", "const", "void",
           "restrict"}  # fmt: skip


def identifiers(leaves: Iterable[Expr], reserved: Collection[str] = ()) -> dict[Expr, str]:
    """An identifier for each symbol, all different, and none of the reserved words.

    Examples
    --------
    >>> from gradproof.expr.node import symbol
    >>> list(identifiers([symbol("β₁"), symbol("A1_kept", (2, "m")), symbol("m")]).values())
    ['beta1', 'A1_kept', 'm']
    """
    taken = set(reserved)
    found = {}
    for leaf in leaves:
        base = _plain(leaf.name)
        name, k = base, 2
        while name in taken or re.fullmatch(r"[ickv]\d+", name):
            name, k = f"{base}_{k}", k + 1
        taken.add(name)
        found[leaf] = name
    return found


def _plain(name: str) -> str:
    letters = []
    for letter in unicodedata.normalize("NFKC", name):
        if letter.isascii():
            letters.append(letter)
        else:
            letters.append(unicodedata.name(letter, "x").split()[-1].lower().replace("lamda", "lambda"))
    text = re.sub(r"\W+", "_", "".join(letters)).strip("_") or "x"
    text = f"_{text}" if text[0].isdigit() else text
    return f"{text}_" if keyword.iskeyword(text) else text
