"""Outcomes of benches: mismatches are counted, or end the bench."""

import pytest

from systola.sim.runner.job import FIRST, Outcome


def test_mismatches_are_counted():
    outcome = Outcome()
    outcome.mismatches += 2
    assert outcome.mismatches == 2


def test_the_first_mismatch_ends_a_bench_on_request(monkeypatch):
    monkeypatch.setenv(FIRST, "1")
    outcome = Outcome()
    outcome.mismatches += 0
    with pytest.raises(AssertionError, match="2 mismatches"):
        outcome.mismatches += 2
