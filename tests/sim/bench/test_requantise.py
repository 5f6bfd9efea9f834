"""The bench detects faults: each of these designs has one fault."""

import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

TWO_ROUNDINGS = {  # fault: Verilog text, its replacement
    "ties towards zero": (r"multiply__product\[63\] \^ multiply__product\[30\]", "multiply__product[30]"),
    "a large result that wraps": (r"fits <= .*;", "fits <= 1'h1;"),
    "a clamp applied one cycle early": (r"swaps\[10\]\) current_high", "swaps[9]) current_high"),
    "a bias applied one cycle late": (r"swaps\[0\]\) current_bias", "swaps[1]) current_bias"),
    "a set in the middle of a packet": (r"closed & between", "closed"),
    "a lane that is written by another": (r"change\[1:0\] == 2'h2", "change[1]"),
    "tlast one beat early": (r"write_payload\(\{ last\[11\]", "write_payload({ last[10]"),
    "a buffer that is never full": (r"\.space\(x__ready\)", ".space()"),
    "a product without its bit 16": (r"middle <= (\w+);", r"middle <= { \1[33:1], 1'h0 };"),
}
ONE_ROUNDING = {
    "a partial product without its sign": (
        r"\$signed\(operand_a\) \* \$signed\(\{ 1'h0, operand_b \}\)",
        "$signed(operand_a) * $signed(operand_b)",
    ),
    "a middle product without its sign": (r"\{( middle\[33\],)+ middle,", "{ 14'h0, middle,"),
    "a product without its bit 16, rounded once": (r"middle <= (\w+);", r"middle <= { \1[33:1], 1'h0 };"),
    "no rounding": (r"\+ \$signed\(2'h1\)", "+ $signed(2'h0)"),
    "a limit of the wrong sign": (r"sign <= .*;", "sign <= 1'h0;"),
    "a multiplier applied one cycle late": (r"swaps\[0\]\) current_mul", "swaps[1]) current_mul"),
    "a set that does not wait": (r"set__ready = .*;", "set__ready = 1'h1;"),
    "a set that waits too long": (r"\| swapping\[\d:0\]", "| swapping"),
}
GEMMLOWP = Breaks("requantise", TWO_ROUNDINGS, cols=3, rounding="gemmlowp")
SINGLE = Breaks("requantise", ONE_ROUNDING, cols=3, rounding="single")
LOST = {"a buffer that is never full"}  # no result ever


def _outcome(design):
    return simulate(design, find("requantise").cases(design.parameters, 16, 5), simulator=QUICK, timeout=120)[0]


@pytest.mark.parametrize("breaks", [GEMMLOWP, SINGLE], ids=["gemmlowp", "single"])
def test_the_unmodified_design_passes(breaks):
    assert _outcome(breaks.design).mismatches == 0


@pytest.mark.parametrize("what", [*GEMMLOWP, *SINGLE])
def test_broken_designs_fail(what):
    broken = (GEMMLOWP if what in TWO_ROUNDINGS else SINGLE).broken(what)
    if what in LOST:
        with pytest.raises(SimulatorError, match="no handshake"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
