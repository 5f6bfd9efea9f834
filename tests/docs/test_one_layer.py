"""The notebook's first and last step on the generated Verilog: the cost model is close, and the results are right."""

import sys
from pathlib import Path

import numpy as np
import pytest

from systola.gen.run.execute import execute
from systola.sim.network import reference

sys.path.insert(0, str(Path(__file__).parent))

from blocks import blocks

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "one_layer.md"


@pytest.mark.slow
def test_the_cost_model_agrees_with_verilog():
    names = {"__name__": "page"}
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        if block.kind == "python" and "matplotlib" not in block.text:
            exec(block.text, names)
    machine, parameters = names["machine"], names["parameters"]
    image, large = names["image"], names["replace"](names["large"], chunks=(names["Chunk"]((0, 3), (0, 12)),))
    for step, graph, inputs, order, tiling in (
        ("serial", names["graph"], names["work"].inputs, "serial", names["small"]),
        ("folded channels", names["folded"], {"x": image}, "overlapped", large),
    ):
        job = machine.compile(parameters, graph, order=order, tiling=tiling)
        done = execute(machine, parameters, job, inputs)
        expected = reference.run(graph, inputs)
        for name, result in job.results(done.dram).items():
            np.testing.assert_array_equal(result, expected[name])
        assert names["steps"][step]["cycles"] == pytest.approx(done.cycles, rel=0.02), step
