"""Survey of a network: where each operator runs and why, parameters, MACs and bytes (`systola network show`)."""

from dataclasses import dataclass
from math import prod

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...hw.component import Parameters
from ...sim.network.graph import Graph, Node
from ..accelerators.base import Accelerator
from ..importers.network import ImportedNetwork, Operand, Operator

HOST, NONE, UNSUPPORTED = "host", "none", "unsupported"
WIDEST = 40
"""Largest number of characters of a tensor's name in tables."""


@dataclass(frozen=True)
class OperatorRow:
    """Operator with its place `on`: the accelerator's name, `HOST`, `UNSUPPORTED`, or `NONE` if it has no work.

    `reason` states why it does not run on the accelerator. `parameters` are the elements of its constants, `bytes`
    those of its inputs, constants and outputs.
    """

    operator: Operator
    on: str
    reason: str | None
    parameters: int = 0
    macs: int = 0
    bytes: int = 0

    def data(self) -> dict:
        """Row as data for JSON."""
        names = ("parameters", "macs", "bytes")
        return {
            "index": self.operator.index,
            "type": self.operator.type,
            "name": self.operator.name,
            "inputs": [_operand(each) for each in self.operator.inputs],
            "outputs": [_operand(each) for each in self.operator.outputs],
            "on": self.on,
            "reason": self.reason,
            **{name: getattr(self, name) for name in names},
        }


@dataclass(frozen=True)
class NetworkSurvey:
    """All operators of a network on one accelerator."""

    network: ImportedNetwork
    accelerator: Accelerator
    parameters: Parameters
    rows: tuple[OperatorRow, ...]

    @property
    def places(self) -> dict[str, int]:
        """Number of operators by place."""
        names = (self.accelerator.name, HOST, NONE, UNSUPPORTED)
        return {name: sum(row.on == name for row in self.rows) for name in names}

    @property
    def macs_on(self) -> int:
        """MACs of the operators that run on the accelerator."""
        return sum(row.macs for row in self.rows if row.on == self.accelerator.name)

    def data(self) -> dict:
        """Survey as data for JSON."""
        graph = self.network.graph
        constants = [tensor for tensor in graph.tensors.values() if tensor.constant]
        return {
            "network": self.network.name,
            "accelerator": self.accelerator.name,
            "machine": self.parameters.model_dump(),
            "inputs": [_tensor(graph, name) for name in graph.inputs],
            "outputs": [_tensor(graph, name) for name in graph.outputs],
            "states": [_tensor(graph, state.tensor) for state in graph.states],
            "operators": [row.data() for row in self.rows],
            "places": self.places,
            "parameters": sum(tensor.size for tensor in constants),
            "parameter_bytes": sum(tensor.size * tensor.dtype.itemsize for tensor in constants),
            "macs": graph.macs,
            "macs_on_accelerator": self.macs_on,
        }


def survey(network: ImportedNetwork, accelerator: Accelerator, parameters: Parameters) -> NetworkSurvey:
    """Check every node of every operator against the accelerator's lowering."""
    return NetworkSurvey(
        network,
        accelerator,
        parameters,
        tuple(_row(network, accelerator, parameters, operator) for operator in network.operators),
    )


def show(survey: NetworkSurvey, out: Console):
    """Print the operators as a table, and totals."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("", "operator", "output", "shapes", "runs on"):
        table.add_column(head)
    for head in ("parameters", "MACs", "bytes"):
        table.add_column(head, justify="right")
    table.add_column("reason")
    for row in survey.rows:
        counts = (f"{n:,}" if n else "" for n in (row.parameters, row.macs, row.bytes))
        cells = (str(row.operator.index), row.operator.type, short(row.operator.name), _shapes(row.operator), row.on)
        table.add_row(*map(escape, (*cells, *counts, row.reason or "")))
    out.print(table)
    data, accelerator = survey.data(), survey.accelerator.name
    places = ", ".join(f"{count} {_place(name)}" for name, count in survey.places.items() if count)
    share = f"; {survey.macs_on / data['macs']:.1%} on {accelerator}" if data["macs"] else ""
    out.print(f"\n{len(survey.rows)} operators: {places}", markup=False)
    out.print(f"{data['macs']:,} MACs{share}", markup=False)
    out.print(f"{data['parameters']:,} parameters, {data['parameter_bytes']:,} bytes", markup=False)
    for what in ("inputs", "outputs", "states"):
        for each in data[what]:
            scale = f", scale {each['scale']:.6g}, zero point {each['zero_point']}" if each["scale"] else ""
            text = f"{what.removesuffix('s')} {each['name']}: {_shape(each['shape'])} {each['type']}{scale}"
            out.print(text, markup=False)


def _row(network: ImportedNetwork, accelerator: Accelerator, parameters: Parameters, operator: Operator) -> OperatorRow:
    graph, nodes = network.graph, network.nodes(operator)
    if operator.fault:
        return OperatorRow(operator, UNSUPPORTED, operator.fault)
    if not nodes:
        works = (operator.inputs or operator.outputs) and not operator.view
        return OperatorRow(operator, HOST if works else NONE, operator.note)
    reason = next(filter(None, (accelerator.rejects(parameters, graph, node) for node in nodes)), None)
    tensors = _tensors(graph, nodes)
    constants = [tensor for tensor in tensors if tensor.constant]
    return OperatorRow(
        operator,
        HOST if reason else accelerator.name,
        reason,
        sum(tensor.size for tensor in constants),
        sum(node.macs(graph) for node in nodes),
        sum(tensor.size * tensor.dtype.itemsize for tensor in tensors),
    )


def _tensors(graph: Graph, nodes: list[Node]) -> list:
    """External inputs and outputs of an operator's nodes, each once."""
    produced, read = {node.output for node in nodes}, [name for node in nodes for name in node.inputs]
    outer = {reader.name for reader in nodes}
    results = [
        name
        for name in produced
        if name in graph.outputs or any(reader.name not in outer for reader in graph.consumers(name))
    ]
    return [graph[name] for name in dict.fromkeys((*(n for n in read if n not in produced), *(results or produced)))]


def _operand(operand: Operand) -> dict:
    return {"name": operand.name, "shape": list(operand.shape), "type": operand.type.lower()}


def _tensor(graph: Graph, name: str) -> dict:
    tensor = graph[name]
    fields = {"scale": tensor.scale, "zero_point": int(tensor.zero_point)}
    return {"name": name, "shape": list(tensor.shape), "type": tensor.type, **fields}


def _place(name: str) -> str:
    return {NONE: "without work at run time", UNSUPPORTED: UNSUPPORTED, HOST: "on the host"}.get(name, f"on {name}")


def _shapes(operator: Operator) -> str:
    inputs, outputs = (", ".join(_shape(each.shape) for each in found) for found in (operator.inputs, operator.outputs))
    return f"{inputs} -> {outputs}" if inputs and outputs else inputs or outputs


def _shape(shape) -> str:
    return "x".join(map(str, shape)) if prod(shape) != 1 or shape else "scalar"


def short(name: str) -> str:
    """Name of a tensor, shortened for tables."""
    return name if len(name) <= WIDEST else f"{name[: WIDEST - 3]}..."
