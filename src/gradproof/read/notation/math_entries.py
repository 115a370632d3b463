"""Names with indices in text: ``w_ij`` under a sum, ``x_1`` of a declared vector, ``x(1)`` in MATLAB.

A subscript is an index where it is one of a sum around it, or a number and the array without it is declared.
``x_i`` is of x, or of X where only that is declared or stands in the formula. What could be an entry and
cannot be linked to an array is refused, so that no name stands for an array of its own unnoticed.
"""

from __future__ import annotations

import re
from fractions import Fraction

from gradproof.read.notation.math_cursor import Cursor
from gradproof.read.notation.math_tokens import Token, plain_subscripts
from gradproof.read.notation.names import default_rank
from gradproof.read.notation.tree import Entry, Index, Name, Node, Number, Slice, Span, Transpose

_COUNTERS = frozenset("ijkl")
_FREE = frozenset("ijklmnpq")  # beside the index of a sum, another index and no word
_ALONE = frozenset("ijklmnt")


class Entries(Cursor):
    """The part of the parser that finds the array a name with indices belongs to."""

    def rank_of(self, name: str) -> int:
        """Number of axes, declared or by habit."""
        declared = self.ranks.get(self.known.get(name, name))
        return default_rank(name) if declared is None else declared

    def linked(self, token: Token) -> Node | None:
        """The entry that a name is; None where it is a name of its own."""
        if token.text in self.known:
            return None
        base, indices = token.text.rpartition("_")[0], self._indices(token)
        if not base or not indices:
            self._check_number(token)
            return None
        array = self._array(base)
        if any(letter in self.bound for index in indices for letter in index):
            return self._bound_entry(token, base, array or base, indices)
        if array is None:
            if len(indices) > 1 and set(indices) <= _COUNTERS:
                self._unbound(token, base, indices[0])
            return None
        return None if self.ranks.get(array) == 0 else self._free_entry(token, base, array, indices)

    def _free_entry(self, token: Token, base: str, array: str, indices: list[str]) -> Node | None:
        """An entry by numbers; indices that no sum binds are refused."""
        if all(index.isdigit() or index == ":" for index in indices):
            return self._numbered(token, base, array, indices)
        letters = _ALONE if base in self.known else _COUNTERS
        if all(index in letters for index in indices):
            self._unbound(token, array, indices[0])
        return None

    def _check_number(self, token: Token) -> None:
        """Refuse ``x2`` where x is declared: a name of its own, an entry, or x times 2?"""
        base = token.text.rstrip("0123456789")
        if base != token.text and base in self.known and int(token.text[len(base) :]):
            number = token.text[len(base) :]
            self.refuse(
                f"{token.text} was not declared, and {base} was",
                token.span,
                f"declare {token.text}, or write {base}_{number} for an entry, {number} {base} for a product",
            )

    def _indices(self, token: Token) -> list[str]:
        """The indices of a subscript, each as it is written; a number of several digits is one."""
        if "_" not in token.text:
            return []
        raw = plain_subscripts(self.text[slice(*token.span)]).rpartition("_")[2]
        inside = raw.strip("{}").replace(" ", "")
        if "," in inside:
            return inside.split(",")
        if inside.isdigit() or not re.fullmatch(r"[a-z0-9:]+", inside):
            return [inside] if re.fullmatch(r"[\w+-]+", inside) else []
        return re.findall(r"\d+|[a-z:]", inside)

    def _array(self, base: str) -> str | None:
        """The array whose entries are written: of x, or of X where x is not declared."""
        if base in self.known:
            return self.known[base]
        if len(base) > 1 or not base.islower():
            return None
        capital = base.upper()
        if capital in self.known:
            return self.known[capital]
        return capital if any(t.kind == "name" and t.text == capital for t in self.tokens) else None

    def _bound_entry(self, token: Token, base: str, array: str, indices: list[str]) -> Node | None:
        free = [i for i in indices if i.isalpha() and i not in self.bound]
        if free:
            written = self.text[slice(*token.span)]
            if set(free) <= _FREE or "," in written:
                self._unbound(token, base, free[0])
            return None  # a word, such as mu_hat under a sum over t
        return self._entry(token, base, array, indices)

    def _entry(self, token: Token, base: str, array: str, indices: list[str]) -> Node:
        start, stop = token.span
        inside = (min(start + len(base) + 1, stop - 1), stop)
        nodes = tuple(self._index(index, inside) for index in indices)
        return Entry(token.span, Name((start, start + len(base)), array), nodes)

    def _index(self, written: str, span: Span) -> Node:
        if written == ":":
            return Slice(span, None, None, None)
        if written.isdigit():
            return Number(span, Fraction(written))
        if written.isalpha():
            return Name(span, written)
        place = self.text.find(written, span[0])
        if place < 0:
            self.refuse("an index that is computed", span, "write it without spaces: x_{i+1}")
        return self.parsed_again(place, place + len(written))

    def _numbered(self, token: Token, base: str, array: str, indices: list[str]) -> Node | None:
        """``x_1`` of a declared vector, ``A_12`` and ``A_{1,2}`` of a declared matrix."""
        if "0" in indices:
            return None  # x_0 is no entry, as indices count from 1
        rank = self.ranks.get(array)
        if len(indices) == 1 and rank == 2:
            if len(indices[0]) == 2 and indices[0].isdigit() and base in self.known:
                indices = list(indices[0])
            else:
                k = indices[0]
                self.refuse(
                    f"{token.text} can be a row or column of {array}, or a name of its own",
                    token.span,
                    f"write {array}_{{{k},:}} or {array}_{{:,{k}}}, or declare {token.text}",
                )
        return self._entry(token, base, array, indices)

    def _unbound(self, token: Token, array: str, index: str) -> None:
        self.refuse(
            f"an entry of {array}, and no sum runs over its index {index}",
            token.span,
            f"write sum_{index} before it, with all that is summed in brackets, or declare {token.text}",
        )

    # --- brackets behind a name ---------------------------------------------------------------------

    def entry(self, node: Name) -> Node:
        """``x(1)`` and ``A(i, j)``: an entry in MATLAB; else refused. ``A(x + y)`` is a product."""
        if self.matlab and self.at("("):
            return self._matlab_index(node)
        name = self.text[slice(*node.span)]
        if self.at("[") or self._has_several():
            one = f"{name}_{{1,2}}" if self.rank_of(node.name) == 2 else f"{name}_1"
            self.refuse(
                "entries are counted from 1 by some and from 0 by others",
                self.token.span,
                f"write {one} for an entry counted from 1, {name}_ij below a sum over i and j, "
                f"or {name}[...] with dialect='numpy'",
            )
        inside, close = self.following, self.tokens[min(self.place + 2, len(self.tokens) - 1)]
        counts = inside.kind == "number" or (inside.kind == "name" and inside.text in _ALONE | self.bound)
        if close.text == ")" and counts and self.rank_of(node.name):
            self.refuse(
                f"{name}({inside.text}) can be an entry or a product",
                (node.span[0], close.span[1]),
                f"write {name}_{{{inside.text},:}} for the row, or {name}*({inside.text}) for the product"
                if self.rank_of(node.name) == 2
                else f"write {name}_{inside.text} for the entry, or {name}*({inside.text}) for the product",
            )
        if close.text == ")" and inside.kind == "name" and name in ("f", "g", "h"):
            self.refuse(
                f"{name}({inside.text}) can be a function of {inside.text} or a product",
                (node.span[0], close.span[1]),
                f"write {name}*{inside.text} for the product, or the function out",
            )
        return node

    def _matlab_index(self, node: Name) -> Node:
        opened = self.take()
        items: list[Node] = []
        while True:
            items.append(self._matlab_place())
            if not self.at(","):
                break
            self.take()
        close = self.expect(")", opened)
        span = (node.span[0], close.span[1])
        if len(items) == 1 and self.rank_of(node.name) == 2:
            self.refuse(
                f"one index of the matrix {node.name} counts through its columns", span, "write two indices"
            )
        indexed = Index(span, node, tuple(items))
        row = len(items) == 2 and not isinstance(items[0], Slice) and isinstance(items[1], Slice)
        return Transpose(span, indexed) if row else indexed

    def _matlab_place(self) -> Node:
        """``:``, ``3``, ``end``, ``1:3`` counted from 1, as places counted from 0."""
        first = self.token
        if self.at(":"):
            self.take()
            return Slice(first.span, None, None, None)
        start = self._matlab_number()
        if not self.at(":"):
            return Number(first.span, Fraction(-1 if start is None else start - 1))
        self.take()
        last = self.token
        stop = self._matlab_number()
        bounds = [None if n is None else Number(last.span, Fraction(n)) for n in ((start or 1) - 1, stop)]
        if start is None or (stop is not None and stop < start):
            self.refuse("a range without entries", (first.span[0], last.span[1]), "write x(1:3)")
        return Slice((first.span[0], last.span[1]), bounds[0], bounds[1], None)

    def _matlab_number(self) -> int | None:
        """A whole number from 1 on; None for ``end``."""
        token = self.take()
        if token.kind == "name" and token.text == "end":
            return None
        if token.kind != "number" or not token.text.isdigit() or int(token.text) < 1:
            self.refuse(
                "an index must be a number from 1 on, or end",
                token.span,
                "write x(1), X(2,3), x(1:3), or a product with *",
            )
        return int(token.text)

    def _has_several(self) -> bool:
        """Whether there is a comma or colon in the brackets that open here."""
        depth = 0
        for token in self.tokens[self.place :]:
            if token.kind == "sign":
                depth += (token.text == "(") - (token.text == ")")
                if token.text in (",", ":") and depth == 1:
                    return True
            if depth == 0:
                break
        return False
