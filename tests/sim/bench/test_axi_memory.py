"""The bench of the AXI4 memory detects faults: each of these designs has one."""

import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

PARAMETERS = {"masters": 1, "data_width": 32, "bytes": 4096, "banks": 1}
BROKEN = {  # fault: Verilog text, its replacement
    "writes beyond the end": (r"beyond \? 4'h0 : w_payload", "1'h0 ? 4'h0 : w_payload"),
    "no error beyond the end": (r"beyond \? 2'h3 : 2'h0", "2'h0"),
    "writes without a strobe": (r"beyond \? 4'h0 : w_payload\[35:32\]", "beyond ? 4'h0 : 4'hf"),
    "one beat too few": (r"(beats__write__payload\[1\] =) ! (burst\[40:33\]);", r"\1 \2 == 8'h01;"),
}
BREAKS = Breaks("axi_memory", BROKEN, **PARAMETERS)


def _mismatches(design) -> int:
    try:
        cases = find("axi_memory").cases(design.parameters, 10, 5)
        return simulate(design, cases, simulator=QUICK, timeout=240)[0].mismatches
    except SimulatorError:  # too few beats, or too many
        return -1


def test_the_unmodified_design_passes():
    assert _mismatches(BREAKS.design) == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    assert _mismatches(BREAKS.broken(what)) != 0
