"""Bench of accelerators: detects a shell that reports the end of an execution before the bus is quiet."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ..breaks import Breaks

BROKEN = {"done before the bus is quiet": (r"(assign \w+status_done_set = \w+) & engine__quiet;", r"\1;")}
BREAKS = [Breaks(name, BROKEN, **dict(each.preset("small"))) for name, each in accelerators().items()]


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda breaks: breaks.generator)
def test_broken_designs_without_drain_are_detected(breaks):
    cases = find(breaks.generator).cases(breaks.design.parameters, 4, 1)
    stops = np.linspace(20, 400, 12).astype(int)
    cases = [replace(case, latency=90, stop=int(stop), golden=False, watch=True) for case in cases for stop in stops]
    for what in breaks:
        with pytest.raises(SimulatorError, match="after the interrupt"):
            simulate(breaks.broken(what), cases)
