"""AXI4 memory in its bench; illegal parameters."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.memory.axi_memory import AxiMemory
from systola.sim.runner.verilator import lint


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"bytes": 8192}, marks=pytest.mark.slow),
        {"masters": 1, "data_width": 32, "bytes": 4096, "banks": 1, "addr_width": 16},
        {"bytes": 8192, "bursts": "incr"},
    ],
)
def test_axi_memory(check, parameters):
    check("axi_memory", cases=16, **parameters)


def test_lint_is_clean():
    assert lint(generate("axi_memory", AxiMemory()).verilog, "axi_memory") == ""


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"data_width": 48}, "data_width=48: data_width must be a power of two from 32 to 512."),
        ({"bytes": 5000}, "bytes=5000: bytes must be a multiple of 4096 from 4096 to 268435456."),
        ({"bytes": 65536, "addr_width": 15}, "bytes=65536: bytes must be at most 2^15 with this addr_width."),
        ({"banks": 3}, "banks=3: banks must be a power of two from 1 to 32."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        AxiMemory(**parameters)
    assert str(error.value) == sentence
