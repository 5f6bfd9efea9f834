"""The router's bench detects faults: each of these designs has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a credit that is lost": (r"credit <= \{ vc1__pop, vc0__pop \}", "credit <= { vc1__pop, 1'h0 }"),
    "credits that flits do not use up": (r"= sent(\[\d\])? \^ credit", r"= ~sent\1 & credit"),
    "outputs that rest every other cycle": (
        r"assign (\w+) = (credits\d\[0\]);",
        r"reg odd_\1 = 0; always @(posedge clk) odd_\1 <= ~odd_\1; assign \1 = \2 & odd_\1;",
    ),
    "priorities that survive a reset": (r"if \(rst\) later_0_1 <= 1'h0;\s*else if \(accepted\)", "if (accepted)"),
    "an input that always stalls": (r"later_0_1 <= _\d+;", "later_0_1 <= 1'h1;"),
}
PARAMETERS = {"topology": "torus", "k": 3, "l": 3, "width": 8}
BREAKS = Breaks("router", BROKEN, **PARAMETERS)


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    cases = find("router").cases(BREAKS.design.parameters, 9, 5)
    outcome, _ = simulate(BREAKS.broken(what), cases, timeout=120)
    assert outcome.mismatches > 0
