"""Graph under construction from an ONNX file: tensors, nodes, and changes of layout."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from ....sim.network.graph import Graph, Node, Reshape, Tensor, Transpose
from ..faults import LARGEST, fail
from ..network import Axes
from .values import Constant, Quantisation, Value

Operand = Value | Constant | np.ndarray | None
"""Operand of an operator: quantised tensor or constant, constant of reals or integers, or absent."""


@dataclass(frozen=True)
class Operation:
    """Operator with its operands, the name and the quantisation of its result, and the limits of functions after it.

    Without a quantisation the result has that of the first operand. `opset` is the version of the operators.
    """

    index: int
    type: str
    operands: tuple[Operand, ...]
    attributes: dict
    output: str
    quantisation: Quantisation | None = None
    low: int | None = None
    high: int | None = None
    opset: int = 1
    outputs: tuple[str, ...] = field(default=())

    def value(self, position: int = 0) -> Value:
        """Operand that has values at run time."""
        found = self.optional(position)
        return found if isinstance(found, Value) else fail(f"input {position} must be a quantised tensor")

    def optional(self, position: int) -> Operand:
        return self.operands[position] if position < len(self.operands) else None

    def integers(self, position: int, name: str = "") -> list[int] | None:
        """Parameter that is an operand in newer versions, and the attribute `name` in older ones; None if absent."""
        found = self.optional(position)
        if found is None:
            value = self.attributes.get(name)
            return [value] if isinstance(value, int) else value
        if not isinstance(found, np.ndarray) or found.dtype.kind != "i":
            fail(f"input {position} must be a constant of integers: shapes are static")
        return found.ravel().tolist()

    @property
    def limited(self) -> bool:
        """Whether limits exclude integers of the result's type. Then ONNX Runtime computes in floating point."""
        low, high = self.result.limits
        return (self.low is not None and self.low > low) or (self.high is not None and self.high < high)

    @property
    def result(self) -> Quantisation:
        """Quantisation of the result, which must have one."""
        return self.quantisation or fail(f"its result {self.output} is not quantised")


class Builder:
    """Builder of the tensors and nodes of a graph. Methods raise `ValueError` for operators that cannot be imported;
    the message is a reason, the end of a sentence.
    """

    def __init__(self):
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.inputs: list[str] = []
        self.values: dict[str, Value | Constant] = {}
        """Quantised tensors of the file by name. A tensor and its DequantizeLinear are the same value."""
        self.moved: set[str] = set()
        """Nodes that only change the layout."""
        self.spare: set[str] = set()
        """Nodes of operators that may not be needed."""
        self._orders: dict[tuple, Tensor] = {}

    def name(self, op: Operation, part: str = "") -> str:
        """Name of a node: type and number of its operator, and another number if the operator has several results."""
        names, name, count = {node.name for node in self.nodes}, f"{op.type.lower()}_{op.index}{part}", 1
        while name in names:
            count += 1
            name = f"{op.type.lower()}_{op.index}{part}:{count}"
        return name

    def add(self, node: Node):
        """Add a node after its checks."""
        node.check(tuple(self.tensors[name] for name in node.inputs), self.tensors[node.output])
        self.nodes.append(node)

    def declare(
        self, name: str, shape: Sequence[int], type: str, scale=None, zero_point: int = 0, value=None
    ) -> Tensor:
        """New tensor."""
        shape = tuple(shape)
        if min(shape, default=1) < 1 or prod(shape) > LARGEST:
            fail(f"{name} has shape {shape}: it must have 1 to {LARGEST:,} elements")
        unused, count = name, 1
        while unused in self.tensors:
            count += 1
            unused = f"{name}:{count}"
        tensor = Tensor(unused, shape, type, value, scale=scale, zero_point=zero_point)
        self.tensors[unused] = tensor
        return tensor

    def result(self, op: Operation, shape: Sequence[int], axes: Axes | None = None, name: str = "") -> Value:
        """New result with a shape in the file; `axes` is its order in the graph."""
        shape = tuple(shape)
        axes = tuple(range(len(shape))) if axes is None else axes
        quantisation = op.quantisation or op.value().quantisation
        size = tuple(1 if axis is None else shape[axis] for axis in axes)
        name = name or op.output
        value = Value(self.declare(name, size, **quantisation._asdict()), shape, axes)
        self.values[name] = value
        return value

    def constant(self, constant: Constant) -> Value:
        """Constant as a tensor of the graph, with one scale."""
        quantisation = constant.quantisation._asdict()
        tensor = self.declare(constant.name, constant.value.shape, **quantisation, value=constant.value)
        return Value(tensor, constant.value.shape, tuple(range(constant.value.ndim)))

    def in_order(self, op: Operation, value: Value, axes: Axes | None = None) -> Value:
        """Value with its axes in another order, by default that of the file."""
        axes = tuple(range(len(value.shape))) if axes is None else axes
        size = value.size(axes)
        wanted = replace(value, axes=axes)
        if size == value.tensor.shape and wanted.order == value.order:
            return wanted
        key = value.tensor.name, wanted.order, size
        if key not in self._orders:
            self._orders[key] = self._moved(op, value, wanted, size)
        return replace(wanted, tensor=self._orders[key], image=None)

    def reshaped(self, op: Operation, source: Tensor, size: Sequence[int]) -> Tensor:
        """Tensor with the same elements in another shape."""
        return source if source.shape == tuple(size) else self._move(op, Reshape, source, size)

    def prune(self, outputs: list[str]):
        """Remove nodes that may not be needed and changes of layout, where no node reads the result."""
        used, kept, spare = {*outputs}, [], self.moved | self.spare
        for node in reversed(self.nodes):
            if node.name not in spare or node.output in used:
                used |= {*node.inputs}
                kept.append(node)
        self.nodes = kept[::-1]

    def graph(self, outputs: list[str]) -> Graph:
        """Return the finished graph. Raises `ValueError`."""
        used = {name for node in self.nodes for name in (*node.inputs, node.output)} | {*self.inputs, *outputs}
        tensors = [tensor for name, tensor in self.tensors.items() if name in used]
        return Graph(tensors, self.nodes, self.inputs, outputs)

    def state(self) -> tuple:
        """State for :meth:`restore`."""
        return len(self.nodes), dict(self.tensors), dict(self.values), dict(self._orders), list(self.inputs)

    def restore(self, state: tuple):
        """Remove what an operator that cannot be imported has added."""
        count, self.tensors, self.values, self._orders, self.inputs = state
        del self.nodes[count:]

    def _moved(self, op: Operation, value: Value, wanted: Value, size: tuple[int, ...]) -> Tensor:
        """Tensor with the elements in another order, by a transposition between two changes of shape at most."""
        source = value.tensor
        if source.constant:
            order = tuple(sorted(range(len(value.order)), key=lambda place: wanted.order.index(value.order[place])))
            compact = source.contents.reshape([value.shape[axis] for axis in value.order]).transpose(order)
            contents = np.ascontiguousarray(compact.reshape(size))
            return self.declare(source.name, size, **value.quantisation._asdict(), value=contents)
        if value.order != wanted.order:
            first, last = _without_additional(value), _without_additional(wanted)
            if len(first.axes) != len(last.axes):
                first, last = (replace(each, axes=each.order) for each in (value, wanted))
            source = self.reshaped(op, source, value.size(first.axes))
            places = _permutation(first, last)
            source = self._move(op, Transpose, source, [source.shape[place] for place in places], axes=places)
        return self.reshaped(op, source, size)

    def _move(self, op: Operation, kind: type, source: Tensor, size: Sequence[int], **fields) -> Tensor:
        made = self.declare(source.name, size, source.type, source.scale, source.zero_point)
        name = self.name(op, f"_layout_{len(self.nodes)}")
        self.moved.add(name)
        fields = fields or {"to": made.shape}
        self.add(kind(name, (source.name,), made.name, **fields))
        return made


def _without_additional(value: Value) -> Value:
    return replace(value, axes=tuple(axis for axis in value.axes if axis is not None))


def _permutation(value: Value, wanted: Value) -> tuple[int, ...]:
    """Permutation of axes; those of size 1 may be exchanged."""
    wide = {axis: place for place, axis in enumerate(value.axes) if axis in value.order}
    spare = [place for place, axis in enumerate(value.axes) if axis not in value.order]
    return tuple(wide[axis] if axis in wide else spare.pop(0) for axis in wanted.axes)
