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
    """Operator of a file with its operands, and the name and quantisation of its result.

    `low` and `high` are limits of the result, from Relu or Clip after the operator; None: those of the type. Without a
    quantisation the result has that of the first operand. `opset` is the version of the operators in the file.
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
        """Operand that has values at run time. Raises `ValueError` for any other."""
        found = self.optional(position)
        return found if isinstance(found, Value) else fail(f"input {position} must be a quantised tensor")

    def optional(self, position: int) -> Operand:
        """Operand at a position; None if it is absent."""
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
        """Whether the limits exclude integers of the result's type: ONNX Runtime then computes in floating point."""
        low, high = self.result.limits
        return (self.low is not None and self.low > low) or (self.high is not None and self.high < high)

    @property
    def result(self) -> Quantisation:
        """Quantisation of the result, which must have one."""
        return self.quantisation or fail(f"its result {self.output} is not quantised")


class Builder:
    """Builder of the tensors and nodes of a graph.

    Methods raise `ValueError` for operators that cannot be imported; the message is a reason, the end of a sentence.
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
        """Nodes that are removed if no node reads their result."""
        self._orders: dict[tuple, Tensor] = {}

    def name(self, op: Operation, part: str = "") -> str:
        """Unused name of a node: type and number of its operator, `part`, and a further number if there are several."""
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
        """Add a tensor to the graph; a further number is appended to a name that is in use."""
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
        """Add the result of an operator: `shape` is that in the file, `axes` are the axes of the graph's tensor."""
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
        target = replace(value, axes=axes)
        if size == value.tensor.shape and target.order == value.order:
            return target
        key = value.tensor.name, target.order, size
        if key not in self._orders:
            self._orders[key] = self._moved(op, value, target, size)
        return replace(target, tensor=self._orders[key], image=None)

    def reshaped(self, op: Operation, source: Tensor, size: Sequence[int]) -> Tensor:
        """Tensor with the same elements in another shape."""
        return source if source.shape == tuple(size) else self._move(op, Reshape, source, size)

    def prune(self, outputs: list[str]):
        """Remove changes of layout and nodes of `spare` whose results are neither read nor in `outputs`."""
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
        """Current contents, for :meth:`restore`."""
        return len(self.nodes), dict(self.tensors), dict(self.values), dict(self._orders), list(self.inputs)

    def restore(self, state: tuple):
        """Return to a state of :meth:`state`, after an operator that cannot be imported."""
        count, self.tensors, self.values, self._orders, self.inputs = state
        del self.nodes[count:]

    def _moved(self, op: Operation, value: Value, target: Value, size: tuple[int, ...]) -> Tensor:
        """Tensor with the elements in another order, by a transposition between two changes of shape at most."""
        source = value.tensor
        if source.constant:
            order = tuple(sorted(range(len(value.order)), key=lambda place: target.order.index(value.order[place])))
            compact = source.contents.reshape([value.shape[axis] for axis in value.order]).transpose(order)
            contents = np.ascontiguousarray(compact.reshape(size))
            return self.declare(source.name, size, **value.quantisation._asdict(), value=contents)
        if value.order != target.order:
            first, last = _without_additional(value), _without_additional(target)
            if len(first.axes) != len(last.axes):
                first, last = (replace(each, axes=each.order) for each in (value, target))
            source = self.reshaped(op, source, value.size(first.axes))
            places = _permutation(first, last)
            source = self._move(op, Transpose, source, [source.shape[place] for place in places], axes=places)
        return self.reshaped(op, source, size)

    def _move(self, op: Operation, kind: type, source: Tensor, size: Sequence[int], **fields) -> Tensor:
        """Add a node that only changes the layout, a Reshape unless `fields` are given; return its result."""
        made = self.declare(source.name, size, source.type, source.scale, source.zero_point)
        name = self.name(op, f"_layout_{len(self.nodes)}")
        self.moved.add(name)
        fields = fields or {"to": made.shape}
        self.add(kind(name, (source.name,), made.name, **fields))
        return made


def _without_additional(value: Value) -> Value:
    """Value without the axes of size 1 that the file does not have."""
    return replace(value, axes=tuple(axis for axis in value.axes if axis is not None))


def _permutation(value: Value, target: Value) -> tuple[int, ...]:
    """Permutation of the axes of `value` to those of `target`; axes of size 1 may be exchanged."""
    wide = {axis: place for place, axis in enumerate(value.axes) if axis in value.order}
    spare = [place for place, axis in enumerate(value.axes) if axis not in value.order]
    return tuple(wide[axis] if axis in wide else spare.pop(0) for axis in target.axes)
