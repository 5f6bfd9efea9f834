"""The scratchpad's bench detects faults: each of these designs has one fault."""

import re

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a byte that is not written": (r"if \(access\[5\]\)", "if (access[5] & access[6])"),
    "rows in the wrong order": (r"(words\[)(access\[3:0\])(\]\[15:8\] <=)", r"\1\2 ^ 4'd1\3"),
    "a priority that does not rotate": (r"later_0_1 <= grant\[0\]", "later_0_1 <= 1'h0"),
    "a bank that stops after each access": (r"assign req_ready = _\d+ \| granted", r"assign req_ready = ~ full"),
    "a response that is not stored": (r"stored1 <= stored0", "stored1 <= word"),
    "a response of the wrong bank": (r"source <= grant;", "source <= { grant[2:0], grant[3] };"),
    "words one cycle late": (
        r"assign word = _0_;",
        "reg [15:0] late; always @(posedge clk) late <= _0_; assign word = late;",
    ),
}
PARAMETERS = {"ports": 4, "banks": 4, "width": 16, "depth": 64}
BREAKS = Breaks("scratchpad", BROKEN, **PARAMETERS)


def _outcome(design):
    return simulate(design, find("scratchpad").cases(design.parameters, 24, 5), timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    try:
        outcome = _outcome(BREAKS.broken(what))
    except SimulatorError as error:  # too few or too many responses
        assert re.search("no handshake|gave more than", str(error))  # noqa: PT017
    else:
        assert outcome.mismatches > 0
