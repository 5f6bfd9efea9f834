"""Interrupted executions: their places, and the complete execution after each."""

import numpy as np
import pytest

from systola.sim.stimulus import contract
from systola.sim.stimulus.runs import Run, RunResult


def ran(error: int = 0, *, cut: bool = False) -> RunResult:
    counters = {"cycles": 500, "read_beats": 30, "write_beats": 10}
    return RunResult(np.zeros(64, np.uint8), error, 0, 0, counters, 0, cut, 0.0, [])


@pytest.fixture
def case():
    return Run(np.zeros(64, np.uint8))


def test_every_interrupted_execution_precedes_a_complete_one(case):
    for cases in (contract.stops(case, 500), contract.bus_errors(case, 40, seed=1)):
        assert all(not each.golden for each in cases[::2])
        assert all(each is case for each in cases[1::2])


def test_stops_are_spread_over_the_execution(case):
    stops = [each.stop for each in contract.stops(case, 500)[::2]]
    assert stops[0] == 1
    assert stops[-1] == 510
    assert len(set(stops)) == contract.STOPS


def test_errors_occur_at_beats_of_the_execution(case):
    beats = [each.fault_beat for each in contract.bus_errors(case, 40, seed=1)[::2]]
    assert all(0 <= beat < 40 and code in (2, 3) for beat, code in beats)
    assert len(beats) == contract.BEATS


def test_only_complete_executions_without_stalls_are_interrupted(case):
    stalled = Run(case.dram, stall=20)
    cases, results = [case, stalled, case, case], [ran(1), ran(), ran(cut=True), ran()]
    assert contract.complete(cases, results, 2) == [(case, results[3])]
    found = contract.interrupted(cases, results, seed=1)
    assert len(found) == 2 * (contract.STOPS + contract.BEATS) + 2
    assert (found[-2].limit, found[-1].trace) == (40, True)


def test_nothing_is_interrupted_without_a_complete_execution(case):
    assert contract.interrupted([case], [ran(1)], seed=1) == []
