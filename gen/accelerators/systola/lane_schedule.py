"""Schedules of layers of the vector lanes: parts that are loaded, computed and stored, double-buffered."""

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, TypeVar

from ....hw.cores.systola.isa import ALL, Op
from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.boxes import Box
from ...compile.layers import AdditionLayer, DepthwiseLayer, PoolingLayer
from ...compile.pipelining import arrange
from ...compile.tiling import Phase
from .emitter import Action, Emitter, Space, instruction_access, loading, storing
from .program import Reg
from .resident import IN_DRAM, Residency, Resident

SOURCE, DEST = Reg(1), Reg(2)

L = TypeVar("L", PoolingLayer, AdditionLayer, DepthwiseLayer)


class WindowPart(NamedTuple):
    """Part of a layer with windows: one image, ranges of rows and columns of the result, and of words of a pixel."""

    image: int
    rows: tuple[int, int]
    columns: tuple[int, int]
    lanes: tuple[int, int]


class LaneSchedule(ABC, Generic[L]):
    """Schedule of a layer in parts: load, vector lanes, store, double-buffered.

    `parts` are given if the layer is fused with a convolution: they follow its tiles, all operands are resident, and
    the constants of the layer are in the weight scratchpad from word `constant_word` on.

    Operands in DRAM use four equal buffers of the activation scratchpad, two for sources and two for results. Without
    residents they are quarters of the whole scratchpad.
    """

    def __init__(
        self,
        parameters: SystolaParameters,
        layer: L,
        order: str = "overlapped",
        residency: Residency = IN_DRAM,
        parts: list[WindowPart] | None = None,
        constant_word: int = 0,
    ):
        self.p, self.layer, self.size = parameters, layer, parameters.size
        self.residents, self.target, self.stored = residency.sources, residency.target, residency.stored
        self.first, self.end = residency.buffers or (0, parameters.activation_words)
        self.follows, self.constant_word = parts is not None, constant_word
        self.parts = parts or self.cut()
        phases = [Phase(part, (), True, True) for part in range(len(self.parts))]
        self.steps = arrange(phases, "synchronised" if order == "overlapped" else order)  # the array is not used
        self.all = order != "overlapped"

    @abstractmethod
    def cut(self) -> list[Any]:
        """Parts of the layer."""

    @abstractmethod
    def read(self, part: int) -> list[tuple[int, int]]:
        """Activation words that the lanes read for a part: ranges [first, end)."""

    @abstractmethod
    def written(self, part: int) -> tuple[int, int]:
        """Activation words that the lanes write for a part: a range [first, end)."""

    @abstractmethod
    def sources(self, part: int) -> list[Box]:
        """Boxes that load the sources of a part that are in DRAM."""

    def constants(self) -> list[Box]:
        """Boxes that load the constants of all parts, if the layer is fused with a convolution."""
        return []

    @abstractmethod
    def result(self, part: int) -> Box:
        """Box that stores the result of a part."""

    @abstractmethod
    def work(self, emitter: Emitter, part: int):
        """Emit the instructions of the vector lanes for a part."""

    def place(self, part: int) -> tuple[int, int]:
        """First words of the buffers for the sources and for the result of a part."""
        return self.first + part % 2 * self.buffer_words, self.first + (2 + part % 2) * self.buffer_words

    def emit_step(self, emitter: Emitter, number: int):
        """Emit one of `steps`."""
        emitter.step(self.actions(number), sync=ALL if self.all and number else None)

    @property
    def last(self) -> int:
        """Number of the last step in which the lanes work."""
        return max(number for number, step in enumerate(self.steps) if step.after)

    last_cycles, first_beats = 0, 0
    """Cycles of the array in the last step, and beats of weights in the first: the lanes have neither."""

    def actions(self, number: int) -> list[Action]:
        """Actions of a step."""
        step = self.steps[number]
        actions = [loading(box) for part in step.load for box in self.sources(part)]
        actions += [storing(self.result(part)) for part in step.store if self.stored]
        return actions + [self.action(part) for part in step.after]

    def action(self, part: int) -> Action:
        """Work of the lanes for a part."""
        accesses = [
            instruction_access(Op.VECTOR, Space.LOCAL, first * self.size, end * self.size)
            for first, end in self.read(part)
        ]
        first, end = self.written(part)
        accesses.append(instruction_access(Op.VECTOR, Space.LOCAL, first * self.size, end * self.size, write=True))
        return Action(accesses, lambda emitter: self.work(emitter, part))

    @property
    def buffer_words(self) -> int:
        """Words of each of the four buffers: two for sources, two for results."""
        return (self.end - self.first) // 4


class WindowSchedule(LaneSchedule[L]):
    """Schedule of a layer that computes each result from a window of its input."""

    parts: list[WindowPart]

    @abstractmethod
    def extent(self, part: int) -> tuple[int, int]:
        """Number of rows and of columns of the input of a part, padding included."""

    @abstractmethod
    def origin(self, part: int) -> tuple[int, int]:
        """First row and column of the input of a part; negative in the padding."""

    def views(self, part: int) -> tuple[Resident, Resident]:
        """Source and result of a part in the scratchpad, from the part's first word on."""
        each, (source, dest) = self.parts[part], self.place(part)
        (rows, columns, lanes), (high, wide) = self.shape(part), self.extent(part)
        x, y = Resident(source, high, wide, lanes, lanes), Resident(dest, rows, columns, lanes, lanes)
        if self.residents[0]:
            x = self.residents[0].part(*self.origin(part), each.lanes[0], high, lanes)
        if self.target:
            y = self.target.part(each.rows[0], each.columns[0], each.lanes[0], rows, lanes)
        return x, y

    def shape(self, part: int) -> tuple[int, int, int]:
        """Rows and columns of the result of a part, and its words per pixel."""
        rows, columns, lanes = (end - first for first, end in self.parts[part][1:])
        return rows, columns, lanes

    def read(self, part: int) -> list[tuple[int, int]]:
        high, wide = self.extent(part)
        return [self.views(part)[0].span((0, high), (0, wide))]

    def written(self, part: int) -> tuple[int, int]:
        rows, columns, _ = self.shape(part)
        return self.views(part)[1].span((0, rows), (0, columns))

    def channels(self, part: int) -> tuple[int, int, int]:
        """First channel of a part, its channels, and the bytes of its words."""
        first, end = (lane * self.size for lane in self.parts[part].lanes)
        return first, min(end, self.layer.input.channels) - first, end - first
