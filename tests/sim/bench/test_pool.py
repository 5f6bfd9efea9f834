"""The bench detects faults: each of these pools has one fault."""

import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

PARAMETERS = {"cols": 2, "mode": "average", "window_width": 3, "window_height": 2, "stride_x": 1, "max_width": 16}
BROKEN = {  # fault: Verilog text, its replacement
    "a pixel without its sign": (r"\$signed\(pixels\[7:0\]\)", "$signed({ 1'h0, pixels[7:0] })"),
    "the wrong pixel": (r"pixels\[39:32\]", "pixels[31:24]"),
    "a line that is not kept": (r"if \(late\[2\]\)", "if (late[2] && store_column != 1)"),
    "a line written one column off": (r"store_column <= (.*);", r"store_column <= \1 + 1;"),
    "ties rounded down": (r"\$signed\(20'h45555\)", "$signed(20'h35555)"),
    "windows across the ends of lines": (r"(\w+) \? 3'h2 : ", r"\1 ? 3'h0 : "),
    "no window at the end of a line": (r"across = enter & (\w+);", r"across = enter & \1 & (left_x != 0);"),
    "last with every window of the last lines": (r"left_x < 1'h1;", "1'h1;"),
    "one size for all images": (r"if \((\w+)\) right <= ", r"if (\1 && !right) right <= "),
    "a bubble between images": (r"size__ready = ~ waiting;", "size__ready = ~ waiting & ~ active;"),
    "a buffer that is never full": (r"\.space\(buffer__space\)", ".space()"),
}
BREAKS = Breaks("pool", BROKEN, **PARAMETERS)
STUCK = {  # where there are too few results, or too many
    "a buffer that is never full",
    "windows across the ends of lines",
    "no window at the end of a line",
    "one size for all images",
}


def _outcome(design):
    return simulate(design, find("pool").cases(design.parameters, 12, 5), simulator=QUICK, timeout=120)[0]


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    broken = BREAKS.broken(what)
    if what in STUCK:
        with pytest.raises(SimulatorError):
            _outcome(broken)
    else:
        assert _outcome(broken).mismatches > 0
