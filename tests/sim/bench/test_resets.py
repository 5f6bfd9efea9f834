"""Every bench resets its design in mid-run: it detects a design whose reset does nothing.

The registers of generated designs have initial values, so a reset at the start of a simulation cannot detect it.
"""

import shutil
from pathlib import Path

import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.generators import BUILT_IN, find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile
ARRAY = {"rows": 4, "cols": 4}
SMALL = {
    **dict.fromkeys(("systolic", "broadcast", "sparse_systolic", "bfloat16_systolic"), ARRAY),
    "fusion_array": {"rows": 2, "cols": 2},
    "requantise": {"cols": 3},
    "pool": {"cols": 3},
    "accumulator": {"cols": 4, "depth": 64},
    "axi_memory": {"masters": 1, "data_width": 32, "bytes": 4096},
    "dma": {"dims": 2, "local_bytes": 4096, "fill": True},
    "noc": {"topology": "ring", "k": 4, "l": 1, "width": 8},
    "router": {"topology": "ring", "k": 4, "l": 1, "width": 8},
    "collective": {"topology": "ring", "k": 3, "l": 1, "width": 8, "format": "int8", "rows": 64, "timeout": 256},
}
STATELESS = {
    "bitbrick": "combinational: it has no state",
    "noc_traffic": "its packet numbers continue after a reset, which is legal in an empty network only;"
    " the bench of the network resets in mid-run",
}
"""Generators without a reset in mid-run, and why."""
BROKEN = {"a reset that does nothing": (r"if \(rst\)", "if (1'h0)")}
NAMES = [name for names in BUILT_IN.values() for name in names if name not in STATELESS]
BREAKS = [Breaks(name, BROKEN, **SMALL.get(name, {})) for name in NAMES]
MACHINES = [Breaks(name, BROKEN, **dict(each.preset("small"))) for name, each in accelerators().items()]


@pytest.mark.parametrize(
    "breaks",
    [*BREAKS, *(pytest.param(each, marks=pytest.mark.slow) for each in MACHINES)],
    ids=lambda breaks: breaks.generator,
)
def test_broken_designs_without_reset_are_detected(breaks):
    design = breaks.broken(*breaks)
    cases = find(breaks.generator).cases(design.parameters, 11, 1)
    try:
        outcome, _ = simulate(design, cases, simulator=QUICK if breaks in BREAKS else "verilator", timeout=200)
    except SimulatorError:  # an output is valid in reset, or nothing moves after it
        pass
    else:
        assert outcome.mismatches > 0


def test_the_table_of_benches_is_complete():
    page = (Path(__file__).parents[3] / "docs" / "concepts" / "verification.md").read_text()
    table = page.split("| bench |")[1].split("##")[0]
    for name in [*(name for names in BUILT_IN.values() for name in names), *accelerators()]:
        assert f"`{name}`" in table, f"{name} is not in the table of benches"
