"""Inference of a network of a file on an accelerator: NumPy arrays in and out, with the state of the network."""

from collections.abc import Mapping
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
from .execute import Execution
from .executors import Executor
from .partition import Part, partition


@dataclass(frozen=True)
class Step:
    """Part of a network, with its job; None if it runs on the host."""

    part: Part
    job: Job | None


@dataclass(frozen=True)
class Inference:
    """One run of a network: values of tensors by name, and the execution of each job.

    `values` has constants, inputs, the states at the start, the outputs of every part and all tensors of the host's
    parts. Cycles are measured only in a run with `measure`.
    """

    values: dict[str, np.ndarray]
    executions: list[tuple[Job, Execution]]

    @property
    def cycles(self) -> int:
        """Cycles on the accelerator from start to interrupt, summed over all jobs."""
        return sum(execution.cycles for _, execution in self.executions)

    @property
    def node_cycles(self) -> dict[str, int]:
        """Cycles of nodes with instructions, by the name of their result, as by :meth:`Execution.cycles_of`.

        Empty if the executor cannot observe instructions.
        """
        return {
            name: cycles
            for job, execution in self.executions
            if execution.issued
            for name, cycles in execution.cycles_of(job.instructions).items()
        }


class Model:
    """Network of a file on an accelerator, compiled once and run any number of times; a context manager.

    Nodes that the accelerator rejects are computed on the host, by the NumPy reference. All executors are exact. With
    `keep` every tensor of the file is an output of its part. `options` are passed to the accelerator's `compile`.

    Raises :class:`.UsageError` for networks that cannot be imported, compiled, or executed by `executor`.
    """

    def __init__(
        self, network: ImportedNetwork, executor: Executor, *, keep: bool = False, options: dict | None = None
    ):
        network.check()
        self.network, self.executor = network, executor
        kept = set(network.tensors.values()) if keep else ()
        self.steps = [
            Step(part, self._compile(part.graph, options or {}) if part.accelerated else None)
            for part in partition(self.accelerator, self.parameters, self.graph, kept)
        ]
        self.reset()

    @property
    def accelerator(self) -> Accelerator:
        return self.executor.accelerator

    @property
    def parameters(self) -> Parameters:
        return self.executor.parameters

    @property
    def graph(self) -> Graph:
        return self.network.graph

    @property
    def jobs(self) -> list[Job]:
        """Jobs of the accelerator, in the order of execution."""
        return [step.job for step in self.steps if step.job]

    def _compile(self, graph: Graph, options: dict) -> Job:
        """Compile and check one part."""
        try:
            job = self.accelerator.compile(self.parameters, graph, **options)
            self.executor.check(job)
        except (ImageError, UsageError) as error:
            raise UsageError(f"{self.network.name}: {error}") from None
        return job

    def close(self):
        """Release the executor's machine; states are kept."""
        self.executor.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def reset(self):
        """Set every state to its initial values."""
        self.states = {state.tensor: state.initial for state in self.graph.states}

    def run(self, inputs: Mapping[str, np.ndarray], *, measure: bool = True, trace: bool = False) -> Inference:
        """Run the network once on inputs by name. A run that fails changes no state.

        `measure` and `trace` are those of :meth:`Executor.execute`. Raises :class:`.UsageError` for inputs of wrong
        names, shapes or types, :class:`.ExecutionError` if a program fails.
        """
        self._check(inputs)
        values = {name: tensor.value for name, tensor in self.graph.tensors.items() if tensor.value is not None}
        values |= {name: value.copy() for name, value in inputs.items()} | self.states
        executions = []
        for step in self.steps:
            graph = step.part.graph
            given = {name: values[name] for name in graph.inputs}
            if step.job is None:
                values |= reference.run(graph, given)
            else:
                results, execution = self.executor.execute(step.job, given, measure=measure, trace=trace)
                executions.append((step.job, execution))
                values |= {name: value.copy() for name, value in results.items()}
        self.states = {state.tensor: values[state.next] for state in self.graph.states}
        return Inference(values, executions)

    def predict(self, x):
        """Outputs for inputs `x`, exact; each run starts from the state at the end of the previous one.

        `x` is an array, or a mapping of arrays by name if there are several inputs. If the network's batch is 1, a
        first axis of any size is a batch, whose elements are separate runs. Returns an array, or a dictionary if there
        are several outputs.

        Raises :class:`.UsageError` as :meth:`run`.
        """
        inputs = x if isinstance(x, Mapping) else dict(zip(self.graph.inputs, [x], strict=False))
        inputs = {name: np.asarray(value) for name, value in inputs.items()}
        found = [self.run(each, measure=False).values for each in self._batch(inputs)]
        outputs = {
            name: np.concatenate([values[name] for values in found]) if len(found) > 1 else found[0][name].copy()
            for name in self.graph.outputs
        }
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def _batch(self, inputs: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
        """Inputs of single runs; of one run if the first axes are not a batch, or differ in size."""
        graph, counts = self.graph, {len(value) for value in inputs.values() if value.ndim}
        single = all(graph[name].shape[:1] == (1,) for name in (*graph.inputs, *graph.outputs))
        same = set(inputs) == set(graph.inputs) and all(
            value.shape[1:] == graph[name].shape[1:] for name, value in inputs.items()
        )
        if not single or not same or len(counts) != 1 or counts == {0}:
            return [inputs]
        return [{name: value[n : n + 1] for name, value in inputs.items()} for n in range(counts.pop())]

    def _check(self, inputs: Mapping[str, np.ndarray]):
        """Check names, shapes and types of inputs."""
        names = self.graph.inputs
        if set(inputs) != set(names):
            given = ", ".join(inputs) or "none"
            raise UsageError(f"inputs {given}: the inputs of {self.network.name} are {', '.join(names)}.")
        for name in names:
            try:
                self.graph[name].check(inputs[name])
            except GraphError as error:
                raise UsageError(f"{self.network.name}: {error}.") from None
