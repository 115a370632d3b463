import numpy as np
import pytest
from tests.train.fitting.problems import QUADRANTS, quadrants

from gradproof.errors import InputError
from gradproof.train.fitting import Constant, Cosine, Inverse, Step, Warmup, fit
from gradproof.train.optimizers import SGD


def test_the_courses_decay():
    assert [Inverse(0.5)(k) for k in range(3)] == [1.0, 1 / 1.5, 1 / 2]
    assert [Inverse(0.5, every=2)(k) for k in range(5)] == [1.0, 1.0, 1 / 1.5, 1 / 1.5, 1 / 2]


def test_cosine_falls_to_its_end_and_stays():
    factors = [Cosine(10, low=0.1)(k) for k in range(14)]
    assert factors[0] == 1.0
    assert all(np.diff(factors[:11]) < 0)
    assert factors[10:] == pytest.approx([0.1] * 4)


def test_warmup_leads_to_what_follows():
    schedule = Warmup(4, Cosine(10))
    assert [schedule(k) for k in range(4)] == [0.2, 0.4, 0.6, 0.8]
    assert [schedule(k) for k in (4, 9)] == [Cosine(10)(0), Cosine(10)(5)]
    assert Warmup(1)(5) == Constant()(5) == 1.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Inverse(-1.0), lambda: Inverse(1.0, every=0), lambda: Step(0), lambda: Step(3, factor=0.0),
        lambda: Cosine(0), lambda: Cosine(5, low=1.0), lambda: Warmup(0),
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(make):
    with pytest.raises(InputError, match="fix: give a number"):
        make()


def test_the_schedule_multiplies_the_learning_rate():
    fitted = fit(QUADRANTS, *quadrants(), optimizer=SGD(0.4), epochs=3, schedule=Inverse(1.0), engine="numpy")
    assert [entry.rate for entry in fitted.ledger] == [0.4, 0.2, 0.4 / 3]


def test_a_schedule_that_gives_no_factor_is_refused():
    with pytest.raises(InputError, match=r"the schedule gives -1\.0 for epoch 0"):
        fit(QUADRANTS, *quadrants(), epochs=3, schedule=lambda _: -1, engine="numpy")
