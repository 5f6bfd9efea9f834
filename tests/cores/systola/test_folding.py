"""Columns of a kernel in the lanes of a word: the same sums of the same bytes."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.accelerator import ACCELERATOR
from systola.gen.accelerators.systola.folding import folded
from systola.gen.compile.layers import ConvolutionLayer, DramTensor
from systola.sim.network.arithmetic import Tflite
from systola.sim.network.graph import Convolution, Graph, Tensor


def layer(channels, kernel, stride=(1, 1), padding=((0, 0), (0, 0)), size=(7, 9)):
    return ConvolutionLayer(
        DramTensor(64, 1, *size, channels), 0, 0, 0, 5, kernel=kernel, stride=stride, padding=padding
    )


@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 2), (2, 1))])
def test_a_pixel_of_the_folded_image_is_a_window_of_a_row(stride, padding):
    whole = layer(2, (3, 3), stride, padding)
    narrow = folded(whole, 8)
    assert (narrow.kernel, narrow.input.channels) == ((3, 1), 6)
    assert (narrow.output_size, narrow.macs) == (whole.output_size, whole.macs)
    row = np.arange(1, 9 * 2 + 1)
    padded = np.pad(row.reshape(9, 2), (padding[1], (0, 0))).reshape(-1)
    for column in range(narrow.input.width):
        before, after = narrow.input.outside(column)
        first = column * narrow.input.step - narrow.input.left
        inside = row[first + before : first + 6 - after]
        found = np.concatenate((np.zeros(before, int), inside, np.zeros(after, int)))
        assert (found == padded[column * stride[1] * 2 :][:6]).all()


def test_what_cannot_be_folded():
    assert folded(layer(3, (3, 3)), 8) is None
    assert folded(layer(2, (3, 1)), 8) is None


@pytest.mark.parametrize("seed", range(6))
def test_layers_of_few_channels_are_exact(on_golden, seed):
    rng = np.random.default_rng(seed)
    channels, kernel = int(rng.integers(1, 4)), (int(rng.integers(1, 4)), int(rng.integers(2, 5)))
    stride = tuple(rng.integers(1, 3, 2).tolist())
    padding = tuple(tuple(rng.integers(0, side, 2).tolist()) for side in kernel)
    x = Tensor("x", (1, 9, 11, channels), "int8", zero_point=int(rng.integers(-128, 128)))
    w = Tensor("w", (*kernel, channels, 6), "int8", rng.integers(-128, 128, (*kernel, channels, 6)).astype(np.int8))
    sides = [
        (size + sum(pads) - reach) // step + 1
        for size, pads, reach, step in zip(x.shape[1:3], padding, kernel, stride, strict=True)
    ]
    y = Tensor("y", (1, *sides, 6), "int8", zero_point=5)
    node = Convolution("conv", ("x", "w"), "y", Tflite(1 << 30, -7), stride=stride, padding=padding)
    graph = Graph([x, w, y], [node], ["x"], ["y"])
    parameters = ACCELERATOR.preset("paper") if seed % 2 else ACCELERATOR.parameters(size=8, data_width=32)
    on_golden(parameters, graph, {"x": rng.integers(-128, 128, x.shape).astype(np.int8)})
