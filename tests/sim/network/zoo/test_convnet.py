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


@pytest.mark.parametrize(
    ("weights", "activations", "least"),
    [("int4", "int8", 0.9), ("flint4", "uflint4", 0.9), ("olive_int4", "float8", 0.9), ("pot4", "uint8", 0.85)],
)
def test_codes_keep_what_was_learnt(few_epochs, data, weights, activations, least):
    network = convnet.quantise(few_epochs, data.train_images, weights, activations)
    right = network.run(data.test_images).argmax(1) == data.test_labels
    assert right.mean() > least
    assert network.first.weights.dtype == np.uint8
    assert network.first.weights.max() < 16


def test_the_table_is_in_the_order_of_bytes(few_epochs, data):
    assert convnet.quantise(few_epochs, data.train_images).table is None
    table = convnet.quantise(few_epochs, data.train_images, activations="upot4").table
    assert [table[result & 255] for result in (-128, -127, 127)] == [0, 7, 15]  # 0, 64 of 2^14, 2^14
    assert (np.diff(table[np.arange(-128, 128)].astype(int)) >= 0).all()


@pytest.fixture(scope="module")
def few_epochs(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convnet, "EPOCHS", 6)
        return convnet.train(data.train_images, data.train_labels)
