"""Layers of the lanes that follow a convolution: every result is computed once, after the tiles that it reads."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.fusion import parts_after
from systola.gen.compile.layers import AdditionLayer, DepthwiseLayer, DramTensor, PoolingLayer, Scale
from systola.gen.compile.tiling import LayerTile, Points

SIZE = 4


def tiles(height, width, rows, filters, order):
    """Tiles of `rows` rows and `filters` filters each, of 12 filters."""
    blocks = [(low, min(low + rows, height)) for low in range(0, height, rows)]
    groups = [(low, min(low + filters, 12)) for low in range(0, 12, filters)]
    pairs = [(block, group) for block in blocks for group in groups]
    if order == "filters outside":
        pairs = [(block, group) for group in groups for block in blocks]
    elif order == "alternating":
        pairs = [(block, group) for n, group in enumerate(groups) for block in (blocks[::-1] if n % 2 else blocks)]
    points = [Points((0, 1), block, (0, width)) for block, _ in pairs]
    return [LayerTile(each, each, group) for each, (_, group) in zip(points, pairs, strict=True)]


def depthwise(height, width, kernel=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1))):
    image = DramTensor(0, 1, height, width, 12)
    return DepthwiseLayer(image, 0, 0, 0, kernel=kernel, stride=stride, padding=padding)


LAYERS = {
    "addition": AdditionLayer(DramTensor(0, 1, 9, 5, 12), 0, 0, (1, 1), Scale(1 << 30, 0)),
    "pooling": PoolingLayer(DramTensor(0, 1, 9, 5, 12), 0, (2, 2), (2, 2)),
    "depthwise": depthwise(9, 5),
    "with a stride": depthwise(9, 5, (4, 3), (2, 1), ((2, 1), (0, 0))),
}


@pytest.mark.parametrize("order", ["rows outside", "filters outside", "alternating"])
@pytest.mark.parametrize(("rows", "filters"), [(9, 4), (2, 12), (4, 8), (1, 4)])
@pytest.mark.parametrize("name", LAYERS)
def test_every_result_follows_what_it_reads(name, rows, filters, order):
    layer = LAYERS[name]
    cut = tiles(9, 5, rows, filters, order)
    reach, stride, before = {
        "addition": (1, 1, 0),
        "pooling": (2, 2, 0),
        "depthwise": (3, 1, 1),
        "with a stride": (4, 2, 2),
    }[name]
    complete, made = np.zeros((9, 3), bool), np.zeros((layer.result.height, 3), int)
    for tile, parts in zip(cut, parts_after(layer, cut, SIZE), strict=True):
        complete[slice(*tile.points.rows), tile.filters[0] // SIZE : -(-tile.filters[1] // SIZE)] = True
        for part in parts:
            assert part.columns == (0, layer.result.width)
            made[slice(*part.rows), slice(*part.lanes)] += 1
            for row in range(*part.rows):
                first = row * stride - before
                assert complete[max(0, first) : min(9, first + reach), slice(*part.lanes)].all()
    assert (made == 1).all()


def test_tiles_of_some_columns_are_not_followed():
    points = Points((0, 1), (0, 9), (0, 3))
    assert parts_after(LAYERS["addition"], [LayerTile(points, points, (0, 12))], SIZE) is None
