"""The bench detects faults: each of these DMA engines has one fault."""

from dataclasses import replace

import pytest

from systola.gen.generators import find
from systola.sim.golden.dma import Descriptor
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

PARAMETERS = {"dims": 2, "padding": True, "fill": True, "scatter": True, "local_bytes": 4096}
BROKEN = {  # fault: Verilog text, its replacement
    "bytes rotated in the wrong direction": (r"turn <= (\w+)\[2:0\];", r"turn <= -\1[2:0];"),
    "the last byte of a run missing": (r"tail <= (\w+);", r"tail <= \1 >> 1;"),
    "bytes before a run written": (r"assign (\w+) = head & (\w+);", r"assign \1 = \2;"),
    "a burst too long": (r"ends <= reach\[10:3\];", "ends <= reach[10:3] + 1'h1;"),
    "bursts that stop before their block": (r"ends : 8'hff;", "ends : 8'hfe;"),
    "a missing stride": (r"assign bus_step = \w+ \?", "assign bus_step = 1'h1 ?"),
    "padding one element short": (r"middle_bytes <= (\w+)\[18:0\];", r"middle_bytes <= \1[18:0] + 1'h1;"),
    "a padded row that is read": (r"outside1 <= \w+;", "outside1 <= 1'h0;"),
    "errors not reported": (r"assign bad = .*;", "assign bad = 1'h0;"),
    "the tag of another descriptor": (r"status__payload\[7:0\] <= order", "status__payload[7:0] <= ~order"),
    "a local range that ends late": (r"> \$signed\(14'h1000\)", "> $signed(14'h1001)"),
    "wlast on the wrong beat": (r"(assign w_payload\[72\] = passed) ==", r"\1 !="),
    "wait ignored": (r"assign may = .*;", "assign may = order__space;"),
    "a buffer that is never full": (r"= pieces__space & ", "= "),
    "address bits above 64 KiB lost": (r"= (m_axi__a[rw]__payload)\[32:1\];", r"= { 16'h0000, \1[16:1] };"),
    "a pause after each beat": (
        r"(?s)(  \w+ \w+ \((?:(?!;).)*load__r__valid\()m_axi_rvalid(\)(?:(?!;).)*m_axi__r__ready\()m_axi_rready\)",
        "  wire ready; reg pause = 0; always @(posedge clk) pause <= ~pause; assign m_axi_rready = ready & pause;\n"
        r"\1m_axi_rvalid & pause\2ready)",
    ),
    "a row without the high bits of its count": (
        r"whole <= (\w+)\[18:0\];",
        r"whole <= { 5'h00, \1[13:0] };",
    ),
}
BREAKS = Breaks("dma", BROKEN, **PARAMETERS)
STUCK = {
    "a burst too long",
    "bursts that stop before their block",
    "wlast on the wrong beat",
    "a buffer that is never full",
}


def _outcome(design):
    cases = find("dma").cases(design.parameters, 20, 1)
    beyond = Descriptor(local_addr=4089, count=(8,), bus_stride=(1,), local_stride=(1,))
    del cases[16]  # one count near the limit is enough
    return simulate(design, [*cases, replace(cases[0], descriptors=[beyond])], timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    broken = BREAKS.broken(what)
    if what in STUCK:
        with pytest.raises(SimulatorError):  # no response, or a burst that the memory rejects
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
