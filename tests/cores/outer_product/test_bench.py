"""The bench detects faults: each of these designs has one fault."""

import shutil

import pytest

from systola.gen.accelerators.outer_product.accelerator import ACCELERATOR
from systola.gen.generators import find
from systola.sim.runner.simulate import simulate

from ...breaks import Breaks

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

BROKEN = {  # fault: Verilog text, its replacement
    "sums that are never cleared": (r"if \(\w+\) sum5 <= 22'h0+;\n    else if", "if"),
    "bytes without a sign": (r"\$signed\(a\[7:0\]\)", "a[7:0]"),
    "a panel that loses a byte": (r"(panel\[at\] <=) word;", r"\1 word & 32'hffffff00;"),
    "all blocks of Y at one address": (r"written \+ 1'h1", "written + 1'h0"),
    "a bus error of a read that is not reported": (r"(assign failed =) [^;]*;", r"\1 1'h0;"),
    "a bus error of a write that is not reported": (r"\| m_axi_b_payload\[2:1\]", "1'h0"),
    "a descriptor that is never rejected": (r"(assign legal =) [^;]*;", r"\1 1'h1;"),
    "a chain that ends early": (r"! descriptor\[159:128\]", "1'h1"),
    "descriptors that are not counted": (r"(count_descriptors) \+ [^;]*;", r"\1;"),
    "a lost cycle that is not counted": (r"(count_lost_results) \+ [^;]*;", r"\1;"),
    "a request that a stop withdraws": (r"(ar_pending <=) [^;]*;", r"\1 1'h0;"),
    "beats of 8 bytes": (r"13'h0a0f, next_block", "13'h0b0f, next_block"),
    "an engine that is not reset": (r"assign (\w+) = rst \| \w+;", r"assign \1 = rst;"),
    "a wrong identity": (r"16'h4f50", "16'h4f51"),
}
BREAKS = Breaks("outer_product", BROKEN, **ACCELERATOR.presets["small"])
FAST = ("all blocks of Y at one address",)


@pytest.fixture(scope="module")
def cases(chain):
    """Chains of all kinds: random and stopped ones, an error of each transfer, sizes that are too large."""
    faults = [(0x1000, 0x103F, 2), (0x2000, 0x203F, 3), (0x3000, 0x303F, 2), (0x4040, 0x407F, 3)]
    two = [(1, 2, 0x1000, 0x2000, 0x3000), (2, 1, 0x1000, 0x2000, 0x3100)]
    wrong = [(0, 1, 0x1000, 0x2000, 0x3000)], [(1, 1, 0x1004, 0x2000, 0x3000)]
    return [
        *find("outer_product").cases(BREAKS.design.parameters, 8, 5),
        *(case for case in find("outer_product").cases(BREAKS.design.parameters, 40, 1) if case.stop is not None),
        *(chain(*two, fault=fault) for fault in faults),
        *(chain(*descriptors, limit=5_000) for descriptors in wrong),
        chain(*two),
    ]


@pytest.mark.slow
def test_the_unmodified_design_passes(cases):
    assert simulate(BREAKS.design, cases, simulator=QUICK, timeout=240)[0].mismatches == 0


@pytest.mark.parametrize("what", [pytest.param(w, marks=[] if w in FAST else pytest.mark.slow) for w in BROKEN])
def test_broken_designs_fail(cases, what):
    assert simulate(BREAKS.broken(what), cases, simulator=QUICK, timeout=240)[0].mismatches > 0
