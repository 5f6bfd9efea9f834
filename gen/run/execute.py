"""Execution of a job on an accelerator: its Verilog in a simulator, or its golden model and cost model."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...hw.component import Parameters
from ..accelerators.base import Accelerator
from ..compile.job import Job
from ..compile.timeline import Span

EXECUTORS = ("verilog", "model")
LIMIT = 10_000_000
"""Default maximum number of cycles of an execution."""


class ExecutionError(Exception):
    """Execution that ended with an error or at its limit; the message is one sentence for the user."""


@dataclass
class Execution:
    """Result of an execution.

    `dram`: contents of DRAM at the end. `counters`: counters by name. `spans`: busy times of units, if traced.
    `seconds`: wall-clock time of the simulation from start to interrupt.
    """

    dram: np.ndarray
    counters: dict[str, int]
    spans: list[Span]
    seconds: float | None = None

    @property
    def cycles(self) -> int:
        return self.counters["cycles"]

    def lost(self) -> dict[str, int]:
        """Idle cycles of the matrix engine, by cause; empty if the cost model was used."""
        prefix = "lost_"
        return {name[len(prefix) :]: n for name, n in self.counters.items() if name.startswith(prefix)}


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
) -> Execution:
    """Execute a job with values of its inputs. Raises :class:`ExecutionError`."""
    method = {"verilog": _verilog, "model": _model}[executor]
    return method(accelerator, parameters, job, job.dram(inputs), limit, latency, trace)


def _model(accelerator, parameters, job, dram, limit, latency, trace) -> Execution:
    result = accelerator.run_golden(parameters, dram, job.entry)
    if result.error is None:
        raise ExecutionError(f"the golden model's limit was reached at {result.at}.")
    _check(accelerator, result.error, 0, result.at)
    prediction = accelerator.predict(parameters, job, latency=latency, limit=limit)
    return Execution(result.dram, prediction.counters, prediction.spans)


def _verilog(accelerator, parameters, job, dram, limit, latency, trace) -> Execution:
    from ...sim.runner import extras
    from ...sim.runner.dram import DramSettings
    from . import simulation

    extras.require("sim")

    ran = simulation.run(
        accelerator.component,
        design(accelerator, parameters),
        dram,
        job.entry,
        settings=DramSettings(latency=latency, size=len(dram)),
        limit=limit,
        trace=trace,
    )
    engine = accelerator.component.engine
    if ran.cut:
        pending = ", ".join(name for bit, name in enumerate(engine.PENDING) if ran.pending >> bit & 1) or "none"
        raise ExecutionError(f"the limit of {limit:,} cycles was reached at {ran.at}; units with work left: {pending}.")
    _check(accelerator, ran.error, ran.detail, ran.at)
    return Execution(ran.dram, ran.counters, list(spans(engine.BUSY, ran.changes)), ran.seconds)


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
