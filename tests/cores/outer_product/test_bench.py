"""The bench of the outer-product engine fails where it should: each of these designs is broken in one place."""

import shutil

import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

BROKEN = {  # what is broken: text, what stands there instead
    "sums that are never cleared": (r"if \(\w+\) sum5 <= 22'h0+;\n    else if", "if"),
    "bytes without a sign": (r"\$signed\(a\[7:0\]\)", "a[7:0]"),
    "an error that nobody hears of": (r"\.status_failed\(\w+\)", ".status_failed(1'h0)"),
    "a product that is never refused": (r"\.status_refused\(\w+\)", ".status_refused(1'h0)"),
}


@pytest.fixture(scope="module")
def design():
    return generate("outer_product", find("outer_product").component(depth=64))


def _mismatches(design) -> int:
    try:
        cases = find("outer_product").cases(design.parameters, 8, 5)
        return simulate(design, cases, simulator=QUICK, timeout=240)[0].mismatches
    except SimulatorError:  # it does not end
        return -1


@pytest.mark.slow
@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(spoil, design, what):
    assert _mismatches(spoil(design, *BROKEN[what])) != 0
