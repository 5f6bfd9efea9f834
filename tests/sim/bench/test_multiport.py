"""The bench detects faults: each of these memories has one fault."""

import re
import shutil
from dataclasses import replace

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

PARAMETERS = {"ports": 3, "width": 16, "depth": 16}
BROKEN = {  # fault: Verilog text, its replacement
    "two ports write one byte": (r"assign strobe0 = (\S+) & \w+;", r"assign strobe0 = \1;"),
    "the lower port has priority": (r"assign strobe1 = (\S+) & \w+;", r"assign strobe1 = \1 & ~strobe0;"),
    "another port's last write is not seen": (r"assign near1_2 = .*;", "assign near1_2 = 1'h0;"),
    "another port's last write but one is not seen": (r"assign far2_0 = .*;", "assign far2_0 = 1'h0;"),
    "a port's own last write is not seen": (r"assign near0_0 = .*;", "assign near0_0 = 1'h0;"),
    "a write to another address is seen": (r"assign near0_1 = (\S+) & .*;", r"assign near0_1 = \1;"),
    "a strobe without effect": (r"strobe2\[3\] \?", "1'h1 ?"),
    "a copy that is never written": (r"(copy2_0 \([^;]*\.write\()write2\[0\]", r"\g<1>1'h0"),
    "a copy at another port's address": (r"(copy1_2 \([^;]*\.read_addr\()addr\[7:4\]", r"\1addr[3:0]"),
    "a response one cycle late": (
        r"assign port1_rsp__valid = (.*);",
        r"reg late = 0; always @(posedge clk) late <= \1;\n  assign port1_rsp__valid = late;",
    ),
}
BREAKS = Breaks("multiport", BROKEN, **PARAMETERS)


def _outcome(design):
    return simulate(design, find("multiport").cases(design.parameters, 16, 5), simulator=QUICK, timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    if what == "a response one cycle late":
        with pytest.raises(SimulatorError, match="reset in mid-run"):
            _outcome(BREAKS.broken(what))
    else:
        assert _outcome(BREAKS.broken(what)).mismatches > 0


def test_no_result_depends_on_a_read_concurrent_with_a_write():
    """A copy that is read at the address of a write returns unknown bits in this design."""
    instead = "<= write && write_addr == read_addr ? 16'bx : words[read_addr];"
    text, count = re.subn(r"<= words\[read_addr\];", instead, BREAKS.design.verilog)
    assert count == 1
    assert _outcome(replace(BREAKS.design, verilog=text)).mismatches == 0
