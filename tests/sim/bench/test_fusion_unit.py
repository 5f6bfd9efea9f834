"""The bench detects faults: each of these units has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "low slices with a sign": (r"assign w_signed\[3\] = .*;", "assign w_signed[3] = a[38];"),
    "negative sums that are not extended": (r"\$signed\(a2_0\)", "$signed({ 1'h0, a2_0 })"),
    "digits at the wrong distance": (r"assign (_\d+) = wide \? ", r"assign \1 = 1'h1 ? "),
    "two digits of four": (r"assign top\[1\] = _6 & _7;", "assign top[1] = 1'h0;"),
    "a pause after each word": (  # its register is not filled while it is emptied
        r"= _1 \| o_ready;(\s+always .*\s+if \(i_ready\) o_payload .*\s+always .*\s+if .*\s+else if) \(i_ready\) (.*);",
        r"= _1;\1 (_1 | o_ready) \2 & _1;",
    ),
}
BREAKS = Breaks("fusion_unit", BROKEN)
FAST = "low slices with a sign"


@pytest.mark.parametrize("what", [FAST, *(pytest.param(w, marks=pytest.mark.slow) for w in BROKEN if w != FAST)])
def test_broken_designs_fail(what):
    outcome, _ = simulate(BREAKS.broken(what), find("fusion_unit").cases(BREAKS.design.parameters, 12, 5))
    assert outcome.mismatches > 0
