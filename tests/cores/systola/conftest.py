"""Layers of random tensors through scheduler, checker and golden model."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program
from systola.sim.golden.cores import systola as golden


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
