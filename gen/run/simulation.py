"""Execution on an accelerator's Verilog in Verilator without cocotb, for maximum simulation speed."""

from contextlib import ExitStack

import numpy as np

from ...hw.accelerator.shell import Shell
from ...sim.runner import session
from ...sim.runner.dram import DramSettings
from ...sim.stimulus.runs import RunResult

START, STOP, DONE = 1, 2, 1
STOPS = 10_000
"""Maximum number of cycles from a stop request to the interrupt."""


class Machine(ExitStack):
    """Simulation of an accelerator's `Design`, for one execution after another; a context manager.

    Raises `SimulatorError` if the design cannot be built or the simulation fails.
    """

    def __init__(self, component: type[Shell], design):
        super().__init__()
        self.component = component
        driven = session.build(design.verilog, design.top, design.ports)
        self.session = self.enter_context(session.SimulationSession(driven))

    def execute(
        self,
        dram: np.ndarray,
        entry: int,
        *,
        settings: DramSettings | None = None,
        limit: int = 10_000_000,
        trace: bool = False,
        sampling: int = 0,
    ) -> RunResult:
        """Execute the program at `entry` until the interrupt or the limit.

        With `sampling`, `samples` of the result has (cycle, instruction) about every so many cycles. Reads of registers
        do not change the cycles of an execution.
        """
        machine, at = self.session, self.component.OFFSETS
        settings = settings or DramSettings(size=len(dram))
        for memory in range(len(machine.plan.memories)):
            machine.configure(settings, memory)
        machine.load(dram)
        machine.write(at["entry"], entry)
        machine.write(at["status"], DONE)
        if trace:
            machine.record()
        machine.write(at["control"], START)
        seconds, samples = 0.0, []
        while True:
            left = limit - (samples[-1][0] if samples else 0)
            stop = machine.run(min(sampling, left) if sampling else limit)
            seconds += stop.seconds
            if stop.interrupted or not sampling or left <= sampling:
                break
            samples.append((machine.read(at["cycles"]), machine.read(at["pc"])))
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
            counters={name: machine.read(at[name]) for name in self.component.engine.COUNTERS},
            pending=pending,
            cut=not stop.interrupted,
            seconds=seconds,
            changes=changes,
            samples=samples,
        )


def run(component: type[Shell], design, dram: np.ndarray, entry: int, **options) -> RunResult:
    """Execute the program at `entry` once, as by :meth:`Machine.execute`. Raises `SimulatorError`."""
    with Machine(component, design) as machine:
        return machine.execute(dram, entry, **options)
