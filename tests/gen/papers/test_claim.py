"""Claims: checks of their fields, bands, results as data, errors of measurements, and the selection of papers."""

import json
import math

import pytest

from systola.gen.papers.claim import Claim, UnknownPaper, papers, select


def claim(**changes) -> Claim:
    values = {
        "paper": "example",
        "text": "Twice as fast.",
        "published": 2,
        "unit": "x",
        "band": (1.9, 2.1),
        "measure": lambda: 2.0,
        "command": "systola list",
    }
    return Claim(**values | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"band": (2.1, 1.9)}, "band must be two finite numbers"),
        ({"band": (1.0, math.inf)}, "band must be two finite numbers"),
        ({"band": (math.nan, 2.0)}, "band must be two finite numbers"),
        ({"published": math.nan}, "published must be a finite number"),
        ({"paper": "two words"}, "paper must consist of letters, digits and underscores"),
        ({"text": " "}, "text of a claim must not be empty"),
        ({"unit": ""}, "unit of a claim must not be empty"),
    ],
)
def test_a_malformed_claim_is_rejected(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        claim(**changes)


@pytest.mark.parametrize(("measured", "within"), [(1.9, True), (2.1, True), (1.89, False), (2.11, False)])
def test_a_band_includes_its_ends(measured, within):
    assert claim(measure=lambda: measured).check().within == within


def test_the_last_bit_of_a_ratio_does_not_decide():
    assert claim(band=(0.3, 0.3)).within(0.1 + 0.2)
    assert not claim(band=(0.3, 0.3)).within(0.3001)
    assert claim(band=(0, 0)).within(0)
    assert not claim(band=(0, 0)).within(1e-12)


def test_a_value_outside_its_band_is_reported_and_raises_nothing():
    result = claim(measure=lambda: 3).check()
    assert (result.measured, result.within, result.error) == (3.0, False, "")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_not_a_number_is_an_error(value):
    result = claim(measure=lambda: value).check()
    assert result.measured is None
    assert not result.within
    assert "not a finite number" in result.error


def test_an_exception_becomes_the_error():
    def measure():
        raise RuntimeError("no simulator\nand a log")

    result = claim(measure=measure).check()
    assert (result.measured, result.within, result.error) == (None, False, "RuntimeError: no simulator")


def test_the_user_can_interrupt_a_measurement():
    def measure():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        claim(measure=measure).check()


def test_a_result_as_data():
    data = json.loads(json.dumps(claim(reason="counted").check().as_data(), allow_nan=False))
    assert data.pop("seconds") >= 0
    assert data == {
        "paper": "example",
        "text": "Twice as fast.",
        "published": 2,
        "measured": 2.0,
        "unit": "x",
        "band": [1.9, 2.1],
        "within": True,
        "command": "systola list",
        "stated": "2 x",
        "reason": "counted",
        "error": None,
    }


def test_the_default_command_is_that_of_the_paper():
    assert claim(command="").command == "systola papers --only example"


def test_papers_are_selected_by_name():
    known = [claim(), claim(paper="other"), claim(text="Half the size.")]
    assert papers(known) == ["example", "other"]
    assert select(known) == known
    assert select(known, ["example"]) == [known[0], known[2]]


def test_an_unknown_paper_is_a_sentence_with_the_known_ones():
    with pytest.raises(UnknownPaper, match=r"^paper nosuch is not known: known papers are example, other\.$"):
        select([claim(), claim(paper="other")], ["example", "nosuch"])
