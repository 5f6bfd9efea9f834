"""Networks of files on an accelerator: NumPy arrays in and out, with the state of the network."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from ...hw.component import Parameters
from ...sim.network import reference
from ...sim.network.graph import Graph, GraphError
from ..accelerators.base import Accelerator
from ..compile.image import ImageError
from ..compile.job import Job
from ..errors import UsageError
from ..importers.network import ImportedNetwork
from .execute import EXECUTORS, LIMIT, Execution, ExecutionError, execute, simulated
from .partition import Part, partition

SAMPLING = 32
"""Cycles between samples of the current instruction, for the cycles of single operators."""


@dataclass(frozen=True)
class Step:
    """Part of a network, with its job if it runs on the accelerator."""

    part: Part
    job: Job | None


@dataclass(frozen=True)
class Inference:
    """One run of a network: values of tensors by name, and the execution of each job; `cycles` are their sum.

    `values` has the inputs, the states at the start, the outputs of every part and all tensors of the host's parts.
    """

    values: dict[str, np.ndarray]
    executions: list[tuple[Step, Execution]]

    @property
    def cycles(self) -> int:
        return sum(execution.cycles for _, execution in self.executions)

    @property
    def node_cycles(self) -> dict[str, int]:
        """Cycles of the nodes that have instructions, by the name of their result; see :meth:`Execution.cycles_of`."""
        return {
            name: cycles
            for step, execution in self.executions
            if step.job
            for name, cycles in execution.cycles_of(step.job.instructions).items()
        }


class Model(ExitStack):
    """Network of a file on an accelerator, compiled once and run any number of times; a context manager.

    Nodes that the accelerator rejects are computed on the host by the NumPy reference, between its programs. `executor`
    "model" is the golden model of the accelerator, "verilog" the simulation of its Verilog: both are exact. `keep`
    makes every tensor of the file an output of its part. `options` are those of the accelerator's `compile`.

    Raises :class:`.UsageError` for networks that cannot be imported or compiled.
    """

    def __init__(
        self,
        network: ImportedNetwork,
        accelerator: Accelerator,
        parameters: Parameters,
        *,
        executor: str = "model",
        keep: bool = False,
        latency: int = 20,
        limit: int = LIMIT,
        options: dict | None = None,
    ):
        super().__init__()
        if executor not in EXECUTORS:
            raise UsageError(f"executor={executor}: executor must be {' or '.join(EXECUTORS)}.")
        network.check()
        self.network, self.accelerator, self.parameters = network, accelerator, parameters
        self.executor, self.latency, self.limit = executor, latency, limit
        kept = set(network.tensors.values()) if keep else ()
        self.steps = [
            Step(part, self._compile(part.graph, options or {}) if part.accelerated else None)
            for part in partition(accelerator, parameters, self.graph, kept)
        ]
        self._machine = None
        self.reset()

    @property
    def graph(self) -> Graph:
        return self.network.graph

    @property
    def jobs(self) -> list[Job]:
        """Jobs of the accelerator, in the order of execution."""
        return [step.job for step in self.steps if step.job]

    def _compile(self, graph: Graph, options: dict) -> Job:
        try:
            job = self.accelerator.compile(self.parameters, graph, **options)
        except ImageError as error:
            raise UsageError(f"{self.network.name}: {error}") from None
        if wrong := self.accelerator.wrong(self.parameters, job):
            raise ExecutionError(f"the program for {self.accelerator.name} is wrong: {wrong}")
        return job

    def reset(self):
        """Set every state to its initial values."""
        self.states = {state.tensor: state.initial for state in self.graph.states}

    def run(self, inputs: Mapping[str, np.ndarray], *, sampling: int = 0, trace: bool = False) -> Inference:
        """Run the network once on inputs by name. A run that fails changes no state.

        Raises :class:`.UsageError` for inputs of wrong names, shapes or types, :class:`.ExecutionError` if a program
        fails.
        """
        self._check(inputs)
        values, executions = dict(inputs) | self.states, []
        for step in self.steps:
            if step.job is None:
                graph = step.part.graph
                values |= reference.run(graph, {name: values[name] for name in graph.inputs})
                continue
            if self.executor == "verilog" and self._machine is None:
                self._machine = self.enter_context(simulated(self.accelerator, self.parameters))
            execution = execute(
                self.accelerator,
                self.parameters,
                step.job,
                {name: values[name] for name in step.job.inputs},
                executor=self.executor,
                limit=self.limit,
                latency=self.latency,
                sampling=sampling,
                trace=trace,
                machine=self._machine,
            )
            executions.append((step, execution))
            values |= {name: value.copy() for name, value in step.job.results(execution.dram).items()}
        self.states = {state.tensor: values[state.next] for state in self.graph.states}
        return Inference(values, executions)

    def predict(self, x):
        """Outputs for inputs `x`, exact; each run starts from the state at the end of the previous one.

        `x` is an array, or a mapping of arrays by name if there are several inputs. If the network's batch is 1, a
        first axis of any size is a batch: one run after another. Returns an array, or a dictionary if there are several
        outputs.

        Raises :class:`.UsageError` as :meth:`run`.
        """
        inputs = x if isinstance(x, Mapping) else dict(zip(self.graph.inputs, [x], strict=False))
        inputs = {name: np.asarray(value) for name, value in inputs.items()}
        found = [self.run(each).values for each in self._batch(inputs)]
        outputs = {name: np.concatenate([values[name] for values in found]) for name in self.graph.outputs}
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def _batch(self, inputs: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
        """Inputs of single runs."""
        sizes = {len(value) for value in inputs.values() if value.ndim}
        tensors = [self.graph[name] for name in (*self.graph.inputs, *self.graph.outputs)]
        count = sizes.pop() if len(sizes) == 1 else 1
        if count < 2 or any(not tensor.shape or tensor.shape[0] != 1 for tensor in tensors):
            return [inputs]
        return [{name: value[n : n + 1] for name, value in inputs.items()} for n in range(count)]

    def _check(self, inputs: Mapping[str, np.ndarray]):
        names = self.graph.inputs
        if set(inputs) != set(names):
            raise UsageError(f"inputs {', '.join(inputs)}: the inputs of {self.network.name} are {', '.join(names)}.")
        for name in names:
            try:
                self.graph[name].check(inputs[name])
            except GraphError as error:
                raise UsageError(f"{self.network.name}: {error}.") from None
