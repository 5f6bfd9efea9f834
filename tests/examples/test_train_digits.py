"""Training of the digits network: correct gradients, and a deterministic, improving result."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from systola.sim.network.zoo import convnet, digits

SCRIPT = Path(__file__).parents[2] / "examples" / "train_digits.py"


@pytest.fixture(scope="module")
def training():
    spec = importlib.util.spec_from_file_location("train_digits", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data():
    return digits.load()


def test_gradients_are_those_of_the_cross_entropy(training, data):
    rng = np.random.default_rng(1)
    shapes = [(3, 3, 1, 16), (3, 3, 16, 32), (1, 1, 128, 10), (16,), (32,), (10,)]
    values = [rng.normal(0, 0.3, shape) for shape in shapes]
    x, labels = data.train_images[:5].reshape(-1, 8, 8, 1) / 16, data.train_labels[:5]

    def loss():
        logits = convnet.infer(list(zip(values[:3], values[3:], strict=True)), data.train_images[:5])[-1]
        shifted = logits - logits.max(1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(5), labels])

    for value, gradient in zip(values, training.gradients(values, x, labels), strict=True):
        at = tuple(rng.integers(0, side) for side in value.shape)
        before, step = value[at], 1e-6
        value[at] = before + step
        above = loss()
        value[at] = before - step
        below = loss()
        value[at] = before
        assert gradient[at] == pytest.approx((above - below) / (2 * step), rel=1e-3, abs=1e-7)


def test_training_improves_and_is_deterministic(training, data, monkeypatch):
    monkeypatch.setattr(training, "EPOCHS", 2)
    trained = training.train(data.train_images, data.train_labels)
    again = training.train(data.train_images, data.train_labels)
    assert all(
        np.array_equal(a, b) for one, two in zip(trained, again, strict=True) for a, b in zip(one, two, strict=True)
    )
    predictions = convnet.infer(trained, data.test_images[:300])[-1].argmax(1)
    assert np.mean(predictions == data.test_labels[:300]) > 0.85
