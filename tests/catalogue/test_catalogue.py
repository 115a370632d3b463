"""Wrong gradients in many styles of code: each is detected, and gets the diagnosis that it must get."""

from collections import Counter

import numpy as np
import pytest
from tests.catalogue.case import Case
from tests.catalogue.cases import CASES, SOUND, STYLES, WRONG
from tests.catalogue.differences import is_a_gradient, wrong_gradients
from tests.catalogue.judge import same_factor, undetected, unexplained
from tests.catalogue.known_short import KNOWN_FLAGGED, KNOWN_SHORT, KNOWN_SLOW, KNOWN_UNDETECTED

import gradproof as gp

OUTCOMES: dict[str, str] = {}


def cases(which: tuple[Case, ...]):
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in which])


def cases_to_explain(which: tuple[Case, ...]):
    marks = {True: [pytest.mark.slow], False: []}
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case.id, marks=marks[case.id in KNOWN_SLOW]) for case in which]
    )


def except_for(known: dict[str, str], which: tuple[Case, ...]) -> tuple[Case, ...]:
    return tuple(case for case in which if case.id not in known)


@cases(CASES)
def test_differences_agree_on_what_is_wrong(case, tmp_path):
    assert wrong_gradients(case.arguments(tmp_path)) == case.wrong


@cases(tuple(case for case in WRONG if case.nearby))
def test_differences_agree_that_it_is_the_gradient_of_another_cost(case, tmp_path):
    assert is_a_gradient(case.arguments(tmp_path))


@cases(except_for(KNOWN_FLAGGED, SOUND))
def test_a_right_gradient_is_not_flagged(case, tmp_path):
    report = gp.check(**case.arguments(tmp_path), seed=0)
    assert undetected(case, report) == []
    assert report.first_wrong is None
    assert report.nearby_cost == ""


@cases_to_explain(except_for(KNOWN_UNDETECTED, WRONG))
def test_a_wrong_gradient_is_explained(case, tmp_path):
    report = gp.check(**case.arguments(tmp_path), seed=0)
    OUTCOMES[case.id] = "missed"
    assert undetected(case, report) == []
    faults = unexplained(case, report)
    OUTCOMES[case.id] = "detected" if faults else "explained"
    if case.id not in KNOWN_SHORT:
        assert faults == [], f"\n{report}"


def test_share_explained(capsys):
    """Print how many wrong gradients are explained as required, and how many are only detected."""
    if not OUTCOMES:
        pytest.skip("no case was run before this test")
    count, total = Counter(OUTCOMES.values()), len(OUTCOMES) + len(KNOWN_UNDETECTED)
    missed = count["missed"] + len(KNOWN_UNDETECTED)
    with capsys.disabled():
        print(f"\n{total} wrong gradients: {count['explained']} explained as required, "
              f"{count['detected']} only detected, {missed} missed")  # fmt: skip
    assert count["detected"] <= len(KNOWN_SHORT)


def test_the_catalogue_is_broad():
    assert len(WRONG) >= 60
    assert len(STYLES) >= 15
    assert len({case.id for case in CASES}) == len(CASES)


def test_what_is_known_to_fall_short_is_in_the_catalogue():
    wrong, sound = ({case.id for case in which} for which in (WRONG, SOUND))
    assert {*KNOWN_SHORT, *KNOWN_UNDETECTED, *KNOWN_SLOW} <= wrong
    assert {*KNOWN_FLAGGED} <= sound
    assert not {*KNOWN_SHORT} & {*KNOWN_UNDETECTED}


def test_differences_notice_a_planted_fault():
    start = np.array([[0.3, 1.2], [2.0, -1.0]])
    right = {"cost": lambda W: np.sum(W**3), "grad": lambda W: 3 * W**2, "params": start}
    assert wrong_gradients(right) == set()
    assert wrong_gradients({**right, "grad": lambda W: 3.1 * W**2}) == {"params"}
    assert wrong_gradients({**right, "grad": lambda W: 3 * W.ravel() ** 2}) == {"params"}
    assert is_a_gradient({**right, "grad": lambda W: 3.1 * W**2})
    assert not is_a_gradient({**right, "grad": lambda W: 3 * W**2 + W[::-1] ** 2})


def test_factors_are_compared_as_numbers_where_they_are_numbers():
    assert same_factor("½", "1/2")
    assert same_factor("0.5", "1/2")
    assert same_factor("-1", "−1")
    assert not same_factor("m", "1/m")
