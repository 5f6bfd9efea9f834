"""Bench of accelerators: detects a shell that reports the end of an execution before the bus is idle, and wrong
registers."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.registry import accelerators
from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ..breaks import Breaks

BROKEN = {"done before the bus is idle": (r"(assign \w+status_done_set = \w+) & engine__idle;", r"\1;")}
REGISTERS = {
    "no error response to a write": (r"(assign s_axil_b_payload) = b_error .*;", r"\1 = 2'h0;"),
    "no error response to a read": (r"(assign s_axil_r_payload\[33:32\]) = r_error .*;", r"\1 = 2'h0;"),
    "entry cannot be read": (r"(assign \w+) = ar_entry \? .*;", r"\1 = 32'd0;"),
    "strobes are ignored": (r"(assign \w+ = write_entry) & w__o__payload\[33\];", r"\1;"),
    "an address that waits is lost": (
        r"(?s)(module \w+__stream_skid_word5 .*?assign o_payload) = waits \? payload : i_payload;",
        r"\1 = i_payload;",
    ),
}
BREAKS = [Breaks(name, BROKEN, **dict(each.preset("small"))) for name, each in accelerators().items()]
REGISTER_BREAKS = [Breaks(name, REGISTERS, **dict(each.preset("small"))) for name, each in accelerators().items()]


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda breaks: breaks.generator)
def test_broken_designs_without_drain_are_detected(breaks):
    cases = find(breaks.generator).cases(breaks.design.parameters, 4, 1)
    stops = np.linspace(20, 400, 12).astype(int)
    cases = [replace(case, latency=90, stop=int(stop), golden=False, watch=True) for case in cases for stop in stops]
    for what in breaks:
        with pytest.raises(SimulatorError, match="after the interrupt"):
            simulate(breaks.broken(what), cases)


@pytest.mark.parametrize("breaks", REGISTER_BREAKS[:1], ids=lambda breaks: breaks.generator)
@pytest.mark.parametrize("what", REGISTERS)
def test_broken_designs_with_wrong_registers_are_detected(breaks, what):
    """All accelerators have the same registers: one is compiled."""
    outcome, _ = simulate(breaks.broken(what), find(breaks.generator).cases(breaks.design.parameters, 1, 1))
    assert any("registers of the idle machine" in example for example in outcome.examples)
