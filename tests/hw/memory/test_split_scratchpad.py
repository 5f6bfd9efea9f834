"""Split scratchpads: each split through the bench, the traffic of a matrix product, and illegal parameters."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.memory.split_scratchpad import SplitScratchpad
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.gemm_traffic import split, traffic
from systola.sim.stimulus.split_scratchpad import random_cases


def test_parts_are_independent(check):
    shape = {"ports": "2,1,3", "banks": "2,1,4", "shares": "1,1,1", "depth": 96, "width": 16}
    check("split_scratchpad", cases=20, by="function", sram_latency=2, **shape)


def test_a_matrix_product_by_data():
    design = generate("split_scratchpad", SplitScratchpad(depth=512, width=32))
    product = split(design.parameters, traffic(16, 16, 8, rows=8, cols=4, width=32))
    outcome, _ = simulate(design, [product, *random_cases(design.parameters, 8, 1)])
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.work > 64 + 32 + 64 + 3 * 32


def test_stated_facts():
    pad = SplitScratchpad(ports="2,1,4", banks="1,2,4", sram_latency=2).described()
    assert (pad.latency, pad.peak, pad.unit) == (3, 1 + 1 + 4, "access")
    ports = generate("split_scratchpad", SplitScratchpad(by="stage", depth=1024)).ports
    assert ports["input1_req_addr"] == ports["accumulator0_req_addr"] == ("input", 9)
    assert "accumulator1_rsp_valid" in ports
    assert "input0_waits" in ports


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"ports": "2,2"}, "ports=2,2: there must be one number for each of input, weight, output."),
        ({"ports": "x"}, "ports=x: ports must be an integer from 1 to 16, or one per part: 2,1,2."),
        ({"banks": "2,3,2"}, "part weight: banks=3: banks must be a power of two from 1 to 32."),
        ({"depth": 102}, "depth=102: depth must divide into shares of [1, 2, 1], none 0."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        SplitScratchpad(**parameters)
    assert str(error.value) == sentence
