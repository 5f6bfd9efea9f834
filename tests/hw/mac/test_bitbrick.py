"""BitBrick as generated Verilog: every case."""

import shutil

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile


def test_every_case():
    design = generate("bitbrick", find("bitbrick").component())
    assert lint(design.verilog, design.top) == ""
    outcome, _ = simulate(design, find("bitbrick").cases(design.parameters, 2, 1), simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked == 2 * 64
