"""Design of the small preset, chains of descriptors, and their execution on the golden model and on Verilog."""

import numpy as np
import pytest

from systola.gen.accelerators.outer_product.accelerator import ACCELERATOR
from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.runs import Run

BYTES = 1 << 15


@pytest.fixture(scope="session")
def small() -> dict:
    """Parameters of the preset with the shortest build."""
    return ACCELERATOR.presets["small"]


@pytest.fixture(scope="session")
def design(small):
    return find("outer_product").design(**small)


@pytest.fixture(scope="session")
def chain():
    """A function that writes descriptors (depth, rows, a, w, y) to DRAM, consecutively from `entry`.

    `following` replaces the successor address of the last descriptor, which is 0.
    """

    def put(*descriptors, entry: int = 0x4000, following: int = 0, fill: int | None = None, **run) -> Run:
        rng = np.random.default_rng(len(descriptors))
        dram = rng.integers(0, 256, BYTES, np.uint8) if fill is None else np.full(BYTES, fill, np.uint8)
        for n, (depth, rows, a, w, y) in enumerate(descriptors):
            at = entry + 64 * n
            words = (depth | rows << 16, a, w, y, at + 64 if n + 1 < len(descriptors) else following)
            dram[at : at + 20] = np.array(words, "<u4").view(np.uint8)
        return Run(dram, entry, **{"limit": 100_000} | run)

    return put


@pytest.fixture(scope="session")
def simulated():
    """A function that runs cases on a design, compares them with the golden model, and returns the executions."""

    def run(design, cases):
        outcome, ran = simulate(design, cases, keep=True, timeout=240)
        assert outcome.checked > len(cases)
        assert outcome.mismatches == 0, outcome.examples
        return ran

    return run
