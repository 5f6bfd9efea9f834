"""Fusion of a convolution with the layer of the vector lanes after it: each part follows the tiles that it reads."""

from collections.abc import Sequence

import numpy as np

from ...compile.layers import AdditionLayer, ConvolutionLayer, DepthwiseLayer, PoolingLayer
from ...compile.tiling import LayerTile
from .lane_schedule import WindowPart
from .residency import LayerTensors
from .resident import Residency


def follows(layers: Sequence[LayerTensors], number: int) -> bool:
    """Whether layer `number` runs in the vector lanes and reads the result of a convolution directly before it."""
    if not number or isinstance(layers[number].layer, ConvolutionLayer):
        return False
    before = layers[number - 1]
    return isinstance(before.layer, ConvolutionLayer) and before.target in layers[number].sources


def all_resident(convolution: Residency, lanes: Residency) -> bool:
    """Whether the result of a convolution and all operands of the layer after it stay in the scratchpad."""
    return bool(convolution.target and lanes.target and all(lanes.sources))


def parts_after(
    layer: AdditionLayer | DepthwiseLayer | PoolingLayer, tiles: Sequence[LayerTile], size: int
) -> list[list[WindowPart]] | None:
    """For each tile of a convolution, in order, the parts of `layer` whose input is complete after it.

    Each part is a range of rows of the result, in whole rows, for the words of the tile's filters; `size` is the bytes
    of a word. None if a tile does not have whole rows of one image.
    """
    image, result = layer.input, layer.result
    if any(tile.points.columns != (0, image.width) or tile.points.images != (0, 1) for tile in tiles):
        return None
    reach, stride, before = _rows(layer)
    complete = np.zeros((-(-image.channels // size), image.height), bool)
    computed = np.zeros((len(complete), result.height), bool)
    first = np.arange(result.height) * stride - before
    found = []
    for tile in tiles:
        lanes = tile.filters[0] // size, -(-tile.filters[1] // size)
        complete[slice(*lanes), slice(*tile.points.rows)] = True
        missing = np.concatenate(([0], np.cumsum(~complete[lanes[0]])))
        low, high = first.clip(0), (first + reach).clip(max=image.height)
        ready = (missing[high] == missing[low]) & ~computed[lanes[0]]
        computed[slice(*lanes)] |= ready
        edges = np.flatnonzero(np.diff(np.concatenate(([0], ready.astype(int), [0])))).tolist()
        runs = zip(edges[::2], edges[1::2], strict=True)
        found.append([WindowPart(0, rows, (0, result.width), lanes) for rows in runs])
    return found


def _rows(layer: AdditionLayer | DepthwiseLayer | PoolingLayer) -> tuple[int, int, int]:
    """Rows of a window, rows from one window to the next, rows of padding before the first."""
    if isinstance(layer, DepthwiseLayer):
        return layer.reach[0], layer.stride[0], layer.padding[0][0]
    if isinstance(layer, PoolingLayer):
        return layer.window[0], layer.stride[0], 0
    return 1, 1, 0
