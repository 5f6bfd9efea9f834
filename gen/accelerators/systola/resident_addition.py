"""Schedule of an addition or multiplication with operands that stay in the scratchpad: some rows at a time."""

from dataclasses import replace

from ....hw.cores.systola.isa import Setting
from ...compile.allocator import DoesNotFit
from ...compile.boxes import Box
from ...compile.layers import AdditionLayer
from ...compile.tiling import cut
from .emitter import Emitter
from .lane_schedule import DEST, SOURCE, LaneSchedule, WindowPart
from .program import Reg
from .resident import Resident
from .vector_layers import requantise

SECOND = Reg(3)


class ResidentAddition(LaneSchedule[AdditionLayer]):
    """Schedule of an addition or multiplication of single images, at least one operand of which is resident."""

    def cut(self):
        image, blocks = self.layer.input, -(-self.layer.input.channels // self.size)
        row = image.width * blocks
        loaded = self.residents.count(None)
        rows = image.height
        for buffers in (loaded, 0 if self.target else 1):
            rows = min(rows, self.buffer_words // (row * buffers)) if buffers else rows
        if not rows:
            raise DoesNotFit("activation", 4 * row * max(loaded, 1), 4 * self.buffer_words)
        return [WindowPart(0, part, (0, image.width), (0, blocks)) for part in cut(image.height, rows)]

    def views(self, part: int) -> list[Resident]:
        """Places of both operands and of the result of a part, resident or in a buffer."""
        (_, (first, end), _, (low, high)), (source, dest) = self.parts[part], self.place(part)
        width, blocks, found = self.layer.input.width, high - low, []
        for resident in (*self.residents, self.target):
            if resident:
                found.append(resident.part(first, 0, low, end - first, blocks))
            else:
                buffer = dest if len(found) == 2 else source
                found.append(Resident(buffer, end - first, width, blocks, blocks))
                source += (end - first) * width * blocks if len(found) < 3 else 0
        return found

    def _span(self, view: Resident) -> tuple[int, int]:
        return view.span((0, view.height), (0, self.layer.input.width))

    def read(self, part: int) -> list[tuple[int, int]]:
        return [self._span(view) for view in self.views(part)[:2]]

    def written(self, part: int) -> tuple[int, int]:
        return self._span(self.views(part)[2])

    def sources(self, part: int) -> list[Box]:
        (first, end), image = self.parts[part].rows, self.layer.input
        tensors = (image, replace(image, address=self.layer.second))
        boxes = []
        for tensor, view, resident in zip(tensors, self.views(part), self.residents, strict=False):
            if not resident:
                inside = replace(tensor, address=tensor.address + first * tensor.strides[1])
                channels = 0, image.channels
                boxes.append(
                    view.transfer(inside, (0, end - first), (0, image.width), channels, self.size, padded=True)
                )
        return boxes

    def result(self, part: int) -> Box:
        _, (first, end), columns, lanes = self.parts[part]
        result = self.layer.result
        inside = replace(result, address=result.address + first * result.strides[1] + lanes[0] * self.size)
        channels = min(lanes[1] * self.size, result.channels) - lanes[0] * self.size
        return self.views(part)[2].transfer(inside, (0, end - first), columns, (0, channels), self.size)

    def work(self, emitter: Emitter, part: int):
        layer, (a, b, y) = self.layer, self.views(part)
        for setting, value in (
            (Setting.WINDOW_X, 1),
            (Setting.WINDOW_Y, 1),
            (Setting.POINTS_X, layer.input.width),
            (Setting.POINTS_Y, y.height),
            (Setting.SOURCE_X, a.pixel),
            (Setting.SOURCE_Y, a.row),
            (Setting.SECOND_X, b.pixel),
            (Setting.SECOND_Y, b.row),
            (Setting.DEST_X, y.pixel),
            (Setting.DEST_Y, y.row),
            (Setting.SCALE_A, layer.factors[0]),
            (Setting.SCALE_B, layer.factors[1]),
        ):
            emitter.set(setting, value)
        requantise(emitter, layer.scale, layer.clamp)
        emitter.program.move({SOURCE: a.word, SECOND: b.word, DEST: y.word})

        def one(emitter):
            emitter.program.vector(SOURCE, DEST, SECOND, scratchpad=True, add=True, multiply=self.layer.multiply)
            return {}

        emitter.nest([(y.blocks, {SOURCE: 1, SECOND: 1, DEST: 1})], one)
