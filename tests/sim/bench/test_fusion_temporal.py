"""The bench fails where it should: each of these designs is broken in one place."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate

BROKEN = {  # what is broken: text, what stands there instead
    "shifts up to fourteen": (r"<< \{ slices, 1'h0 \}", "<< { slices[2:0], 1'h0 }"),
    "sums that never start again": (r"first \? 33'h000000000 : product", "product"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(spoil, what):
    design = generate("fusion_temporal", find("fusion_temporal").component())
    outcome, _ = simulate(spoil(design, *BROKEN[what]), find("fusion_temporal").cases(design.parameters, 12, 5))
    assert outcome.mismatches > 0
