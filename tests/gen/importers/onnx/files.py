"""Writer of small ONNX files with quantised operators, for the tests."""

import numpy as np
import pytest

from ..files import numbers

onnx = pytest.importorskip("onnx")
helper, types = pytest.importorskip("onnx.helper"), onnx.TensorProto
NUMBERS = {
    "int8": types.INT8,
    "int16": types.INT16,
    "uint8": types.UINT8,
    "int32": types.INT32,
    "int64": types.INT64,
    "float32": types.FLOAT,
}


class Net:
    """Network under construction; methods return names of tensors. Activations have `type`."""

    def __init__(self, type="int8", opset=17):
        self.type, self.opset = type, opset
        self.nodes, self.inputs, self.outputs, self.initializers = [], [], [], []
        self.quantised = []
        """Integer tensors that operators compute at run time."""

    def constant(self, value, type=None, name=None) -> str:
        array = np.asarray(value, type)
        name = name or f"c{len(self.initializers)}"
        self.initializers.append(onnx.numpy_helper.from_array(array, name))
        return name

    def parameters(self, scale, zero, type=None) -> tuple[str, str]:
        """Scale and zero point."""
        zeros = np.broadcast_to(np.asarray(zero, type or self.type), np.shape(scale)).copy()
        return self.constant(scale, np.float32), self.constant(zeros)

    def declare(self, name, shape, type=None) -> str:
        """Input of the network."""
        self.inputs.append(helper.make_tensor_value_info(name, NUMBERS[type or self.type], shape))
        return name

    def input(self, name, shape, scale=0.05, zero=None, floating=False) -> str:
        """Quantised input as reals: integers and DequantizeLinear, or reals and both operators."""
        zero = zero if zero is not None else -5 if self.type == "int8" else 123
        scale, zero = self.parameters(scale, zero)
        self.declare(name, shape, "float32" if floating else None)
        source = self.qlinear("QuantizeLinear", name, scale, zero, name=f"{name}_q", domain="") if floating else name
        return self.add("DequantizeLinear", source, scale, zero)

    def weights(self, seed, shape, scale=0.01, axis=0, type="int8", zero=0) -> str:
        ends = (-127, 127) if type == "int8" else (0, 255)
        value = self.constant(numbers(seed, shape, *ends, np.dtype(type)), name=f"w_{seed}")
        return self.add("DequantizeLinear", value, *self.parameters(scale, zero, type), axis=axis)

    def bias(self, seed, count, scale) -> str:
        value = self.constant(numbers(f"{seed} bias", (count,), -3000, 3000, np.int32), name=f"b_{seed}")
        return self.add("DequantizeLinear", value, *self.parameters(scale, 0, "int32"), axis=0)

    def add(self, type, *inputs, output=None, outputs=None, domain="", **attributes):
        """Operator; its result, or results."""
        names = outputs or [output or f"t{len(self.nodes)}"]
        self.nodes.append(helper.make_node(type, list(inputs), names, domain=domain, **attributes))
        return names if outputs else names[0]

    def quantise(self, real, scale=0.05, zero=3, name=None) -> str:
        """Quantised result as reals."""
        parameters = self.parameters(scale, zero)
        integers = self.add("QuantizeLinear", real, *parameters, output=name or f"q{len(self.quantised)}")
        self.quantised.append(integers)
        return self.add("DequantizeLinear", integers, *parameters)

    def qlinear(self, type, *inputs, domain="com.microsoft", name=None, **attributes) -> str:
        integers = self.add(type, *inputs, output=name or f"q{len(self.quantised)}", domain=domain, **attributes)
        self.quantised.append(integers)
        return integers

    def model(self, *outputs, every=False, types_of=()):
        """Model with these outputs; `every`: all quantised tensors are outputs as well."""
        names = [(name, types_of[at] if at < len(types_of) else "float32") for at, name in enumerate(outputs)]
        extra = [(name, self.type) for name in self.quantised if every and name not in outputs]
        made = [helper.make_tensor_value_info(name, NUMBERS[type], None) for name, type in (*names, *extra)]
        graph = helper.make_graph(self.nodes, "n", self.inputs, made, self.initializers)
        versions = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8)


def channels(seed, count, spread=0.01) -> np.ndarray:
    """Scales of weights by channel."""
    return (spread * (0.3 + numbers(f"{seed} scales", count, 0, 100) / 70)).astype(np.float32)
