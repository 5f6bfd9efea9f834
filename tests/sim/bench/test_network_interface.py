"""The interface's bench detects faults: each of these designs has one fault."""

import re

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a packet that is cut and not dropped": (
        r"rejected \? (\(\* full_case = 32'd1 \*\) )?committed : ",
        "1'h0 ? committed : ",
    ),
    "a packet sent before it is complete": (r"= head != committed;", "= head != tail;"),
}
PARAMETERS = {"nodes": 6, "width": 8, "flits": 3, "longest": 4}
BREAKS = Breaks("network_interface", BROKEN, **PARAMETERS)


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    cases = find("network_interface").cases(BREAKS.design.parameters, 4, 5)
    try:
        outcome, _ = simulate(BREAKS.broken(what), cases, timeout=120)
    except SimulatorError as error:  # too few or too many beats
        assert re.search("no handshake|gave more than", str(error))  # noqa: PT017
    else:
        assert outcome.mismatches > 0
