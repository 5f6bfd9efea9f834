"""Execution of a job on an accelerator: its Verilog in a simulator, or its golden model and cost model."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ...hw.component import Parameters
from ..accelerators.base import Accelerator
from ..compile.job import Job
from ..compile.timeline import Span

if TYPE_CHECKING:
    from .simulation import Machine

LIMIT = 10_000_000
"""Default maximum number of cycles of an execution."""


class ExecutionError(Exception):
    """Execution that ended with an error or at its limit; the message is one sentence for the user."""


@dataclass
class Execution:
    """Result of an execution.

    `dram`: contents of DRAM at the end, empty if they were not read. `counters`: counters by name. `spans`: busy times
    of units, if traced. `seconds`: wall-clock time of the simulation from start to interrupt. `issued`: (cycle,
    instruction) in the order of cycles: of each instruction's first issue by the cost model, otherwise those sampled.
    """

    dram: np.ndarray
    counters: dict[str, int]
    spans: list[Span]
    seconds: float | None = None
    issued: list[tuple[int, int]] = field(default_factory=list)

    @property
    def cycles(self) -> int:
        """Cycles from start to interrupt."""
        return self.counters["cycles"]

    def lost(self) -> dict[str, int]:
        """Idle cycles of the matrix engine, by cause; empty if the cost model was used."""
        prefix = "lost_"
        return {name[len(prefix) :]: n for name, n in self.counters.items() if name.startswith(prefix)}

    def cycles_of(self, parts: dict[str, range]) -> dict[str, int]:
        """Cycles of parts of a program, by name, in the order of their instructions.

        Those of a part are from the issue of its first instruction, for the first part from the start, to the issue of
        the next part's, for the last part to the interrupt.
        """
        begins, at = [], iter(self.issued)
        cycle, instruction = 0, 0
        for part in parts.values():
            while begins and instruction < part.start:
                cycle, instruction = next(at, (self.cycles, part.start))
            begins.append(cycle)
        return {name: end - begin for name, begin, end in zip(parts, begins, [*begins[1:], self.cycles], strict=True)}


def execute(
    accelerator: Accelerator,
    parameters: Parameters,
    job: Job,
    inputs: dict[str, np.ndarray],
    *,
    executor: str = "verilog",
    limit: int = LIMIT,
    latency: int = 20,
    trace: bool = False,
    sampling: int = 0,
    machine: "Machine | None" = None,
) -> Execution:
    """Execute a job with values of its inputs. Raises :class:`ExecutionError`.

    `machine` is a running simulation of the accelerator's Verilog; by default one is started for this execution.
    `sampling`: cycles from one sample of `issued` to the next, 0: none.
    """
    if executor == "model":
        dram = execute_golden(accelerator, parameters, job, inputs)
        prediction = accelerator.predict(parameters, job, latency=latency, limit=limit)
        return Execution(dram, prediction.counters, prediction.spans, issued=prediction.issued)
    return _verilog(accelerator, parameters, job, job.dram(inputs), limit, latency, trace, sampling, machine)


def execute_golden(
    accelerator: Accelerator, parameters: Parameters, job: Job, inputs: dict[str, np.ndarray]
) -> np.ndarray:
    """Execute a job on the golden model; return DRAM at the end. Raises :class:`ExecutionError`."""
    result = accelerator.run_golden(parameters, job.dram(inputs), job.entry)
    if result.error is None:
        raise ExecutionError(f"the golden model's limit was reached at {result.at}.")
    _check(accelerator, result.error, 0, result.at)
    return result.dram


def simulated(accelerator: Accelerator, parameters: Parameters) -> "Machine":
    """Simulation of the Verilog of an accelerator, a context manager."""
    from ...sim.runner import extras
    from .simulation import Machine

    extras.require("sim")
    made = design(accelerator, parameters)  # pyright: ignore[reportArgumentType]  # frozen models have a hash
    return Machine(accelerator.component, made)


def _verilog(accelerator, parameters, job, dram, limit, latency, trace, sampling, machine) -> Execution:
    from ...sim.runner.dram import DramSettings

    settings = DramSettings(latency=latency, size=len(dram))
    with nullcontext(machine) if machine else simulated(accelerator, parameters) as running:
        ran = running.execute(dram, job.entry, settings=settings, limit=limit, trace=trace, sampling=sampling)
    engine = accelerator.component.engine
    if ran.cut:
        pending = ", ".join(name for bit, name in enumerate(engine.PENDING) if ran.pending >> bit & 1) or "none"
        raise ExecutionError(f"the limit of {limit:,} cycles was reached at {ran.at}; units with work left: {pending}.")
    _check(accelerator, ran.error, ran.detail, ran.at)
    return Execution(ran.dram, ran.counters, list(spans(engine.BUSY, ran.changes)), ran.seconds, ran.samples)


@lru_cache(maxsize=4)
def design(accelerator: Accelerator, parameters: Parameters):
    """Generate the Verilog of an accelerator; cached."""
    from ..verilog.verilog import generate

    return generate(accelerator.name, accelerator.component(**dict(parameters)))


def spans(names: tuple[str, ...], changes: list[tuple[int, int]]) -> Iterator[Span]:
    """Convert changes of the busy signals, (cycle, one bit per unit), to the busy times of each unit."""
    begun: dict[str, int] = {}
    for cycle, busy in changes:
        for bit, unit in enumerate(names):
            if busy >> bit & 1:
                begun.setdefault(unit, cycle)
            elif unit in begun:
                yield Span(unit, begun.pop(unit), cycle)


def _check(accelerator: Accelerator, error: int, detail: int, at: int):
    if error:
        name = accelerator.component.engine.ERRORS(error).name
        more = f" ({detail})" if detail else ""
        raise ExecutionError(f"{accelerator.name} stopped at {at} with error {name}{more}.")
