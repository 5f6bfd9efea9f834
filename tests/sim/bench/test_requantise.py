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
FLOAT32 = {
    "a sum that is rounded with ties upwards": (r"_7 \| normal\[8\]", "1'h1"),
    "a sum that is truncated": (r"normal\[31:8\] \+ \w+", "normal[31:8]"),
    "a product that is truncated": (r"(_\w+) = kept \+ \w+", r"\1 = kept"),
    "a product with ties upwards": (r"sticky \| kept\[0\]", "1'h1"),
    "a product without its lowest bits": (r"sticky <= \w+;", "sticky <= 1'h0;"),
    "an integer with ties upwards": (r"up <= \w+;", "up <= places[0];"),
    "bits lost by the shift by bytes": (r"lost <= \w+;", "lost <= 1'h0;"),
    "bits lost by the shift by bits": (r"(_\w+) = \{.*by_bytes\[0\], 1'h0 \} >> near", r"\1 = 1'h0"),
    "a large result that wraps": (r"too_large <= \w+;", "too_large <= 1'h0;"),
    "a significand that becomes 2^24": (r"- \$signed\(\{ 1'h0, product\[47\] \}\)", ""),
    "a small result that is not 0": (r"significand = \w+ \? 26'h0000000 :", "significand ="),
    "a result without its sign": (r"negative3 \? \w+ : (\{ 1'h0, magnitude \})", r"\1"),
    "a scale that ignores bit 30": (r"change\[32\] \? (\S+) : 24'h000000", r"\1"),
}
GEMMLOWP = Breaks("requantise", TWO_ROUNDINGS, cols=3, rounding="gemmlowp")
SINGLE = Breaks("requantise", ONE_ROUNDING, cols=3, rounding="single")
FLOAT = Breaks("requantise", FLOAT32, cols=3, rounding="float32")
LOST = {"a buffer that is never full"}  # no result ever


def _outcome(design):
    count = 60 if design.parameters["rounding"] == "float32" else 16  # its rounding of products decides few results
    return simulate(design, find("requantise").cases(design.parameters, count, 5), simulator=QUICK, timeout=120)[0]


@pytest.mark.parametrize("breaks", [GEMMLOWP, SINGLE, FLOAT], ids=["gemmlowp", "single", "float32"])
def test_the_unmodified_design_passes(breaks):
    assert _outcome(breaks.design).mismatches == 0


@pytest.mark.parametrize(
    ("breaks", "what"),
    [pytest.param(breaks, what, id=what) for breaks in (GEMMLOWP, SINGLE, FLOAT) for what in breaks],
)
def test_broken_designs_fail(breaks, what):
    broken = breaks.broken(what)
    if what in LOST:
        with pytest.raises(SimulatorError, match="no handshake"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
