"""Handwritten digits once more, with convolutions: a small network trained in NumPy, and the same in integers.

8 x 8 pixels -> convolution 3 x 3, 16 filters -> largest of 2 x 2 -> convolution 3 x 3, 32 filters -> largest of 2 x 2
-> dense, 10 logits. Tensors are NHWC. Activations are int8: pixels as they are, what comes out of a ReLU with zero
point -128. Weights are int8, symmetric, with a scale for each filter; or codes of another format.
Activations may be codes of another format, too: then what is pooled is replaced by its code before the next layer.
"""

from dataclasses import dataclass

import numpy as np

from ...golden import layers, operands
from ...golden.formats.names import find
from ...golden.requantise import fixed_point, requantise
from .. import quantise as coding
from .digits import PIXEL_SCALE

FILTERS = 16, 32
CLASSES = 10
EPOCHS, BATCH, RATE, DECAY = 24, 32, 4e-3, 1e-4


@dataclass(frozen=True)
class Convolution:
    """A convolution in integers: weights ky x kx x channels x filters, and requantisation for each filter.

    Weights are bytes that each hold a code of `format`, and activations such of `activations`; results are int8. Around
    the image stand `padding` rows and columns of the input's zero point.
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
        sums = layers.convolution(x, weights, padding=(self.padding,) * 2, value=int(value))
        settings = {"bias": self.bias, "zero_point": self.output_zero, "low": -128, "high": 127}
        return requantise(sums, self.multiplier, self.shift, rounding=rounding, **settings).astype(np.int8)


@dataclass(frozen=True)
class Network:
    """Two convolutions, each with its pooling, and the dense layer as a convolution of the whole image."""

    first: Convolution
    second: Convolution
    dense: Convolution

    @property
    def table(self) -> np.ndarray | None:
        """Bytes that hold the codes of int8 results from -128, which is 0, on: entry r mod 256 that of r.

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


def train(images: np.ndarray, labels: np.ndarray, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases in floating point, by Adam from a fixed seed: some seconds."""
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(seed)
    shapes = ((3, 3, 1, FILTERS[0]), (3, 3, *FILTERS), (1, 1, 4 * FILTERS[1], CLASSES))
    weights = [rng.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape).astype(np.float32) for shape in shapes]
    values = [*weights, *(np.zeros(shape[-1], np.float32) for shape in shapes)]
    moments = [(np.zeros_like(value), np.zeros_like(value)) for value in values]
    x = (images.reshape(-1, 8, 8, 1) * PIXEL_SCALE).astype(np.float32)
    steps = 0
    with threadpool_limits(1):  # the number of threads decides the order of sums, and so their last bits
        for epoch in range(EPOCHS):
            order = rng.permutation(len(x))
            for at in range(0, len(x), BATCH):
                batch = order[at : at + BATCH]
                steps += 1
                gradients = _gradients(values, x[batch], labels[batch])
                rate = RATE * (1 - epoch / EPOCHS)
                for value, gradient, (mean, square) in zip(values, gradients, moments, strict=True):
                    mean += 0.1 * (gradient - mean)
                    square += 0.001 * (gradient**2 - square)
                    scaled = mean / (1 - 0.9**steps) / (np.sqrt(square / (1 - 0.999**steps)) + 1e-8)
                    value -= rate * (scaled + DECAY * value)
    return list(zip(values[:3], values[3:], strict=True))


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


def quantise(
    trained: list[tuple[np.ndarray, np.ndarray]], images: np.ndarray, format: str = "int8", activations: str = "int8"
) -> Network:
    """The network in integers; the range of each activation is the largest that `images` show.

    `format` is that of the weights, any whose codes a byte holds; `activations` one in which a code does not depend on
    its neighbour.
    """
    outputs, found = infer(trained, images), []
    peak = None if activations == "int8" else find(activations).peak
    scale, zero = PIXEL_SCALE if peak is None else 1 / peak, 0
    for number, ((weights, bias), output) in enumerate(zip(trained, outputs, strict=True)):
        last = number == len(trained) - 1
        codes, own = _coded(weights, format)
        values = operands.from_bytes(format, codes)
        after, after_zero = (np.abs(output).max() / 127, 0) if last else (output.max() / 255, -128)
        settings = [fixed_point(float(s)) for s in scale * own / after]
        folded = np.rint(bias / (scale * own)).astype(np.int64) - zero * values.sum(axis=(0, 1, 2))
        multiplier, shift = np.array(settings).T
        found.append(
            Convolution(codes, folded, multiplier, shift, 0 if last else 1, zero, after_zero, format, activations)
        )
        scale, zero = (after, after_zero) if peak is None else (255 * after / peak, 0)
    return Network(*found)


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


def _patches(x: np.ndarray, size: int) -> np.ndarray:
    """Each point's window, flat: images x height x width x (ky kx channels); the image keeps its size."""
    edge = size // 2
    x = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return views.transpose(0, 1, 2, 4, 5, 3).reshape(*views.shape[:3], -1)


def _pooled(x: np.ndarray) -> np.ndarray:
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def _mean(x: np.ndarray) -> np.ndarray:
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def _wide(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, axis=1).repeat(2, axis=2)


def _gradients(values: list[np.ndarray], x: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Of the cross entropy, for the weights and then the biases."""
    weights, biases = values[:3], values[3:]
    inputs, outputs, n = [], [], len(x)
    for number in range(2):
        inputs.append(_patches(x, 3))
        outputs.append(np.maximum(inputs[-1] @ weights[number].reshape(-1, FILTERS[number]) + biases[number], 0))
        x = _pooled(outputs[-1])
    flat = x.reshape(n, -1)
    logits = flat @ weights[2].reshape(-1, CLASSES) + biases[2]
    error = np.exp(logits - logits.max(1, keepdims=True))
    error /= error.sum(1, keepdims=True)
    error[np.arange(n), labels] -= 1
    error /= n
    of_weights, of_biases = [(flat.T @ error).reshape(weights[2].shape)], [error.sum(0)]
    back = (error @ weights[2].reshape(-1, CLASSES).T).reshape(x.shape)
    for number in (1, 0):
        y = outputs[number]
        largest = (y == _wide(_pooled(y))).astype(y.dtype)  # equals share
        share = largest / _wide(4 * _mean(largest))
        delta = (_wide(back) * share * (y > 0)).reshape(-1, FILTERS[number])
        patches = inputs[number].reshape(len(delta), -1)
        of_weights.insert(0, (patches.T @ delta).reshape(weights[number].shape))
        of_biases.insert(0, delta.sum(0))
        if number:
            back = _spread_back(delta @ weights[number].reshape(-1, FILTERS[number]).T, inputs[number].shape)
    return [*of_weights, *of_biases]


def _spread_back(patches: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The transpose of :func:`_patches` for windows of 3 x 3."""
    n, height, width, depth = shape
    parts = patches.reshape(n, height, width, 3, 3, depth // 9)
    found = np.zeros((n, height + 2, width + 2, depth // 9), patches.dtype)
    for ky in range(3):
        for kx in range(3):
            found[:, ky : ky + height, kx : kx + width] += parts[:, :, :, ky, kx]
    return found[:, 1:-1, 1:-1]
