"""The bench of the link detects faults: each of these designs has one fault."""

import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

BROKEN = {  # fault: Verilog text, its replacement
    "a CRC that is never checked": (r"crc_valid = register == 32'd3736805603", "crc_valid = 1'h1"),
    "a write that is executed twice": (r"= repeated \| _", "= 1'h0 | _"),
    "numbers outside the window": (r"in_window = .*;", "in_window = 1'h1;"),
    "statuses in the wrong order": (r"\{ statuses\[29:0\], status \}", "{ status, statuses[31:2] }"),
    "statuses that survive a reset": (r"if \(rst\) statuses <= 32'd0;\s*else if", "if"),
    "a register address without its highest bit": (r"(= m_axil__aw__payload\[15:0\]);", r"\1 & 16'h7fff;"),
    "a burst across 4 KiB": (r"= \\end  < 11'h400", "= 1'h1"),
    "requests of any length": (r"= length == expected_length", "= 1'h1"),
    "an address that ignores ready": (r"\.memory_aw_ready\(access__memory__aw__ready\)", ".memory_aw_ready(1'h1)"),
}
BREAKS = Breaks("link", BROKEN)


def _mismatches(design) -> int:
    try:
        cases = find("link").cases(design.parameters, 90, 5)
        return simulate(design, cases, simulator=QUICK, timeout=240)[0].mismatches
    except SimulatorError:  # too few bytes, or too many
        return -1


def test_the_unmodified_design_passes():
    assert _mismatches(BREAKS.design) == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    assert _mismatches(BREAKS.broken(what)) != 0
