"""The bench fails where it should: each of these designs is broken in one place."""

import shutil

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

BROKEN = {  # what is broken: rounding, text, what stands there instead
    "a partial product without its sign": (
        "single",
        r"\$signed\(operand_a\) \* \$signed\(\{ 1'h0, operand_b \}\)",
        "$signed(operand_a) * $signed(operand_b)",
    ),
    "a product whose middle has no sign": ("single", r"\{( middle\[33\],)+ middle,", "{ 14'h0, middle,"),
    "ties towards zero": ("gemmlowp", r"multiply__product\[63\] \^ multiply__product\[30\]", "multiply__product[30]"),
    "no rounding": ("single", r"\+ \$signed\(2'h1\)", "+ $signed(2'h0)"),
    "a large result that wraps": ("gemmlowp", r"fits <= .*;", "fits <= 1'h1;"),
    "a limit of the wrong sign": ("single", r"sign <= .*;", "sign <= 1'h0;"),
    "a clamp that is met a cycle early": ("gemmlowp", r"swaps\[10\]\) current_high", "swaps[9]) current_high"),
    "a bias that is met a cycle late": ("gemmlowp", r"swaps\[0\]\) current_bias", "swaps[1]) current_bias"),
    "a multiplier that is met a cycle late": ("single", r"swaps\[0\]\) current_mul", "swaps[1]) current_mul"),
    "a set in the middle of a packet": ("gemmlowp", r"closed & between", "closed"),
    "a set that waits for nothing": ("single", r"set__ready = .*;", "set__ready = 1'h1;"),
    "a set that waits too long": ("single", r"\| swapping\[\d:0\]", "| swapping"),
    "a lane that is written by another": ("gemmlowp", r"change\[1:0\] == 2'h2", "change[1]"),
    "tlast a beat early": ("gemmlowp", r"write_payload\(\{ last\[11\]", "write_payload({ last[10]"),
    "a buffer that is never full": ("gemmlowp", r"\.room\(x__ready\)", ".room()"),
}
LOST = {"a buffer that is never full"}  # where results never come


@pytest.fixture(scope="module")
def designs():
    return {
        rounding: generate("requantise", find("requantise").component(cols=3, rounding=rounding))
        for rounding in ("gemmlowp", "single")
    }


def _outcome(design):
    return simulate(design, find("requantise").cases(design.parameters, 16, 5), simulator=QUICK, timeout=120)[0]


@pytest.mark.parametrize("rounding", ["gemmlowp", "single"])
def test_the_design_that_is_broken_below_is_right(designs, rounding):
    assert _outcome(designs[rounding]).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(spoil, designs, what):
    rounding, pattern, instead = BROKEN[what]
    broken = spoil(designs[rounding], pattern, instead)
    if what in LOST:
        with pytest.raises(SimulatorError, match="nothing moved"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
