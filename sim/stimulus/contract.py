"""Interrupted executions of an accelerator: stops at many cycles, bus errors at any beat, a limit, and a trace.

Each interrupted execution is followed by a complete one, which must be unaffected: the golden model is its reference.
"""

from dataclasses import replace

import numpy as np

from .runs import Run, RunResult

STOPS = 40
BEATS = 16
SLOW = 90
"""Latency of the DRAM in stopped executions: more beats are in flight."""
STALL = 90
"""Stalls of the bus, in cycles of 256, in every second case."""


def stops(case: Run, cycles: int, count: int = STOPS) -> list[Run]:
    """Stop `case` at `count` cycles spread over its length, `cycles`. DRAM is observed after every fourth stop."""
    places = np.unique(np.linspace(1, cycles + 10, count).astype(int))
    return [
        each
        for n, place in enumerate(places)
        for each in (replace(case, stop=int(place), golden=False, watch=n % 4 == 3), case)
    ]


def bus_errors(case: Run, beats: int, seed: int, count: int = BEATS) -> list[Run]:
    """Return a bus error for a random beat, of `beats`, in each of `count` executions."""
    rng = np.random.default_rng(seed)
    return [
        each
        for n in rng.integers(0, beats, count)
        for each in (replace(case, fault_beat=(int(n), int(rng.integers(2, 4))), golden=False), case)
    ]


def complete(cases: list[Run], results: list[RunResult], count: int) -> list[tuple[Run, RunResult]]:
    """The first cases without stalls that ended regularly, at most `count`."""
    found = [(case, ran) for case, ran in zip(cases, results, strict=True) if not (ran.error or case.stall or ran.cut)]
    return found[:count]


def interrupted(cases: list[Run], results: list[RunResult], seed: int, count: int = 2) -> list[Run]:
    """Interrupted executions of up to `count` of the cases, whose results are known."""
    found = []
    for n, (case, ran) in enumerate(complete(cases, results, count)):
        beats = ran.counters["read_beats"] + ran.counters["write_beats"]
        slow = replace(case, latency=SLOW, stall=STALL * (n % 2))
        found += [*stops(slow, ran.counters["cycles"] + SLOW), *bus_errors(case, beats, seed + n)]
        found += [replace(case, limit=40, golden=False), replace(case, trace=True)]
    return found
