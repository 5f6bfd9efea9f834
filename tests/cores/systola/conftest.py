"""Layers of random tensors through scheduler, checker and golden model."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program
from systola.gen.verilog.verilog import generate
from systola.hw.cores.systola.core import Systola
from systola.sim.golden.cores import systola as golden
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.runs import Run


@pytest.fixture(scope="session")
def result():
    """Check a program, run it on the golden model, and return the bytes of the last layer's result."""

    def run(parameters, program: Program, dram: np.ndarray, layer) -> np.ndarray:
        code = np.frombuffer(program.encode(), np.uint8)
        at = -(-len(dram) // 16) * 16
        image = np.concatenate([dram, np.zeros(at - len(dram), np.uint8), code])
        assert [str(problem) for problem in check(program, parameters, dram=len(image))] == []
        ran = golden.run(dict(parameters), image, at)
        assert ran.error == 0
        where = slice(layer.output, layer.output + layer.result.bytes)
        changed = np.flatnonzero(ran.dram != image)
        assert all(where.start <= address < where.stop for address in changed)
        return ran.dram[where]

    return run


SMALL = {"size": 4, "data_width": 32, "activation_bytes": 4096, "weight_bytes": 4096, "accumulators": 128}
"""A core that builds quickly."""
DRAM = 1 << 16


@pytest.fixture(scope="session")
def small_core():
    return generate("core", Systola(**SMALL))


@pytest.fixture
def core(small_core):
    """A function that runs programs, or their bytes, holds them to the golden model, and returns how they ran.

    Each has a DRAM of random bytes, with the program at the end.
    """

    def run(*programs, simulate_with=small_core, **how):
        rng = np.random.default_rng(1)
        cases = []
        for program in programs:
            code = np.frombuffer(program if isinstance(program, bytes) else program.encode(), np.uint8)
            dram = rng.integers(0, 256, DRAM).astype(np.uint8)
            dram[-4096 : len(code) - 4096 or None] = code
            cases.append(Run(dram, DRAM - 4096, **how))
        outcome, ran = simulate(simulate_with, cases, keep=True)
        assert outcome.mismatches == 0, outcome.examples
        return ran

    return run
