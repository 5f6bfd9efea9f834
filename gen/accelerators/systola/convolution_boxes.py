"""Transfers of a convolution: boxes that load its fragments and store its results."""

from itertools import pairwise
from typing import Any

from ....hw.cores.systola.isa import RECORD
from ...compile.boxes import Box, Dimension, outside
from .folding import FoldedTensor


class ConvolutionBoxes:
    """Boxes of a `ConvolutionSchedule`, between DRAM and words of the scratchpads."""

    def __init__(self, schedule):
        self.s, self.layer, self.size = schedule, schedule.layer, schedule.size

    def load(self, fragment, word: int) -> list[Box]:
        """Boxes that load a fragment, whose first word is `word`."""
        if fragment.kind == "x":
            return self._input(fragment, word)
        return [self._weights(fragment, word) if fragment.kind == "w" else self._records(fragment, word)]

    def _input(self, fragment, word: int) -> list[Box]:
        s, layer, (first, end) = self.s, self.layer, fragment.chunk.channels
        image, points = layer.input, fragment.part
        pixel, row, whole = image.strides
        rows, columns = s.window(points, fragment.chunk)
        (top, _), (left, _) = fragment.chunk.part_of(layer.kernel)
        bytes, pitch = s.blocks((first, end)) * self.size, s.pixel((first, end)) * self.size
        top += points.rows[0] * layer.stride[0] - layer.padding[0][0]
        left += points.columns[0] * layer.stride[1] - layer.padding[1][0]
        address = image.address + points.images[0] * whole + top * row + left * pixel + first
        sides, parts = outside(left, columns, image.width), [((0, columns), (0, 0))]
        if isinstance(image, FoldedTensor):
            sides, parts = (0, 0), _runs([image.outside(left + column) for column in range(columns)])
            address -= image.left
        return [
            Box(
                address + low * pixel,
                word * self.size + low * pitch,
                (
                    Dimension(bytes, 1, 1, before, bytes - (end - first) + after),
                    Dimension(high - low, pixel, pitch, *sides),
                    Dimension(rows, row, columns * pitch, *outside(top, rows, image.height)),
                    Dimension(points.shape[0], whole, rows * columns * pitch),
                ),
                layer.padding_value,
            )
            for (low, high), (before, after) in parts
        ]

    def _weights(self, fragment, word: int) -> Box:
        layer, (low, high), chunk = self.layer, fragment.part, fragment.chunk
        depth, bytes = layer.input.channels, self.s.lanes_of(fragment.part) * self.size
        taps, channels = (end - first for first, end in (chunk.taps, chunk.channels))
        row = self.s.tile_row(fragment.part) * self.size
        return Box(
            layer.weights + (chunk.taps[0] * depth + chunk.channels[0]) * layer.filters + low,
            self.s.p.activation_bytes + word * self.size,
            (
                Dimension(bytes, 1, 1, 0, bytes - (high - low)),
                Dimension(channels, layer.filters, row),
                Dimension(taps, depth * layer.filters, channels * row),
            ),
        )

    def _records(self, fragment, word: int) -> Box:
        low, high = fragment.part
        bytes = self.s.lanes_of(fragment.part) * self.size * RECORD
        return Box(
            self.layer.records + low * RECORD,
            self.s.p.activation_bytes + word * self.size,
            (Dimension(bytes, 1, 1, 0, bytes - (high - low) * RECORD),),
        )

    def store(self, number: int) -> Box:
        """Box that stores the result of a tile."""
        s, result, tile = self.s, self.layer.result, self.s.tiles[number]
        (low, high), points = tile.filters, tile.points
        if s.target:
            return s.target.transfer(result, points.rows, points.columns, tile.filters, self.size)
        pixel, row, image = result.strides
        images, rows, columns = points.shape
        bytes = s.spread(s.lanes_of(tile.filters)) * self.size
        return Box(
            result.address + points.images[0] * image + points.rows[0] * row + points.columns[0] * pixel + low,
            s.result_word(number) * self.size,
            (
                Dimension(high - low, 1, 1),
                Dimension(columns, pixel, bytes),
                Dimension(rows, row, columns * bytes),
                Dimension(images, image, rows * columns * bytes),
            ),
        )


def _runs(items: list) -> list[tuple[tuple[int, int], Any]]:
    """Runs of equal items: ((index of the first, index after the last), item)."""
    ends = [n for n in range(1, len(items)) if items[n] != items[n - 1]]
    return [((low, high), items[low]) for low, high in pairwise([0, *ends, len(items)])]
