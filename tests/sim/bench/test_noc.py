"""The network's bench detects faults: each of these designs has one fault."""

import re
import shutil

import numpy as np
import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError
from systola.sim.stimulus.noc import competing

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a flit that passes its node": (r"= found\[(\S+)\] == target1;", r"= found[\1] == (target1 ^ 2'h1);"),
    "two bits swapped": (r"<= \{ flit\[7:0\], flit\[8\]", "<= { flit[6], flit[7], flit[5:0], flit[8]"),
    "a wrong source": (r", node, i_payload", ", node ^ 2'h1, i_payload"),
    "a credit that is lost": (r"credit <= \{ vc1__pop, vc0__pop \}", "credit <= { vc1__pop, 1'h0 }"),
    "a buffer that is written when it is full": (r"assign space = credits0\[0\]", "assign space = 1'h1"),
    "interleaved packets": (r"vc0__first \? allocated : ", "1'h0 ? allocated : "),
    "a route computed per beat": (r"assign current = first \?", "assign current = 1'h1 ?"),
    "a hop one cycle late": (
        r"assign arbiter__request\[0\] = (?!\| \{)",
        "reg late; always @(posedge clk) late <= | vc0__target; assign arbiter__request[0] = late & ",
    ),
    "a wrong packet that is not counted": (r"= (_\d+) & computed\[(\d+)\];", r"= \1 & 1'h0;"),
    "an error counter that wraps": (r"= errors != 8'hff;", "= 1'h1;"),
    "a wrong packet that is sent": (r"= ~ current\[(\d+)\];", "= 1'h1;"),
    "an arbiter with fixed priorities": (r"= later_0_1 \| grant\[0\];", "= 1'h0;"),
    "a lost end of packet": (r"(found\[\S+\]), last, ", r"\1, last & ~ found[0], "),
}
FAST = "icarus" if shutil.which("iverilog") else "verilator"  # designs that are compiled once and simulated briefly
PARAMETERS = {"topology": "ring", "k": 3, "l": 1, "width": 8}
BREAKS = Breaks("noc", BROKEN, **PARAMETERS)


UNFAIR = {  # the same, in cases of competing VCs
    "VC 0 waits for VC 1": (r"(assign arbiter__request\[0\] =) (\| \w+;)", r"\1 ~ arbiter__request[1] & \2"),
    "VC 1 waits for VC 0": (r"(assign arbiter__request\[1\] =) (\| \w+;)", r"\1 ~ arbiter__request[0] & \2"),
}
ARBITERS = Breaks("noc", UNFAIR, **PARAMETERS)


FORKED = {  # the same, of a network with multicast
    "a copy that is sent twice": (r"assign vc1__served = .*;", "assign vc1__served = 7'h00;"),
    "a copy that is not sent": (r"assign vc0__pop = .*;", "assign vc0__pop = arbiter__grant[0] & (|accepted);"),
    "all copies on the route of the first": (r"assign steps\[14:10\] = .*;", "assign steps[14:10] = steps[9:5];"),
    "beats that allocate a channel": (r"(assign flit\[\d+\] = i_payload\[\d+\]) \| .*;", r"\1;"),
    "a rectangle that ends before it begins": (r"= multicast \? _\d+ : (_\d+);", r"= multicast ? 1'h0 : \1;"),
}
FORKS = Breaks("noc", FORKED, topology="mesh", k=3, l=2, width=9, multicast=True)


ADDED = {  # the same, of a network with reduction
    "an input that is not added": (
        r"(output0__grant\[1\] \?) (input1__o\[31:0\]) :",
        r"\1 (output0__grant[0] ? 32'h0 : \2) :",
    ),
    "a join that does not wait": (r"= ~ adds;", "= ~ adds | 2'h2;"),
    "a sum lost when a packet has priority": (r"assign vc2__pop = .*;", "assign vc2__pop = sum_granted;"),
}
SUMS = Breaks("noc", ADDED, topology="torus", k=3, l=2, vcs=3, width=32, reduction=True)


COUNTED = {  # the same, of a network with counters
    "flits of one port that are not counted": (r"(= router1_flits\[7:0\]) \+ \w+;", r"\1;"),
    "counters of 4 bits": (r"router2_flits <= \{ (\w+)\[7:0\],", r"router2_flits <= { 4'h0, \1[3:0],"),
}
COUNTERS = Breaks("noc", COUNTED, topology="ring", k=3, l=1, width=8, counters=8)


def _outcome(design):
    return simulate(design, find("noc").cases(design.parameters, 12, 5), simulator=FAST, timeout=120)[0]


def _examples(design):
    """Mismatches of a design in two cases of competing VCs: first the lower one waits, then the higher one."""
    cases = [competing(design.parameters, rising, np.random.default_rng(1)) for rising in (True, False)]
    return simulate(design, cases, simulator=FAST, timeout=120)[0].examples


def test_the_unmodified_design_passes():
    assert _outcome(BREAKS.design).mismatches == 0
    assert not _examples(BREAKS.design)


@pytest.mark.parametrize("what", UNFAIR)
def test_broken_designs_with_unfair_arbiters_fail(what):
    examples = _examples(ARBITERS.broken(what))
    assert examples
    assert all("between two of node" in example for example in examples)


@pytest.mark.parametrize("what", BROKEN)
def test_broken_designs_fail(what):
    _fails(BREAKS.broken(what))


@pytest.mark.parametrize("what", COUNTED)
def test_broken_counters_fail(what):
    _fails(COUNTERS.broken(what))


@pytest.mark.slow
@pytest.mark.parametrize("what", FORKED)
def test_broken_forks_fail(what):
    _fails(FORKS.broken(what))


@pytest.mark.slow
@pytest.mark.parametrize("what", ADDED)
def test_broken_sums_fail(what):
    _fails(SUMS.broken(what))


def _fails(broken):
    try:
        outcome = _outcome(broken)
    except SimulatorError as error:  # too few or too many beats
        assert re.search("no handshake|gave more than", str(error))  # noqa: PT017
    else:
        assert outcome.mismatches > 0
