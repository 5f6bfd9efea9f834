"""The convolutional digits network: training learns, integers keep what was learnt, gradients are gradients."""

import numpy as np
import pytest

from systola.sim.network.zoo import convnet, digits


@pytest.fixture(scope="module")
def data():
    return digits.load()


def test_gradients_are_those_of_the_cross_entropy(data):
    rng = np.random.default_rng(1)
    shapes = [(3, 3, 1, 16), (3, 3, 16, 32), (1, 1, 128, 10), (16,), (32,), (10,)]
    values = [rng.normal(0, 0.3, shape) for shape in shapes]
    x, labels = data.train_images[:5].reshape(-1, 8, 8, 1) / 16, data.train_labels[:5]

    def loss():
        logits = convnet.infer(list(zip(values[:3], values[3:], strict=True)), data.train_images[:5])[-1]
        shifted = logits - logits.max(1, keepdims=True)
        return np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(5), labels])

    gradients = convnet._gradients(values, x, labels)
    for value, gradient in zip(values, gradients, strict=True):
        at = tuple(rng.integers(0, side) for side in value.shape)
        before, step = value[at], 1e-6
        value[at] = before + step
        above = loss()
        value[at] = before - step
        below = loss()
        value[at] = before
        assert gradient[at] == pytest.approx((above - below) / (2 * step), rel=1e-3, abs=1e-7)


def test_integers_keep_what_was_learnt(data, monkeypatch):
    monkeypatch.setattr(convnet, "EPOCHS", 3)
    trained = convnet.train(data.train_images, data.train_labels)
    again = convnet.train(data.train_images, data.train_labels)
    assert all(
        np.array_equal(a, b) for one, two in zip(trained, again, strict=True) for a, b in zip(one, two, strict=True)
    )
    images, labels = data.test_images[:300], data.test_labels[:300]
    guesses = convnet.infer(trained, images)[-1].argmax(1)
    assert np.mean(guesses == labels) > 0.9
    in_integers = convnet.quantise(trained, data.train_images).run(images).argmax(1)
    assert np.mean(in_integers == guesses) > 0.97
