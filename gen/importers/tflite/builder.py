"""Graph under construction: a tensor of the file is declared when an operator needs it."""

from collections.abc import Sequence
from math import isfinite, prod

import numpy as np

from ....sim.network.arithmetic import Tflite
from ....sim.network.graph import Graph, Node, State, Tensor
from ..faults import LARGEST, fail
from .file import OperatorRecord, SubgraphRecord, TensorRecord

TYPES = {"INT8": "int8", "UINT8": "uint8", "INT16": "int16", "INT32": "int32"}
"""Types of tensors of a graph."""
ACTIVATIONS = {0: "identity", 1: "relu", 2: "relu_n1_to_1", 3: "relu6"}
FLOATS = ("FLOAT32", "FLOAT16", "FLOAT64", "BFLOAT16")


class Builder:
    """Builder of the tensors and nodes of a graph. Methods raise `ValueError` for operators that cannot be imported;
    the message is a reason, the end of a sentence. `rounding` is that of operators with weights.
    """

    def __init__(self, records: SubgraphRecord, subgraphs: tuple[SubgraphRecord, ...], rounding: str):
        self.records, self.subgraphs, self.rounding = records, subgraphs, rounding
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.names: dict[int, str] = {}
        """Names in the graph of the tensors of the file that have values, by index."""
        self.inputs: list[str] = []
        self.states: dict[tuple, State] = {}
        self.variables: dict[tuple, str] = {}
        """Tensor with the current value of each variable that was read or assigned."""
        self.handles: dict[int, tuple] = {}
        self.initial: dict[tuple, TensorRecord] = {}
        self._constants: dict[tuple, str] = {}

    def record(self, op: OperatorRecord, position: int) -> TensorRecord:
        """Input of an operator in the file."""
        found = self.optional(op, position)
        return fail(f"input {position} is absent") if found is None else found

    def optional(self, op: OperatorRecord, position: int) -> TensorRecord | None:
        """Input of an operator in the file, or None if it is absent."""
        index = op.inputs[position] if position < len(op.inputs) else -1
        return None if index < 0 else self.records.tensors[index]

    def input(self, op: OperatorRecord, position: int = 0) -> Tensor:
        """Input of an operator that has values at run time, or is a constant."""
        return self.tensor(self.record(op, position))

    def tensor(self, record: TensorRecord) -> Tensor:
        """Tensor of the graph with the values of a tensor of the file."""
        if record.index in self.names:
            return self.tensors[self.names[record.index]]
        if record.data is None:
            fail(f"{record.name} is used before it is computed")
        return self.constant(record)

    def constant(self, record: TensorRecord, axes: Sequence[int] | None = None, per_channel: bool = False) -> Tensor:
        """Constant, with its axes in another order; with `per_channel`, one scale for each index of its last axis."""
        key = (record.index, None if axes is None else tuple(axes), per_channel)
        if key not in self._constants:
            value = contents(record)
            value = value if axes is None else np.ascontiguousarray(value.transpose(axes))
            scale = self._channel_scales(record, value.shape) if per_channel else _scale(record)
            zero_point = record.zero_point if record.scales else 0
            name = self._unused(record)
            tensor = Tensor(name, value.shape, TYPES[record.type], value, scale=scale, zero_point=zero_point)
            self.tensors[name], self._constants[key] = tensor, name
        return self.tensors[self._constants[key]]

    def output(self, op: OperatorRecord, position: int = 0) -> Tensor:
        """Output of an operator."""
        if position >= len(op.outputs) or op.outputs[position] < 0:
            fail(f"output {position} is absent")
        return self.declare(self.records.tensors[op.outputs[position]])

    def declare(self, record: TensorRecord) -> Tensor:
        """New tensor without values."""
        if record.index in self.names:
            fail(f"{record.name} is computed twice")
        if record.type not in TYPES:
            fail(_type_fault(record))
        if record.data is not None:
            fail(f"{record.name} is a constant")
        if not 0 < prod(record.shape) <= LARGEST or min(record.shape, default=1) < 1:
            fail(f"{record.name} has shape {record.shape}: it must have 1 to {LARGEST:,} elements")
        tensor = self.temporary(record.shape, record)
        self.names[record.index] = tensor.name
        return tensor

    def temporary(self, shape: tuple[int, ...], like: TensorRecord) -> Tensor:
        """New tensor with another shape and the quantisation of a tensor of the file."""
        zero_point = like.zero_point if like.scales else 0
        name = self._unused(like)
        tensor = Tensor(name, shape, TYPES[like.type], scale=_scale(like), zero_point=zero_point)
        self.tensors[name] = tensor
        return tensor

    def add(self, node: Node):
        """Add a node after its checks."""
        node.check(tuple(self.tensors[name] for name in node.inputs), self.tensors[node.output])
        self.nodes.append(node)

    def name(self, op: OperatorRecord, part: str = "") -> str:
        """Name of a node: type and number of its operator."""
        return f"{op.type.lower()}_{op.index}{part}"

    def result(self, op: OperatorRecord, output: Tensor) -> TensorRecord:
        """Record of a declared output."""
        return next(self.records.tensors[index] for index in op.outputs if self.names.get(index) == output.name)

    def graph(self, partial: bool) -> Graph:
        """Return the finished graph; a partial one lacks outputs that no operator computes. Raises `ValueError`."""
        used = {name for node in self.nodes for name in (*node.inputs, node.output)}
        ends = [index for index in self.records.outputs if not partial or index in self.names]
        outputs = [self.tensor(self.records.tensors[index]).name for index in ends]
        states = [state._replace(next=self.variables.get(key, state.tensor)) for key, state in self.states.items()]
        used |= {*self.inputs, *outputs, *(name for state in states for name in (state.tensor, state.next))}
        tensors = [tensor for name, tensor in self.tensors.items() if name in used]
        return Graph(tensors, self.nodes, self.inputs, outputs, states)

    def _unused(self, record: TensorRecord) -> str:
        name, count = record.name, 1
        while name in self.tensors:
            count += 1
            name = f"{record.name}:{count}"
        return name

    def _channel_scales(self, record: TensorRecord, shape: tuple[int, ...]) -> float | tuple[float, ...] | None:
        """Scales of weights; None where one of them is 0, which makes its channel constant."""
        if any(record.zero_points):
            fail(f"{record.name} has zero point {next(filter(None, record.zero_points))}: that of weights must be 0")
        return None if 0 in record.scales else record.scales if len(record.scales) > 1 else _scale(record)


def contents(record: TensorRecord) -> np.ndarray:
    """Values of a constant of the file."""
    if record.data is None:
        fail(f"{record.name} must be a constant")
    if record.sparse:
        fail(f"{record.name} is sparse")
    if record.type not in TYPES:
        fail(_type_fault(record))
    return _array(record, TYPES[record.type])


def integers(record: TensorRecord, count: int | None = None) -> list[int]:
    """Parameters of an operator that are a constant tensor of integers, such as axes."""
    if record.data is None:
        fail(f"{record.name} must be a constant: shapes are static")
    if record.type not in ("INT32", "INT64"):
        fail(f"{record.name} is {record.type}: it must be INT32 or INT64")
    values = _array(record, record.type.lower()).ravel().tolist()
    if count is not None and len(values) != count:
        fail(f"{record.name} has {len(values)} values, not {count}")
    return values


def _array(record: TensorRecord, type: str) -> np.ndarray:
    data, size = record.data or b"", prod(record.shape) * np.dtype(type).itemsize
    if min(record.shape, default=0) < 0 or len(data) != size:
        fail(f"{record.name} has {len(data)} bytes, and shape {record.shape} needs {size}")
    return np.frombuffer(data, np.dtype(type).newbyteorder("<")).reshape(record.shape).astype(type)


def one_scale(tensor: Tensor) -> float:
    """Scale of a tensor that must have exactly one."""
    return tensor.scale if isinstance(tensor.scale, float) else fail(f"{tensor.name} must have one scale")


def scales(record: TensorRecord, axis: int, filters: int) -> np.ndarray:
    """Scales of weights: one, or one for each filter along `axis`; 0 is legal."""
    found = np.array(record.scales, np.float32)
    if found.size not in (1, filters):
        fail(f"{record.name} has {found.size} scales for {filters} filters")
    if found.size > 1 and record.axis != axis:
        fail(f"{record.name} has scales along axis {record.axis}, not {axis}")
    if not all(isfinite(scale) and scale >= 0 for scale in found):
        fail(f"{record.name} has a scale that is negative or not finite")
    return found if found.size > 1 else found.reshape(())


def expect(type: str, *tensors: Tensor):
    """Reject tensors of other types."""
    for tensor in tensors:
        if tensor.type != type:
            fail(f"{tensor.name} is {tensor.type}: it must be {type}")


def activation(op: OperatorRecord) -> str:
    """Fused activation function."""
    code = op.options.get("FusedActivationFunction", 0)
    return ACTIVATIONS[code] if code in ACTIVATIONS else fail(f"its fused activation function has code {code}")


def quantisation(op: OperatorRecord, output: Tensor) -> dict:
    """Result of an arithmetic: zero point, type and fused activation function."""
    return {"zero_point": output.zero_point, "type": output.type, "activation": activation(op)}


def clamp(op: OperatorRecord, output: Tensor) -> tuple[int, int]:
    """Limits of the fused activation function."""
    return Tflite.bounds(one_scale(output), output.zero_point, output.type, activation(op))


def _scale(record: TensorRecord) -> float | None:
    if len(record.scales) > 1:
        fail(f"{record.name} has {len(record.scales)} scales: only weights may have several")
    return record.scales[0] if record.scales else None


def _type_fault(record: TensorRecord) -> str:
    quantise = ": quantise the network to int8" if record.type in FLOATS else ""
    return f"{record.name} is {record.type}, which is not an integer of 8, 16 or 32 bits{quantise}"
