"""The contract suite finds an accelerator whose shell reports the end of an execution too early."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

EARLY = r"(assign \w+status_done_set = \w+) & engine__quiet;", r"\1;"


@pytest.fixture(scope="module", params=list(accelerators()))
def stopped(request):
    """A design, and executions that are stopped in many cycles while their DRAM is slow."""
    accelerator = accelerators()[request.param]
    design = find(request.param).design(**dict(accelerator.preset("small")))
    cases = find(request.param).cases(design.parameters, 4, 1)
    stops = np.linspace(20, 400, 12).astype(int)
    cases = [replace(case, latency=90, stop=int(stop), golden=False, watch=True) for case in cases for stop in stops]
    return design, cases


def test_broken_designs_are_found_that_do_not_drain(spoil, stopped):
    design, cases = stopped
    with pytest.raises(SimulatorError, match="after the interrupt"):
        simulate(spoil(design, *EARLY), cases)
