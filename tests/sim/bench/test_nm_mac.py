"""The bench detects faults: each of these units has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "an illegal group that is multiplied": (r"illegal \? 16'h0000 : values", "values"),
    "equal positions accepted as legal": (r"meta\[1:0\] >= meta\[3:2\]", "meta[1:0] > meta[3:2]"),
    "the first position for both": (r"places\[3:2\], 3'h0", "places[1:0], 3'h0"),
    "a sum that is not cleared": (r"fresh \? 32'd0", "1'h0 ? 32'd0"),
    "one cycle late": (r"else buffer__write__valid <= kind2\[1\]", "else buffer__write__valid <= kind1[1]"),
}
BREAKS = Breaks("nm_mac", BROKEN)
FAST = "an illegal group that is multiplied"


@pytest.mark.parametrize("what", [FAST, *(pytest.param(w, marks=pytest.mark.slow) for w in BROKEN if w != FAST)])
def test_broken_designs_fail(what):
    outcome, _ = simulate(BREAKS.broken(what), find("nm_mac").cases(BREAKS.design.parameters, 12, 5))
    assert outcome.mismatches > 0
