"""Runs: behaviour of memories; by default compared with the golden model."""

import numpy as np

from systola.sim.stimulus.runs import Run


def test_defaults():
    run = Run(np.zeros(64, np.uint8))
    assert (run.latency, run.stall, run.fault, run.golden) == (20, 0, None, True)
