"""Random bytes: drift, pauses, glitches, broken ones, breaks and low lines are all there."""

from systola.sim.stimulus.uart import random_cases


def test_every_kind_is_there():
    cases = random_cases({"divisor": 12}, 30, 1)
    assert {case.drift > 0 for case in cases} == {case.glitches for case in cases} == {True, False}
    assert any(case.broken for case in cases)
    assert {62 * 12, 10 * 12} <= {cycles for case in cases for cycles in case.breaks.values()}
    assert {case.low is None for case in cases} == {bool(case.low) for case in cases} == {True, False}
    assert any(case.idle_free for case in cases)
    assert all(abs(case.drift) < 0.05 for case in cases)
    assert random_cases({"divisor": 12}, 30, 1) == cases
