"""The bench of the AXI4 memory detects faults: each of these designs is broken in one place."""

import shutil

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

PARAMETERS = {"masters": 1, "data_width": 32, "bytes": 4096, "banks": 1}
BROKEN = {  # the change: a pattern of the text, and its replacement
    "writes of bursts with an error": (r"\w+ \? w_payload\[35:32\] : 4'h0", "w_payload[35:32]"),
    "no error beyond the end": (r"response <= 2'h3;", "response <= 2'h0;"),
    "no error of an illegal burst": (r"\? 2'h0 : 2'h2;", "? 2'h0 : 2'h0;"),
    "writes of bytes without a strobe": (r"(\w+) \? w_payload\[35:32\] : 4'h0", r"\1 ? 4'hf : 4'h0"),
    "a beat too few": (r"(beats__write__payload\[1\] =) ! (burst\[40:33\]);", r"\1 \2 == 8'h01;"),
    "FIXED as INCR": (r"\? 12'hfff : 12'h000;", "? 12'hfff : 12'hfff;"),
    "WRAP as FIXED": (r"\? { 2'h0, \w+ } :", "? 12'h000 :"),
    "WRAP without its container": (r"\? { 2'h0, \w+ } :", "? 12'h3ff :"),
    "WRAP of three beats": (r"(a[rw]_payload\[40:33\]) == 2'h3;", r"\1 == 2'h2;"),
    "unaligned WRAP": (r"= (a[rw]_payload\[12:1\]) & {", r"= 12'h000 & {"),
    "FIXED of more than 16 beats": (r"(a[rw]_payload\[40:33\]) < 5'h10;", r"\1 < 6'h20;"),
    "beats wider than the bus": (r"(a[rw]_payload\[43:41\]) <= 2'h2;", r"\1 <= 3'h6;"),
    "bursts across 4 KiB": (r"= ~ \w+\[12\];", "= 1'h1;"),
    "reserved bursts": (r"(_\w+ \? _\w+ :) 1'h0;", r"\1 1'h1;"),
}
BREAKS = Breaks("axi_memory", BROKEN, **PARAMETERS)


def _mismatches(design) -> int:
    try:
        cases = find("axi_memory").cases(design.parameters, 16, 5)
        return simulate(design, cases, simulator=QUICK, timeout=240)[0].mismatches
    except SimulatorError:  # too few beats, or too many
        return -1


def test_the_unmodified_design_passes():
    assert _mismatches(BREAKS.design) == 0


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    assert _mismatches(BREAKS.broken(what)) != 0
