"""Schedules of pooling and addition: vector lanes only, from the activation scratchpad and back into it."""

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
from ...compile.layers import SAME, AdditionLayer, Clamp, PoolingLayer, Scale
from ...compile.pipelining import arrange
from ...compile.tiling import Phase, cut
from .emitter import Action, Emitter, Space, instruction_access, loading, storing
from .program import Reg
from .resident import IN_DRAM, Residency, Resident

SOURCE, DEST = Reg(1), Reg(2)

L = TypeVar("L", PoolingLayer, AdditionLayer)


class LaneSchedule(ABC, Generic[L]):
    """Schedule of a layer in parts: load, vector lanes, store, double-buffered."""

    def __init__(
        self, parameters: SystolaParameters, layer: L, order: str = "overlapped", residency: Residency = IN_DRAM
    ):
        self.p, self.layer, self.size = parameters, layer, parameters.size
        self.residents, self.target, self.stored = residency.sources, residency.target, residency.stored
        self.first, self.end = residency.room or (0, parameters.activation_words)
        self.parts = self.cut()
        phases = [Phase(part, (), True, True) for part in range(len(self.parts))]
        self.steps = arrange(phases, "synchronised" if order == "overlapped" else order)  # there is no array
        self.all = order != "overlapped"

    @abstractmethod
    def cut(self) -> list[Any]:
        """Parts of the layer."""

    @abstractmethod
    def read(self, part: int) -> list[tuple[int, int]]:
        """Words that the lanes read for a part: ranges from the first to before the last."""

    @abstractmethod
    def written(self, part: int) -> tuple[int, int]:
        """Words that the lanes write for a part, from the first to before the last."""

    @abstractmethod
    def sources(self, part: int) -> list[Box]:
        """Boxes that load the sources of a part that are in DRAM."""

    @abstractmethod
    def result(self, part: int) -> Box:
        """Box that stores the result of a part."""

    @abstractmethod
    def work(self, emitter: Emitter, part: int):
        """Emit the instructions of the vector lanes for a part."""

    def place(self, part: int) -> tuple[int, int]:
        """First words of the sources and of the result of a part."""
        return self.first + part % 2 * self.room, self.first + (2 + part % 2) * self.room

    def emit(self, emitter: Emitter):
        """Emit the whole layer."""
        for number in range(len(self.steps)):
            self.emit_step(emitter, number)

    def emit_step(self, emitter: Emitter, number: int):
        emitter.step(self.actions(number), sync=ALL if self.all and number else None)

    @property
    def last(self) -> int:
        """Number of the last step in which the lanes work."""
        return max(number for number, step in enumerate(self.steps) if step.after)

    def actions(self, number: int) -> list[Action]:
        """Actions of a step."""
        step = self.steps[number]
        actions = [loading(box) for part in step.load for box in self.sources(part)]
        actions += [storing(self.result(part)) for part in step.store if self.stored]
        return actions + [self._work(part) for part in step.after]

    def _work(self, part: int) -> Action:
        accesses = [
            instruction_access(Op.VECTOR, Space.LOCAL, first * self.size, end * self.size)
            for first, end in self.read(part)
        ]
        first, end = self.written(part)
        accesses.append(instruction_access(Op.VECTOR, Space.LOCAL, first * self.size, end * self.size, write=True))
        return Action(accesses, lambda emitter: self.work(emitter, part))

    @property
    def room(self) -> int:
        """Words of each of the two buffers of sources, and of the two of results."""
        return (self.end - self.first) // 4


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
        if window > self.room and not self.residents[0]:
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
        loaded = 0 if self.residents[0] else self._extent(0, (0, rows)) * self._extent(1, (0, columns)) * lanes
        return loaded <= self.room and (bool(self.target) or rows * columns * lanes <= self.room)

    def _extent(self, axis: int, points: tuple[int, int]) -> int:
        """Rows or columns of the input for a range of rows or columns of the result; whole rows are loaded in one."""
        layer = self.stacked
        if axis == 1 and points == (0, layer.output_size[1]):
            return layer.input.width
        return (points[1] - points[0] - 1) * layer.stride[axis] + layer.window[axis]

    def views(self, part: int) -> tuple[Resident, Resident]:
        """Source and result of a part in the scratchpad, from the part's first word on."""
        each, (source, dest) = self.parts[part], self.place(part)
        lanes = _length(each.lanes)
        high, wide = self._extent(0, each.rows), self._extent(1, each.columns)
        if resident := self.residents[0]:
            at = resident.at(each.rows[0] * self.layer.stride[0], each.columns[0] * self.layer.stride[1])
            x = replace(resident.inner(at + each.lanes[0]), height=high, blocks=lanes)
        else:
            x = Resident(source, high, wide, lanes, lanes)
        if self.target:
            at = self.target.at(each.rows[0], each.columns[0])
            return x, replace(self.target.inner(at + each.lanes[0]), height=_length(each.rows), blocks=lanes)
        return x, Resident(dest, _length(each.rows), _length(each.columns), lanes, lanes)

    def read(self, part: int) -> list[tuple[int, int]]:
        each, (x, _) = self.parts[part], self.views(part)
        return [x.span((0, x.height), (0, self._extent(1, each.columns)))]

    def written(self, part: int) -> tuple[int, int]:
        each, (_, y) = self.parts[part], self.views(part)
        return y.span((0, y.height), (0, _length(each.columns)))

    def _channels(self, part: int) -> tuple[int, int, int]:
        """First channel of a part, its channels, and the bytes of its words."""
        first, end = self.parts[part].lanes
        channels = min(end * self.size, self.layer.input.channels) - first * self.size
        return first * self.size, channels, (end - first) * self.size

    def sources(self, part: int) -> list[Box]:
        if self.residents[0]:
            return []
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
        if self.target:
            channels = each.lanes[0] * self.size, min(each.lanes[1] * self.size, result.channels)
            return self.target.transfer(result, each.rows, each.columns, channels, self.size)
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
    """Schedule of addition: some words of both tensors at a time."""

    def cut(self):
        return cut(self.layer.input.bytes, min(self.room // 2, (1 << 16) - 1) * self.size)

    def read(self, part: int) -> list[tuple[int, int]]:
        first, _ = self.place(part)
        return [(first, first + 2 * self.half(part))]

    def written(self, part: int) -> tuple[int, int]:
        _, first = self.place(part)
        return first, first + self.half(part)

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
        requantise(emitter, layer.scale, layer.clamp)
        emitter.program.vector(source, dest, source + words, scratchpad=True, add=True)
