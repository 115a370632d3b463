"""Labels are moved apart by as little as possible."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.train.pictures.labels import spread


@given(st.lists(st.floats(0, 10), min_size=1, max_size=6), st.floats(0.01, 1.0))
def test_places_are_apart_in_order_and_inside(wanted, gap):
    places = spread(wanted, gap, 0.0, 10.0)
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    own = [places[k] for k in order]
    assert all(b - a >= gap - 1e-9 for a, b in itertools.pairwise(own))
    assert own[0] >= -1e-9
    assert own[-1] <= 10 + 1e-9


@given(st.lists(st.floats(4, 6), min_size=2, max_size=4))
def test_no_other_places_are_nearer(wanted):
    gap = 0.5
    places = np.array(spread(wanted, gap, -100.0, 100.0))
    best = ((places - wanted) ** 2).sum()
    rng = np.random.default_rng(0)
    order = np.argsort(wanted, kind="stable")
    for _ in range(200):
        other = np.empty_like(places)
        moved = np.sort(places[order] + rng.normal(0, 0.2, len(places)))
        for k in range(1, len(moved)):
            moved[k] = max(moved[k], moved[k - 1] + gap)
        other[order] = moved
        assert ((other - wanted) ** 2).sum() >= best - 1e-9


def test_what_is_apart_stays():
    assert spread([1.0, 5.0, 3.0], 1.0, 0.0, 10.0) == [1.0, 5.0, 3.0]


def test_alike_labels_keep_their_order():
    assert spread([2.0, 2.0, 2.0], 1.0, 0.0, 10.0) == [1.0, 2.0, 3.0]


def test_at_an_edge_they_move_inwards():
    assert spread([9.9, 10.0], 1.0, 0.0, 10.0) == [9.0, 10.0]
    assert spread([0.0, 0.0], 1.0, 0.0, 10.0) == [0.0, 1.0]


def test_too_little_room_is_shared():
    assert spread([5.0, 5.0, 5.0], 9.0, 0.0, 10.0) == pytest.approx([0.0, 5.0, 10.0])
