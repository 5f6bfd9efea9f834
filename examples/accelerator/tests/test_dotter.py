"""`dotter` on generated Verilog, held to its golden model, and the golden model to NumPy."""

import numpy as np
import pytest
from dotter import golden
from dotter.accelerator import ACCELERATOR

from systola.gen.generators import find
from systola.gen.run.tasks import GemmTask
from systola.hw.component import ParameterError
from systola.sim.network import reference
from systola.sim.runner.simulate import simulate


@pytest.mark.parametrize("lanes", [4, 16])
def test_the_golden_model_multiplies_matrices(lanes):
    parameters = ACCELERATOR.parameters(lanes=lanes)
    work = GemmTask.check(m=5, k=37, n=6).work(ACCELERATOR.operands(parameters))
    job = ACCELERATOR.compile(parameters, work.graph)
    done = golden.run({"lanes": lanes}, job.dram(work.inputs), job.entry)
    assert done.error == 0
    for name, value in reference.run(work.graph, work.inputs).items():
        if name in job.outputs:
            assert np.array_equal(job.results(done.dram)[name], value)


@pytest.mark.parametrize("lanes", [4, 16])
def test_random_chains(lanes):
    generator = find("dotter")
    design = generator.design(lanes=lanes)
    outcome, ran = simulate(design, generator.cases(design.parameters, 32, 1), keep=True)
    assert outcome.mismatches == 0, outcome.examples
    assert {each.error for each in ran} == {0, golden.DESCRIPTOR, golden.BUS}


def test_lanes_are_a_power_of_two():
    with pytest.raises(ParameterError, match=r"^lanes=6: lanes must be a power of two from 4 to 64\.$"):
        ACCELERATOR.parameters(lanes=6)
