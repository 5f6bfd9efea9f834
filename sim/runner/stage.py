"""What stands around a design in its simulation, where ports alone would be slow: memory, in Verilog."""

import re
from importlib.resources import files

MODELS = files("systola.sim") / "models"
CORE_BYTES = 1 << 23
"""DRAM of a core's stage."""


def staged(name: str, verilog: str, top: str, parameters: dict) -> tuple[str, str]:
    """The Verilog, and its top, that a simulation of generator `name` compiles."""
    if name != "core":
        return verilog, top
    data = parameters["data_width"]
    model = (MODELS / "axi_memory.v").read_text(encoding="utf-8")
    stage = (MODELS / "core_stage.v").read_text(encoding="utf-8")
    addr = re.search(r"input \[(\d+):0\] s_axil_awaddr", verilog)[1]
    values = {"TOP": top, "DATA": data, "WORDS": CORE_BYTES * 8 // data, "AXIL": addr}
    return verilog + model + re.sub(r"\$\{(\w+)\}", lambda match: str(values[match[1]]), stage), "core_stage"
