"""The bench of the registers detects faults: each of these designs has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a strobe that is ignored": (r"write_scratch & w__o__payload\[33\]", "write_scratch"),
    "a clear with priority over a set": (
        r"= status_irq & (\w+);\n  assign (\w+) = \w+ \| status_irq_set;",
        r"= status_irq;\n  assign \2 = (status_irq | status_irq_set) & \1;",
    ),
    "a pulse of two cycles": (
        r"else control_tag_strobe <= (\w+);",
        r"else control_tag_strobe <= \1 | (control_tag_strobe & s_axil__b__valid & write_limits);",
    ),
    "a response that changes while stalled": (r"if \(ar__o__ready\) r_data <=", "r_data <="),
    "a response that survives reset": (r"if \(rst\) s_axil__r__valid <= 1'h0;\n    else if", "if"),
    "writes at half rate": (r"(\w+) \| s_axil__b__ready;", r"\1;"),
    "a beat that does not wait": (r"waits \? payload : i_payload", "i_payload"),
}
BREAKS = Breaks("registers", BROKEN)


def _outcome(design):
    return simulate(design, find("registers").cases(design.parameters, 18, 5), timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    try:
        outcome = _outcome(BREAKS.broken(what))
    except SimulatorError as error:  # a response without a request
        assert "more responses than requests" in str(error)  # noqa: PT017
    else:
        assert outcome.mismatches > 0
        assert outcome.examples
