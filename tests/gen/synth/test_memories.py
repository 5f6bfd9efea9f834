"""Bank of the scratchpad: maps to the memory of each family, without further cells."""

import json
import re
import subprocess
import sys

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.memory.scratchpad import Scratchpad

WORDS = {"width": 64, "depth": 512}
DEEP = {"width": 32, "depth": 2048}
CASES = [  # the Yosys pass, parameters, the cells
    ("synth_ecp5", DEEP, {"DP16KD": 4}),
    ("synth_ecp5", {"width": 32, "depth": 1024, "lanes": "byte"}, {"DP16KD": 4}),
    ("synth_ice40", WORDS, {"SB_RAM40_4K": 8}),
    ("synth_gowin -noiopads", DEEP, {"SPX9": 4}),
    ("synth_gowin -noiopads", WORDS | {"lanes": "byte"}, {"SPX9": 8}),
    ("synth_xilinx -noiopad -noclkbuf", DEEP, {"RAMB36E1": 2}),
    # In addition to its masks, SPRAM has one write enable: one LUT each.
    ("synth_ice40 -spram", {"width": 16, "depth": 16384, "style": "huge"}, {"SB_SPRAM256KA": 1, "SB_LUT4": 1}),
    # On these two families a cell of several bytes has one write enable in addition to the byte enables.
    ("synth_ecp5", {"width": 32, "depth": 1024}, {"DP16KD": 2, "LUT4": 2}),
    ("synth_gowin -noiopads", WORDS, {"SPX9": 2, "LUT4": 2}),
]


@pytest.mark.parametrize(
    ("synth", "parameters", "cells"),
    [pytest.param(*case, marks=pytest.mark.slow if number % 6 else []) for number, case in enumerate(CASES)],
)
def test_a_bank_is_a_memory(tmp_path, synth, parameters, cells):
    design = generate("scratchpad", Scratchpad(ports=1, banks=1, **parameters))
    (tmp_path / "design.v").write_text(design.verilog)
    (bank,) = re.findall(r"(?m)^module (scratchpad__bank_\w+)", design.verilog)
    passes = ["read_verilog design.v", f"{synth} -top {bank}", "tee -q -o statistics.json stat -json"]
    code = f"from pyosys import libyosys as y; d = y.Design(); [d.run_pass(p) for p in {passes!r}]"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    found = json.loads((tmp_path / "statistics.json").read_text())["design"]["num_cells_by_type"]
    assert {cell: count for cell, count in found.items() if cell not in ("GND", "VCC")} == cells
