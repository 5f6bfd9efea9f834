"""The bench detects faults: this brick has one wrong product."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a product without its second carry": (r"assign carry\[2\] = (\S+) \| \S+;", r"assign carry[2] = \1;"),
}
BREAKS = Breaks("bitbrick", BROKEN)


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    outcome, _ = simulate(BREAKS.broken(what), find("bitbrick").cases(BREAKS.design.parameters, 1, 1))
    assert outcome.mismatches > 0
