"""A program on a core's Verilog, without a bench: as fast as Verilator goes. What is right, the bench tells."""

import subprocess
import tempfile
from pathlib import Path

from ...sim.runner import cache
from ...sim.runner.simulator import SimulatorError
from ...sim.runner.stage import MODELS, staged
from ...sim.stimulus.cores.runs import Ran, Run, load_changes, load_memory, save_memory

_MAIN = Path(str(MODELS)) / "core.cpp"
_AT = {register.name: register.offset for register in REGISTERS.registers}
START, STOP = 1, 2


def build(design) -> Path:
    """The program that is the core of a `gen.verilog.Design`, with its DRAM."""
    from ...sim.runner.verilator import Verilator

    verilog, top = staged(design.name, design.verilog, design.top, design.parameters)
    backend = Verilator(top, main=_MAIN)
    identity = [verilog, *backend.identity()]
    return cache.once(f"run-{top}", identity, lambda directory: backend.compile(verilog, directory)) / "simulation"


def run(design, case: Run) -> Ran:
    """Run a program from start to interrupt, or to its limit. Of the bus only `latency` can be chosen.

    Raises `SimulatorError` if the design cannot be built or the simulation fails.
    """
    width = design.parameters["data_width"] // 8
    with tempfile.TemporaryDirectory(prefix="systola-") as temporary:
        folder = Path(temporary)
        save_memory(folder / "dram0.hex", case.dram, width)
        command = [build(design), *_command(case, len(case.dram) // width)]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise SimulatorError(f"The simulation of {design.top} failed: {ended.stderr.strip()}")
        cut, seconds, pending, error, pc, *counts = ended.stdout.split()
        return Ran(
            dram=load_memory(folder / "result0.hex", len(case.dram)),
            error=int(error) & 15,
            detail=int(error) >> 4,
            pc=int(pc),
            counters=dict(zip(COUNTERS, map(int, counts), strict=True)),
            pending=int(pending),
            cut=cut == "1",
            seconds=float(seconds),
            changes=load_changes(folder / "trace0.txt") if case.trace else [],
        )


def _command(case: Run, words: int) -> list[str]:
    """What models/core.cpp is asked to do."""
    at = {name: hex(offset) for name, offset in _AT.items()}
    return [
        *(f"latency={case.latency}", f"record={int(case.trace)}", f"last={words - 1}", "load"),
        *(f"write={at['entry']}:{case.program}", f"write={at['control']}:{START}", f"run={case.limit}"),
        *(f"read={at['pending']}", f"stop={at['control']}:{STOP}"),
        *(f"read={at[name]}" for name in ("error", "pc", *COUNTERS)),
        "dump",
    ]
