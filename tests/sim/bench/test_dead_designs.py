"""No bench hangs: designs that never respond, always respond, or respond at random are detected."""

from dataclasses import replace

import pytest

from systola.gen.generators import BUILT_IN, find
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

OUTPUTS = {
    "never": "assign {name} = 0;",
    "always": "assign {name} = ~0;",
    "random": "reg [{high}:0] {name}_r = 0; assign {name} = {name}_r;\n"
    "  always @(posedge clk) {name}_r <= {{{name}_r, {name}_r[{high}] ^ state[0]}};",
}
"""The driver of an output, by the kind of response."""

FAST = (("registers", "random"),)
NAMES = [name for names in BUILT_IN.values() for name in names] + ["systola", "outer_product"]


def dead(design, kind: str):
    """A design with these ports whose outputs do not depend on its inputs."""
    lines, directions = [], []
    for name, (direction, width) in design.ports.items():
        directions.append(f"  {direction} wire [{width - 1}:0] {name}")
        if direction == "output":
            lines.append("  " + OUTPUTS[kind].format(name=name, high=width - 1))
    feedback = "state[15] ^ state[13] ^ state[12] ^ state[10]"
    state = f"  reg [15:0] state = 1;\n  always @(posedge clk) state <= {{state, {feedback}}};"
    body = "\n".join([state, *lines])
    text = f"module {design.top} (\n" + ",\n".join(directions) + f"\n);\n{body}\nendmodule\n"
    return replace(design, verilog=text, blocks=())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, marks=() if (name, kind) in FAST else pytest.mark.slow)
        for name in NAMES
        for kind in OUTPUTS
    ],
)
def test_a_dead_design_is_detected(name, kind):
    generator = find(name)
    design = generator.design()
    cases = generator.cases(design.parameters, 3, 1)
    try:
        outcome, _ = simulate(dead(design, kind), cases, timeout=240)
        missing = "" if outcome.mismatches else "no mismatch was found"
    except SimulatorError as error:
        missing = str(error) if "did not end within" in str(error) else ""
    assert not missing
