"""Schedules of pooling, addition and multiplication: vector lanes only, from the activation scratchpad and back into
it."""

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import Any, Generic, NamedTuple, TypeVar

from ....hw.cores.systola.isa import ALL, Op, Setting
from ....hw.cores.systola.parameters import SystolaParameters
from ....sim.golden.requantise import float_scale
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box, Dimension
from ...compile.layers import SAME, AdditionLayer, Clamp, DepthwiseLayer, PoolingLayer, Scale
from ...compile.pipelining import arrange
from ...compile.tiling import Phase, cut
from .emitter import Action, Emitter, Space, instruction_access, loading, storing
from .program import Reg

SOURCE, DEST = Reg(1), Reg(2)

L = TypeVar("L", PoolingLayer, AdditionLayer, DepthwiseLayer)


class LaneSchedule(ABC, Generic[L]):
    """Schedule of a layer in parts: load, vector lanes, store, double-buffered."""

    def __init__(self, parameters: SystolaParameters, layer: L, order: str = "overlapped"):
        self.p, self.layer, self.size = parameters, layer, parameters.size
        self.parts = self.cut()
        phases = [Phase(part, (), True, True) for part in range(len(self.parts))]
        self.steps = arrange(phases, "synchronised" if order == "overlapped" else order)  # there is no array
        self.all = order != "overlapped"

    @abstractmethod
    def cut(self) -> list[Any]:
        """Parts of the layer."""

    @abstractmethod
    def words(self, part: int) -> tuple[int, int]:
        """Words of the sources and of the result of a part."""

    @abstractmethod
    def sources(self, part: int) -> list[Box]:
        """Boxes that load the sources of a part."""

    @abstractmethod
    def result(self, part: int) -> Box:
        """Box that stores the result of a part."""

    @abstractmethod
    def work(self, emitter: Emitter, part: int):
        """Emit the instructions of the vector lanes for a part."""

    def place(self, part: int) -> tuple[int, int]:
        """First words of the sources and of the result of a part."""
        quarter = self.p.activation_words // 4
        return part % 2 * quarter, (2 + part % 2) * quarter

    def emit(self, emitter: Emitter):
        """Emit the whole layer."""
        for number, step in enumerate(self.steps):
            actions = [loading(box) for part in step.load for box in self.sources(part)]
            actions += [storing(self.result(part)) for part in step.store]
            actions += [self._work(part) for part in step.after]
            emitter.step(actions, sync=ALL if self.all and number else None)

    def _work(self, part: int) -> Action:
        source, dest = self.place(part)
        words, results = self.words(part)
        return Action(
            [
                instruction_access(Op.VECTOR, Space.LOCAL, source * self.size, (source + words) * self.size),
                instruction_access(Op.VECTOR, Space.LOCAL, dest * self.size, (dest + results) * self.size, write=True),
            ],
            lambda emitter: self.work(emitter, part),
        )

    @property
    def room(self) -> int:
        return self.p.activation_words // 4


class PoolingPart(NamedTuple):
    """Part of a pooling layer: one image, and ranges of rows and columns of the result and of words of a pixel."""

    image: int
    rows: tuple[int, int]
    columns: tuple[int, int]
    lanes: tuple[int, int]


class PoolingSchedule(LaneSchedule[PoolingLayer]):
    """Schedule of pooling: some rows of the result at a time; if a row does not fit, some columns of it; if a window
    does not fit, some channels of it."""

    parts: list[PoolingPart]

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
        if window > self.room:
            raise DoesNotFit("activation", 4 * window, self.p.activation_words)
        if not self._fits(1, width, lanes):
            if self._fits(1, 1, lanes):
                width = next(columns for columns in range(width - 1, 0, -1) if self._fits(1, columns, lanes))
            else:
                width, lanes = 1, self.room // window
        rows = next(rows for rows in range(height, 0, -1) if self._fits(rows, width, lanes))
        return [
            PoolingPart(*each)
            for each in product(
                range(layer.input.images),
                cut(height, rows),
                cut(layer.output_size[1], width),
                cut(-(-layer.input.channels // self.size), lanes),
            )
        ]

    def _fits(self, rows: int, columns: int, lanes: int) -> bool:
        """Whether input and result of a part fit into their quarters of the scratchpad."""
        high, wide = self._extent(0, (0, rows)), self._extent(1, (0, columns))
        return high * wide * lanes <= self.room and rows * columns * lanes <= self.room

    def _extent(self, axis: int, points: tuple[int, int]) -> int:
        """Rows or columns of the input for a range of rows or columns of the result; whole rows are loaded in one."""
        layer = self.stacked
        if axis == 1 and points == (0, layer.output_size[1]):
            return layer.input.width
        return (points[1] - points[0] - 1) * layer.stride[axis] + layer.window[axis]

    def words(self, part: int) -> tuple[int, int]:
        each = self.parts[part]
        rows, columns, lanes = _length(each.rows), _length(each.columns), _length(each.lanes)
        return self._extent(0, each.rows) * self._extent(1, each.columns) * lanes, rows * columns * lanes

    def _channels(self, part: int) -> tuple[int, int, int]:
        """First channel of a part, its channels, and the bytes of its words."""
        first, end = self.parts[part].lanes
        channels = min(end * self.size, self.layer.input.channels) - first * self.size
        return first * self.size, channels, (end - first) * self.size

    def sources(self, part: int) -> list[Box]:
        layer, each = self.stacked, self.parts[part]
        pixel, row, whole = layer.input.strides
        channel, channels, bytes = self._channels(part)
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
        pixel, row, whole = result.strides
        channel, channels, bytes = self._channels(part)
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
        source, dest = self.place(part)
        area = layer.window[0] * layer.window[1]
        rows, columns, lanes = _length(each.rows), _length(each.columns), _length(each.lanes)
        row = self._extent(1, each.columns) * lanes
        scale = layer.scale or (SAME if layer.maximum or area == 1 else average(area, self.p.rounding))
        for setting, value in (
            (Setting.WINDOW_X, layer.window[1]),
            (Setting.WINDOW_Y, layer.window[0]),
            (Setting.POINTS_X, columns),
            (Setting.POINTS_Y, rows),
            (Setting.SOURCE_KX, lanes),
            (Setting.SOURCE_KY, row),
            (Setting.SOURCE_X, layer.stride[1] * lanes),
            (Setting.SOURCE_Y, layer.stride[0] * row),
            (Setting.DEST_X, lanes),
            (Setting.DEST_Y, columns * lanes),
            (Setting.SCALE_A, 1),
        ):
            emitter.set(setting, value)
        _requantise(emitter, scale, layer.clamp)
        emitter.program.move({SOURCE: source, DEST: dest})

        def one(emitter):
            emitter.program.vector(SOURCE, DEST, scratchpad=True, maximum=layer.maximum, table=layer.table is not None)
            return {}

        emitter.nest([(lanes, {SOURCE: 1, DEST: 1})], one)


def average(area: int, rounding: str) -> Scale:
    """Scale of an average: exact for all sums of bytes and up to `layers.LARGEST_AVERAGE` elements.

    The integer roundings round ties away from zero. float32 rounds ties to even: `area` must be odd.
    """
    return Scale(*float_scale(1 / area)) if rounding == "float32" else Scale(2**31 // area + 1, 0)


def _requantise(emitter: Emitter, scale: Scale, clamp: Clamp):
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

    def cut(self):
        return cut(self.layer.input.bytes, min(self.room // 2, (1 << 16) - 1) * self.size)

    def words(self, part: int) -> tuple[int, int]:
        return 2 * self.half(part), self.half(part)

    def half(self, part: int) -> int:
        first, end = self.parts[part]
        return -(-(end - first) // self.size)

    def sources(self, part: int) -> list[Box]:
        first, end = self.parts[part]
        words, place = self.half(part), self.place(part)[0]
        bytes = words * self.size
        whole = Dimension(bytes, 1, 1, 0, bytes - (end - first))
        starts = ((self.layer.input.address, place), (self.layer.second, place + words))
        return [Box(address + first, word * self.size, (whole,)) for address, word in starts]

    def result(self, part: int) -> Box:
        first, end = self.parts[part]
        return Box(self.layer.output + first, self.place(part)[1] * self.size, (Dimension(end - first, 1, 1),))

    def work(self, emitter: Emitter, part: int):
        layer, words = self.layer, self.half(part)
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
        _requantise(emitter, layer.scale, layer.clamp)
        emitter.program.vector(source, dest, source + words, scratchpad=True, add=True, multiply=layer.multiply)
