"""Every design works after reset alone: its bench passes in Icarus, four-state, without any initial value.

Flip-flops and memories of an ASIC, or of a netlist after synthesis, have no initial values. Here `initial` blocks, the
values of declarations and `init` attributes are removed from the Verilog. The contents of memories that a user writes
and reads are kept: reading a word before it was written is undefined.
"""

import re
import shutil
from dataclasses import replace

import pytest

from systola.gen.generators import find, generators
from systola.sim.runner.simulate import simulate

DECLARED = re.compile(r"^( *(?:output )?reg (?:signed )?(?:\[[^\]]*\] )?(?:\\\S+ |\w+)) *= [^;,\n]+", re.MULTILINE)
INITIAL = re.compile(r"^ *initial\n *for \((\w+)_index = 0; .*\n *\1\[\1_index\] = [^;]*;\n", re.MULTILINE)
ATTRIBUTE = re.compile(r"^ *\(\* init = [^*]*\*\)\n", re.MULTILINE)

CONTENTS = {  # memories that must hold zeros at first
    "scratchpad": "words",
    "split_scratchpad": "words",
    "axi_memory": "words",
    "multiport": "words",
    "accumulator": "sums",
    "collective": "bank",
    "noc_traffic": ("sent", "received"),  # numbers of packets, which continue through reset
}
SIZE = {"rows": 4, "cols": 4}
QUICK = ("pe", "registers", "uart", "scratchpad", "outer_product")
QUICK_ARRAY = {"dataflow": "ws", "delays": "memory"}
ARRAYS = [
    ("systolic", SIZE | {"dataflow": dataflow, "delays": delays})
    for dataflow in ("ws", "os", "is")
    for delays in ("memory", "registers")
]


def stripped(verilog: str, kept: str | tuple[str, ...] | None = None) -> str:
    """The Verilog without initial values, except of memories whose name begins with `kept`."""
    verilog = DECLARED.sub(r"\1", verilog)
    verilog = INITIAL.sub(lambda block: block[0] if kept and block[1].startswith(kept) else "", verilog)
    return ATTRIBUTE.sub("", verilog)


def test_nothing_is_left():
    text = stripped(find("systolic").design(**SIZE).verilog)
    assert not re.search(r"\binitial\b|\breg [^;,]*=|\(\* init", re.sub("//.*", "", text))


@pytest.mark.skipif(not shutil.which("iverilog"), reason="iverilog is not installed: only it simulates X")
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *(
            pytest.param(name, generator.small, marks=[] if name in QUICK else pytest.mark.slow)
            for name, generator in generators().items()
        ),
        *(
            pytest.param(*array, marks=[] if QUICK_ARRAY.items() <= array[1].items() else pytest.mark.slow)
            for array in ARRAYS
        ),
    ],
    ids=str,
)
def test_a_design_works_without_initial_values(name, parameters):
    generator = find(name)
    design = generator.design(**parameters)
    bare = replace(design, verilog=stripped(design.verilog, CONTENTS.get(name)))
    assert bare.verilog != design.verilog or name == "bitbrick"
    outcome, _ = simulate(bare, generator.cases(design.parameters, 2, 1), simulator="icarus", timeout=240)
    assert outcome.checked
    assert not outcome.mismatches, outcome.examples[:3]
