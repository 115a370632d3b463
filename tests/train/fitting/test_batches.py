import numpy as np
import pytest

from gradproof.errors import InputError
from gradproof.train.fitting import batch_sizes, dropout_masks, example_order, streams
from gradproof.train.network import dense

DROPPING = dense([4, 30, 20, 3], keep_prob=[0.8, 0.5])


def test_the_streams_of_a_seed_are_independent_and_the_same_each_time():
    first, second, other = streams(3), streams(3), streams(4)
    names = ("initial", "shuffling", "dropout")
    drawn = [[getattr(s, name).random() for name in names] for s in (first, second, other)]
    assert drawn[0] == drawn[1]
    assert len({x for row in drawn for x in row}) == 6


def test_a_seed_sequence_is_not_used_up():
    sequence = np.random.SeedSequence(5)
    assert (
        streams(sequence).initial.random()
        == streams(sequence).initial.random()
        == streams(5).initial.random()
    )


@pytest.mark.parametrize("seed", [-1, 0.5, True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(InputError, match="the seed is"):
        streams(seed)


def test_no_seed_draws_another_each_time():
    assert streams(None).initial.random() != streams(None).initial.random()


def test_streams_go_back_to_where_they_were():
    own = streams(0)
    own.shuffling.random(3)
    own.dropout.random(1, dtype=np.float32)  # leaves half a number in the generator
    state = own.state()
    ahead = own.shuffling.random(4), own.dropout.random(4, dtype=np.float32)
    own.restore(state)
    again = own.shuffling.random(4), own.dropout.random(4, dtype=np.float32)
    assert all(np.array_equal(a, b) for a, b in zip(ahead, again, strict=True))


def test_an_order_has_every_example_once():
    order = example_order(np.random.default_rng(0), 50)
    assert order.dtype == np.int64
    assert sorted(order) == list(range(50)) != list(order)
    assert list(example_order(None, 5)) == [0, 1, 2, 3, 4]


def test_batches_cover_the_data():
    assert batch_sizes(10, 4) == [4, 4, 2]
    assert batch_sizes(8, 4) == [4, 4]
    assert batch_sizes(3, 4) == [3]


def test_masks_keep_the_share_that_was_asked_for():
    masks = dropout_masks(DROPPING, np.random.default_rng(0))(4000)
    assert {name: mask.shape for name, mask in masks.items()} == {"D1": (30, 4000), "D2": (20, 4000)}
    assert masks["D1"].mean() == pytest.approx(0.8, abs=0.005)
    assert masks["D2"].mean() == pytest.approx(0.5, abs=0.005)
    assert masks["D1"].T.flags.c_contiguous  # the numbers of an example lie together


def test_masks_do_not_depend_on_the_dtype_or_on_copies():
    def draw(**options):
        own = dropout_masks(DROPPING, np.random.default_rng(0), **options)
        own(3)
        return own(7)

    plain, wide, copied = draw(), draw(dtype=np.float64), draw(copies=2)
    for name, mask in plain.items():
        assert mask.dtype == bool and wide[name].dtype == np.float64
        assert np.array_equal(mask, wide[name])
        assert copied[name].shape == (2, *mask.shape)
        assert all(np.array_equal(mask, copy) for copy in copied[name])


def test_a_network_without_dropout_has_no_masks():
    assert dropout_masks(dense([4, 3]), np.random.default_rng(0)) is None
