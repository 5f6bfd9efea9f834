"""Execution on an accelerator's Verilog in Verilator without cocotb, for maximum simulation speed."""

import numpy as np

from ...hw.accelerator.shell import Shell
from ...sim.runner import session
from ...sim.runner.dram import DramSettings
from ...sim.stimulus.runs import RunResult

START, STOP, DONE = 1, 2, 1
STOPS = 10_000
"""Maximum number of cycles from a stop request to the interrupt."""


def run(
    component: type[Shell],
    design,
    dram: np.ndarray,
    entry: int,
    *,
    settings: DramSettings | None = None,
    limit: int = 10_000_000,
    trace: bool = False,
) -> RunResult:
    """Execute the program at `entry` on a `Design` of the accelerator `component`, until the interrupt or the limit.

    Raises `SimulatorError` if the design cannot be built or the simulation fails.
    """
    at = component.OFFSETS
    counters = component.engine.COUNTERS
    settings = settings or DramSettings(size=len(dram))
    with session.SimulationSession(session.build(design.verilog, design.top, design.ports)) as machine:
        for memory in range(len(machine.plan.memories)):
            machine.configure(settings, memory)
        machine.load(dram)
        machine.write(at["entry"], entry)
        if trace:
            machine.record()
        machine.write(at["control"], START)
        stop = machine.run(limit)
        changes = machine.recorded() if trace else []
        pending = machine.read(at["pending"])
        if not stop.interrupted:
            machine.write(at["control"], STOP)
            machine.run(STOPS)
        error = machine.read(at["error"])
        return RunResult(
            dram=machine.dump(len(dram)),
            error=error & 15,
            detail=error >> 4,
            at=machine.read(at["pc"]),
            counters={name: machine.read(at[name]) for name in counters},
            pending=pending,
            cut=not stop.interrupted,
            seconds=stop.seconds,
            changes=changes,
        )
