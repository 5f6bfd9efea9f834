"""Quantised operators of an ONNX file: an operator between DequantizeLinear and QuantizeLinear, or one of QLinear."""

from dataclasses import dataclass, replace

import numpy as np

from ..faults import fail
from .builder import Builder, Operand, Operation
from .file import ModelRecord, NodeRecord
from .unary import bounds
from .values import NARROW, Constant, Quantisation, Value

QLINEAR = {
    "QGemm": ("Gemm", "xwby"),
    "QLinearAdd": ("Add", "xxy"),
    "QLinearAveragePool": ("AveragePool", "xy"),
    "QLinearConcat": ("Concat", ""),
    "QLinearConv": ("Conv", "xwyb"),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", "xy"),
    "QLinearLeakyRelu": ("LeakyRelu", "xy"),
    "QLinearMatMul": ("MatMul", "xwy"),
    "QLinearMul": ("Mul", "xxy"),
    "QLinearSigmoid": ("Sigmoid", "xy"),
    "QLinearSoftmax": ("Softmax", "xy"),
}
"""Operators with scales as inputs: equivalent operator, and the order of x, weights, bias and result."""
TYPES = {2: "uint8", 3: "int8", 6: "int32"}
"""Integer types by their numbers in ONNX."""
LIMITS = ("Relu", "Clip")
"""Functions that become limits of the operator before them."""


@dataclass(frozen=True)
class Pending:
    """Operator whose result is not quantised yet, with the limits after it; without an operation it is unsupported."""

    node: NodeRecord
    operation: Operation | None
    limits: tuple[Operation, ...] = ()

    @property
    def type(self) -> str:
        """Types of the operator and of its limits, for reports."""
        return "+".join((self.node.type, *(each.type for each in self.limits)))

    def quantised(self, output: str, quantisation: Quantisation) -> Operation:
        """Operation with the quantisation of its result, and with the limits as integers."""
        if self.operation is None:
            fail(f"{self.node.type} is not supported")
        low = high = None
        for each in self.limits:
            least, most = (np.float32(0), np.float32(np.inf)) if each.type == "Relu" else bounds(each)
            first, last = (int(quantisation.quantise(end)) for end in (least, most))
            if np.isfinite(least):
                low = first if low is None else max(low, first)
            if np.isfinite(most):
                high = last if high is None else min(high, last)
        if low is not None and high is not None and low > high:
            fail(f"its limits {low} and {high} exclude each other")
        return replace(self.operation, output=output, quantisation=quantisation, low=low, high=high)


class Patterns:
    """Operands of operators, found by the names of tensors: quantised tensors, constants, and pending results."""

    def __init__(self, model: ModelRecord, builder: Builder):
        self.model, self.builder = model, builder
        self.constants: dict[str, np.ndarray | Constant] = dict(model.constants)
        self.pending: dict[str, Pending] = {}
        """Results in floating point by name."""
        self.floats: dict[str, tuple[int, ...]] = {}
        """Shapes of the inputs of the network in floating point, by name."""

    def operand(self, name: str) -> Operand:
        """Operand by name; None for an empty name. Raises `ValueError` if it is not quantised."""
        if not name:
            return None
        if name in self.builder.values:
            return self.builder.values[name]
        if name in self.constants:
            return self.constants[name]
        if name in self.pending and self.pending[name].operation is not None:
            fail(f"{name} is not quantised: QuantizeLinear must follow operator {self.pending[name].node.index}")
        if name in self.floats:
            fail(f"{name} is an input of the network without QuantizeLinear")
        return fail(f"{name} is not computed")

    def operation(self, node: NodeRecord) -> Operation:
        """Operation of a node, without quantisation of its result."""
        operands = tuple(self.operand(name) for name in node.inputs)
        return self.assemble(node, node.type, operands, node.outputs[0])

    def assemble(self, node: NodeRecord, type: str, operands: tuple[Operand, ...], output: str, **fields) -> Operation:
        """Operation of a node with its operands."""
        fields |= {"opset": node.attributes.get("opset", self.model.opset), "outputs": node.outputs}
        return Operation(node.index, type, operands, node.attributes, output, **fields)

    def quantisation(self, node: NodeRecord, scale: int, default: str = "uint8") -> tuple[np.ndarray, np.ndarray]:
        """Scale and zero point, which are inputs `scale` and `scale` + 1 of a node."""
        names = [*node.inputs[scale : scale + 2], "", ""]
        found = self.constants.get(names[0])
        if not isinstance(found, np.ndarray) or found.dtype != np.float32 or not found.size:
            fail(f"its scale {names[0]} must be a constant of float32")
        if node.attributes.get("block_size", 0):
            fail("scales of blocks are not supported")
        if not names[1]:
            type = TYPES.get(node.attributes.get("output_dtype", 0), default)
            return found, np.zeros(found.shape, type)
        zero = self.constants.get(names[1])
        if not isinstance(zero, np.ndarray) or zero.dtype.kind not in "iu" or zero.size not in (1, found.size):
            fail(f"its zero point {names[1]} must be a constant of integers")
        return found, zero

    def per_tensor(self, node: NodeRecord, scale: int, default: str = "uint8") -> Quantisation:
        """Quantisation of a tensor of 8 bits with one scale: inputs `scale` and `scale` + 1 of a node."""
        found, zero = self.quantisation(node, scale, default)
        if found.size != 1:
            fail(f"its scale {node.inputs[scale]} has {found.size} values, and only weights may have several")
        if zero.dtype.name not in NARROW:
            fail(f"its zero point is {zero.dtype.name}: tensors must be int8 or uint8")
        return Quantisation(float(found.item()), int(zero.item()), zero.dtype.name)

    def constant(self, node: NodeRecord, value: np.ndarray, axis: int, first: int = 0) -> Constant:
        """Constant whose name, scale and zero point are inputs of a node from `first` on."""
        scale, zero = self.quantisation(node, first + 1, value.dtype.name)
        if value.dtype.kind not in "iu" or value.dtype != zero.dtype:
            fail(f"{node.inputs[first]} is {value.dtype.name}, and its zero point is {zero.dtype.name}")
        if scale.size > 1 and (scale.ndim != 1 or not -value.ndim <= axis < value.ndim):
            fail(f"{node.inputs[first]} has scales of shape {scale.shape}, which is not supported")
        return Constant(node.inputs[first], value, scale, zero, axis)

    def quantised(self, node: NodeRecord, value: np.ndarray) -> Constant:
        """Constant that QuantizeLinear makes of constant reals."""
        scale, zero = self.quantisation(node, 1)
        axis = node.attributes.get("axis", 1)
        if value.dtype != np.float32 or (scale.size > 1 and not -value.ndim <= axis < value.ndim):
            fail(f"{node.inputs[0]} is {value.dtype.name} of shape {value.shape}, which is not quantised")
        shape = [1] * value.ndim
        if scale.size > 1:
            shape[axis] = scale.size
        ends, spread = np.iinfo(zero.dtype), (np.broadcast_to(each.ravel(), scale.size) for each in (scale, zero))
        factor, offset = (each.reshape(shape) for each in spread)
        found = np.rint(value / factor) + offset.astype(np.float64)
        return Constant(node.outputs[0], np.clip(found, ends.min, ends.max).astype(zero.dtype), scale, zero, axis)

    def is_constant(self, name: str) -> bool:
        """Whether a tensor is a constant, quantised or not."""
        return name in self.constants or isinstance(self.builder.values.get(name), Constant)

    def rearrange(self, node: NodeRecord, source: str):
        """Execute Transpose or Identity of a constant."""
        found, output = self.operand(source), node.outputs[0]
        value = found.value if isinstance(found, Constant) else np.asarray(found)
        axes = list(range(value.ndim))
        if node.type == "Transpose":
            axes = node.attributes.get("perm", axes[::-1])
        if sorted(axes) != list(range(value.ndim)):
            fail(f"perm {axes} must be a permutation of {value.ndim} axes")
        if isinstance(found, Constant):
            axis = axes.index(found.axis % value.ndim) if found.scale.size > 1 else 0
            self.builder.values[output] = replace(found, value=value.transpose(axes), axis=axis)
        else:
            self.constants[output] = value.transpose(axes)

    def qlinear(self, node: NodeRecord) -> Operation:
        """Operation of an operator whose inputs include scales and zero points."""
        if node.attributes.get("channels_last", 0):
            fail("channels_last=1 must be 0")
        if node.type == "QLinearConcat":
            triples = range(2, len(node.inputs) - 2, 3)
            inputs = tuple(self._triple(node, place, 0) for place in triples)
            return self.assemble(node, "Concat", inputs, node.outputs[0], quantisation=self.per_tensor(node, 0))
        type, order = QLINEAR[node.type]
        axis = {"Conv": 0, "Gemm": 0 if node.attributes.get("transB", 0) else 1}.get(type, 1)
        operands: list[Operand] = []
        place, result = 0, None
        for kind in order:
            if kind == "y":
                first = operands[0].quantisation.type if isinstance(operands[0], Value) else "uint8"
                result, place = self.per_tensor(node, place, first), place + 2
            elif kind == "b":
                operands.append(self.operand(node.inputs[place]) if place < len(node.inputs) else None)
                place += 1
            else:
                operands.append(self._triple(node, place, axis))
                place += 3
        return self.assemble(node, type, tuple(operands), node.outputs[0], quantisation=result)

    def _triple(self, node: NodeRecord, place: int, axis: int) -> Operand:
        """Operand whose scale and zero point are the next two inputs."""
        found = self.operand(node.inputs[place]) if place < len(node.inputs) else None
        if isinstance(found, np.ndarray):
            return self.constant(node, found, axis, place)
        if not isinstance(found, Value):
            fail(f"input {place} must be a quantised tensor")
        self.check(node, place, found)
        return found

    def check(self, node: NodeRecord, place: int, value: Value):
        """Raise `ValueError` if the scale or zero point of an input is not that of the tensor."""
        expected = self.per_tensor(node, place + 1, value.quantisation.type)
        if expected != value.quantisation:
            (a, b, _), (c, d, _) = value.quantisation, expected
            fail(f"{node.inputs[place]} has scale {a} and zero point {b}, not {c} and {d}")
