r"""A letter with its scripts: a name, an entry, a layer's array, a sample, the number e, the identity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from gradproof.errors import InputError
from gradproof.read.notation.latex_build import read_tokens
from gradproof.read.notation.latex_names import Surroundings, shown, spellings
from gradproof.read.notation.latex_nodes import Identity, ScalarName, of_matrix
from gradproof.read.notation.latex_raising import raise_to
from gradproof.read.notation.latex_scripts import Above, Label, parts_of, transposing
from gradproof.read.notation.latex_shapes import Overlined
from gradproof.read.notation.latex_tokens import Letter, Tok, Tokens
from gradproof.read.notation.tree import Call, Entry, Name, Node, Number, Slice, Span


@dataclass(frozen=True, slots=True)
class Sample(Node):
    r"""``x^{(i)}``: what an array has for sample i, whichever axis counts the samples."""

    base: Node
    index: Node


_INDEX_LETTERS = frozenset("ijk")


def named(token: Tok, below: list[Tok], raised: Above, around: Surroundings) -> Node:
    """The meaning of a letter with scripts, the exponent included."""
    letter: Letter = token.value
    if letter.accent:
        token = _accented(token, around)
        if not token.value.accent:
            return raise_to(
                Overlined(token.span, named(token, below, _unraised(raised), around)),
                raised,
                token.span,
                around,
            )
        letter = token.value
    ends = [token.span[1], *(s.span[1] for s in below)] + ([raised.span[1]] if raised.labels else [])
    span = (token.span[0], max(ends)) if not raised.exponent else (token.span[0], max(ends[:-1] or ends))
    if special := _special(letter, token, below, raised, around):
        return special
    if len(below) > 1:
        raise around.refuse("two subscripts", below[1].span, "write one")
    layer, sample = _labels(letter, raised.labels, around)
    node = _lowered(letter, token, below[0] if below else None, layer, span, around, sample)
    return raise_to(node, raised, span, around)


def _unraised(raised: Above) -> Above:
    return replace(raised, exponent=())


def _accented(token: Tok, around: Surroundings) -> Tok:
    r"""A letter with an accent as a name of its own; without it where a bar is over what is declared."""
    letter: Letter = token.value
    name = replace(letter, accent="bar" if letter.accent == "overline" else letter.accent)
    if around.spelled(name.name) is not None:
        return replace(token, value=name)
    written = around.text[slice(*token.span)]
    if name.accent == "bar" and around.spelled(letter.base) is not None:
        return replace(token, value=replace(letter, accent=""))
    if letter.accent == "overline":
        raise around.refuse(
            "a line over a name: mean, conjugate, or part of the name?", token.span,
            r"write \bar{x} for a name, \operatorname{mean}(x) for the mean, x^{H} for the conjugate",
        )  # fmt: skip
    if around.spelled(letter.base) is not None:
        note = f"{written} is a name of its own, {name.name}, and not {letter.base}"
        if note not in around.notes:
            around.notes.append(note)
    return token


def _special(
    letter: Letter, token: Tok, below: list[Tok], raised: Above, around: Surroundings
) -> Node | None:
    r"""``e^x``, ``I``, ``I_n``, unless the letter is declared."""
    if letter.accent or letter.font or raised.labels or around.spelled(letter.base) is not None:
        return None
    if letter.base == "e" and not below:
        if raised.exponent and not transposing(raised.exponent):
            exponent = read_tokens(raised.exponent, around)
            return of_matrix(Call((token.span[0], raised.span[1]), "exp", (exponent,), (), token.span))
        raise around.refuse(
            "e: Euler's number, or a vector of that name?", token.span,
            r"write \exp(1) for the number; declare e in shapes= if it is a variable",
        )  # fmt: skip
    if letter.base in ("I", "Id") and not (below and _is_bound(below[0].value, around)):
        size = None
        if below:
            tokens = below[0].value
            if len(tokens) != 1:
                raise around.refuse("the size of an identity matrix", below[0].span, "write I_n")
            if around.spelled("I", "", shown(tokens[0])) is not None:
                return None
            size = read_tokens(tokens, around)
        identity = Identity((token.span[0], below[0].span[1] if below else token.span[1]), size)
        return raise_to(identity, raised, identity.span, around)
    if letter.word and letter.base == "d":
        raise around.refuse("a differential", token.span, "give the function; wrt= says the variable")
    return None


def _holds_bound(tokens: Tokens, around: Surroundings) -> bool:
    """Whether the index of a sum stands in tokens or in their scripts."""
    return any(
        _holds_bound(t.value, around) if t.kind in ("SUB", "SUP") else _is_bound((t,), around) for t in tokens
    )


def _is_bound(tokens: Tokens, around: Surroundings) -> bool:
    return any(isinstance(t.value, Letter) and t.value.name in around.bound for t in tokens)


# --- labels above -------------------------------------------------------------------------------------


def _labels(letter: Letter, labels: tuple[Label, ...], around: Surroundings) -> tuple[str, Node | None]:
    """The label that is part of the name, and the index of the sample."""
    layer, sample = "", None
    for label in labels:
        text = "".join(shown(t) for t in label.tokens)
        index = label.tokens[0].value.name if isinstance(label.tokens[0].value, Letter) else ""
        free = len(label.tokens) == 1 and index in around.bound and around.bound[index] is None
        if index in around.indices and index not in around.bound:
            raise _outside(index, label.span, around)
        if index in around.bound and around.bound[index] is not None:
            text = _shifted(around.bound[index] or "", label, around)
        elif index in around.bound and len(label.tokens) > 1:
            raise around.refuse(
                "a label that is computed from an index", label.span, "give the number of layers: layers=3"
            )
        if free and label.bracket == ")":
            if not _has_array(letter, layer, around):
                raise around.refuse(
                    f"({index}): a layer, or a sample of an array that is not declared?", label.span,
                    f"write [{index}] for a layer; for samples declare the array: "
                    f"shapes={{'{letter.name}': ('m',)}} or {{'{letter.base.capitalize()}': ('m', 'n')}}",
                )  # fmt: skip
            sample = Name(label.span, index)
        elif layer:
            raise around.refuse("two labels", label.span, "write one name")
        elif free:
            raise around.refuse(
                f"[{index}] counts no layers here", label.span, "declare the layers, or give layers="
            )
        else:
            layer = text
    return layer, sample


def _has_array(letter: Letter, layer: str, around: Surroundings) -> bool:
    """Whether an array is declared that a letter's samples are taken from."""
    return any(
        around.spelled(n, layer) is not None for n in (letter.name, letter.name[:1].upper() + letter.name[1:])
    )


def _shifted(value: str, label: Label, around: Surroundings) -> str:
    """The label with the number that the index stands for: [l-1] at l = 3 is [2]."""
    if len(label.tokens) == 1:
        return value
    if len(label.tokens) == 3 and value.isdigit() and label.tokens[2].kind == "NUMBER":
        sign = 1 if label.tokens[1].value == "+" else -1
        return str(int(value) + sign * int(label.tokens[2].value))
    return value + "".join(shown(t) for t in label.tokens[1:])


def _outside(index: str, span: Span, around: Surroundings) -> InputError:
    return around.refuse(
        f"{index} stands outside of the sum over {index}", span,
        "a sum reaches to the next + or -: put brackets around all that is summed",
    )  # fmt: skip


# --- subscripts ---------------------------------------------------------------------------------------


def _lowered(
    letter: Letter,
    token: Tok,
    script: Tok | None,
    layer: str,
    span: Span,
    around: Surroundings,
    sample: Node | None,
) -> Node:
    stem = around.stem(letter, token.span)
    if script is not None:
        script = _with_values(script, around)
        if any(t.kind in ("SUB", "SUP") and _holds_bound(t.value, around) for t in script.value):
            raise around.refuse(
                f"{around.text[slice(*span)]}: a place that is itself an entry", script.span,
                "declare a matrix with a 1 in each row at that place, and multiply by it",
            )  # fmt: skip
    if script is None or not _indexing(script, stem, layer, around, sample):
        text = "".join(shown(t) for t in script.value) if script else ""
        return _sampled(
            _plain(stem, layer, text.replace("*", "star"), token, script, span, around, sample), sample, span
        )
    indices = tuple(_index(p, script, around) for p in parts_of(script.value))
    _check_entry(letter, layer, len(indices), span, around)
    base = _array(stem, layer, len(indices) + (sample is not None), around)
    array: Node = _sampled(Name((token.span[0], token.span[1]), base), sample, span)
    return Entry(span, array, indices)


def _check_entry(letter: Letter, layer: str, axes: int, span: Span, around: Surroundings) -> None:
    """Refuse entries that are more likely something else: unit vectors, Kronecker's delta, rows."""
    stems = (letter.name, letter.name[:1].upper() + letter.name[1:])
    if any(around.spelled(s, layer) is not None for s in stems):
        return
    shown = around.text[slice(*span)]
    if (letter.base in ("I", "delta") and axes == 2) or (letter.base == "e" and axes == 1):
        raise around.refuse(
            f"{shown}: entries of an array that is not declared, or of the identity?", span,
            f"declare {letter.base} in shapes=, or write the sum without it",
        )  # fmt: skip
    if letter.bold and axes == 1:
        raise around.refuse(
            f"{shown}: a row or column of a matrix that is not declared", span,
            f"declare it: shapes={{'{stems[1]}': ('m', 'n')}}, and the limit of the sum",
        )  # fmt: skip


def _with_values(script: Tok, around: Surroundings) -> Tok:
    """A subscript in which the index of a sum that is written out is its number."""
    tokens = tuple(
        Tok("NUMBER", around.bound[t.value.name], t.span)
        if isinstance(t.value, Letter) and (around.bound.get(t.value.name) or "").isdigit()
        else t
        for t in script.value
    )
    return Tok(script.kind, tokens, script.span)


def _sampled(node: Node, sample: Node | None, span: Span) -> Node:
    return node if sample is None else Sample(span, node, sample)


def _indexing(script: Tok, stem: str, layer: str, around: Surroundings, sample: Node | None) -> bool:
    """Whether a subscript holds indices: of a sum, or numbers where only the array was declared."""
    letters = {t.value.name for t in script.value if isinstance(t.value, Letter) and not t.value.word}
    if any(letter in around.bound and around.bound[letter] is None for letter in letters):
        return True
    text = "".join(shown(t) for t in script.value if t.kind != "COMMA")
    if around.spelled(stem, layer, text) is not None:
        return False
    if outside := (letters & around.indices) - around.bound.keys():
        raise _outside(min(outside), script.span, around)
    array = around.spelled(stem, layer)
    if array is None and len(stem) == 1 and stem.islower() and letters <= _INDEX_LETTERS:
        array = around.spelled(stem.upper(), layer)
    if array is None or not around.rank(array):
        return False
    if any(t.kind in ("NUMBER", "COLON") for t in script.value) and not letters:
        return True
    name = around.text[slice(*script.span)]
    raise around.refuse(
        f"{array} is declared, and no sum runs over the index {name}", script.span,
        rf"write \sum_{{i}} before it, or declare {array}_{text} as a name",
    )  # fmt: skip


def _index(tokens: Tokens, script: Tok, around: Surroundings) -> Node:
    if not tokens:
        raise around.refuse("an index is missing", script.span, "write one for each axis")
    if len(tokens) == 1 and tokens[0].kind == "COLON":
        return Slice(tokens[0].span, None, None, None)
    if len(tokens) == 1 and isinstance(tokens[0].value, Letter):
        name = tokens[0].value.name
        if name not in around.bound:
            raise around.refuse(
                f"the index {name} is bound by no sum",
                script.span,
                rf"write \sum_{{{name}}} before it, or a number",
            )
        return Name(tokens[0].span, name)
    return read_tokens(tokens, around)


def _array(stem: str, layer: str, axes: int, around: Surroundings) -> str:
    """The array whose entries are written: w_ij is of w, or of W where that is what was declared."""
    own = around.spelled(stem, layer)
    if own is not None:
        return own
    if len(stem.split("_", maxsplit=1)[0]) == 1 and stem[0].islower():
        capital = around.spelled(stem[0].upper() + stem[1:], layer)
        if capital is not None or stem[0].upper() + stem[1:] in around.used:
            return capital or spellings(stem[0].upper() + stem[1:], layer)[0]
    return spellings(stem, layer)[0]


def _plain(
    stem: str, layer: str, lowered: str, token: Tok, script: Tok | None, span: Span, around: Surroundings,
    sample: Node | None,
) -> Node:  # fmt: skip
    """A name; for a sample, of the array that has it: x^{(i)} of X."""
    bound = stem in around.bound and not layer and not lowered
    if bound:
        value = around.bound[stem]
        if value is not None and value.isdigit():
            return Number(span, Fraction(value))
        return Name(span, stem)
    name = around.spelled(stem, layer, lowered)
    if name is None and script is not None and set(lowered) & set("+-") and lowered not in ("+", "-"):
        raise around.refuse(
            "a subscript that is computed",
            script.span,
            f"declare an array and sum over its entries, or write {stem}_1",
        )
    if name is None and sample is not None:
        return Name(span, _array(stem, layer, 0, around))
    if name is None and not lowered and not layer and stem in around.indices:
        raise _outside(stem, token.span, around)
    letter: Letter = token.value
    made = name or spellings(stem, layer, lowered.replace(",", ""))[0]
    if name is None and (letter.font == "script" or (letter.word and len(letter.base) > 1)):
        return ScalarName(span, made)
    return Name(span, made)
