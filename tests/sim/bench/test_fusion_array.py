"""The bench detects faults: each of these arrays has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "swap one cycle early": (r"\.swap\(core__swap\)", ".swap(_7)"),
    "weights in the order of the port": (
        r"\{ i_payload\[64\], arrange1__operand, arrange0__operand \}",
        "i_payload[64:0]",
    ),
    "one row per digit": (r"assign _2 = i_valid & i_payload\[\d+\];", "assign _2 = i_valid;"),
}
SLOW = ("weights in the order of the port", "one row per digit")
STUCK = {"one row per digit"}  # where there are too many results
BREAKS = Breaks("fusion_array", BROKEN, rows=2, cols=2)


def _outcome(design):
    return simulate(design, find("fusion_array").cases(design.parameters, 16, 5), timeout=120)[0]


@pytest.mark.parametrize("what", [pytest.param(w, marks=[pytest.mark.slow] * (w in SLOW)) for w in BROKEN])
def test_broken_designs_fail(what):
    broken = BREAKS.broken(what)
    if what in STUCK:
        with pytest.raises(SimulatorError, match="more than"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
