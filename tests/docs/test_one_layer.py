"""Table of the notebook: every step on the generated Verilog, with exact results and the cycles stated on the page."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from systola.gen.run.execute import execute
from systola.sim.network import reference

sys.path.insert(0, str(Path(__file__).parent))

from blocks import blocks

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "one_layer.md"


def recorded(measure, runs: dict):
    """The page's `measure`, which also records its results."""

    def wrapped(step, *what):
        runs[step] = what
        measure(step, *what)

    return wrapped


@pytest.mark.slow
def test_the_table_equals_that_of_the_verilog():
    text = PAGE.read_text(encoding="utf-8")
    names, runs = {"__name__": "page"}, {}
    for block in blocks(text):
        if block.kind == "python" and "matplotlib" not in block.text:
            exec(block.text, names)
            if "def measure" in block.text:
                names["measure"] = recorded(names["measure"], runs)
    rows = re.findall(r"^\| ([a-z ]+) \| ([\d,]+) \| (\S+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", text, re.M)
    assert [row[0] for row in rows] == list(runs) == list(names["steps"])
    for step, *stated in rows:
        graph, order, tiling = runs[step]
        inputs = names["work"].inputs if graph is names["graph"] else {"x": names["image"]}
        job = names["machine"].compile(names["parameters"], graph, order=order, tiling=tiling)
        done = execute(names["machine"], names["parameters"], job, inputs)
        expected = reference.run(graph, inputs)
        for name, result in job.results(done.dram).items():
            np.testing.assert_array_equal(result, expected[name])
        lost, model = done.lost(), names["steps"][step]["cycles"] / done.cycles - 1
        found = [
            f"{done.cycles:,}",
            f"{model:+.1%}",
            *(f"{lost[cause]:,}" for cause in ("sync", "instruction", "fill")),
        ]
        assert stated == found, step
