"""Schedule of depthwise convolution: vector lanes only, which multiply windows by weight words."""

from itertools import product
from math import prod

from ....hw.cores.systola.isa import RECORD, Op, Setting
from ...compile.allocator import DoesNotFit
from ...compile.boxes import COUNT_LIMIT, Box, Dimension, outside
from ...compile.layers import DepthwiseLayer
from ...compile.tiling import cut
from .emitter import Action, Emitter, Space, instruction_access
from .program import Reg
from .tiling_search import even
from .vector_layers import DEST, SOURCE, LaneSchedule, PoolingPart

WEIGHT, RECORDS = Reg(3), Reg(4)
LOAD, COMMAND, PART = 60, 40, 40
"""Approximate cycles of loads and of a lanes' command in addition to their words, and of the instructions of a part."""


class DepthwiseSchedule(LaneSchedule[DepthwiseLayer]):
    """Schedule of depthwise convolution: some rows and some blocks of channels at a time, in the shape with the fewest
    approximate cycles; if a row does not fit, some columns of it.

    The weights and records of the channels of a part are loaded with the first part that needs them. They are
    double-buffered if those of all channels do not fit.
    """

    parts: list[PoolingPart]

    def cut(self):
        layer, (height, width), p = self.layer, self.layer.output_size, self.p
        self.taps, lanes = prod(layer.kernel), -(-layer.input.channels // self.size)
        each, window = self.taps + RECORD, prod(layer.reach)
        self.resident = lanes * each <= p.weight_words
        if (need := min(lanes, 2) * each) > p.weight_words:
            raise DoesNotFit("weight", need, p.weight_words)
        if window > self.room:
            raise DoesNotFit("activation", 4 * window, p.activation_words)
        if not self.resident:
            lanes = min(lanes, p.weight_words // (2 * each))
        shapes = []
        for some in {even(lanes, most) for most in range(1, min(lanes, self.room // window) + 1)}:
            columns = next(columns for columns in range(width, 0, -1) if self._fits(1, columns, some))
            rows = {even(height, rows) for rows in range(1, height + 1) if self._fits(rows, columns, some)}
            shapes += [(self._cycles(each, columns, some), each, columns, some) for each in rows]
        _, rows, columns, self.lanes = min(shapes)
        blocks = cut(-(-layer.input.channels // self.size), self.lanes)
        images = range(layer.input.images)
        found = product(blocks, images, cut(height, rows), cut(width, columns))
        return [PoolingPart(image, rows, columns, lanes) for lanes, image, rows, columns in found]

    def _fits(self, rows: int, columns: int, lanes: int) -> bool:
        """Whether the input of a part, never smaller than its result, fits into its quarter of the scratchpad."""
        high, wide = self._extent(0, rows), self._extent(1, columns)
        return high * wide * lanes <= self.room and max(high, wide) <= COUNT_LIMIT

    def _extent(self, axis: int, points: int) -> int:
        """Rows or columns of the input, padding included, for rows or columns of the result."""
        return (points - 1) * self.layer.stride[axis] + self.layer.reach[axis]

    def _cycles(self, rows: int, columns: int, lanes: int) -> int:
        """Approximate cycles of the layer in parts of this size; only the first load and the last store are exposed."""
        layer, beats = self.layer, -(-lanes * self.size * 8 // self.p.data_width)
        load = self._extent(0, rows) * self._extent(1, columns) * beats + LOAD
        work = lanes * (rows * columns * self.taps + COMMAND)
        height, width = layer.output_size
        parts = layer.input.images * -(-height // rows) * -(-width // columns)
        blocks = -(-layer.input.channels // (lanes * self.size))
        records = blocks * (lanes * parts if lanes > 1 else 1)
        return load + parts * blocks * (max(load, work) + PART) + records * COMMAND + rows * columns * beats

    def _shape(self, part: int) -> tuple[int, int, int]:
        """Rows and columns of the result of a part, and its words per pixel."""
        rows, columns, lanes = (end - first for first, end in self.parts[part][1:])
        return rows, columns, lanes

    def words(self, part):
        rows, columns, lanes = self._shape(part)
        return self._extent(0, rows) * self._extent(1, columns) * lanes, rows * columns * lanes

    def _channels(self, part: int) -> tuple[int, int, int]:
        """First channel of a part, its channels, and the bytes of its words."""
        first, end = (lane * self.size for lane in self.parts[part].lanes)
        return first, min(end, self.layer.input.channels) - first, end - first

    def _constants(self, part: int) -> tuple[int, int]:
        """First words of the weights and of the records of a part."""
        first, lanes = self.parts[part].lanes[0], self._shape(part)[2]
        half = self.p.weight_words // 2
        word = first * (self.taps + RECORD) if self.resident else first // self.lanes % 2 * half
        return word, word + self.taps * lanes

    def _begins(self, part: int) -> bool:
        """Whether the part needs other weights than the one before it."""
        return part == 0 or self.parts[part - 1].lanes != self.parts[part].lanes

    def sources(self, part):
        return [*(self._constant_boxes(part) if self._begins(part) else []), self._input(part)]

    def _constant_boxes(self, part: int) -> list[Box]:
        layer, (first, channels, bytes) = self.layer, self._channels(part)
        weights, records = (self.p.activation_bytes + word * self.size for word in self._constants(part))
        weight = Dimension(bytes, 1, 1, 0, bytes - channels)
        record = Dimension(bytes * RECORD, 1, 1, 0, (bytes - channels) * RECORD)
        taps = Dimension(self.taps, layer.input.channels, bytes)
        return [
            Box(layer.weights + first, weights, (weight, taps)),
            Box(layer.records + first * RECORD, records, (record,)),
        ]

    def _input(self, part: int) -> Box:
        layer, each = self.layer, self.parts[part]
        image, (pixel, row, whole) = layer.input, layer.input.strides
        (rows, columns, _), (first, channels, bytes) = self._shape(part), self._channels(part)
        high, wide = self._extent(0, rows), self._extent(1, columns)
        top = each.rows[0] * layer.stride[0] - layer.padding[0][0]
        left = each.columns[0] * layer.stride[1] - layer.padding[1][0]
        return Box(
            image.address + each.image * whole + top * row + left * pixel + first,
            self.place(part)[0] * self.size,
            (
                Dimension(bytes, 1, 1, 0, bytes - channels),
                Dimension(wide, pixel, bytes, *outside(left, wide, image.width)),
                Dimension(high, row, wide * bytes, *outside(top, high, image.height)),
            ),
            layer.padding_value,
        )

    def result(self, part):
        result, each = self.layer.result, self.parts[part]
        pixel, row, whole = result.strides
        (rows, columns, _), (first, channels, bytes) = self._shape(part), self._channels(part)
        return Box(
            result.address + each.image * whole + each.rows[0] * row + each.columns[0] * pixel + first,
            self.place(part)[1] * self.size,
            (Dimension(channels, 1, 1), Dimension(columns, pixel, bytes), Dimension(rows, row, columns * bytes)),
        )

    def _work(self, part):
        action, (weights, records) = super()._work(part), self._constants(part)
        low, end = (self.p.activation_bytes + word * self.size for word in (weights, records))
        high = end + self._shape(part)[2] * RECORD * self.size
        reads = [
            instruction_access(Op.VECTOR, Space.LOCAL, low, end),
            instruction_access(Op.QUANT_CHANNEL, Space.LOCAL, end, high),
        ]
        return Action([*reads, *action.accesses], action.emit)

    def work(self, emitter: Emitter, part: int):
        layer, (rows, columns, lanes) = self.layer, self._shape(part)
        (source, dest), (weights, records) = self.place(part), self._constants(part)
        row = self._extent(1, columns) * lanes
        for setting, value in (
            (Setting.WINDOW_X, layer.kernel[1]),
            (Setting.WINDOW_Y, layer.kernel[0]),
            (Setting.POINTS_X, columns),
            (Setting.POINTS_Y, rows),
            (Setting.SOURCE_KX, layer.dilation[1] * lanes),
            (Setting.SOURCE_KY, layer.dilation[0] * row),
            (Setting.SOURCE_X, layer.stride[1] * lanes),
            (Setting.SOURCE_Y, layer.stride[0] * row),
            (Setting.SECOND_KX, lanes),
            (Setting.SECOND_KY, layer.kernel[1] * lanes),
            (Setting.SECOND_X, 0),
            (Setting.SECOND_Y, 0),
            (Setting.DEST_X, lanes),
            (Setting.DEST_Y, columns * lanes),
            (Setting.SCALE_A, layer.offset),
            (Setting.SCALE_B, 0),
        ):
            emitter.set(setting, value)
        emitter.program.move({SOURCE: source, DEST: dest, WEIGHT: weights, RECORDS: records})
        clamp, sets = layer.clamp, lanes > 1 or self._begins(part)

        def block(emitter):
            if sets:
                emitter.program.quant_channel(RECORDS, zero_point=clamp.zero_point, low=clamp.low, high=clamp.high)
            emitter.program.vector(SOURCE, DEST, WEIGHT, scratchpad=True, multiply=True, weights=True)
            return {}

        emitter.nest([(lanes, {SOURCE: 1, DEST: 1, WEIGHT: 1, RECORDS: RECORD})], block)
