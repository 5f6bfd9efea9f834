"""Random bytes: drift, pauses, glitches and faulty frames all occur."""

from systola.sim.stimulus.uart import random_cases


def test_every_kind_occurs():
    cases = random_cases({"divisor": 12}, 30, 1)
    assert {case.drift > 0 for case in cases} == {case.glitches for case in cases} == {True, False}
    assert any(case.broken for case in cases)
    assert any(case.idle_free for case in cases)
    assert all(abs(case.drift) < 0.05 for case in cases)
    assert random_cases({"divisor": 12}, 30, 1) == cases
