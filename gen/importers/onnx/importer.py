"""Conversion of the operators of an ONNX file, one after another."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..faults import fail, sentence
from ..network import ImportedNetwork, Layout, Operand
from .arithmetic import ARITHMETIC
from .attributes import checked
from .builder import Builder, Operation
from .file import InputRecord, ModelRecord, NodeRecord
from .movement import MOVEMENT
from .patterns import LIMITS, QLINEAR, Patterns, Pending
from .products import PRODUCTS
from .report import ENDS, Report
from .unary import UNARY
from .values import NARROW, Constant, Quantisation, Value
from .windows import WINDOWS

CONVERTERS: dict[str, Callable[[Builder, Operation], str | None]] = {
    **PRODUCTS,
    **ARITHMETIC,
    **WINDOWS,
    **MOVEMENT,
    **UNARY,
}
"""Function that converts each type of operator. It returns None, or the reason why it has no work at run time."""
SAME = (*MOVEMENT, "MaxPool")
"""Operators whose result has the quantisation of their input."""
QUANTISE = "quantise it with quantize_static of ONNX Runtime, format QDQ; see the page Networks"


class Importer:
    """Conversion of one network. `shapes` are those of its inputs, by name."""

    def __init__(self, model: ModelRecord, shapes: dict[str, tuple[int, ...]]):
        self.model, self.builder = model, Builder()
        self.patterns = Patterns(model, self.builder)
        self.report = Report(self.builder)
        self.outputs = [record.name for record in model.outputs]
        for record in model.inputs:
            if record.type in NARROW:
                self._input(record.name, shapes[record.name], self._given(record))
            else:
                self.patterns.floats[record.name] = shapes[record.name]

    def network(self, name: str) -> ImportedNetwork:
        """Convert all operators; return the network, called `name`."""
        for node in self.model.nodes:
            self._guarded(node, node.type, node.outputs, lambda node=node: self._node(node))
        used = {name for node in self.model.nodes for name in node.inputs} | {*self.outputs}
        for label, pending in self.patterns.pending.items():
            known = {operator.index for operator in self.report.operators}
            if pending.operation and pending.node.index not in known and label in used:
                fault = f"its result {label} is not quantised"
                self.report.add(pending.node.index, pending.type, (), (label,), fault=fault)
        ends = self._ends(partial=any(each.fault for each in self.report.operators))
        self.builder.prune(ends)
        graph = self.builder.graph(ends)
        values = {name: each for name, each in self.builder.values.items() if isinstance(each, Value)}
        kept = {name: each for name, each in values.items() if each.tensor.name in graph.tensors}
        return ImportedNetwork(
            name,
            graph,
            self.report.pruned(),
            {name: each.tensor.name for name, each in kept.items()},
            {name: Layout(each.shape, each.axes) for name, each in kept.items()},
        )

    def _node(self, node: NodeRecord):
        node = replace(node, attributes=checked(node.attributes))
        patterns, source = self.patterns, node.inputs[0] if node.inputs else ""
        if not node.outputs or not node.outputs[0]:
            fail("it has no output")
        if node.type == "QuantizeLinear":
            self._quantise(node, source)
        elif node.type == "DequantizeLinear":
            self._dequantise(node, source)
        elif node.type in QLINEAR:
            self._convert(patterns.qlinear(node), node.type, node.outputs)
        elif node.type in LIMITS and source in patterns.pending:
            self._limit(node, patterns.pending[source])
        elif node.type not in CONVERTERS:
            dynamic = node.type.startswith("Dynamic") or node.type.endswith("Integer")
            known = "its type is unknown to the importer"
            fail(f"scales at run time are not supported: {QUANTISE}" if dynamic else known)
        elif node.type in ("Transpose", "Identity") and patterns.is_constant(source):
            patterns.rearrange(node, source)
        else:
            self._operation(node)

    def _operation(self, node: NodeRecord):
        """Convert an operator that keeps the quantisation of its input; others are pending until QuantizeLinear."""
        operation = self.patterns.operation(node)
        first = [each for each in operation.operands if isinstance(each, Value)]
        if node.type in SAME and (node.type != "Concat" or len({each.quantisation for each in first}) == 1):
            self._convert(operation, node.type, node.outputs)
        else:
            self.patterns.pending[node.outputs[0]] = Pending(node, operation)

    def _limit(self, node: NodeRecord, before: Pending):
        """Add Relu or Clip to the limits of the pending operator before it."""
        bounds = (self.patterns.operand(name) for name in node.inputs[1:])
        limit = self.patterns.assemble(node, node.type, (None, *bounds), node.outputs[0])
        self.patterns.pending[node.outputs[0]] = Pending(before.node, before.operation, (*before.limits, limit))

    def _quantise(self, node: NodeRecord, source: str):
        patterns, builder, output = self.patterns, self.builder, node.outputs[0]
        if isinstance(found := patterns.constants.get(source), np.ndarray):
            patterns.constants[output] = patterns.quantised(node, found)
            return
        quantisation = patterns.per_tensor(node, 1)
        if source in patterns.floats:
            self._input(output, patterns.floats[source], quantisation)
            given = Operand(source, patterns.floats[source], "FLOAT")
            self.report.add(node.index, node.type, (given,), (output,), note=ENDS[node.type])
        elif source in patterns.pending:
            pending = patterns.pending[source]
            if pending.operation is None:  # its fault is known
                self._substitute(output, quantisation, source)
                return
            self._guarded(
                pending.node,
                pending.type,
                (output,),
                lambda: self._convert(pending.quantised(output, quantisation), pending.type, (output,)),
                quantisation,
                source,
            )
        else:
            operation = patterns.operation(node)
            if operation.value().quantisation == quantisation:
                builder.values[output] = operation.value()
            else:
                operation = Operation(node.index, node.type, operation.operands[:1], {}, output, quantisation)
                self._convert(operation, node.type, (output,))

    def _dequantise(self, node: NodeRecord, source: str):
        patterns, output = self.patterns, node.outputs[0]
        found = patterns.operand(source)
        if isinstance(found, Constant):
            self.builder.values[output] = found
        elif isinstance(found, np.ndarray):
            self.builder.values[output] = patterns.constant(node, found, node.attributes.get("axis", 1))
        elif isinstance(found, Value):
            patterns.check(node, 0, found)
            self.builder.values[output] = found
            if output in self.outputs:
                result = Operand(output, found.shape, "FLOAT")
                self.report.add(node.index, node.type, (source,), (result,), note=ENDS[node.type])

    def _guarded(self, node: NodeRecord, type: str, outputs, convert: Callable, quantisation=None, source: str = ""):
        """Convert an operator. If this fails, report the fault, and make its results inputs as far as possible."""
        state = self.builder.state()
        try:
            convert()
        except (ValueError, ArithmeticError) as error:
            self.builder.restore(state)
            self.report.add(node.index, type, (), outputs, fault=sentence(error))
            for output in outputs:
                if quantisation:
                    self._substitute(output, quantisation, source)
                elif output:
                    self.patterns.pending[output] = Pending(node, None)

    def _convert(self, op: Operation, type: str, outputs: tuple[str, ...]):
        """Convert an operator and add it to the report."""
        before = len(self.builder.nodes)
        note = CONVERTERS[op.type](self.builder, op)
        inputs = [each for each in op.operands if isinstance(each, Value) and not each.tensor.constant]
        self.report.converted(op.index, type, inputs, outputs, self.builder.nodes[before:], note)

    def _input(self, name: str, shape: tuple[int, ...], quantisation: Quantisation):
        tensor = self.builder.declare(name, shape, **quantisation._asdict())
        self.builder.inputs.append(tensor.name)
        self.builder.values[name] = Value(tensor, shape, tuple(range(len(shape))))

    def _given(self, record: InputRecord) -> Quantisation:
        """Quantisation of an input of integers: that of its first reader."""
        for node in self.model.nodes:
            places = [place for place, name in enumerate(node.inputs) if name == record.name]
            if places and (node.type == "DequantizeLinear" or node.type in QLINEAR):
                return self.patterns.per_tensor(node, places[0] + 1, record.type)
        return fail(f"input {record.name} is {record.type}, and no operator has its scale")

    def _substitute(self, output: str, quantisation: Quantisation, source: str):
        """Make the result of an operator that is not imported an input of the graph, if its shape is in the file."""
        for name in (output, source):
            shape = getattr(self.model.shapes.get(name), "shape", None)
            if shape and output not in self.builder.values and all(isinstance(size, int) for size in shape[1:]):
                shape = tuple(size if isinstance(size, int) else 1 for size in shape)
                if min(shape) > 0:
                    self._input(output, shape, quantisation)

    def _ends(self, partial: bool) -> list[str]:
        """Outputs of the graph, in the layout of the file; with `partial`, without those that are not computed."""
        found = []
        for place, name in enumerate(self.outputs):
            value = self.builder.values.get(name)
            if not isinstance(value, Value):
                if partial:
                    continue
                raise ValueError(f"output {name} is not the result of a quantised operator")
            op, before = Operation(len(self.model.nodes) + place, "Output", (), {}, name), len(self.builder.nodes)
            value = self.builder.values[name] = self.builder.in_order(op, value)
            self.report.layouts(op.index, self.builder.nodes[before:])
            found.append(value.tensor.name)
        return list(dict.fromkeys(found))
