"""A run says how memory behaves; by default it is held to the golden model."""

import numpy as np

from systola.sim.stimulus.runs import Run


def test_defaults():
    run = Run(np.zeros(64, np.uint8))
    assert (run.latency, run.stall, run.fault, run.golden) == (20, 0, None, True)
