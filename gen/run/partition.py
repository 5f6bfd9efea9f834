"""Partition of a network: parts for an accelerator and parts for the host, in the order of execution."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ...hw.component import Parameters
from ...sim.network.graph import Graph, Node, Reshape
from ..accelerators.base import Accelerator


@dataclass(frozen=True)
class Part:
    """Part of a network as a separate graph without state: values of states are inputs of the parts that read them."""

    accelerated: bool
    graph: Graph


def partition(
    accelerator: Accelerator, parameters: Parameters, graph: Graph, keep: Collection[str] = ()
) -> tuple[Part, ...]:
    """Split a graph into parts, each for the accelerator or for the host, in an order of execution.

    A node runs on the accelerator if `accelerator.rejects` is None for it, in the whole graph and in its part. Each
    part has as many nodes as possible, so that execution changes seldom between the two.

    Outputs of a part are the tensors that other parts read, outputs and next states of the network, and tensors named
    in `keep`. A tensor of `keep` is not an output if the accelerator would then reject the node that reads it.
    """
    host = {node.name for node in graph.nodes if accelerator.rejects(parameters, graph, node)}
    while True:
        parts = tuple(
            Part(accelerated, _part(accelerator, parameters, graph, nodes, keep, accelerated))
            for accelerated, nodes in _groups(graph, host)
        )
        rejected = {
            node.name
            for part in parts
            if part.accelerated
            for node in part.graph.nodes
            if accelerator.rejects(parameters, part.graph, node)
        }
        if not rejected:
            return parts
        host |= rejected


def _groups(graph: Graph, host: Collection[str]) -> list[tuple[bool, list[Node]]]:
    """Nodes in groups, in an order of execution: (whether the group is for the accelerator, nodes).

    Each group has all remaining nodes of its kind whose inputs are available. A Reshape can belong to either kind; a
    group of Reshapes only is for the host.
    """
    remaining, groups = list(graph.nodes), []
    available = {name for name in graph.tensors if graph.producer(name) is None}

    def ready(node: Node, accelerated: bool) -> bool:
        either = isinstance(node, Reshape) and node.name not in host
        return available.issuperset(node.inputs) and (either or (node.name not in host) == accelerated)

    accelerated = bool(remaining) and remaining[0].name not in host
    while remaining:
        group = []
        while node := next((node for node in remaining if ready(node, accelerated)), None):
            group.append(node)
            available.add(node.output)
            remaining.remove(node)
        if group:
            groups.append((accelerated and not all(isinstance(node, Reshape) for node in group), group))
        accelerated = not accelerated
    return _merged(groups)


def _merged(groups: Iterable[tuple[bool, list[Node]]]) -> list[tuple[bool, list[Node]]]:
    """Groups in which adjacent groups of the same kind are merged."""
    found: list[tuple[bool, list[Node]]] = []
    for accelerated, nodes in groups:
        if found and found[-1][0] == accelerated:
            found[-1][1].extend(nodes)
        else:
            found.append((accelerated, list(nodes)))
    return found


def _part(
    accelerator: Accelerator,
    parameters: Parameters,
    graph: Graph,
    nodes: list[Node],
    keep: Collection[str],
    accelerated: bool,
) -> Graph:
    """Graph of a group of nodes; see :func:`partition` for its outputs."""
    inside = {node.name for node in nodes}
    needed = {*graph.outputs, *(state.next for state in graph.states)}
    needed |= {
        node.output for node in nodes if any(reader.name not in inside for reader in graph.consumers(node.output))
    }
    whole = _subgraph(graph, nodes, needed | {*keep})
    if not accelerated:
        return whole
    smallest = _subgraph(graph, nodes, needed)
    fused = {
        name
        for node in nodes
        if accelerator.rejects(parameters, whole, node) and not accelerator.rejects(parameters, smallest, node)
        for name in node.inputs
    }
    return _subgraph(graph, nodes, needed | ({*keep} - fused)) if fused else whole


def _subgraph(graph: Graph, nodes: list[Node], needed: Collection[str]) -> Graph:
    """Graph of some nodes, whose outputs are their results named in `needed`."""
    produced = [node.output for node in nodes]
    names = dict.fromkeys(name for node in nodes for name in (*node.inputs, node.output))
    inputs = [name for name in names if name not in produced and not graph[name].constant]
    outputs = [name for name in produced if name in needed]
    return Graph([graph[name] for name in names], nodes, inputs, outputs)
