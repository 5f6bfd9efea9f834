"""The bench detects faults: each of these designs has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

SIGNED = r"\$signed\(operand_a\) \* \$signed\(operand_b\)"
WEIGHT_STATIONARY = {  # fault: Verilog text, its replacement
    "wrong sign of a": (SIGNED, "$signed({8'h00, operand_a}) * $signed(operand_b)"),
    "dropped last row": (r"valid <= \{ (valid\[.*?\]), (\w+) \}", r"valid <= { \1, \2 & ~streamed_payload[32] }"),
    "swap one cycle early": (r"\.swap\(core__swap\)", ".swap(_7)"),
    "a delay that is missing": (r"\.i\(delay__o\)(,\s+\.o\(late__o\))", r".i(i[35:0])\1"),
    "an output buffer that is never full": (r"= buffer__space & ", "= "),
    "last on the wrong beat": (r"last <= \{ (last\[.*?\]), \w+\[32\] \}", r"last <= { \1, 1'h0 }"),
    "a psum one bit short": (r"south\[25:8\] <= _1\[17:0\]", "south[25:8] <= { _1[16], _1[16:0] }"),
}
OUTPUT_STATIONARY = {
    "wrong sign of w": (SIGNED, "$signed(operand_a) * $signed({8'h00, operand_b})"),
    "a sum that is not cleared": (r"if \(last1\) running <= 32'd0;\n    else running", "running"),
}
ARRAY = {"rows": 4, "cols": 4, "acc_width": 32}
WS = Breaks("systolic", WEIGHT_STATIONARY, dataflow="ws", **ARRAY)
OS = Breaks("systolic", OUTPUT_STATIONARY, dataflow="os", **ARRAY)
STUCK = {"dropped last row", "an output buffer that is never full"}  # no result ever


def _outcome(design):
    return simulate(design, find("systolic").cases(design.parameters, 24, 5), timeout=120)[0]


@pytest.mark.parametrize("breaks", [WS, OS], ids=["ws", "os"])
def test_the_unmodified_design_passes(breaks):
    assert _outcome(breaks.design).mismatches == 0


@pytest.mark.parametrize("what", [*WS, *OS])
def test_broken_designs_fail(what):
    broken = (WS if what in WEIGHT_STATIONARY else OS).broken(what)
    if what in STUCK:
        with pytest.raises(SimulatorError, match="no handshake"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
