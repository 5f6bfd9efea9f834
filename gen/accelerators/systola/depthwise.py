"""Schedule of depthwise convolutions: the vector lanes multiply windows by weight words; the array is not used."""

from itertools import product
from math import prod

from ....hw.cores.systola.isa import RECORD, Op, Setting
from ...compile.allocator import DoesNotFit
from ...compile.boxes import COUNT_LIMIT, Box, Dimension, outside
from ...compile.layers import DepthwiseLayer
from ...compile.tiling import cut
from .emitter import Action, Emitter, Space, instruction_access
from .lane_schedule import DEST, SOURCE, WindowPart, WindowSchedule
from .program import Reg
from .tiling_search import even

WEIGHT, RECORDS = Reg(3), Reg(4)
LOAD, COMMAND, PART = 60, 40, 40
"""Approximate cycles: of a load in addition to its beats, of a VECTOR in addition to its products, and of the other
instructions of a part."""


def depthwise_constants(layer: DepthwiseLayer, size: int) -> int:
    """Words of the weights and records of all channels, with words of `size` bytes."""
    return -(-layer.input.channels // size) * (prod(layer.kernel) + RECORD)


class DepthwiseSchedule(WindowSchedule[DepthwiseLayer]):
    """Schedule of a depthwise convolution in parts of rows and blocks of channels; if a row does not fit, of columns.

    The size of the parts is that with the fewest approximate cycles.

    The weights and records of channels, the constants, are loaded with the first part that needs them. If those of all
    channels do not fit, they are double-buffered. If the input is resident, the constants are at the end of the weight
    scratchpad, which convolutions fill last.
    """

    @property
    def taps(self) -> int:
        """Products per result."""
        return prod(self.layer.kernel)

    def cut(self):
        layer, (height, width), p = self.layer, self.layer.output_size, self.p
        lanes = -(-layer.input.channels // self.size)
        each, window = self.taps + RECORD, prod(layer.reach)
        self.stay = lanes * each <= p.weight_words
        if (need := min(lanes, 2) * each) > p.weight_words:
            raise DoesNotFit("weight", need, p.weight_words)
        if window > self.buffer_words and not self.residents[0]:
            raise DoesNotFit("activation", 4 * window, p.activation_words)
        if self.residents[0] and self.target and self.stay:
            self._place_constants(lanes)
            return [WindowPart(0, (0, height), (0, width), (0, lanes))]
        if not self.stay:
            lanes = min(lanes, p.weight_words // (2 * each))
        largest = lanes if self.residents[0] else min(lanes, self.buffer_words // window)
        shapes = []
        for some in {even(lanes, most) for most in range(1, largest + 1)}:
            columns = next((columns for columns in range(width, 0, -1) if self._fits(1, columns, some)), 0)
            rows = {even(height, rows) for rows in range(1, height + 1) if self._fits(rows, columns, some)}
            shapes += [(self._cycles(each, columns, some), each, columns, some) for each in rows if columns]
        if not shapes:
            raise DoesNotFit("activation", 4, 4 * self.buffer_words)
        _, rows, columns, self.lanes = min(shapes)
        self._place_constants(-(-layer.input.channels // self.size))
        blocks = cut(-(-layer.input.channels // self.size), self.lanes)
        images = range(layer.input.images)
        found = product(blocks, images, cut(height, rows), cut(width, columns))
        return [WindowPart(image, rows, columns, lanes) for lanes, image, rows, columns in found]

    def _place_constants(self, lanes: int):
        """Set the first word of all weights and records."""
        words = lanes * (self.taps + RECORD)
        self.base = self.p.weight_words - words if self.residents[0] and self.stay else 0

    def _fits(self, rows: int, columns: int, lanes: int) -> bool:
        """Whether input and result of a part fit into their quarters of the scratchpad."""
        high, wide = self._extent(0, rows), self._extent(1, columns)
        loaded = 0 if self.residents[0] else high * wide * lanes
        stored = 0 if self.target else rows * columns * lanes
        return max(loaded, stored) <= self.buffer_words and max(high, wide) <= COUNT_LIMIT

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

    def extent(self, part):
        rows, columns, _ = self.shape(part)
        return self._extent(0, rows), self._extent(1, columns)

    def origin(self, part):
        each, layer = self.parts[part], self.layer
        return tuple(
            points[0] * stride - before
            for points, stride, (before, _) in zip((each.rows, each.columns), layer.stride, layer.padding, strict=True)
        )

    def _constants(self, part: int) -> tuple[int, int]:
        """First words of the weights and of the records of a part."""
        first, lanes = self.parts[part].lanes[0], self.shape(part)[2]
        half = self.p.weight_words // 2
        if self.follows:
            word = self.constant_word + first * (self.taps + RECORD)
            return word, word + self.taps * lanes
        word = self.base + first * (self.taps + RECORD) if self.stay else first // self.lanes % 2 * half
        return word, word + self.taps * lanes

    def _begins(self, part: int) -> bool:
        """Whether a part is the first one with its weights."""
        return part == 0 or self.parts[part - 1].lanes != self.parts[part].lanes

    def sources(self, part):
        constants = self._constant_boxes(part) if self._begins(part) else []
        return constants if self.residents[0] else [*constants, self._input(part)]

    def constants(self):
        parts = {each.lanes: part for part, each in reversed([*enumerate(self.parts)])}
        return [box for part in parts.values() for box in self._constant_boxes(part)]

    def _constant_boxes(self, part: int) -> list[Box]:
        layer, (first, channels, bytes) = self.layer, self.channels(part)
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
        first, channels, bytes = self.channels(part)
        (high, wide), (top, left) = self.extent(part), self.origin(part)
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
        if self.target:
            channels = each.lanes[0] * self.size, min(each.lanes[1] * self.size, result.channels)
            return self.target.transfer(result, each.rows, each.columns, channels, self.size)
        pixel, row, whole = result.strides
        (rows, columns, _), (first, channels, bytes) = self.shape(part), self.channels(part)
        return Box(
            result.address + each.image * whole + each.rows[0] * row + each.columns[0] * pixel + first,
            self.place(part)[1] * self.size,
            (Dimension(channels, 1, 1), Dimension(columns, pixel, bytes), Dimension(rows, row, columns * bytes)),
        )

    def action(self, part):
        action, (weights, records) = super().action(part), self._constants(part)
        low, end = (self.p.activation_bytes + word * self.size for word in (weights, records))
        high = end + self.shape(part)[2] * RECORD * self.size
        reads = [
            instruction_access(Op.VECTOR, Space.LOCAL, low, end),
            instruction_access(Op.QUANT_CHANNEL, Space.LOCAL, end, high),
        ]
        return Action([*reads, *action.accesses], action.emit)

    def work(self, emitter: Emitter, part: int):
        layer, (rows, columns, lanes) = self.layer, self.shape(part)
        (x, y), (weights, records) = self.views(part), self._constants(part)
        for setting, value in (
            (Setting.WINDOW_X, layer.kernel[1]),
            (Setting.WINDOW_Y, layer.kernel[0]),
            (Setting.POINTS_X, columns),
            (Setting.POINTS_Y, rows),
            (Setting.SOURCE_KX, layer.dilation[1] * x.pixel),
            (Setting.SOURCE_KY, layer.dilation[0] * x.row),
            (Setting.SOURCE_X, layer.stride[1] * x.pixel),
            (Setting.SOURCE_Y, layer.stride[0] * x.row),
            (Setting.SECOND_KX, lanes),
            (Setting.SECOND_KY, layer.kernel[1] * lanes),
            (Setting.SECOND_X, 0),
            (Setting.SECOND_Y, 0),
            (Setting.DEST_X, y.pixel),
            (Setting.DEST_Y, y.row),
            (Setting.SCALE_A, layer.offset),
            (Setting.SCALE_B, 0),
        ):
            emitter.set(setting, value)
        emitter.program.move({SOURCE: x.word, DEST: y.word, WEIGHT: weights, RECORDS: records})
        clamp, sets = layer.clamp, lanes > 1 or self.follows or self._begins(part)

        def block(emitter):
            if sets:
                emitter.program.quant_channel(RECORDS, zero_point=clamp.zero_point, low=clamp.low, high=clamp.high)
            emitter.program.vector(SOURCE, DEST, WEIGHT, scratchpad=True, multiply=True, weights=True)
            return {}

        emitter.nest([(lanes, {SOURCE: 1, DEST: 1, WEIGHT: 1, RECORDS: RECORD})], block)
