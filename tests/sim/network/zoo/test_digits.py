"""Digits network in integers: rounding, determinism, accuracy. No hardware."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from systola.sim.network.zoo import digits


@pytest.fixture(scope="module")
def data():
    return digits.load()


@pytest.fixture(scope="module")
def trained(data):
    return digits.train(data.train_images, data.train_labels)


@pytest.fixture(scope="module")
def network(data, trained):
    return digits.quantise(trained, data.train_images)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (0.5, (1073741824, 0)),
        (0.25, (1073741824, -1)),
        (0.1, (1717986918, -3)),
        (1.5, (1610612736, 1)),
        (0.007247427341846, (1992157658, -7)),
        (1 - 2**-40, (1073741824, 1)),  # rounds up to 2^31: the exponent is incremented
        (2.0**-31, (1073741824, -30)),
        (2.0**-33, (0, 0)),
        (0.0, (0, 0)),
    ],
)
def test_fixed_point(scale, expected):
    assert digits.fixed_point(scale) == expected


@pytest.mark.parametrize(
    ("acc", "scale", "expected"),
    [
        (1, 0.5, 1),
        (-1, 0.5, 0),
        (-3, 0.5, -1),
        (-2, 0.25, 0),
        (-6, 0.25, -1),
        (5, 0.1, 0),
        (15, 0.1, 1),
        (-15, 0.1, -1),
        (7, 1.5, 11),
        (-7, 1.5, -10),
        (-(2**31), 0.999, -2145336164),
        (2**31 - 1, 0.0, 0),
    ],
)
def test_requantise(acc, scale, expected):
    assert digits.requantise(np.array([acc]), *digits.fixed_point(scale)).tolist() == [expected]


def test_requantise_rounds_the_exact_product():
    rng = np.random.default_rng(0)
    for scale in 10.0 ** rng.uniform(-6, 1, 50):
        multiplier, exponent = digits.fixed_point(scale)
        acc = rng.integers(-(2**31), 2**31, 200)
        exact = [(2 * int(x) * multiplier + 2 ** (31 - exponent)) // 2 ** (32 - exponent) for x in acc]
        assert digits.requantise(acc, multiplier, exponent).tolist() == exact


def test_split_is_fixed_and_disjoint(data):
    assert [len(part) for part in data] == [899, 899, 898, 898]
    assert all(np.array_equal(x, y) for x, y in zip(data, digits.load(), strict=True))
    images, labels = np.concatenate(data[::2]), np.concatenate(data[1::2])
    assert images.dtype == np.uint8
    assert images.max() == 16
    assert len(np.unique(images, axis=0)) == 1797
    assert set(labels.tolist()) == set(range(10))


def test_training_and_quantisation_are_deterministic(data, network):
    again = digits.quantise(digits.train(data.train_images, data.train_labels), data.train_images)
    for first, second in zip(network.layers, again.layers, strict=True):
        assert np.array_equal(first.weights, second.weights)
        assert np.array_equal(first.bias, second.bias)
        assert first.scale == second.scale


def test_layers_are_int8(network):
    assert [layer.weights.shape for layer in network.layers] == [(64, 64), (64, 32), (32, 10)]
    for layer in network.layers:
        assert layer.weights.dtype == np.int8
        assert layer.bias.dtype == np.int32
        assert np.abs(layer.weights.astype(int)).max() == 127


def test_run_equals_the_equations(data, network):
    x = data.test_images.astype(np.int64)
    for layer in network.layers[:-1]:
        acc = np.einsum("mk,kn->mn", x, layer.weights, dtype=np.int64) + layer.bias
        multiplier, exponent = layer.scale
        x = np.clip((acc * multiplier + 2 ** (30 - exponent)) // 2 ** (31 - exponent), 0, 255)
    last = network.layers[-1]
    logits = np.einsum("mk,kn->mn", x, last.weights, dtype=np.int64) + last.bias
    assert np.array_equal(network.run(data.test_images), logits)


def test_every_product_is_passed_on_within_its_range(data, network):
    seen = []

    def matmul(a, w):
        seen.append((a.shape, w.shape))
        assert a.min() >= 0
        assert a.max() <= 255
        y = a @ w
        assert np.abs(y).max() < 2**31
        return y

    network.run(data.test_images[:7], matmul)
    assert seen == [((7, 64), (64, 64)), ((7, 64), (64, 32)), ((7, 32), (32, 10))]


def test_a_wrong_product_changes_the_logits(data, network):
    images = data.test_images[:20]
    assert np.any(network.run(images) != network.run(images, lambda a, w: a @ w + 1))


def test_accuracy(data, trained, network):
    """Both were 98.0 % at the time of writing; another BLAS may end the training with a slightly different result."""
    in_float = np.mean(digits.infer(trained, data.test_images)[-1].argmax(axis=1) == data.test_labels)
    in_int8 = np.mean(network.run(data.test_images).argmax(axis=1) == data.test_labels)
    assert in_float > 0.965
    assert abs(in_float - in_int8) < 0.01
