"""Image network in floating point, quantised by ONNX Runtime's own tool."""

from pathlib import Path

import numpy as np

from .files import helper, onnx, types


class _Floats:
    def __init__(self, seed=0):
        self.rng, self.nodes, self.constants = np.random.default_rng(seed), [], []

    def constant(self, value) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def weights(self, *shape) -> str:
        return self.constant(self.rng.normal(size=shape) / np.sqrt(np.prod(shape[1:])))

    def add(self, type, *inputs, output=None, **attributes) -> str:
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(type, list(inputs), [output], **attributes))
        return output

    def conv(self, x, *shape, **attributes) -> str:
        return self.add("Conv", x, self.weights(*shape), self.weights(shape[0]), **attributes)


def network():
    """Residual block, depthwise convolution, squeeze and excite, concatenation, pooling, dense layers, softmax."""
    net = _Floats()
    x = net.add("Relu", net.conv("x", 8, 3, 3, 3, pads=[1] * 4, strides=[2, 2]))
    y = net.add("Clip", net.conv(x, 8, 1, 3, 3, pads=[1] * 4, group=8), net.constant(0), net.constant(6))
    x = net.add("Relu", net.add("Add", x, net.conv(y, 8, 8, 1, 1)))
    x = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    z = net.conv(x, 12, 8, 3, 3, pads=[1] * 4)
    z = net.add("Mul", z, net.add("Sigmoid", z))
    z = net.add("Mul", z, net.add("Sigmoid", net.conv(net.add("GlobalAveragePool", z), 12, 12, 1, 1)))
    z = net.add("AveragePool", net.add("Concat", z, x, axis=1), kernel_shape=[2, 2], strides=[2, 2])
    z = net.add("Gemm", net.add("Flatten", z), net.weights(16, 80), net.weights(16), transB=1)
    z = net.add("MatMul", net.add("Relu", z), net.constant(net.rng.normal(size=(16, 5)) / 4))
    net.add("Softmax", net.add("Add", z, net.weights(5)), output="y")
    ends = [
        helper.make_tensor_value_info(name, types.FLOAT, shape)
        for name, shape in (("x", ("n", 3, 16, 16)), ("y", ("n", 5)))
    ]
    graph = helper.make_graph(net.nodes, "n", ends[:1], ends[1:], net.constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def quantised(folder: Path, form: str, type: str, per_channel: bool) -> bytes:
    """File that `quantize_static` writes."""
    from onnxruntime import quantization

    class Samples(quantization.CalibrationDataReader):
        def __init__(self):
            rng = np.random.default_rng(2)
            self.samples = iter([{"x": rng.normal(size=(1, 3, 16, 16)).astype(np.float32)} for _ in range(8)])

        def get_next(self):
            return next(self.samples, None)

    onnx.save(network(), folder / "float.onnx")
    quantization.shape_inference.quant_pre_process(folder / "float.onnx", folder / "n.onnx", skip_symbolic_shape=True)
    quantization.quantize_static(
        folder / "n.onnx",
        folder / "quantised.onnx",
        Samples(),
        quant_format=quantization.QuantFormat[form],
        activation_type=quantization.QuantType[type],
        weight_type=quantization.QuantType.QInt8,
        per_channel=per_channel,
    )
    return (folder / "quantised.onnx").read_bytes()
