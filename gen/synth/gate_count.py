"""Device-independent gate count: Yosys maps a design, including multipliers and memories, to two-input gates."""

import json
from dataclasses import dataclass

from ...hw.component import Component
from ...sim.runner import cache
from ..verilog.verilog import generate
from .synth import run_yosys, yosys_version


@dataclass(frozen=True)
class Gates:
    """Number of two-input gates (including inverters and multiplexers), D flip-flops, and transistors (estimated)."""

    gates: int
    ffs: int
    transistors: int

    TRANSISTORS_OF_FF = 16

    @property
    def logic(self) -> int:
        """Transistors without those of flip-flops."""
        return self.transistors - self.TRANSISTORS_OF_FF * self.ffs


def count(component: Component, name: str) -> Gates:
    """Count the gates of a component, flattened. Enables and resets of flip-flops count as gates at their inputs.

    Raises `SynthesisError` if Yosys is missing or fails.
    """
    design = generate(name, component)
    script = "\n".join(
        [
            "read_verilog design.v",
            f"synth -flatten -top {design.top}",
            "dfflegalize -cell $_DFF_P_ 01",
            "abc",
            "opt_clean -purge",
            "delete t:$scopeinfo",
            "tee -q -o statistics.json stat -json -tech cmos",
        ]
    )

    def fill(directory):
        (directory / "design.v").write_text(design.verilog)
        (directory / "script.ys").write_text(script)
        run_yosys(directory)

    directory = cache.once("gates", [design.verilog, script, yosys_version()], fill)
    found = json.loads((directory / "statistics.json").read_text())["design"]
    ffs = found["num_cells_by_type"].get("$_DFF_P_", 0)
    return Gates(found["num_cells"] - ffs, ffs, int(found["estimated_num_transistors"]))
