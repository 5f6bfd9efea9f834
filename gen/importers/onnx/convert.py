"""Conversion of an ONNX file to a graph, operator by operator."""

from collections.abc import Callable

import numpy as np

from ...errors import UsageError
from ..faults import fail, sentence
from ..network import ImportedNetwork, Layout, Operand, Operator
from .arithmetic import ARITHMETIC
from .builder import Builder, Operation
from .file import InputRecord, ModelRecord, NodeRecord, decode
from .movement import MOVEMENT
from .patterns import LIMITS, QLINEAR, Patterns, Pending
from .products import PRODUCTS
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
"""Conversion of each type of operator. A function returns None, or why the operator has no work at run time."""
SAME = (*MOVEMENT, "MaxPool")
"""Operators whose result has the quantisation of their input."""
QUANTISE = "quantise it with onnxruntime.quantization.quantize_static, format QDQ; see the page Networks"
ENDS = {
    "QuantizeLinear": "input in floating point: the host quantises it",
    "DequantizeLinear": "result in floating point: the host converts it",
}


def read(data: bytes, name: str = "network") -> ImportedNetwork:
    """Network of the bytes of a file, with `fault` for each operator that cannot be imported.

    Raises :class:`.UsageError` for a file that is damaged, and for float and dynamic networks.
    """
    model = decode(data, name)
    shapes = {record.name: _static(record, name) for record in model.inputs}
    quantised = any(node.type in ("QuantizeLinear", *QLINEAR, "QLinearConcat") for node in model.nodes)
    if not quantised and not any(record.type in NARROW for record in model.inputs):
        first = f"input {model.inputs[0].name} is {model.inputs[0].type}" if model.inputs else "it has no input"
        raise UsageError(f"{name}: {first}, and networks must be quantised to int8: {QUANTISE}.")
    try:
        with np.errstate(all="ignore"):  # scales of damaged files; the results are checked
            return _Importer(model, shapes).network(name)
    except (ValueError, ArithmeticError) as error:
        raise UsageError(f"{name}: {sentence(error)}.") from None


def _static(record: InputRecord, name: str) -> tuple[int, ...]:
    """Shape of an input; a batch without a number is 1."""
    if record.shape is None:
        raise UsageError(f"{name}: input {record.name} has no shape: sizes must be static.")
    if not all(isinstance(size, int) for size in record.shape[1:]):
        raise UsageError(
            f"{name}: input {record.name} has the dynamic shape {list(record.shape)}: only the first size, the batch, "
            "may have no number."
        )
    return tuple(size if isinstance(size, int) else 1 for size in record.shape)


class _Importer:
    """Conversion of one network."""

    def __init__(self, model: ModelRecord, shapes: dict[str, tuple[int, ...]]):
        self.model, self.builder = model, Builder()
        self.patterns = Patterns(model, self.builder)
        self.operators: list[Operator] = []
        self.outputs = [record.name for record in model.outputs]
        for record in model.inputs:
            if record.type in NARROW:
                self._input(record.name, shapes[record.name], self._given(record))
            else:
                self.patterns.floats[record.name] = shapes[record.name]

    def network(self, name: str) -> ImportedNetwork:
        for node in self.model.nodes:
            self._guarded(node, node.type, node.outputs, lambda node=node: self._node(node))
        used = {name for node in self.model.nodes for name in node.inputs} | {*self.outputs}
        for label, pending in self.patterns.pending.items():
            known = {operator.index for operator in self.operators}
            if pending.operation and pending.node.index not in known and label in used:
                fault = f"its result {label} is not quantised"
                self._report(pending.node.index, pending.type, (), (label,), fault=fault)
        ends = self._ends(partial=any(each.fault for each in self.operators))
        graph = self.builder.graph(ends)
        values = {name: each for name, each in self.builder.values.items() if isinstance(each, Value)}
        kept = {name: each for name, each in values.items() if each.tensor.name in graph.tensors}
        return ImportedNetwork(
            name,
            graph,
            tuple(sorted(self.operators, key=lambda each: each.index)),
            {name: each.tensor.name for name, each in kept.items()},
            {name: Layout(each.shape, each.axes) for name, each in kept.items()},
        )

    def _node(self, node: NodeRecord):
        patterns, source = self.patterns, node.inputs[0] if node.inputs else ""
        if node.type == "QuantizeLinear":
            self._quantise(node, source)
        elif node.type == "DequantizeLinear":
            self._dequantise(node, source)
        elif node.type in QLINEAR or node.type == "QLinearConcat":
            self._convert(patterns.qlinear(node), node.type, node.outputs)
        elif node.type in LIMITS and source in patterns.pending:
            self._limit(node, patterns.pending[source])
        elif node.type not in CONVERTERS:
            dynamic = node.type.startswith("Dynamic") or node.type.endswith("Integer")
            fail(
                f"scales at run time are not supported: {QUANTISE}"
                if dynamic
                else "its type is unknown to the importer"
            )
        elif node.type in ("Transpose", "Identity") and isinstance(
            source := patterns.operand(source), np.ndarray | Constant
        ):
            patterns.constants[node.outputs[0]] = _rearranged(node, source)
        else:
            self._operation(node)

    def _operation(self, node: NodeRecord):
        """Convert an operator that keeps the quantisation of its input; another one waits for QuantizeLinear."""
        operation = self.patterns.operation(node)
        first = [each for each in operation.operands if isinstance(each, Value)]
        if node.type in SAME and (node.type != "Concat" or len({each.quantisation for each in first}) == 1):
            self._convert(operation, node.type, node.outputs)
        else:
            operation.value(0) if len(operation.operands) < 2 or node.type not in ARITHMETIC else None
            self.patterns.pending[node.outputs[0]] = Pending(node, operation)

    def _limit(self, node: NodeRecord, before: Pending):
        limit = self.patterns._operation(
            node, node.type, (None, *(self.patterns.operand(name) for name in node.inputs[1:])), node.outputs[0]
        )
        self.patterns.pending[node.outputs[0]] = Pending(before.node, before.operation, (*before.limits, limit))

    def _quantise(self, node: NodeRecord, source: str):
        patterns, builder, output = self.patterns, self.builder, node.outputs[0]
        if isinstance(found := patterns.constants.get(source), np.ndarray):
            patterns.constants[output] = patterns.quantised(node, found)
            return
        quantisation = patterns.one(node, 1)
        if source in patterns.floats:
            self._input(output, patterns.floats[source], quantisation)
            given = Operand(source, patterns.floats[source], "FLOAT")
            self._report(node.index, node.type, (given,), (output,), note=ENDS[node.type])
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
                given = Operand(source, found.shape, found.tensor.type.upper())
                result = Operand(output, found.shape, "FLOAT")
                self._report(node.index, node.type, (given,), (result,), note=ENDS[node.type])

    def _guarded(self, node: NodeRecord, type: str, outputs, convert: Callable, quantisation=None, source: str = ""):
        """Convert an operator; where this fails, report the fault and make its results inputs, as far as possible."""
        state = self.builder.state()
        try:
            convert()
        except (ValueError, ArithmeticError) as error:
            self.builder.restore(state)
            self._report(node.index, type, (), tuple(outputs), fault=sentence(error))
            for output in outputs:
                if quantisation:
                    self._substitute(output, quantisation, source)
                elif output:
                    self.patterns.pending[output] = Pending(node, None)

    def _convert(self, op: Operation, type: str, outputs: tuple[str, ...]):
        """Convert an operator; nodes that only change the layout of its inputs are operators of their own."""
        before = len(self.builder.nodes)
        note = CONVERTERS[op.type](self.builder, op)
        made = self.builder.nodes[before:]
        for node in made:
            if node.name in self.builder.moved:
                ends = [self.builder.tensors[name] for name in (node.inputs[0], node.output)]
                given, result = (Operand(each.name, each.shape, each.type.upper()) for each in ends)
                self._report(op.index, node.__class__.__name__, (given,), (result,), (node.name,))
        nodes = tuple(node.name for node in made if node.name not in self.builder.moved)
        operands = [each for each in op.operands if isinstance(each, Value) and not each.tensor.constant]
        inputs = tuple(Operand(each.tensor.name, each.shape, each.tensor.type.upper()) for each in operands)
        self._report(op.index, type, inputs, outputs, nodes, note)

    def _report(self, index, type, inputs, outputs, nodes=(), note=None, fault=None):
        """Add an operator to the list; outputs are operands, or names."""
        found = []
        for each in outputs:
            value = self.builder.values.get(each) if isinstance(each, str) else None
            if isinstance(value, Value):
                found.append(Operand(each, value.shape, value.tensor.type.upper()))
            elif each:
                found.append(each if isinstance(each, Operand) else Operand(each, (), "FLOAT"))
        view = note is not None and note not in ENDS.values()
        self.operators.append(Operator(index, type, tuple(inputs), tuple(found), tuple(nodes), note, fault, view))

    def _input(self, name: str, shape: tuple[int, ...], quantisation: Quantisation):
        tensor = self.builder.declare(name, shape, **quantisation._asdict())
        self.builder.inputs.append(tensor.name)
        self.builder.values[name] = Value(tensor, shape, tuple(range(len(shape))))

    def _given(self, record: InputRecord) -> Quantisation:
        """Quantisation of an input of integers, which its first reader has."""
        for node in self.model.nodes:
            places = [place for place, name in enumerate(node.inputs) if name == record.name]
            if places and (node.type == "DequantizeLinear" or node.type in (*QLINEAR, "QLinearConcat")):
                return self.patterns.one(node, places[0] + 1, record.type)
        return fail(f"input {record.name} is {record.type}, and no operator has its scale")

    def _substitute(self, output: str, quantisation: Quantisation, source: str):
        """Make a result that cannot be computed an input of the graph, if its shape is in the file."""
        for name in (output, source):
            shape = getattr(self.model.shapes.get(name), "shape", None)
            if shape and output not in self.builder.values and all(isinstance(size, int) for size in shape[1:]):
                shape = tuple(size if isinstance(size, int) else 1 for size in shape)
                if min(shape) > 0:
                    self._input(output, shape, quantisation)

    def _ends(self, partial: bool) -> list[str]:
        """Tensors of the graph that are the outputs, in the layout of the file."""
        found = []
        for place, name in enumerate(self.outputs):
            value = self.builder.values.get(name)
            if not isinstance(value, Value):
                if partial:
                    continue
                raise ValueError(f"output {name} is not the result of a quantised operator")
            op, before = Operation(len(self.model.nodes) + place, "Output", (), {}, name), len(self.builder.nodes)
            value = self.builder.values[name] = self.builder.in_order(op, value)
            for node in self.builder.nodes[before:]:
                ends = [self.builder.tensors[end] for end in (node.inputs[0], node.output)]
                given, result = (Operand(each.name, each.shape, each.type.upper()) for each in ends)
                self._report(op.index, node.__class__.__name__, (given,), (result,), (node.name,))
            found.append(value.tensor.name)
        return list(dict.fromkeys(found))


def _rearranged(node: NodeRecord, found: np.ndarray | Constant) -> np.ndarray | Constant:
    """Constant with its axes in another order."""
    value = found.value if isinstance(found, Constant) else found
    axes = list(range(value.ndim))
    if node.type == "Transpose":
        axes = node.attributes.get("perm", axes[::-1])
    if sorted(axes) != list(range(value.ndim)):
        fail(f"perm {axes} must be a permutation of {value.ndim} axes")
    if isinstance(found, np.ndarray):
        return found.transpose(axes)
    axis = axes.index(found.axis % value.ndim) if found.scale.size > 1 else 0
    return Constant(found.name, value.transpose(axes), found.scale, found.zero_point, axis)
