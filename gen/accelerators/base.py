"""Base class of accelerators: the description of a machine for the tools, in addition to its hardware."""

from __future__ import annotations

import importlib
import typing
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...hw.accelerator.contract import masters
from ...hw.accelerator.shell import Shell
from ...hw.component import P, ParameterError
from ...sim.network.graph import Graph, Node
from ..compile.job import Job
from ..coverage.unreachable import Unreachable
from ..errors import UsageError
from ..host.board import BoardConnection
from .operands import Operands


class Accelerator(ABC, typing.Generic[P]):
    """A machine that runs networks. Packages register an instance by an entry point of group `systola.accelerators`.

    Class attributes: `name`, as users type it; `title`, one line; `paper`, its source; `component`, the hardware of
    the accelerator, a :class:`.Shell`; `presets`, parameters by the name of the preset (`small` for tests, `board`, and
    `paper` where there is one); `golden` and `stimulus`, the modules with `run` (see `sim.golden.result`)
    and with `random_cases`; `board_parameters`, those that the host of a board needs; `options`, keywords of
    `compile`; `unreachable`, the branches that no program executes, which coverage does not count.
    """

    name: str
    title: str
    paper: str
    component: type[Shell[P]]
    presets: dict[str, dict]
    golden: str
    stimulus: str
    board_parameters: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unreachable: Sequence[Unreachable] = ()

    def parameters(self, **values) -> P:
        """Checked parameters of the hardware. Raises :class:`.ParameterError`."""
        return self.component.Parameters.check(**values)

    def preset(self, name: str) -> P:
        """Parameters of a preset. Raises :class:`.ParameterError`."""
        if name not in self.presets:
            raise ParameterError(f"preset={name}: presets of {self.name} are {', '.join(self.presets)}.")
        return self.parameters(**self.presets[name])

    @abstractmethod
    def operands(self, parameters: P, seed: int = 1) -> Operands:
        """Source of random tensors and their arithmetic, in the number format of the machine."""

    @abstractmethod
    def rejects(self, parameters: P, graph: Graph, node: Node) -> str | None:
        """Reason why a node cannot run on the machine, as the end of a sentence; None if it can."""

    @abstractmethod
    def compile(self, parameters: P, graph: Graph, **options) -> Job:
        """Compile a graph whose nodes the machine accepts to a job. Raises :class:`.UsageError` if it does not fit."""

    def check(self, parameters: P, graph: Graph):
        """Raise :class:`.UsageError`, which names the node, output or state, if the graph cannot be run."""
        for name in graph.outputs:
            if graph.producer(name) is None:
                raise UsageError(f"output {name} cannot be computed on {self.name}: it is not the result of a layer.")
        for state in graph.states:
            raise UsageError(f"state {state.tensor} cannot be kept on {self.name}: a job has no state between runs.")
        for node in graph.nodes:
            if reason := self.rejects(parameters, graph, node):
                raise UsageError(f"layer {node.name} cannot run on {self.name}: {reason}.")

    def wrong(self, parameters: P, job: Job) -> str | None:
        """First problem of a compiled program, as a sentence; None without one, or if the machine has no checker."""
        return None

    def predict(self, parameters: P, job: Job, *, latency: int, limit: int) -> Prediction:
        """Cycles of a job according to the cost model. Raises :class:`.UsageError` if the machine has none."""
        raise UsageError(f"{self.name} has no cost model: run it with --executor verilog.")

    def load(self, path: str | Path, **options) -> typing.Any:
        """Load a network of a file for this accelerator as a :class:`.Model`, as by :func:`systola.gen.load`."""
        from ..api import load

        return load(path, on=self.name, **options)

    def claims(self) -> Sequence:
        """Claims of the machine's paper (`gen.papers.claim.Claim`), each with its measurement."""
        return ()

    def host(self, board: BoardConnection, parameters: P) -> typing.Any:
        """Host driver, a `gen.accelerators.host.AcceleratorHost`. Raises :class:`.UsageError` if it has none."""
        raise UsageError(f"{self.name} has no driver for boards.")

    def peak(self, parameters: P) -> int:
        """Peak MACs per cycle."""
        return self.component(**dict(parameters)).described().peak

    def run_golden(self, parameters: P, dram: np.ndarray, entry: int, **options):
        """Result of the golden model for an execution from `entry`."""
        return importlib.import_module(self.golden).run(parameters.model_dump(), dram, entry, **options)

    def facts(self) -> dict:
        """Plain data about the accelerator for the test bench that all accelerators share."""
        engine = self.component.engine
        return {
            "golden": self.golden,
            "registers": self.component.OFFSETS,
            "counters": list(engine.COUNTERS),
            "causes": list(engine.CYCLE_CAUSES),
            "errors": {error.name: int(error) for error in engine.ERRORS},
            "identity": engine.IDENTITY,
            "busy": list(engine.BUSY),
        }

    def bytes_per_beat(self, parameters: P) -> int:
        """Bytes per beat of the machine's first bus."""
        return next(iter(masters(self.component, parameters).values())).data_width // 8


class Prediction(typing.NamedTuple):
    """Result of a cost model: counters by name, (unit, first cycle, cycle after the last) of busy units, and (cycle,
    instruction) of each instruction's first issue."""

    counters: dict[str, int]
    spans: list
    issued: list[tuple[int, int]] = []
