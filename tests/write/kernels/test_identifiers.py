"""Every symbol has an identifier of its own that Python and C take."""

import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.expr.node import symbol
from gradproof.write.kernels.identifiers import C_WORDS, identifiers

NAMES = st.one_of(
    st.text(min_size=1, max_size=4),
    st.sampled_from(
        ["λ", "λ1", "β₁", "β1", "Z^[1]", "dW1", "lambda", "m", "T", "v1", "i0", "c2", "k3", "x y"]
    ),
    st.sampled_from(sorted(C_WORDS)),
)


@given(st.lists(NAMES, max_size=8, unique=True))
def test_they_are_different_and_identifiers(names):
    found = identifiers([symbol(name) for name in names], C_WORDS)
    texts = list(found.values())
    assert len(set(texts)) == len(names)
    for text in texts:
        assert text.isidentifier(), text
        assert text.isascii(), text
        assert not keyword.iskeyword(text), text
        assert text not in C_WORDS


def test_the_kernels_own_variables_are_kept_free():
    texts = identifiers([symbol(name) for name in ("v1", "i0", "c12", "k3")]).values()
    assert not set(texts) & {"v1", "i0", "c12", "k3"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("λ", "lambda_"),
        ("ε", "epsilon"),
        ("β₁", "beta1"),
        ("vW1", "vW1"),
        ("A1_kept", "A1_kept"),
        ("2x", "_2x"),
    ],
)
def test_names_of_the_field(name, text):
    assert identifiers([symbol(name)]) == {symbol(name): text}


def test_symbols_of_one_name_and_other_shapes_stay_apart():
    assert list(identifiers([symbol("W", (2,)), symbol("W", (3,))]).values()) == ["W", "W_2"]
