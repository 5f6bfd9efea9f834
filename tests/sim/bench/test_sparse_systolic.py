"""The bench detects faults: each of these designs has one fault."""

import pytest

from systola.gen.generators import find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

from ...breaks import Breaks

BROKEN = {  # fault: Verilog text, its replacement
    "a choice of only two": (r"a1 = a >> \{ 1'h0, places\[3:2\], 3'h0 \}", "a1 = a >> { 2'h0, places[2], 3'h0 }"),
    "an illegal group that multiplies": (r"illegal \? 16'h0000 : values", "values"),
    "a word kept after its tile": (r"_5 \| ends", "_5"),
}
SLOW = {
    "two equal positions accepted as legal": (r"meta\[1:0\] >= meta\[3:2\]", "meta[1:0] > meta[3:2]"),
    "a sum of two without its sign": (r"\$signed\(multiply1__product\)", "multiply1__product"),
    "metadata that is not shifted": (r"\{ 4'h0, words\[15:4\] \}", "words[15:0]"),
    "reports of the other column": (r"\.illegal\(bad_payload\[19\]\)", ".illegal(bad_payload[20])"),
    "a report without a beat": (r"bad_valid = take & ", "bad_valid = "),
    "a word too early": (r"remaining == 1'h1", "remaining == 2'h2"),
    "weights that do not wait for metadata": (r"o_valid = w_register__o__valid & _1", "o_valid = w_register__o__valid"),
    "tiles that are not counted": (r"tile <= _13\[15:0\]", "tile <= 16'h0000"),
}
BREAKS = Breaks("sparse_systolic", BROKEN | SLOW, rows=12, cols=2, word=16)  # six groups, four in a word


def _wrong(design) -> bool:
    try:
        return simulate(design, find("sparse_systolic").cases(design.parameters, 24, 5), timeout=120)[0].mismatches > 0
    except SimulatorError as error:
        return "no handshake" in str(error) or "more than" in str(error)


def test_the_unmodified_design_passes():
    assert not _wrong(BREAKS.design)


@pytest.mark.parametrize("what", [*BROKEN, *(pytest.param(what, marks=pytest.mark.slow) for what in SLOW)])
def test_broken_designs_fail(what):
    assert _wrong(BREAKS.broken(what))
