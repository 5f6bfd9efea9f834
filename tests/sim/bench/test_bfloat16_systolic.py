"""The bench detects faults: each of these designs has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a weight that arrives one row early": (r"\.i\(north\[15:0\]\),\n    \.o\(south\[15:0\]\)", ".i(south[15:0])"),
    "ties rounded up": (r"up <= _\d+;", "up <= normal[3];"),
}
SLOW = {
    "a missing sticky bit": (r"smaller_sticky = \| .*;", "smaller_sticky = 1'h0;"),
    "a NaN treated as a number": (r"x_nan = x_top & .*;", "x_nan = 1'h0;"),
    "a swap that is not forwarded": (r"stages <= \{ stages\[\d+:0\], (.*) \};", r"stages <= { 6{ \1 } };"),
}
BREAKS = Breaks("bfloat16_systolic", BROKEN | SLOW, rows=5, cols=3)


def _outcome(design):
    return simulate(design, find("bfloat16_systolic").cases(design.parameters, 24, 5), timeout=120)[0]


@pytest.mark.parametrize("what", [*BROKEN, *(pytest.param(what, marks=pytest.mark.slow) for what in SLOW)])
def test_broken_designs_fail(what):
    assert _outcome(BREAKS.broken(what)).mismatches > 0
