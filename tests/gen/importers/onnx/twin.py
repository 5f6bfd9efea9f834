"""ONNX files with the same integers and scales as TFLite files: QDQ, channels before rows."""

import numpy as np

from systola.gen.importers.tflite.file import decode
from systola.sim.network.graph import same

from .files import Net

RELU, RELU6 = 1, 3
LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


class Twin:
    """Conversion of an image network, or a dense one, to an ONNX file."""

    def __init__(self, data: bytes):
        self.graph, self.net, self.reals = decode(data, "twin")[0], Net(), {}
        for index in self.graph.inputs:
            record = self.graph.tensors[index]
            self._keep(record, self.net.input(f"x{index}", record.shape, record.scales[0], record.zero_point))
        for op in self.graph.operators:
            getattr(self, op.type.lower())(
                op, *(self.graph.tensors[index] for index in (*op.inputs[:3], *op.outputs) if index >= 0)
            )

    def file(self) -> bytes:
        return self.net.model(*(self.reals[index] for index in self.graph.outputs)).SerializeToString()

    def conv_2d(self, op, x, w, *others):
        self._convolution(op, x, w, others, (0, 3, 1, 2), 1)

    def depthwise_conv_2d(self, op, x, w, *others):
        self._convolution(op, x, w, others, (3, 0, 1, 2), x.shape[3])

    def fully_connected(self, op, x, w, *others):
        weights, bias = self._constant(w, "int8", w.scales), self._bias(x, w, others)
        self._finish(op, others[-1], self.net.add("Gemm", self.reals[x.index], weights, *bias, transB=1))

    def add(self, op, a, b, y):
        self._finish(op, y, self.net.add("Add", self._image(a), self._image(b)), image=True)

    def average_pool_2d(self, op, x, y):
        self._finish(op, y, self.net.add("GlobalAveragePool", self._image(x)), image=True)

    def reshape(self, op, x, *others):
        y = others[-1]
        self._finish(op, y, self.net.add("Reshape", self.reals[x.index], self.net.constant(np.array(y.shape))))

    def softmax(self, op, x, y):
        self._finish(op, y, self.net.add("Softmax", self.reals[x.index]))

    def _convolution(self, op, x, w, others, axes, groups):
        weights, options = self._constant(w, "int8", w.scales, axes), op.options
        window, stride = w.shape[1:3], (options["StrideH"], options["StrideW"])
        pads = [same(x.shape[1 + n], window[n], stride[n]) if options["Padding"] == 0 else (0, 0) for n in range(2)]
        found = self.net.add(
            "Conv",
            self._image(x),
            weights,
            *self._bias(x, w, others),
            strides=stride,
            pads=[*(before for before, _ in pads), *(after for _, after in pads)],
            group=groups,
        )
        self._finish(op, others[-1], found, image=True)

    def _bias(self, x, w, others) -> list[str]:
        """Bias, if there is one, with the product of the scales of input and weights."""
        scales = np.float32(x.scales[0]) * np.array(w.scales, np.float32)
        return [self._constant(each, "int32", scales) for each in others[:-1] if each.data is not None]

    def _constant(self, record, type, scales, axes=None) -> str:
        value = np.frombuffer(record.data, type).reshape(record.shape)
        value = value if axes is None else value.transpose(axes)
        scales = np.array(scales, np.float32)
        scales = scales if scales.size > 1 else scales[0]
        return self.net.add("DequantizeLinear", self.net.constant(value), *self.net.parameters(scales, 0, type), axis=0)

    def _image(self, record) -> str:
        """Tensor with its channels first."""
        return self.net.add("Transpose", self.reals[record.index], perm=FIRST)

    def _finish(self, op, y, real, image=False):
        kind = op.options.get("FusedActivationFunction", 0)
        if kind == RELU and y.zero_point != -128:
            real = self.net.add("Relu", real)
        if kind == RELU6:
            real = self.net.add("Clip", real, self.net.constant(np.float32(0)), self.net.constant(np.float32(6)))
        real = self.net.quantise(real, np.float32(y.scales[0]), y.zero_point)
        self._keep(y, self.net.add("Transpose", real, perm=LAST) if image else real)

    def _keep(self, record, real):
        self.reals[record.index] = real
