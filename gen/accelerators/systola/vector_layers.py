"""Schedules of pooling, addition and multiplication: vector lanes only, from the activation scratchpad and back into
it."""

from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import Any

from ....hw.cores.systola.isa import Setting
from ....sim.golden.requantise import float_scale
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box, Dimension
from ...compile.layers import SAME, AdditionLayer, Clamp, PoolingLayer, Scale
from ...compile.tiling import cut
from .emitter import Emitter
from .lane_schedule import DEST, SOURCE, LaneSchedule, WindowPart, WindowSchedule


class PoolingSchedule(WindowSchedule[PoolingLayer]):
    """Schedule of pooling: some rows of the result at a time; if a row does not fit, some columns of it; if a window
    does not fit, some channels of it."""

    @cached_property
    def stacked(self) -> PoolingLayer:
        """Layer with its images stacked vertically, if no window then extends from one image into the next."""
        layer, image = self.layer, self.layer.input
        if image.height != layer.output_size[0] * layer.stride[0] or layer.window[0] > layer.stride[0]:
            return layer
        return replace(layer, input=replace(image, images=1, height=image.images * image.height))

    def cut(self):
        layer = self.stacked
        (height, width), lanes = layer.output_size, -(-layer.input.channels // self.size)
        window = layer.window[0] * layer.window[1]
        if window > self.buffer_words and not self.residents[0]:
            raise DoesNotFit("activation", 4 * window, self.p.activation_words)
        if not self._fits(1, width, lanes):
            if self._fits(1, 1, lanes):
                width = next(columns for columns in range(width - 1, 0, -1) if self._fits(1, columns, lanes))
            else:
                width, lanes = 1, self.buffer_words // window
        rows = next(rows for rows in range(height, 0, -1) if self._fits(rows, width, lanes))
        return [
            WindowPart(*each)
            for each in product(
                range(layer.input.images),
                cut(height, rows),
                cut(layer.output_size[1], width),
                cut(-(-layer.input.channels // self.size), lanes),
            )
        ]

    def _fits(self, rows: int, columns: int, lanes: int) -> bool:
        """Whether input and result of a part fit into their quarters of the scratchpad."""
        loaded = 0 if self.residents[0] else self._extent(0, (0, rows)) * self._extent(1, (0, columns)) * lanes
        return loaded <= self.buffer_words and (bool(self.target) or rows * columns * lanes <= self.buffer_words)

    def _extent(self, axis: int, points: tuple[int, int]) -> int:
        """Rows or columns of the input for a range of rows or columns of the result; whole rows are loaded in one."""
        layer = self.stacked
        if axis == 1 and points == (0, layer.output_size[1]):
            return layer.input.width
        return (points[1] - points[0] - 1) * layer.stride[axis] + layer.window[axis]

    def extent(self, part):
        each = self.parts[part]
        return self._extent(0, each.rows), self._extent(1, each.columns)

    def origin(self, part):
        each, (down, right) = self.parts[part], self.layer.stride
        return each.rows[0] * down, each.columns[0] * right

    def sources(self, part: int) -> list[Box]:
        if self.residents[0]:
            return []
        layer, each = self.stacked, self.parts[part]
        pixel, row, whole = layer.input.strides
        channel, channels, bytes = self.channels(part)
        columns = self._extent(1, each.columns)
        first = each.rows[0] * layer.stride[0] * row + each.columns[0] * layer.stride[1] * pixel + channel
        return [
            Box(
                layer.input.address + each.image * whole + first,
                self.place(part)[0] * self.size,
                (
                    Dimension(bytes, 1, 1, 0, bytes - channels),
                    Dimension(columns, pixel, bytes),
                    Dimension(self._extent(0, each.rows), row, columns * bytes),
                ),
            )
        ]

    def result(self, part: int) -> Box:
        result, each = self.stacked.result, self.parts[part]
        if self.target:
            channels = each.lanes[0] * self.size, min(each.lanes[1] * self.size, result.channels)
            return self.target.transfer(result, each.rows, each.columns, channels, self.size)
        pixel, row, whole = result.strides
        channel, channels, bytes = self.channels(part)
        columns = _length(each.columns)
        return Box(
            result.address + each.image * whole + each.rows[0] * row + each.columns[0] * pixel + channel,
            self.place(part)[1] * self.size,
            (
                Dimension(channels, 1, 1),
                Dimension(columns, pixel, bytes),
                Dimension(_length(each.rows), row, columns * bytes),
            ),
        )

    def work(self, emitter: Emitter, part: int):
        layer, each = self.stacked, self.parts[part]
        x, y = self.views(part)
        area = layer.window[0] * layer.window[1]
        rows, columns, lanes = _length(each.rows), _length(each.columns), _length(each.lanes)
        scale = layer.scale or (SAME if layer.maximum or area == 1 else average(area, self.p.rounding))
        for setting, value in (
            (Setting.WINDOW_X, layer.window[1]),
            (Setting.WINDOW_Y, layer.window[0]),
            (Setting.POINTS_X, columns),
            (Setting.POINTS_Y, rows),
            (Setting.SOURCE_KX, x.pixel),
            (Setting.SOURCE_KY, x.row),
            (Setting.SOURCE_X, layer.stride[1] * x.pixel),
            (Setting.SOURCE_Y, layer.stride[0] * x.row),
            (Setting.DEST_X, y.pixel),
            (Setting.DEST_Y, y.row),
            (Setting.SCALE_A, 1),
        ):
            emitter.set(setting, value)
        requantise(emitter, scale, layer.clamp)
        emitter.program.move({SOURCE: x.word, DEST: y.word})

        def one(emitter):
            emitter.program.vector(SOURCE, DEST, scratchpad=True, maximum=layer.maximum, table=layer.table is not None)
            return {}

        emitter.nest([(lanes, {SOURCE: 1, DEST: 1})], one)


def average(area: int, rounding: str) -> Scale:
    """Scale of an average: exact for all sums of bytes and up to `layers.LARGEST_AVERAGE` elements.

    The integer roundings round ties away from zero. float32 rounds ties to even: `area` must be odd.
    """
    return Scale(*float_scale(1 / area)) if rounding == "float32" else Scale(2**31 // area + 1, 0)


def requantise(emitter: Emitter, scale: Scale, clamp: Clamp):
    """Emit QUANT with the settings of all lanes."""
    emitter.program.quant(
        multiplier=scale.multiplier,
        bias=scale.bias,
        shift=scale.shift,
        zero_point=clamp.zero_point,
        low=clamp.low,
        high=clamp.high,
    )


def _length(part: tuple[int, int]) -> int:
    return part[1] - part[0]


class AdditionSchedule(LaneSchedule[AdditionLayer]):
    """Schedule of addition or multiplication: some words of both tensors at a time."""

    parts: list[Any]

    def cut(self):
        return cut(self.layer.input.bytes, min(self.buffer_words // 2, (1 << 16) - 1) * self.size)

    def read(self, part: int) -> list[tuple[int, int]]:
        first, _ = self.place(part)
        return [(first, first + 2 * self.operand_words(part))]

    def written(self, part: int) -> tuple[int, int]:
        _, first = self.place(part)
        return first, first + self.operand_words(part)

    def operand_words(self, part: int) -> int:
        """Words of one operand of a part."""
        first, end = self.parts[part]
        return -(-(end - first) // self.size)

    def sources(self, part: int) -> list[Box]:
        first, end = self.parts[part]
        words, place = self.operand_words(part), self.place(part)[0]
        bytes = words * self.size
        whole = Dimension(bytes, 1, 1, 0, bytes - (end - first))
        starts = ((self.layer.input.address, place), (self.layer.second, place + words))
        return [Box(address + first, word * self.size, (whole,)) for address, word in starts]

    def result(self, part: int) -> Box:
        first, end = self.parts[part]
        return Box(self.layer.output + first, self.place(part)[1] * self.size, (Dimension(end - first, 1, 1),))

    def work(self, emitter: Emitter, part: int):
        layer, words = self.layer, self.operand_words(part)
        source, dest = self.place(part)
        for setting, value in (
            (Setting.WINDOW_X, 1),
            (Setting.WINDOW_Y, 1),
            (Setting.POINTS_X, words),
            (Setting.POINTS_Y, 1),
            (Setting.SOURCE_X, 1),
            (Setting.SECOND_X, 1),
            (Setting.DEST_X, 1),
            (Setting.SCALE_A, layer.factors[0]),
            (Setting.SCALE_B, layer.factors[1]),
        ):
            emitter.set(setting, value)
        requantise(emitter, layer.scale, layer.clamp)
        emitter.program.vector(source, dest, source + words, scratchpad=True, add=True, multiply=layer.multiply)
