"""Convolutional digits network: training, accuracy in integers, and the exported graph."""

import numpy as np
import pytest

from systola.sim.network import reference
from systola.sim.network.zoo import convnet, digits


@pytest.fixture(scope="module")
def data():
    return digits.load()


def test_integers_keep_the_accuracy(data):
    images, labels = data.test_images[:300], data.test_labels[:300]
    predictions = convnet.infer(convnet.weights(), images)[-1].argmax(1)
    assert np.mean(predictions == labels) > 0.95
    in_integers = convnet.network().run(images).argmax(1)
    assert np.mean(in_integers == predictions) > 0.97


@pytest.mark.parametrize(("format", "activations"), [("int8", "int8"), ("flint4", "int8"), ("apot5", "float8")])
def test_the_graph_matches_the_network(data, format, activations):
    network, images = convnet.network(format, activations), data.test_images[:20]
    graph = convnet.graph(network, 20)
    values = reference.run(graph, {"pixels": network.pixels(images)})
    assert np.array_equal(values["logits"], network.run(images))


@pytest.mark.parametrize(
    ("weights", "activations", "least"),
    [("int4", "int8", 0.9), ("flint4", "uflint4", 0.9), ("olive_int4", "float8", 0.9), ("pot4", "uint8", 0.85)],
)
def test_codes_keep_the_accuracy(data, weights, activations, least):
    network = convnet.quantise(convnet.weights(), data.train_images, weights, activations)
    right = network.run(data.test_images).argmax(1) == data.test_labels
    assert right.mean() > least
    assert network.first.weights.dtype == np.uint8
    assert network.first.weights.max() < 16


def test_the_table_is_in_the_order_of_bytes(data):
    assert convnet.quantise(convnet.weights(), data.train_images).table is None
    table = convnet.quantise(convnet.weights(), data.train_images, activations="upot4").table
    assert [table[result & 255] for result in (-128, -127, 127)] == [0, 7, 15]  # 0, 64 of 2^14, 2^14
    assert (np.diff(table[np.arange(-128, 128)].astype(int)) >= 0).all()


@pytest.fixture(scope="module")
def few_epochs(data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convnet, "EPOCHS", 6)
        return convnet.train(data.train_images, data.train_labels)
