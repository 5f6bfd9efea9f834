"""The bench fails where it should: each of these processing elements is broken in one place."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate

BROKEN = {  # what is broken: parameters, text, what stands there instead
    "a weight that is not double-buffered": ({}, r"if \(west\[9\]\) south\[7:0\]", "if (1'h1) south[7:0]"),
    "the partial sum without its sign": ({}, r"\$signed\(north\[39:8\]\) \+", "$signed({1'h0, north[38:8]}) +"),
    "`last` of another result": ({}, r"\{ lasts\[2:0\], (\S+) \}", r"{ lasts[3:1], \1 }"),
    "the next weight but one": ({}, r"if \(west\[8\]\) weight <= south", "if (west[8]) weight <= north"),
    "a sum that is not cleared": ({"dataflow": "os"}, r"if \(last1\) running <= 32'd0", "if (1'h0) running <= 32'd0"),
    "idle cycles that add": ({"dataflow": "os"}, r"enter \? (\S+) : 8'h00", r"\1"),
}
FAST = "`last` of another result"


@pytest.mark.parametrize("what", [FAST, *(pytest.param(w, marks=pytest.mark.slow) for w in BROKEN if w != FAST)])
def test_broken_designs_fail(spoil, what):
    parameters, pattern, instead = BROKEN[what]
    design = generate("pe", find("pe").component(**parameters))
    outcome, _ = simulate(spoil(design, pattern, instead), find("pe").cases(design.parameters, 12, 5))
    assert outcome.mismatches > 0
