"""Layers of random tensors through scheduler, checker and golden model."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program
from systola.gen.generators import find
from systola.gen.run.report import compare
from systola.gen.run.tasks import Work
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


DRAM = 1 << 16


@pytest.fixture(scope="session")
def small() -> dict:
    """Parameters of the preset with the shortest build."""
    return ACCELERATOR.presets["small"]


@pytest.fixture(scope="session")
def small_core(small):
    return find("systola").design(**small)


@pytest.fixture(scope="session")
def work():
    """A function that draws the tensors of a task for a machine, and compiles it: (work, job)."""

    def compiled(task, parameters, seed: int = 1, **options):
        drawn = task.work(ACCELERATOR.operands(parameters, seed))
        return drawn, ACCELERATOR.compile(parameters, drawn.graph, **options)

    return compiled


@pytest.fixture(scope="session")
def on_golden():
    """A function that runs a graph on the golden model, compares it with the reference, and returns the job.

    The program must have no hazards, independent of the tensors that share DRAM.
    """

    def run(parameters, graph, inputs, **options):
        job = ACCELERATOR.compile(parameters, graph, **options)
        dram = job.dram(inputs)
        assert [str(problem) for problem in check(job.program, parameters, dram=len(dram))] == []
        result = ACCELERATOR.run_golden(parameters, dram, job.entry)
        assert result.error == 0
        checked, wrong, _ = compare(Work(graph, inputs), job, result)
        assert (checked > 0, wrong) == (True, 0)
        return job

    return run


@pytest.fixture
def core(small_core):
    """A function that runs programs (objects or bytes), compares them with the golden model, and returns the runs.

    Each program has a DRAM of random bytes, with the program at the end.
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
