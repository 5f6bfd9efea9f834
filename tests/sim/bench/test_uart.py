"""The bench of the UART detects faults: each of these designs has one fault."""

import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

BROKEN = {  # fault: Verilog text, its replacement
    "bits sampled at their ends": (r"4'h5 : procmux", "4'ha : procmux"),
    "a gap between bytes": (r"tx_remaining <= 1'h1;", "tx_remaining < 1'h1;"),
    "a byte accepted without its stop bit": (r"(rx_remaining == 1'h1;\n.*) & level;", r"\1;"),
    "a spike accepted as a start bit": (r"(rx_remaining == 4'ha;\n.*) & level;", r"\1 & 1'h0;"),
    "a line that is high in reset": (r"previous <= 1'h0;", "previous <= 1'h1;"),
    "a byte without a falling edge": (r"= previous & ", "= "),
}
BREAKS = Breaks("uart", BROKEN)


def _mismatches(design) -> int:
    try:
        return simulate(design, find("uart").cases(design.parameters, 8, 5), simulator=QUICK, timeout=240)[0].mismatches
    except SimulatorError:  # too few bytes, or too many
        return -1


def test_the_unmodified_design_passes():
    assert _mismatches(BREAKS.design) == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    assert _mismatches(BREAKS.broken(what)) != 0
