"""Convolutional network for handwritten digits: small, trained, in floating point and in integers.

8 x 8 pixels -> convolution 3 x 3, 16 filters -> maximum pooling 2 x 2 -> convolution 3 x 3, 32 filters -> maximum
pooling 2 x 2 -> dense, 10 logits. Tensors are NHWC. Activations are int8: pixels unchanged, results of a ReLU with zero
point -128. Weights are int8, symmetric, with a scale for each filter; or codes of another format.
Activations may also be codes of another format: pooling results are then replaced by their codes before the next
layer.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from ...golden import layers, operands
from ...golden.formats.names import find
from ...golden.requantise import fixed_point, requantise
from .. import graph as graphs
from .. import quantise as coding
from ..arithmetic import Arithmetic, Coded, Tflite, fold
from ..graph import Activation, Dense, Graph, Pooling, Reshape, Tensor
from . import digits
from .digits import PIXEL_SCALE

FILTERS = 16, 32
CLASSES = 10


@dataclass(frozen=True)
class QuantisedConvolution:
    """Convolution in integers: weights ky x kx x channels x filters, and requantisation for each filter.

    Weights are bytes that each hold a code of `format`, activations bytes that hold codes of `activations`; results are
    int8. The image is surrounded by `padding` rows and columns of the input's zero point.
    """

    weights: np.ndarray
    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray
    padding: int
    input_zero: int
    output_zero: int
    format: str = "int8"
    activations: str = "int8"

    def run(self, x: np.ndarray, rounding: str) -> np.ndarray:
        weights = operands.from_bytes(self.format, self.weights)
        x = operands.from_bytes(self.activations, x)
        value = operands.from_bytes(self.activations, np.array([self.input_zero], np.int8))[0]
        sums = layers.convolution(x, weights, padding=(self.padding, self.padding), value=int(value))
        settings = {"bias": self.bias, "zero_point": self.output_zero, "low": -128, "high": 127}
        return requantise(sums, self.multiplier, self.shift, rounding=rounding, **settings).astype(np.int8)


@dataclass(frozen=True)
class ConvNet:
    """Two convolutions, each with its pooling, and the dense layer as a convolution of the whole image."""

    first: QuantisedConvolution
    second: QuantisedConvolution
    dense: QuantisedConvolution

    @property
    def table(self) -> np.ndarray | None:
        """Bytes that hold the codes of int8 results from -128, which represents 0, on: entry r mod 256 is that of r.

        The largest result has the code of the largest value. None where activations are int8.
        """
        if self.first.activations == "int8":
            return None
        form = find(self.first.activations)
        steps = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64) + 128
        return form.encode(steps * form.peak / 255).astype(np.uint8)

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Images (n, 64) as activations, n x 8 x 8 x 1 bytes."""
        images = images.reshape(-1, 8, 8, 1)
        if self.table is None:
            return images.astype(np.int8)
        form = find(self.first.activations)
        return form.encode(images * PIXEL_SCALE * form.peak).astype(np.uint8)

    def run(self, images: np.ndarray, rounding: str = "gemmlowp") -> np.ndarray:
        """Logits (n, 10), int8, of images (n, 64)."""
        x, table = self.pixels(images), self.table
        for convolution in (self.first, self.second):
            x = layers.windows(convolution.run(x, rounding), (2, 2), (2, 2), maximum=True).astype(np.int8)
            x = x if table is None else table[x.view(np.uint8)]
        return self.dense.run(x.reshape(len(x), 1, 1, -1), rounding).reshape(len(x), CLASSES)


def weights() -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and bias of each layer in floating point, as trained by examples/train_digits.py."""
    with np.load(str(files(__name__.rpartition(".")[0]) / "digits.npz")) as stored:
        return [(stored[f"weights{n}"], stored[f"bias{n}"]) for n in range(3)]


@cache
def network(format: str = "int8", activations: str = "int8") -> ConvNet:
    """Trained network in integers, with weights and activations in these formats."""
    return quantise(weights(), digits.load().train_images, format, activations)


def graph(network: ConvNet, images: int, rounding: str = "gemmlowp") -> Graph:
    """Network graph in integers for a number of images: input `pixels`, output `logits`."""
    form = network.first.activations
    x = Tensor("pixels", (images, 8, 8, 1), form, zero_point=network.first.input_zero)
    tensors, nodes = [x], []
    for name, layer in (("first", network.first), ("second", network.second)):
        y = Tensor(name, (*x.shape[:3], layer.weights.shape[-1]), "int8", zero_point=layer.output_zero)
        small = (images, x.shape[1] // 2, x.shape[2] // 2, y.shape[-1])
        pooled = Tensor(f"{name}.pooled", small, "int8", zero_point=layer.output_zero)
        constants, arithmetic = _constants(name, layer, rounding)
        pair = (layer.padding, layer.padding)
        names = (x.name, *(each.name for each in constants))
        nodes.append(graphs.Convolution(name, names, y.name, arithmetic, padding=(pair, pair)))
        nodes.append(Pooling(f"{name}.pool", (y.name,), pooled.name, Tflite(), window=(2, 2), stride=(2, 2)))
        tensors += [*constants, y, pooled]
        x = pooled
        if network.table is not None:
            x = Tensor(f"{name}.codes", small, form)
            table = network.table.astype(x.dtype)
            nodes.append(Activation(f"{name}.encode", (pooled.name,), x.name, function="encode", table=table))
            tensors.append(x)
    flat = Tensor("flat", (images, int(np.prod(x.shape[1:]))), form, zero_point=x.zero_point)
    constants, arithmetic = _constants("dense", network.dense, rounding)
    logits = Tensor("logits", (images, CLASSES), "int8", zero_point=network.dense.output_zero)
    nodes.append(Reshape("flatten", (x.name,), flat.name, to=flat.shape))
    nodes.append(Dense("dense", (flat.name, *(each.name for each in constants)), logits.name, arithmetic))
    return Graph([*tensors, flat, *constants, logits], nodes, ["pixels"], ["logits"])


def _constants(name: str, layer: QuantisedConvolution, rounding: str) -> tuple[tuple[Tensor, Tensor], Arithmetic]:
    """Weights and bias of a layer as tensors, and its arithmetic. The layer's own bias has the zero point folded in."""
    values = layer.weights if layer.padding else layer.weights.reshape(-1, layer.weights.shape[-1])
    bias = fold(layer.bias, operands.from_bytes(layer.format, layer.weights), -layer.input_zero)
    arithmetic = Tflite(layer.multiplier, layer.shift, rounding=rounding)
    if {layer.format, layer.activations} != {"int8"}:
        arithmetic = Coded(layer.activations, layer.format, arithmetic)
    weights = Tensor(f"{name}.weights", values.shape, layer.format, values)
    return (weights, Tensor(f"{name}.bias", bias.shape, "int32", bias)), arithmetic


def infer(trained: list[tuple[np.ndarray, np.ndarray]], images: np.ndarray) -> list[np.ndarray]:
    """Outputs of each layer in floating point, before pooling; the last are the logits (n, 10)."""
    x, found = images.reshape(-1, 8, 8, 1) * PIXEL_SCALE, []
    for number, (weights, bias) in enumerate(trained):
        last = number == len(trained) - 1
        x = x.reshape(len(x), 1, 1, -1) if last else x
        y = patches(x, weights.shape[0]) @ weights.reshape(-1, weights.shape[-1]) + bias
        found.append(y if last else np.maximum(y, 0))
        x = pooled(found[-1]) if not last else y
    return [*found[:-1], found[-1].reshape(len(x), CLASSES)]


def quantise(
    trained: list[tuple[np.ndarray, np.ndarray]], images: np.ndarray, format: str = "int8", activations: str = "int8"
) -> ConvNet:
    """Network in integers; the range of each activation is the largest that occurs for `images`.

    `format` is that of the weights, any whose codes fit into a byte; `activations` one in which a code does not depend
    on its neighbour.
    """
    outputs, found = infer(trained, images), []
    peak = None if activations == "int8" else find(activations).peak
    scale, zero = PIXEL_SCALE if peak is None else 1 / peak, 0
    for number, ((weights, bias), output) in enumerate(zip(trained, outputs, strict=True)):
        last = number == len(trained) - 1
        codes, weight_scales = _coded(weights, format)
        values = operands.from_bytes(format, codes)
        after, after_zero = (np.abs(output).max() / 127, 0) if last else (output.max() / 255, -128)
        settings = [fixed_point(float(s)) for s in scale * weight_scales / after]
        folded = np.rint(bias / (scale * weight_scales)).astype(np.int64) - zero * values.sum(axis=(0, 1, 2))
        multiplier, shift = np.array(settings).T
        found.append(
            QuantisedConvolution(
                codes, folded, multiplier, shift, 0 if last else 1, zero, after_zero, format, activations
            )
        )
        scale, zero = (after, after_zero) if peak is None else (255 * after / peak, 0)
    return ConvNet(*found)


def _coded(weights: np.ndarray, format: str) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of weights in a format, and the scale of each filter."""
    if format == "int8":
        scale = np.abs(weights).max(axis=(0, 1, 2)) / 127
        return np.rint(weights / scale).astype(np.int8), scale
    if format in operands.OLIVE:
        found = coding.olive(weights, operands.OLIVE[format][0])
    elif operands.is_integer(format):
        found = coding.uniform(weights, format, axis=-1)
    else:
        found = coding.grid(weights, format, axis=-1)
    return found.codes.astype(np.uint8), np.broadcast_to(found.scale.reshape(-1), weights.shape[-1])


def patches(x: np.ndarray, size: int) -> np.ndarray:
    """Window of each point, flat: images x height x width x (ky kx channels); the image keeps its size."""
    edge = size // 2
    x = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def pooled(x: np.ndarray) -> np.ndarray:
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
