"""The bench detects faults: each of these processing elements has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

WEIGHT_STATIONARY = {  # fault: Verilog text, its replacement
    "a weight that is not double-buffered": (r"if \(west\[9\]\) south\[7:0\]", "if (1'h1) south[7:0]"),
    "the partial sum without its sign": (r"\$signed\(north\[39:8\]\) \+", "$signed({1'h0, north[38:8]}) +"),
    "`last` of another result": (r"\{ lasts\[2:0\], (\S+) \}", r"{ lasts[3:1], \1 }"),
    "the next weight but one": (r"if \(west\[8\]\) weight <= south", "if (west[8]) weight <= north"),
}
OUTPUT_STATIONARY = {
    "a sum that is not cleared": (r"if \(last1\) running <= 32'd0", "if (1'h0) running <= 32'd0"),
    "idle cycles that add": (r"enter \? (\S+) : 8'h00", r"\1"),
}
WS, OS = Breaks("pe", WEIGHT_STATIONARY), Breaks("pe", OUTPUT_STATIONARY, dataflow="os")
FAST = "`last` of another result"


@pytest.mark.parametrize("what", [pytest.param(w, marks=[pytest.mark.slow] * (w != FAST)) for w in (*WS, *OS)])
def test_broken_designs_fail(what):
    breaks = WS if what in WEIGHT_STATIONARY else OS
    outcome, _ = simulate(breaks.broken(what), find("pe").cases(breaks.design.parameters, 12, 5))
    assert outcome.mismatches > 0
