"""Handwritten digits by convolutions: a small trained network, in floating point and in integers.

8 x 8 pixels -> convolution 3 x 3, 16 filters -> largest of 2 x 2 -> convolution 3 x 3, 32 filters -> largest of 2 x 2
-> dense, 10 logits. Tensors are NHWC. Activations are int8: pixels as they are, what comes out of a ReLU with zero
point -128. Weights are int8, symmetric, with a scale for each filter.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from ...golden import layers
from ...golden.requantise import fixed_point, requantise
from .. import graph as graphs
from ..arithmetic import Tflite, fold
from ..graph import Dense, Graph, Pooling, Reshape, Tensor
from . import digits
from .digits import PIXEL_SCALE

FILTERS = 16, 32
CLASSES = 10


@dataclass(frozen=True)
class Convolution:
    """A convolution in integers: weights ky x kx x channels x filters, and requantisation for each filter.

    Around the image stand `padding` rows and columns of the input's zero point.
    """

    weights: np.ndarray
    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray
    padding: int
    input_zero: int
    output_zero: int

    def run(self, x: np.ndarray, rounding: str) -> np.ndarray:
        sums = layers.convolution(x, self.weights, padding=(self.padding,) * 2, value=self.input_zero)
        settings = {"bias": self.bias, "zero_point": self.output_zero, "low": -128, "high": 127}
        return requantise(sums, self.multiplier, self.shift, rounding=rounding, **settings).astype(np.int8)


@dataclass(frozen=True)
class Network:
    """Two convolutions, each with its pooling, and the dense layer as a convolution of the whole image."""

    first: Convolution
    second: Convolution
    dense: Convolution

    def run(self, images: np.ndarray, rounding: str = "gemmlowp") -> np.ndarray:
        """Logits (n, 10), int8, of images (n, 64)."""
        x = images.reshape(-1, 8, 8, 1).astype(np.int8)
        for convolution in (self.first, self.second):
            x = layers.windows(convolution.run(x, rounding), (2, 2), (2, 2), maximum=True)
        return self.dense.run(x.reshape(len(x), 1, 1, -1), rounding).reshape(len(x), CLASSES)


def weights() -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and bias of each layer in floating point, as trained by examples/train_digits.py."""
    with np.load(str(files(__package__) / "digits.npz")) as stored:
        return [(stored[f"weights{n}"], stored[f"bias{n}"]) for n in range(3)]


@cache
def network() -> Network:
    """The trained network in integers."""
    return quantise(weights(), digits.load().train_images)


def graph(network: Network, images: int, rounding: str = "gemmlowp") -> Graph:
    """The network in integers for a number of images: input `pixels`, output `logits`."""
    x = Tensor("pixels", (images, 8, 8, 1), "int8", zero_point=network.first.input_zero)
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
    flat = Tensor("flat", (images, int(np.prod(x.shape[1:]))), "int8", zero_point=x.zero_point)
    constants, arithmetic = _constants("dense", network.dense, rounding)
    logits = Tensor("logits", (images, CLASSES), "int8", zero_point=network.dense.output_zero)
    nodes.append(Reshape("flatten", (x.name,), flat.name, to=flat.shape))
    nodes.append(Dense("dense", (flat.name, *(each.name for each in constants)), logits.name, arithmetic))
    return Graph([*tensors, flat, *constants, logits], nodes, ["pixels"], ["logits"])


def _constants(name: str, layer: Convolution, rounding: str) -> tuple[tuple[Tensor, Tensor], Tflite]:
    """Weights and bias of a layer as tensors, and its arithmetic. The layer's own bias has the zero point folded in."""
    values = layer.weights if layer.padding else layer.weights.reshape(-1, layer.weights.shape[-1])
    bias = fold(layer.bias, layer.weights, -layer.input_zero)
    tensors = Tensor(f"{name}.weights", values.shape, "int8", values), Tensor(f"{name}.bias", bias.shape, "int32", bias)
    return tensors, Tflite(layer.multiplier, layer.shift, rounding=rounding)


def infer(trained: list[tuple[np.ndarray, np.ndarray]], images: np.ndarray) -> list[np.ndarray]:
    """What leaves each layer in floating point, before pooling; the last are the logits (n, 10)."""
    x, found = images.reshape(-1, 8, 8, 1) * PIXEL_SCALE, []
    for number, (weights, bias) in enumerate(trained):
        last = number == len(trained) - 1
        x = x.reshape(len(x), 1, 1, -1) if last else x
        y = _patches(x, weights.shape[0]) @ weights.reshape(-1, weights.shape[-1]) + bias
        found.append(y if last else np.maximum(y, 0))
        x = _pooled(found[-1]) if not last else y
    return [*found[:-1], found[-1].reshape(len(x), CLASSES)]


def quantise(trained: list[tuple[np.ndarray, np.ndarray]], images: np.ndarray) -> Network:
    """The network in integers; the range of each activation is the largest that `images` show."""
    outputs, found = infer(trained, images), []
    scale, zero = PIXEL_SCALE, 0
    for number, ((weights, bias), output) in enumerate(zip(trained, outputs, strict=True)):
        last = number == len(trained) - 1
        own = np.abs(weights).max(axis=(0, 1, 2)) / 127
        codes = np.rint(weights / own).astype(np.int8)
        after, after_zero = (np.abs(output).max() / 127, 0) if last else (output.max() / 255, -128)
        settings = [fixed_point(float(s)) for s in scale * own / after]
        folded = np.rint(bias / (scale * own)).astype(np.int64) - zero * codes.astype(np.int64).sum(axis=(0, 1, 2))
        multiplier, shift = np.array(settings).T
        found.append(Convolution(codes, folded, multiplier, shift, 0 if last else 1, zero, after_zero))
        scale, zero = after, after_zero
    return Network(*found)


def _patches(x: np.ndarray, size: int) -> np.ndarray:
    """Each point's window, flat: images x height x width x (ky kx channels); the image keeps its size."""
    edge = size // 2
    x = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def _pooled(x: np.ndarray) -> np.ndarray:
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
