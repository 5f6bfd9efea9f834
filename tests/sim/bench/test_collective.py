"""The bench of the collective engines detects faults: each of these designs has one fault."""

import re
import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

PARAMETERS = {"topology": "ring", "k": 3, "l": 1, "width": 8, "format": "int8", "rows": 64, "timeout": 256}
BROKEN = {  # fault: Verilog text, its replacement
    "a sum without its carries": (r"= a \+ b;", "= a ^ b;"),
    "a hop one cycle late": (
        r"assign fire = (\w+) & (\w+);",
        r"reg late; always @(posedge clk) late <= \1; assign fire = late & \1 & \2;",
    ),
    "a decision before all nodes have arrived": (r"tree_state\[1\] \| ", "tree_state[0] | "),
    "different calls accepted as equal": (r"below\[\d+:3\] == call", "1'h1"),
    "a credit that is lost": (r"credit <= pop;", "credit <= pop & ~following[3];"),
    "the input forwarded instead of the sum": (r"assign out = result1\[2\] \?", "assign out = 1'h0 ?"),
    "a timeout that never expires": (r"= wait_cycles == 9'h100;", "= 1'h0;"),
    "a call beyond the memory": (r"= rows_needed > \d+'h40;", "= 1'h0;"),
    "a word that is written twice": (r"(\w+__addr) <= _1\[3:0\];", r"\1 <= _1[3:0] & ~(4'h1 & {4{valid & data[7]}});"),
}
BREAKS = Breaks("collective", BROKEN, **PARAMETERS)
QUICK = shutil.which("iverilog") is not None
FAST = "icarus" if QUICK else "verilator"  # designs that are compiled once and simulated briefly


def _outcome(design):
    return simulate(design, find("collective").cases(design.parameters, 12, 5), simulator=FAST, timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize(
    "what", [pytest.param(what, marks=[pytest.mark.slow] * (n > 2 and not QUICK)) for n, what in enumerate(BROKEN)]
)
def test_broken_designs_fail(what):
    try:
        outcome = _outcome(BREAKS.broken(what))
    except SimulatorError as error:  # too few or too many beats
        assert re.search("no handshake|gave more than", str(error))  # noqa: PT017
    else:
        assert outcome.mismatches > 0
