"""Report of the operators of an ONNX file with the nodes that implement them."""

from collections.abc import Sequence
from dataclasses import replace

from ....sim.network.graph import Node
from ..network import Operand, Operator
from .builder import Builder
from .values import Value

ENDS = {
    "QuantizeLinear": "input in floating point: the host quantises it",
    "DequantizeLinear": "result in floating point: the host converts it",
}
"""Notes of the operators at the ends of a network."""
ORDER = "view: the weights of the next operator are in another order"


class Report:
    """List of operators. A node that only changes the layout of a tensor is a separate operator."""

    def __init__(self, builder: Builder):
        self.builder = builder
        self.operators: list[Operator] = []

    def add(self, index: int, type: str, inputs: Sequence = (), outputs: Sequence = (), **fields):
        """Add an operator; inputs and outputs are operands, or names of tensors of the file."""
        given, found = (tuple(self._operand(each) for each in ends if each) for ends in (inputs, outputs))
        self.operators.append(Operator(index, type, given, found, **fields))

    def converted(self, index: int, type: str, inputs: Sequence, outputs: Sequence, made: list[Node], note: str | None):
        """Add an operator and the changes of layout before it."""
        self.layouts(index, made)
        nodes = tuple(node.name for node in made if node.name not in self.builder.moved)
        self.add(index, type, inputs, outputs, nodes=nodes, note=note, view=note is not None)

    def pruned(self) -> tuple[Operator, ...]:
        """Operators in order, after :meth:`.Builder.prune`."""
        nodes, found = {node.name for node in self.builder.nodes}, []
        for each in sorted(self.operators, key=lambda each: each.index):
            kept = tuple(name for name in each.nodes if name in nodes)
            if kept or not each.nodes:
                found.append(replace(each, nodes=kept))
            elif self.builder.spare & {*each.nodes}:
                found.append(replace(each, nodes=(), note=ORDER, view=True))
        return tuple(found)

    def layouts(self, index: int, made: list[Node]):
        """Add the nodes that only change the layout of a tensor."""
        for node in made:
            if node.name in self.builder.moved:
                ends = (self.builder.tensors[name] for name in (node.inputs[0], node.output))
                given, result = (Operand(each.name, each.shape, each.type.upper()) for each in ends)
                self.add(index, type(node).__name__, (given,), (result,), nodes=(node.name,))

    def _operand(self, found: str | Value | Operand) -> Operand:
        """Operand of a value, or of a tensor by its name in the file."""
        if isinstance(found, Operand):
            return found
        if isinstance(found, Value):
            return Operand(found.tensor.name, found.shape, found.tensor.type.upper())
        value = self.builder.values.get(found)
        if isinstance(value, Value):
            return Operand(found, value.shape, value.tensor.type.upper())
        return Operand(found, (), "FLOAT")
