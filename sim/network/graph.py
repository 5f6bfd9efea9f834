"""Graphs of a network: an address-free intermediate representation, checked when it is built.

    x = Tensor("x", (1, 8, 8, 3), "int8", zero_point=-1)
    w = Tensor("w", (3, 3, 3, 16), "int8", weights)
    y = Tensor("y", (1, 6, 6, 16), "int32")
    graph = Graph([x, w, y], [Convolution("first", ("x", "w"), "y", Exact())], inputs=("x",), outputs=("y",))

Tensors have values and shapes, never addresses. `reference.run` computes a graph; `session.Session` computes one run
after another, with the state that persists between runs.
"""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop
from typing import NamedTuple, TypeVar

from .data_movement import Concatenation, Padding, Reshape, Selection, Slice, Transpose
from .nodes import (
    Activation,
    Addition,
    Convolution,
    Dense,
    Multiplication,
    Node,
    Pooling,
    Softmax,
    Subtraction,
    same,
)
from .state import State
from .tensor import GraphError, Tensor

__all__ = [
    "Activation",
    "Addition",
    "Concatenation",
    "Convolution",
    "Dense",
    "Graph",
    "GraphError",
    "Lifetime",
    "Multiplication",
    "Node",
    "Padding",
    "Pooling",
    "Reshape",
    "Selection",
    "Slice",
    "Softmax",
    "State",
    "Subtraction",
    "Tensor",
    "Transpose",
    "same",
]

Part = TypeVar("Part", Tensor, Node)


class Lifetime(NamedTuple):
    """Indices into `Graph.nodes` of the first and the last node that need a tensor, both included."""

    first: int
    last: int


class Graph:
    """Tensors and nodes, with the input tensors, the output tensors and the state of the network.

    `nodes` are in topological order; where the order given is one, it is kept. Raises `GraphError`: a name used
    twice, a tensor that is unknown, dangling (neither constant, input, state nor produced) or produced twice, a cycle,
    and shapes, types and arithmetics that do not agree.
    """

    def __init__(
        self,
        tensors: Iterable[Tensor],
        nodes: Iterable[Node],
        inputs: Iterable[str],
        outputs: Iterable[str],
        states: Iterable[State] = (),
    ):
        nodes = tuple(nodes)
        self.tensors = _named("tensor", tensors)
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.states = tuple(states)
        _named("node", nodes)
        self._check_names(nodes)
        self._check_states()
        self._producers = self._check_producers(nodes)
        self.nodes = _ordered(nodes, self._producers)
        self._consumers: dict[str, tuple[Node, ...]] = dict.fromkeys(self.tensors, ())
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                self._consumers[name] += (node,)
            node.check(self.sources(node), self[node.output])

    def tensor(self, name: str) -> Tensor:
        """Return the tensor of that name. Raises `GraphError`."""
        if name not in self.tensors:
            raise GraphError(f"tensor {name} is not in the graph")
        return self.tensors[name]

    __getitem__ = tensor

    def sources(self, node: Node) -> tuple[Tensor, ...]:
        """Input tensors of a node."""
        return tuple(self.tensors[name] for name in node.inputs)

    def producer(self, name: str) -> Node | None:
        """Node that produces a tensor; None for constants, inputs and states."""
        return self._producers.get(self.tensor(name).name)

    def consumers(self, name: str) -> tuple[Node, ...]:
        """Nodes that read a tensor, in order."""
        return self._consumers[self.tensor(name).name]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all nodes."""
        return sum(node.macs(self) for node in self.nodes)

    @property
    def lifetimes(self) -> dict[str, Lifetime]:
        """Lifetime of each tensor except constants; tensors whose lifetimes do not overlap may share memory.

        A tensor lives from its producer to its last consumer. Inputs and states live from -1 on, outputs and the next
        values of states until len(nodes).
        """
        index = {node.name: position for position, node in enumerate(self.nodes)}
        given = {*self.inputs, *(state.tensor for state in self.states)}
        kept = {*self.outputs, *(state.next for state in self.states)}
        found = {}
        for name, tensor in self.tensors.items():
            if tensor.constant:
                continue
            first = -1 if name in given else index[self._producers[name].name]
            last = max((index[node.name] for node in self._consumers[name]), default=first)
            found[name] = Lifetime(first, len(self.nodes) if name in kept else last)
        return found

    def _check_names(self, nodes: tuple[Node, ...]):
        for node in nodes:
            for name in (*node.inputs, node.output):
                if name not in self.tensors:
                    raise GraphError(f"node {node.name}: tensor {name} is not in the graph")
        for what, names in (("input", self.inputs), ("output", self.outputs)):
            for name in names:
                if name not in self.tensors:
                    raise GraphError(f"{what} {name} is not a tensor of the graph")
            if len(set(names)) < len(names):
                raise GraphError(f"{what}s {', '.join(names)} must all be different")
        for name in self.inputs:
            if self.tensors[name].constant:
                raise GraphError(f"input {name} is a constant")

    def _check_states(self):
        names = [state.tensor for state in self.states]
        for state in self.states:
            state.check(self.tensor(state.tensor), self.tensor(state.next))
            if names.count(state.tensor) > 1 or state.tensor in self.inputs:
                other = "an input" if state.tensor in self.inputs else "given twice"
                raise GraphError(f"state {state.tensor} is {other}")

    def _check_producers(self, nodes: tuple[Node, ...]) -> dict[str, Node]:
        producers: dict[str, Node] = {}
        states = {state.tensor for state in self.states}
        for node in nodes:
            name = node.output
            if name in producers:
                raise GraphError(f"tensor {name} is produced twice, by {producers[name].name} and by {node.name}")
            if self.tensors[name].constant or name in self.inputs or name in states:
                what = "a constant" if self.tensors[name].constant else "a state" if name in states else "an input"
                raise GraphError(f"node {node.name}: its output {name} is {what}")
            producers[name] = node
        for name, tensor in self.tensors.items():
            if not tensor.constant and name not in self.inputs and name not in states and name not in producers:
                readers = [node.name for node in nodes if name in node.inputs]
                used = f", and node {readers[0]} reads it" if readers else ""
                raise GraphError(f"tensor {name} is neither a constant, an input nor produced by a node{used}")
        return producers


def _named(what: str, parts: Iterable[Part]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part in parts:
        if part.name in found:
            raise GraphError(f"{what} {part.name} is in the graph twice")
        found[part.name] = part
    return found


def _ordered(nodes: tuple[Node, ...], producers: dict[str, Node]) -> tuple[Node, ...]:
    """Nodes in topological order; among ready nodes the first given is next."""
    index = {node.name: position for position, node in enumerate(nodes)}
    sorter = TopologicalSorter(
        {node.name: {producers[name].name for name in node.inputs if name in producers} for node in nodes}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        raise GraphError(f"nodes {' -> '.join(error.args[1])} form a cycle") from None
    ready, ordered = [], []
    while sorter.is_active():
        ready += [index[name] for name in sorter.get_ready()]
        heapify(ready)
        node = nodes[heappop(ready)]
        ordered.append(node)
        sorter.done(node.name)
    return tuple(ordered)
