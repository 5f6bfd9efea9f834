"""The bench fails where it should: each of these designs is broken in one place."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

SIGNED = r"\$signed\(operand_a\) \* \$signed\(operand_b\)"
BROKEN = {  # what is broken: dataflow, text, what stands there instead
    "wrong sign of a": ("ws", SIGNED, "$signed({8'h00, operand_a}) * $signed(operand_b)"),
    "wrong sign of w": ("os", SIGNED, "$signed(operand_a) * $signed({8'h00, operand_b})"),
    "dropped last row": ("ws", r"valid <= \{ (valid\[.*?\]), (\w+) \}", r"valid <= { \1, \2 & ~streamed_payload[32] }"),
    "swap one cycle early": ("ws", r"\.swap\(core__swap\)", ".swap(_7)"),
    "a delay that is missing": ("ws", r"\.i\(delay__o\)(,\s+\.o\(late__o\))", r".i(i[35:0])\1"),
    "a sum that is not cleared": ("os", r"if \(last1\) running <= 32'd0;\n    else running", "running"),
    "an output buffer that is never full": ("ws", r"= buffer__room & ", "= "),
    "last on the wrong beat": ("ws", r"last <= \{ (last\[.*?\]), \w+\[32\] \}", r"last <= { \1, 1'h0 }"),
    "a psum one bit short": ("ws", r"south\[25:8\] <= _1\[17:0\]", "south[25:8] <= { _1[16], _1[16:0] }"),
}
STUCK = {"dropped last row", "an output buffer that is never full"}  # where results never come


def _design(dataflow):
    return generate("systolic", find("systolic").component(rows=4, cols=4, dataflow=dataflow, acc_width=32))


def _outcome(design):
    return simulate(design, find("systolic").cases(design.parameters, 24, 5), timeout=120)[0]


@pytest.mark.parametrize("dataflow", ["ws", "os"])
def test_the_design_that_is_broken_below_is_right(dataflow):
    assert _outcome(_design(dataflow)).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(spoil, what):
    dataflow, pattern, instead = BROKEN[what]
    design = _design(dataflow)
    broken = spoil(design, pattern, instead)
    if what in STUCK:
        with pytest.raises(SimulatorError, match="nothing moved"):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
