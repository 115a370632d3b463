"""Text as people type it is read as they meant it, or refused with its place and a way to say it."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.read.notation.cases import READ, REFUSED, SHAPES, SIZES, Oracle, values

from gradproof.errors import InputError
from gradproof.expr.evaluate import evaluate
from gradproof.expr.sizes import with_sizes
from gradproof.read.notation import Formula, read


def value(formula: Formula, arrays: dict[str, Any]) -> Any:
    numbered = with_sizes([formula.expression, *formula.symbols.values()], SIZES)
    leaves = {numbered[leaf]: arrays[name] for name, leaf in formula.symbols.items()}
    return evaluate([numbered[formula.expression]], leaves)[0]


@pytest.mark.parametrize(("text", "dialect", "meant"), READ, ids=[f"{t} {d or ''}" for t, d, _ in READ])
def test_read_as_meant(text: str, dialect: str | None, meant: Oracle) -> None:
    arrays = values()
    found = value(read(text, shapes=SHAPES, dialect=dialect), arrays)
    np.testing.assert_allclose(found, meant(SimpleNamespace(**arrays)), rtol=1e-12)


@pytest.mark.parametrize(("text", "dialect", "said"), REFUSED, ids=[f"{t} {d or ''}" for t, d, _ in REFUSED])
def test_refused_with_a_fix(text: str, dialect: str | None, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, shapes=SHAPES, dialect=dialect)
    message = str(caught.value)
    assert any(word in message for word in said.split("|")), message
    assert caught.value.fix
    if text:
        assert "^" in caught.value.where.split("\n")[1]


def test_there_are_enough_cases() -> None:
    assert len(READ) + len(REFUSED) >= 60
