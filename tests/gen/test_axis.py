"""AXI4-Stream: generated streams against cocotbext-axi's sources and sinks."""

from pathlib import Path

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulator import build


@pytest.mark.parametrize("name", ["systolic", "broadcast"])
def test_cocotbext_axi_drives_it(name, tmp_path):
    design = generate(name, find(name).component(rows=2, cols=2))
    built = build(design.verilog, design.top)
    built.run("axis_bench", env={"PYTHONPATH": str(Path(__file__).parent)}, workdir=tmp_path)
