"""Result of an importer: a graph, and the operators of the file that its nodes implement."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...sim.network.graph import Graph, Node
from ...sim.network.session import Session
from ..errors import UsageError

Axes = tuple[int | None, ...]
"""Axes of a tensor of the file, in the order of a tensor of the graph; None: an additional axis of size 1."""


class Layout(NamedTuple):
    """Shape of a tensor in the file, and the axis of the file for each axis of the graph's tensor."""

    shape: tuple[int, ...]
    axes: Axes

    def in_file(self, values: np.ndarray) -> np.ndarray:
        """Values in the layout of the file."""
        axes = [axis for axis in self.axes if axis is not None]
        compact = values.reshape([self.shape[axis] for axis in axes])
        return compact.transpose(np.argsort(axes)).reshape(self.shape)

    def in_graph(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Values of the file in the layout of the graph's tensor, which has this shape."""
        axes = [axis for axis in self.axes if axis is not None]
        compact = values.reshape([self.shape[axis] for axis in sorted(axes)])
        return compact.transpose(np.argsort(np.argsort(axes))).reshape(shape)


class Operand(NamedTuple):
    """Tensor of a file; `type` is the name that the file's schema has for it."""

    name: str
    shape: tuple[int, ...]
    type: str


@dataclass(frozen=True)
class Operator:
    """Operator of a file, with the nodes that implement it, in order.

    `inputs` and `outputs` are tensors of the file without handles; constants are not inputs. An operator without nodes
    either has no work at run time (reason: `note`), or cannot be imported (reason: `fault`). A `view` only
    renames or reshapes its input.
    """

    index: int
    type: str
    inputs: tuple[Operand, ...]
    outputs: tuple[Operand, ...]
    nodes: tuple[str, ...] = ()
    note: str | None = None
    fault: str | None = None
    view: bool = False

    @property
    def name(self) -> str:
        """Name of its first output, or of its first input; empty if it has neither."""
        found = self.outputs or self.inputs
        return found[0].name if found else ""

    @property
    def title(self) -> str:
        """Operator by number, type and tensor, for messages."""
        role, found = ("output", self.outputs) if self.outputs else ("input", self.inputs)
        tensor = f", {role} {found[0].name}," if found else ""
        return f"operator {self.index} ({self.type}){tensor}"


@dataclass(frozen=True)
class ImportedNetwork:
    """Network of a file: the graph of all operators that can be imported.

    Results of operators that cannot be imported are additional inputs of the graph, so that the others can be examined;
    in this case `complete` is false. `tensors` has the name in the graph of each tensor of the file, by index, or by
    name where tensors have no index. `layouts` has the layout of those whose axes may be in another order in the graph.
    """

    name: str
    graph: Graph
    operators: tuple[Operator, ...]
    tensors: dict[int, str] | dict[str, str] = field(repr=False)
    layouts: dict[str, Layout] = field(default_factory=dict, repr=False)

    @property
    def complete(self) -> bool:
        """Whether every operator was imported."""
        return self.fault is None

    @property
    def fault(self) -> str | None:
        """Error message for the first operator that cannot be imported; None if all can be."""
        for operator in self.operators:
            if operator.fault:
                return f"{self.name}: {operator.title} is not supported: {operator.fault}."
        return None

    def check(self):
        """Raise :class:`.UsageError` unless every operator was imported."""
        if self.fault:
            raise UsageError(self.fault)

    def nodes(self, operator: Operator) -> list[Node]:
        """Nodes that implement an operator."""
        return [node for node in self.graph.nodes if node.name in operator.nodes]

    def session(self) -> Session:
        """Session of the whole network on the NumPy reference. Raises :class:`.UsageError`."""
        self.check()
        return Session(self.graph)
