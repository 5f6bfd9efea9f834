"""Mapped netlist with ECP5's multipliers, in the bench of the portable text."""

from dataclasses import replace

import pytest

from systola.gen.generators import find
from systola.gen.synth.synth import netlist
from systola.gen.verilog.verilog import generate
from systola.sim.runner.simulate import simulate


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("systolic", {"rows": 3, "cols": 2}),
        pytest.param(
            "systolic",
            {"rows": 2, "cols": 2, "dataflow": "os", "product_register": False},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "broadcast", {"rows": 3, "cols": 2, "a_format": "uint8", "w_format": "int5"}, marks=pytest.mark.slow
        ),
        pytest.param("systolic", {"rows": 8, "cols": 8}, marks=pytest.mark.slow),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
def test_netlist(name, parameters):
    component = find(name).component(**parameters)
    mapped = netlist(component, name)
    assert mapped.count("MULT18X18D") > component.p.rows * component.p.cols
    design = replace(generate(name, find(name).component(**parameters)), verilog=mapped)
    outcome, _ = simulate(design, find(name).cases(design.parameters, 16, 3))
    assert outcome.checked > 0
    assert outcome.mismatches == 0, outcome.examples
