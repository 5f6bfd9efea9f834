"""Run a program on a core: on its Verilog in a simulator, or on the golden model with the cost model's time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...hw.cores.systola.isa import BUSY, ISA, Error
from ...hw.cores.systola.parameters import CoreParameters
from ...sim.golden.cores import systola as golden
from ...sim.stimulus.cores.runs import LIMIT, Run
from ..accelerators.systola.program import Program
from ..accelerators.systola.timing_model import Costs, Span, predict

EXECUTORS = ("verilog", "model")
UNITS = ("load", "store", "array", "vector", "sync")


class ExecutionError(Exception):
    """A program ended otherwise than by HALT; one sentence."""


@dataclass
class Execution:
    """What a program left in DRAM, the core's counters, and who was busy when, if it was asked for.

    `seconds`: how long the simulator took from start to interrupt.
    """

    dram: np.ndarray
    counters: dict[str, int]
    spans: list[Span]
    seconds: float | None = None

    @property
    def cycles(self) -> int:
        return self.counters["cycles"]

    def lost(self) -> dict[str, int]:
        """Cycles without a row in the array, by cause; nothing on the model."""
        prefix = "lost_"
        return {name[len(prefix) :]: n for name, n in self.counters.items() if name.startswith(prefix)}


def execute(
    parameters: CoreParameters,
    dram: np.ndarray,
    program: int,
    *,
    length: int,
    executor: str = "verilog",
    limit: int = LIMIT,
    latency: int = 20,
    trace: bool = False,
) -> Execution:
    """Run the program of `length` instructions at address `program` of `dram`. Raises :class:`ExecutionError`."""
    run = {"verilog": _verilog, "model": _model}[executor]
    return run(parameters, dram, program, length, limit, latency, trace)


def _model(parameters, dram, program, length, limit, latency, trace) -> Execution:
    result = golden.run(dict(parameters), dram, program)
    if result.error is None:
        raise ExecutionError(f"the limit of instructions was reached at instruction {result.pc}.")
    if result.error:
        _fail(Error(result.error), 0, result.pc)
    code = Program.decode(dram[program : program + ISA.slot * length].tobytes())
    timeline = predict(parameters, code, Costs(latency=latency), limit)
    if timeline.cycles >= limit:
        raise ExecutionError(f"the cost model reached the limit of {limit:,} cycles.")
    counters = {
        "cycles": timeline.cycles,
        "rows": timeline.rows,
        "load": timeline.busy("load"),
        "store": timeline.busy("store"),
        "vector": timeline.busy("vector"),
        "sync": timeline.busy("sync"),
        "read_beats": timeline.read_beats,
        "write_beats": timeline.written_beats,
        "instructions": timeline.instructions,
    }
    return Execution(result.dram, counters, timeline.spans)


def _verilog(parameters, dram, program, length, limit, latency, trace) -> Execution:
    from . import simulation as core_run

    ran = core_run.run(design(parameters), Run(dram, program, latency=latency, limit=limit, trace=trace))
    if ran.cut:
        pending = ", ".join(name for bit, name in enumerate(ISA.completions) if ran.pending >> bit & 1) or "none"
        raise ExecutionError(
            f"the limit of {limit:,} cycles was reached at instruction {ran.pc}; busy units: {pending}."
        )
    if ran.error:
        _fail(Error(ran.error), ran.detail, ran.pc)
    return Execution(ran.dram, ran.counters, list(spans(ran.changes)), ran.seconds)


@lru_cache(maxsize=2)
def design(parameters: CoreParameters):
    """The core in Verilog."""
    from ...hw.cores.systola.core import Core
    from ..verilog.verilog import generate

    return generate("core", Core(**dict(parameters)))


def spans(changes: list[tuple[int, int]]) -> Iterator[Span]:
    """Changes of the core's busy lines as times in which each unit was at work; the array where rows enter it."""
    lines = {unit: "row" if unit == "array" else unit for unit in UNITS}
    bits = {unit: BUSY.index(line) for unit, line in lines.items()}
    begun: dict[str, int] = {}
    for cycle, busy in changes:
        for unit, bit in bits.items():
            if busy >> bit & 1:
                begun.setdefault(unit, cycle)
            elif unit in begun:
                yield Span(unit, begun.pop(unit), cycle, 0)


def _fail(error: Error, detail: int, pc: int):
    raise ExecutionError(
        f"the core stopped at instruction {pc} with error {error.name}{f' ({detail})' if detail else ''}."
    )
