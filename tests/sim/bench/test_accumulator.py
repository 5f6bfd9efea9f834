"""The bench detects faults: each of these accumulators has one fault."""

import re
import shutil
from dataclasses import replace

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

PARAMETERS = {"cols": 3, "in_width": 12, "acc_width": 14, "depth": 16, "overflow": "saturate"}
BROKEN = {  # fault: Verilog text, its replacement
    "the row before is not forwarded": (r"assign hit\[0\] = .*;", "assign hit[0] = 1'h0;"),
    "the row two before is not forwarded": (r"assign hit\[1\] = .*;", "assign hit[1] = 1'h0;"),
    "the row three before is not forwarded": (r"assign hit\[2\] = .*;", "assign hit[2] = 1'h0;"),
    "forwarding from the other half": (r"stage1\[2\] == fill", "1'h1"),
    "additions instead of overwrites": (r"row__payload\[40\] \? (\w+) : 5'h00", r"\1"),
    "the lower limit is the upper one": (r"14'h2000 : 14'h1fff", "14'h1fff : 14'h1fff"),
    "a lane without a sign": (r"\$signed\(data2\[11:0\]\)", "$signed({1'h0, data2[11:0]})"),
    "reads from the wrong half": (r"read_half1 \? (\S+) +: (\w+)", r"read_half1 ? \2 : \1 "),
    "a read before the last write": (r"stage3(?=\[2\] \?|\[0\] & stage3\[1\]|\[1\];)", "stage2"),
    "a half freed one cycle late": (
        r"assign row__ready = (.*);",
        r"reg was = 0; always @(posedge clk) was <= |closed & ~_1;\n  assign row__ready = \1 & ~was;",
    ),
    "filling ends one row late": (r"else if \(enter\) filling <= \w+;", "else if (enter) filling <= 1'h1;"),
    "a buffer that is never full": (r" & buffer__space", ""),
}
BREAKS = Breaks("accumulator", BROKEN, **PARAMETERS)
LOST = {"a buffer that is never full"}  # no response ever


def _outcome(design):
    cases = find("accumulator").cases(design.parameters, 16, 5)
    return simulate(design, cases, simulator=QUICK, timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    broken = BREAKS.broken(what)
    if what in LOST:
        with pytest.raises(SimulatorError, match="no handshake"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0


def test_no_result_depends_on_a_fetch_concurrent_with_a_write():
    """Such a fetch returns unknown bits in this design."""
    pattern = r"<= sums(\d)\[(fetch\[\S+\])\];"
    text, count = re.subn(pattern, r"<= write3[\1] && addr3 == \2 ? 42'bx : sums\1[\2];", BREAKS.design.verilog)
    assert count == 2
    assert _outcome(replace(BREAKS.design, verilog=text)).mismatches == 0
