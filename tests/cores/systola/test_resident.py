"""Tensors in the scratchpad: addresses of pixels, borders, and transfers to and from DRAM."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.systola.resident import Resident
from systola.gen.compile.layers import DramTensor

SIZE = 4
TENSOR = Resident(20, height=3, width=5, blocks=2, pixel=3, border=((1, 2), (2, 1)), value=7)


def moved(box, memory, dram, *, store=False):
    """Apply a box to memories of bytes."""
    inner, *outer = box.dimensions
    for index in np.ndindex(*(d.count for d in reversed(outer))):
        steps = list(zip(reversed(index), outer, strict=True))
        inside = all(d.before <= n < d.count - d.after for n, d in steps)
        for n in range(inner.count):
            local = box.local + sum(i * d.local for i, d in steps) + n
            bus = box.bus + sum(i * d.bus for i, d in steps) + n
            if store:
                dram[bus] = memory[local]
            else:
                memory[local] = dram[bus] if inside and inner.before <= n < inner.count - inner.after else box.value


def test_pixels_and_spans():
    assert (TENSOR.row, TENSOR.words) == (24, 144)
    assert TENSOR.at(-1, -2) == 20
    assert TENSOR.at(0, 0) == 20 + 24 + 6
    assert TENSOR.span((0, 3), (0, 5)) == (50, TENSOR.at(2, 4) + 2)
    part = TENSOR.part(1, 2, 1, 2, 1)
    assert (part.at(0, 0), part.row, part.pixel) == (TENSOR.at(1, 2) + 1, TENSOR.row, TENSOR.pixel)


def test_fills_write_the_border_and_nothing_else():
    memory, dram = np.full((TENSOR.word + TENSOR.words) * SIZE, 1, np.uint8), np.zeros(1, np.uint8)
    for box in TENSOR.fills(SIZE):
        assert box.bus_hull[0] == box.bus_hull[1]
        moved(box, memory, dram)
    words = memory[TENSOR.word * SIZE :].reshape(6, 8, TENSOR.pixel, SIZE)
    inside = np.zeros((6, 8), bool)
    inside[1:4, 2:7] = True
    assert (words[inside] == 1).all()
    assert (words[~inside][:, : TENSOR.blocks] == 7).all()
    assert replace(TENSOR, border=((0, 0), (0, 0))).fills(SIZE) == []


@pytest.mark.parametrize("channels", [(0, 7), (4, 7), (0, 4)])
def test_transfers_return_the_same_pixels(channels):
    tensor = DramTensor(8, 1, 3, 5, 7)
    rng = np.random.default_rng(1)
    dram = rng.integers(0, 256, 8 + tensor.bytes).astype(np.uint8)
    memory = np.full((TENSOR.word + TENSOR.words) * SIZE, 9, np.uint8)
    rows, columns = (1, 3), (2, 5)
    moved(TENSOR.transfer(tensor, rows, columns, channels, SIZE, padded=True), memory, dram)
    image = dram[8:].reshape(3, 5, 7)
    word = TENSOR.at(2, 3) + channels[0] // SIZE
    found = memory[word * SIZE :][: channels[1] - channels[0]]
    assert (found == image[2, 3, channels[0] : channels[1]]).all()
    if channels[1] == 7:
        assert memory[(TENSOR.at(2, 3) + 1) * SIZE + 3] == 0
    back = np.zeros_like(dram)
    moved(TENSOR.transfer(tensor, rows, columns, channels, SIZE), memory, back, store=True)
    expected = np.zeros((3, 5, 7), np.uint8)
    part = slice(*rows), slice(*columns), slice(*channels)
    expected[part] = image[part]
    assert (back[8:].reshape(3, 5, 7) == expected).all()
