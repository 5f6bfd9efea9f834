"""The outer-product engine: exact for every kind of case, a word a cycle, and so as cells of a device."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.synth.synth import netlist
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.cores.outer_product.core import OuterProduct
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.cores.outer_product import MEMORY, Case, random_cases


def simulated(design, cases):
    outcome, _ = simulate(design, cases)
    assert outcome.checked > len(cases)
    assert outcome.mismatches == 0, outcome.examples
    return outcome


def test_products():
    """Random ones, and the law of cycles: those of a row's words and a constant, for W and for each four rows."""
    design = generate("outer_product", OuterProduct())
    memory = np.full(MEMORY, 0x80, np.uint8)
    sizes = [(1, 1), (1, 2), (2, 1), (2, 2), (8, 3), (32, 1)]
    plain = [Case(memory, 8192, 0, 24576, depth, rows) for depth, rows in sizes]
    outcome = simulated(design, [*plain, *random_cases(design.parameters, 24, 1)])
    cycles = dict(zip(sizes, outcome.case_cycles, strict=False))
    start, row = 2 * cycles[1, 1] - cycles[1, 2], cycles[1, 2] - cycles[1, 1]
    block = cycles[2, 1] - cycles[1, 1] - (cycles[2, 2] - cycles[2, 1] - row)
    each = cycles[2, 2] - cycles[2, 1] - row
    assert 16 <= each <= 18  # words of a block, and what the bench's memory loses between bursts
    for (depth, rows), found in cycles.items():
        assert found == start + row * rows + (depth - 1) * (block + each * rows), (depth, rows)


def test_mistakes():
    with pytest.raises(ParameterError, match=r"depth=40: depth must be a multiple of 16 from 16 to 8192\."):
        OuterProduct(depth=40)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["ice40-up5k", "ecp5-12k"])
def test_cells_pass_the_bench(device):
    component = OuterProduct(depth=64)
    mapped = netlist(component, "outer_product", device)
    design = replace(generate("outer_product", OuterProduct(depth=64)), verilog=mapped)
    simulated(design, random_cases(design.parameters, 24, 2))
