"""Train the digits network that `systola run digits` runs, and store its weights: some seconds.

    python examples/train_digits.py --out sim/network/zoo/digits.npz

Adam from a fixed seed, in NumPy; the network is the one of `systola.sim.network.zoo.convnet`.
"""

import argparse
from pathlib import Path

import numpy as np

from systola.sim.network.zoo import digits
from systola.sim.network.zoo.convnet import CLASSES, FILTERS, PIXEL_SCALE, patches, pooled

EPOCHS, BATCH, RATE, DECAY = 24, 32, 4e-3, 1e-4


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
                change = gradients(values, x[batch], labels[batch])
                rate = RATE * (1 - epoch / EPOCHS)
                for value, gradient, (mean, square) in zip(values, change, moments, strict=True):
                    mean += 0.1 * (gradient - mean)
                    square += 0.001 * (gradient**2 - square)
                    scaled = mean / (1 - 0.9**steps) / (np.sqrt(square / (1 - 0.999**steps)) + 1e-8)
                    value -= rate * (scaled + DECAY * value)
    return list(zip(values[:3], values[3:], strict=True))


def _mean(x: np.ndarray) -> np.ndarray:
    n, height, width, channels = x.shape
    return x.reshape(n, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def _wide(x: np.ndarray) -> np.ndarray:
    return x.repeat(2, axis=1).repeat(2, axis=2)


def gradients(values: list[np.ndarray], x: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Of the cross entropy, for the weights and then the biases."""
    weights, biases = values[:3], values[3:]
    inputs, outputs, n = [], [], len(x)
    for number in range(2):
        inputs.append(patches(x, 3))
        outputs.append(np.maximum(inputs[-1] @ weights[number].reshape(-1, FILTERS[number]) + biases[number], 0))
        x = pooled(outputs[-1])
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
        largest = (y == _wide(pooled(y))).astype(y.dtype)  # equals share
        share = largest / _wide(4 * _mean(largest))
        delta = (_wide(back) * share * (y > 0)).reshape(-1, FILTERS[number])
        windows = inputs[number].reshape(len(delta), -1)
        of_weights.insert(0, (windows.T @ delta).reshape(weights[number].shape))
        of_biases.insert(0, delta.sum(0))
        if number:
            back = _spread_back(delta @ weights[number].reshape(-1, FILTERS[number]).T, inputs[number].shape)
    return [*of_weights, *of_biases]


def _spread_back(windows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The transpose of :func:`.patches` for windows of 3 x 3."""
    n, height, width, depth = shape
    parts = windows.reshape(n, height, width, 3, 3, depth // 9)
    found = np.zeros((n, height + 2, width + 2, depth // 9), windows.dtype)
    for ky in range(3):
        for kx in range(3):
            found[:, ky : ky + height, kx : kx + width] += parts[:, :, :, ky, kx]
    return found[:, 1:-1, 1:-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where the weights go: .npz")
    data = digits.load()
    trained = train(data.train_images, data.train_labels)
    weights = {f"weights{n}": weights for n, (weights, _) in enumerate(trained)}
    biases = {f"bias{n}": bias for n, (_, bias) in enumerate(trained)}
    np.savez_compressed(parser.parse_args().out, **weights, **biases)


if __name__ == "__main__":
    main()
