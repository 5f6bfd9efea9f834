"""Schedules of pooling and addition: vector lanes only, from the activation scratchpad and back into it."""

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import Any, Generic, TypeVar

from ....hw.cores.systola.isa import ALL, Op, Setting
from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box, Dimension
from ...compile.layers import AdditionLayer, PoolingLayer
from ...compile.pipelining import arrange
from ...compile.tiling import Phase, cut
from .emitter import Action, Emitter, Space, instruction_access, loading, storing
from .program import Reg

SOURCE, DEST = Reg(1), Reg(2)
SAME = 1 << 30, 1
"""Multiplier and shift of a scale of 1."""

L = TypeVar("L", PoolingLayer, AdditionLayer)


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


class PoolingSchedule(LaneSchedule[PoolingLayer]):
    """Schedule of pooling: some rows of the result at a time, 16 channels at a time."""

    @cached_property
    def stacked(self) -> PoolingLayer:
        """Layer with its images stacked vertically, if no window then extends from one image into the next."""
        layer, image = self.layer, self.layer.input
        if image.height != layer.output_size[0] * layer.stride[0] or layer.window[0] > layer.stride[0]:
            return layer
        return replace(layer, input=replace(image, images=1, height=image.images * image.height))

    @property
    def lanes(self) -> int:
        return -(-self.layer.input.channels // self.size)

    def cut(self):
        layer = self.stacked
        (height, width), row = layer.output_size, layer.input.width * self.lanes
        most = (self.room // row - layer.window[0]) // layer.stride[0] + 1
        if most < 1 or width * self.lanes > self.room:
            raise DoesNotFit
        most = min(most, self.room // (width * self.lanes))
        return [(image, rows) for image in range(layer.input.images) for rows in cut(height, most)]

    def rows(self, part: int) -> int:
        """Rows of input of a part."""
        first, end = self.parts[part][1]
        return (end - first - 1) * self.stacked.stride[0] + self.stacked.window[0]

    def words(self, part: int) -> tuple[int, int]:
        first, end = self.parts[part][1]
        columns = self.stacked.input.width, self.stacked.output_size[1]
        return self.rows(part) * columns[0] * self.lanes, (end - first) * columns[1] * self.lanes

    def sources(self, part: int) -> list[Box]:
        layer, (image, (first, _)) = self.stacked, self.parts[part]
        pixel, row, whole = layer.input.strides
        bytes = self.lanes * self.size
        return [
            Box(
                layer.input.address + image * whole + first * layer.stride[0] * row,
                self.place(part)[0] * self.size,
                (
                    Dimension(bytes, 1, 1, 0, bytes - pixel),
                    Dimension(layer.input.width, pixel, bytes),
                    Dimension(self.rows(part), row, layer.input.width * bytes),
                ),
            )
        ]

    def result(self, part: int) -> Box:
        layer, (image, (first, end)) = self.stacked, self.parts[part]
        result = layer.result
        pixel, row, whole = result.strides
        bytes = self.lanes * self.size
        return Box(
            result.address + image * whole + first * row,
            self.place(part)[1] * self.size,
            (
                Dimension(pixel, 1, 1),
                Dimension(result.width, pixel, bytes),
                Dimension(end - first, row, result.width * bytes),
            ),
        )

    def work(self, emitter: Emitter, part: int):
        layer, lanes = self.stacked, self.lanes
        source, dest = self.place(part)
        first, end = self.parts[part][1]
        area = layer.window[0] * layer.window[1]
        row, columns = layer.input.width * lanes, layer.output_size[1]
        multiplier, shift = SAME if layer.maximum or area == 1 else (2**31 // area + 1, 0)
        for setting, value in (
            (Setting.WINDOW_X, layer.window[1]),
            (Setting.WINDOW_Y, layer.window[0]),
            (Setting.POINTS_X, columns),
            (Setting.POINTS_Y, end - first),
            (Setting.SOURCE_KX, lanes),
            (Setting.SOURCE_KY, row),
            (Setting.SOURCE_X, layer.stride[1] * lanes),
            (Setting.SOURCE_Y, layer.stride[0] * row),
            (Setting.DEST_X, lanes),
            (Setting.DEST_Y, columns * lanes),
            (Setting.SCALE_A, 1),
        ):
            emitter.set(setting, value)
        clamp = layer.clamp
        program = emitter.program
        program.quant(multiplier=multiplier, shift=shift, zero_point=clamp.zero_point, low=clamp.low, high=clamp.high)
        program.move({SOURCE: source, DEST: dest})

        def one(emitter):
            emitter.program.vector(SOURCE, DEST, scratchpad=True, maximum=layer.maximum, table=layer.table is not None)
            return {}

        emitter.nest([(lanes, {SOURCE: 1, DEST: 1})], one)


class AdditionSchedule(LaneSchedule[AdditionLayer]):
    """Schedule of addition: some words of both tensors at a time."""

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
            (Setting.SCALE_A, layer.scale[0]),
            (Setting.SCALE_B, layer.scale[1]),
        ):
            emitter.set(setting, value)
        clamp, program = layer.clamp, emitter.program
        program.quant(
            multiplier=layer.multiplier,
            bias=layer.bias,
            shift=layer.shift,
            zero_point=clamp.zero_point,
            low=clamp.low,
            high=clamp.high,
        )
        program.vector(source, dest, source + words, scratchpad=True, add=True)
