"""Network for handwritten digits: real images, a small network trained on them, and the same network in integers.

The images are the 1,797 digits of 8 x 8 pixels that scikit-learn ships: nothing is downloaded. An
activation is a pixel or the result of a ReLU, so none is negative: activations are uint8 with zero point 0,
which uses all 256 levels and needs no correction term. Weights are int8, symmetric, one scale per layer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...golden.requantise import fixed_point, requantise

HIDDEN = 64, 32
PIXEL_SCALE = 1 / 16
"""Scale of pixels, which are integers from 0 to 16 already: they enter the network unchanged."""

Matmul = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Digits(NamedTuple):
    """Images (n, 64), uint8, and labels (n,), with a fixed split: 899 for training, 898 for testing."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


class TrainedLayer(NamedTuple):
    """Trained layer, x @ weights + bias: (n, K), (K, N), (N,) -> (n, N), floating point."""

    weights: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class Layer:
    """Layer in integers: acc = x @ weights + bias, then uint8 by `scale`, a multiplier and an exponent.

    Shapes: x (n, K) uint8, weights (K, N) int8 from -127 to 127, bias (N,) int32, acc (n, N) int32. The last
    layer has no scale: its accumulators are the logits, and the largest is the same for any scale.
    """

    weights: np.ndarray
    bias: np.ndarray
    scale: tuple[int, int] | None


@dataclass(frozen=True)
class DigitsNetwork:
    """Sequence of integer layers; the caller supplies the matrix multiplication."""

    layers: list[Layer]

    def run(self, images: np.ndarray, matmul: Matmul = np.matmul) -> np.ndarray:
        """Logits (n, 10) of images (n, 64). Each product is `matmul(a, w)`: int64 in and out, exact."""
        x = images.astype(np.int64)
        for layer in self.layers:
            x = matmul(x, layer.weights.astype(np.int64)) + layer.bias
            if layer.scale:
                x = requantise(x, *layer.scale, low=0, high=255)  # with zero point 0 the clip is the ReLU too
        return x


def load() -> Digits:
    """Images in an order fixed by seed. Raises `ModuleNotFoundError` without scikit-learn."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    train, test = np.split(order, [899])
    images = images.astype(np.uint8)
    return Digits(images[train], labels[train], images[test], labels[test])


def train(images: np.ndarray, labels: np.ndarray) -> list[TrainedLayer]:
    """Train the network 64-64-32-10 in floating point, from a fixed seed."""
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    classifier = MLPClassifier(HIDDEN, alpha=0.1, learning_rate_init=3e-3, max_iter=1000, random_state=0)
    with threadpool_limits(1):  # the number of threads determines the order of sums, and so their last bits
        classifier.fit(images * PIXEL_SCALE, labels)
    return [TrainedLayer(w, b) for w, b in zip(classifier.coefs_, classifier.intercepts_, strict=True)]


def infer(layers: list[TrainedLayer], images: np.ndarray) -> list[np.ndarray]:
    """Outputs of each layer in floating point; the last are the logits (n, 10)."""
    x, outputs = images * PIXEL_SCALE, []
    for dense in layers:
        outputs.append(x @ dense.weights + dense.bias)
        x = np.maximum(outputs[-1], 0)
    return outputs


def quantise(layers: list[TrainedLayer], images: np.ndarray) -> DigitsNetwork:
    """Network in integers; the range of each activation is the largest that occurs for `images`.

    With real = scale * integer for x, w and y, the next x:
    bias = round(b / (sx * sw)), y = acc * sx * sw / sy.
    """
    outputs, quantised, sx = infer(layers, images), [], PIXEL_SCALE
    for dense, output in zip(layers, outputs, strict=True):
        sw, sy = np.abs(dense.weights).max() / 127, output.max() / 255
        quantised.append(
            Layer(
                weights=np.rint(dense.weights / sw).astype(np.int8),
                bias=np.rint(dense.bias / (sx * sw)).astype(np.int32),
                scale=None if dense is layers[-1] else fixed_point(sx * sw / sy),
            )
        )
        sx = sy
    return DigitsNetwork(quantised)


def accuracy(layers: list[TrainedLayer], data: Digits, weights: Callable, activations: Callable) -> float:
    """Accuracy on the test images with every layer's operands in other formats.

    `weights` and `activations` take a tensor and return a `quantise.Quantised`. The scale of activations, and their
    type where it is chosen, are derived from the training images; products and sums are exact.
    """
    seen, x = data.train_images * PIXEL_SCALE, data.test_images * PIXEL_SCALE
    for dense in layers:
        q, w = activations(seen), weights(dense.weights).dequantise()
        y = q.encode(x).dequantise() @ w + dense.bias
        seen, x = np.maximum(q.dequantise() @ w + dense.bias, 0), np.maximum(y, 0)
    return float(np.mean(y.argmax(axis=1) == data.test_labels))
