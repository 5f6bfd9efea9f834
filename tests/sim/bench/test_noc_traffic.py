"""The bench of built-in traffic detects faults: each of these networks has one."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a bit that is lost": (r"<= \{ flit\[31:0\], flit\[32\]", "<= { flit[31:20], 1'h0, flit[18:0], flit[32]"),
    "the fastest packet instead of the slowest": (r"= passed > \{", "= passed < {"),
    "measured flits that are not counted": (r"(= counts\[159:128\]) \+ \w+;", r"\1;"),
    "flits of one port that are not counted": (r"(= router1_flits\[7:0\]) \+ \w+;", r"\1;"),
}
PARAMETERS = {"topology": "ring", "k": 3, "l": 1, "width": 32, "counters": 8}
BREAKS = Breaks("noc_traffic", BROKEN, **PARAMETERS)


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    cases = find("noc_traffic").cases(BREAKS.design.parameters, 6, 5)
    outcome, _ = simulate(BREAKS.broken(what), cases, timeout=120)
    assert outcome.mismatches > 0
