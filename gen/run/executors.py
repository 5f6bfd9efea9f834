"""Executors of the jobs of a model: the golden model, or the simulated Verilog of an accelerator."""

from abc import ABC, abstractmethod

import numpy as np

from ...hw.component import Parameters
from ..accelerators.base import Accelerator
from ..compile.job import Job
from ..errors import UsageError
from .execute import LIMIT, Execution, ExecutionError, execute, execute_golden, simulated
from .simulation import Machine

SAMPLING = 32
"""Cycles between samples of the current instruction, for the cycles of single operators."""

Results = dict[str, np.ndarray]


class Executor(ABC):
    """Machine with an accelerator that executes jobs one after another; a context manager.

    Class attributes: `name`, the value of `--executor`; `place`, the source of cycles as a phrase for messages.
    """

    name: str
    place: str

    def __init__(self, accelerator: Accelerator, parameters: Parameters):
        self.accelerator, self.parameters = accelerator, parameters

    def check(self, job: Job):
        """Check a compiled job.

        Raises :class:`ExecutionError` for a program with an error, :class:`.UsageError` for a job that the machine
        cannot execute.
        """
        if wrong := self.accelerator.wrong(self.parameters, job):
            raise ExecutionError(f"the program for {self.accelerator.name} is wrong: {wrong}")

    @abstractmethod
    def execute(
        self, job: Job, inputs: Results, *, measure: bool = True, trace: bool = False
    ) -> tuple[Results, Execution]:
        """Execute a job with values of its inputs; return the values of its outputs, and the execution.

        With `measure` the execution has counters, and the cycles of instructions if the machine can observe them. With
        `trace` it has busy times of units. Raises :class:`ExecutionError`.
        """

    def close(self):  # noqa: B027  # not every executor has resources
        """Release the machine. The next job starts it again."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class GoldenExecutor(Executor):
    """Golden model of the accelerator; with `measure`, cycles of its cost model."""

    name, place = "model", "by the cost model"

    def __init__(self, accelerator, parameters, *, latency: int = 20, limit: int = LIMIT):
        super().__init__(accelerator, parameters)
        self.latency, self.limit = latency, limit

    def execute(self, job, inputs, *, measure=True, trace=False):
        if measure or trace:
            execution = execute(
                self.accelerator,
                self.parameters,
                job,
                inputs,
                executor=self.name,
                latency=self.latency,
                limit=self.limit,
            )
        else:
            execution = Execution(execute_golden(self.accelerator, self.parameters, job, inputs), {}, [])
        return job.results(execution.dram), execution


class VerilogExecutor(Executor):
    """Simulation of the accelerator's Verilog. The simulation starts with the first job."""

    name, place = "verilog", "on Verilog"

    def __init__(self, accelerator, parameters, *, latency: int = 20, limit: int = LIMIT):
        super().__init__(accelerator, parameters)
        self.latency, self.limit = latency, limit
        self._machine: Machine | None = None

    def execute(self, job, inputs, *, measure=True, trace=False):
        if self._machine is None:
            self._machine = simulated(self.accelerator, self.parameters)
        execution = execute(
            self.accelerator,
            self.parameters,
            job,
            inputs,
            limit=self.limit,
            latency=self.latency,
            trace=trace,
            sampling=SAMPLING if measure else 0,
            machine=self._machine,
        )
        return job.results(execution.dram), execution

    def close(self):
        if self._machine is not None:
            self._machine.close()
            self._machine = None


EXECUTORS: dict[str, type[GoldenExecutor | VerilogExecutor]] = {
    each.name: each for each in (VerilogExecutor, GoldenExecutor)
}


def executor(
    name: str, accelerator: Accelerator, parameters: Parameters, *, latency: int = 20, limit: int = LIMIT
) -> Executor:
    """Make an executor by name. Raises :class:`.UsageError`."""
    if name not in EXECUTORS:
        raise UsageError(f"executor={name}: executor must be {' or '.join(EXECUTORS)}.")
    return EXECUTORS[name](accelerator, parameters, latency=latency, limit=limit)
