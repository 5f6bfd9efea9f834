"""The bench fails where it should: this brick has one wrong product."""

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate


def test_a_wrong_product_is_found(spoil):
    design = generate("bitbrick", find("bitbrick").component())
    broken = spoil(design, r"assign carry\[2\] = (\S+) \| \S+;", r"assign carry[2] = \1;")
    outcome, _ = simulate(broken, find("bitbrick").cases(design.parameters, 1, 1))
    assert outcome.mismatches > 0
