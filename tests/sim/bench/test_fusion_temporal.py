"""The bench detects faults: each of these designs has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "shifts up to fourteen": (r"<< \{ slices, 1'h0 \}", "<< { slices[2:0], 1'h0 }"),
    "sums that are never cleared": (r"first \? 33'h000000000 : product", "product"),
}
BREAKS = Breaks("fusion_temporal", BROKEN)


@pytest.mark.slow
@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    outcome, _ = simulate(BREAKS.broken(what), find("fusion_temporal").cases(BREAKS.design.parameters, 12, 5))
    assert outcome.mismatches > 0
