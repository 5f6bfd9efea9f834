"""Code generation for the array and the vector lanes in a step: loops over registers."""

from ....hw.cores.systola.isa import RECORD, Op, Setting
from ...compile.tiling import Chunk
from .block_runs import Block, block_runs
from .emitter import Emitter, MemoryAccess, Space, instruction_access
from .program import Reg

ACTIVATION, WEIGHT, SUM, ADDING, RECORDS, SOURCE, DEST = (Reg(number) for number in range(1, 8))
"""Register allocation in the loops of a step."""


class Drain:
    """Requantisation of a tile, one word of channels per iteration of a loop."""

    def __init__(self, schedule, step: int, number: int):
        tile = schedule.tiles[number]
        self.clamp = schedule.layer.clamp
        self.points, self.lanes = tile.points.count, schedule.lanes_of(tile.filters)
        self.records = schedule.at[step][schedule.records(number)]
        self.source, self.dest = schedule._sums(number), schedule.written(number)[0]
        self.pitch, self.shape, self.row = schedule.spread(self.lanes), (self.points, 1), 0
        if target := schedule.target:
            _, rows, columns = tile.points.shape
            self.pitch, self.shape, self.row = target.pixel, (columns, rows), target.row
        self.steps = {RECORDS: RECORD, SOURCE: self.points, DEST: 1}

    def settle(self, emitter: Emitter):
        """Emit the settings of VECTOR for the tile."""
        for setting, value in (
            (Setting.WINDOW_X, 1),
            (Setting.WINDOW_Y, 1),
            (Setting.POINTS_X, self.shape[0]),
            (Setting.POINTS_Y, self.shape[1]),
            (Setting.SOURCE_X, 1),
            (Setting.DEST_X, self.pitch),
        ):
            emitter.set(setting, value)
        if self.shape[1] > 1:
            emitter.set(Setting.SOURCE_Y, self.shape[0])
            emitter.set(Setting.DEST_Y, self.row)

    def start(self, emitter: Emitter):
        """Emit the first addresses of the loop."""
        emitter.program.move({RECORDS: self.records, SOURCE: self.source, DEST: self.dest})

    def body(self, emitter: Emitter) -> dict[Reg, int]:
        """Emit one iteration; return the changes of registers, none."""
        clamp = self.clamp
        emitter.program.quant_channel(RECORDS, zero_point=clamp.zero_point, low=clamp.low, high=clamp.high)
        emitter.program.vector(SOURCE, DEST)
        return {}


class Segment:
    """Chunk of the sums of a tile: loops of the array over filters, images, taps and channels."""

    def __init__(self, schedule, step: int, number: int, chunk: Chunk):
        s = self.schedule = schedule
        layer, tile = s.layer, s.tiles[number]
        self.tile, self.chunk, self.adds = tile, chunk, True
        self.lanes = s.lanes_of(tile.filters)
        x = s.input(tile.block, chunk)
        self.w = s.fragment("w", tile.filters, chunk)
        self.w_at, self.sums = s.at[step][self.w], s._sums(number)
        (top, _), (left, _) = x.chunk.part_of(layer.kernel)
        first, end = chunk.channels
        block, points = tile.block, tile.points
        if s.source:
            row, pixel, self.image = s.source.row, s.source.pixel, 0
            self.strides = layer.stride[1] * pixel, layer.stride[0] * row
            upper = points.rows[0] * layer.stride[0] - layer.padding[0][0] + top
            leftmost = points.columns[0] * layer.stride[1] - layer.padding[1][0] + left
            self.start = self.x_at = s.source.at(upper, leftmost) + first // s.size
        else:
            rows, columns = s.window(tile.block, x.chunk)
            pixel = s.pixel(chunk.channels)
            row, self.image = columns * pixel, rows * columns * pixel
            self.strides = layer.stride[1] * pixel, layer.stride[0] * row
            self.x_at = s.at[step][x]
            self.start = (
                self.x_at
                + (points.images[0] - block.images[0]) * self.image
                + (points.rows[0] - block.rows[0]) * self.strides[1]
                + (points.columns[0] - block.columns[0]) * self.strides[0]
            )
        self.blocks = [
            Block(
                (ky - top) * row + (kx - left) * pixel + lane,
                ((tap - chunk.taps[0]) * (end - first) + lane * s.size) * s.tile_row(tile.filters),
                min(s.size, end - first - lane * s.size),
            )
            for tap in range(*chunk.taps)
            for ky, kx in (divmod(tap, layer.kernel[1]),)
            for lane in range(s.blocks(chunk.channels))
        ]

    def accesses(self) -> list[MemoryAccess]:
        """Memory accesses of the array in all loops."""
        s, tile = self.schedule, self.tile
        low = self.x_at * s.size
        images, rows, columns = tile.points.shape
        last = self.blocks[-1].activation + (images - 1) * self.image
        last += (rows - 1) * self.strides[1] + (columns - 1) * self.strides[0]
        return [
            instruction_access(Op.MATMUL, Space.LOCAL, low, (self.start + last + 1) * s.size),
            instruction_access(Op.WEIGHTS, Space.LOCAL, *s._weight_bytes(self.w_at, s.words(self.w))),
            instruction_access(
                Op.MATMUL, Space.SUMS, self.sums, self.sums + tile.points.count * self.lanes, write=True
            ),
        ]

    def emit(self, emitter: Emitter, drains: list[Drain]):
        """Emit the loops; the iterations of the first of `drains` are interleaved with those over filters."""
        images, rows, columns = self.tile.points.shape
        for setting, value in (
            (Setting.WEIGHT_STRIDE, self.schedule.tile_row(self.tile.filters)),
            (Setting.COUNT_X, columns),
            (Setting.COUNT_Y, rows),
            (Setting.STRIDE_X, self.strides[0]),
            (Setting.STRIDE_Y, self.strides[1]),
        ):
            emitter.set(setting, value)
        program, drain = emitter.program, drains[0] if drains else None
        counted = not self.adds and any(run.levels for run in block_runs(self.blocks)[:1])
        program.move({ACTIVATION: self.start, WEIGHT: self.w_at, SUM: self.sums} | ({ADDING: 0} if counted else {}))
        if drain:
            drain.settle(emitter)
            drain.start(emitter)
        together = min(self.lanes, drain.lanes) if drain else 0

        def body(emitter, drain=drain):
            if drain:
                drain.body(emitter)
            return emitter.nest([(images, {ACTIVATION: self.image, SUM: rows * columns})], self._sum)

        steps = {WEIGHT: 1, SUM: self.tile.points.count}
        moved = {}
        if drain and together:
            moved = emitter.nest([(together, steps | drain.steps)], body)
        if drain and drain.lanes > together:
            _advance(program, moved, drain.steps, together)
            emitter.nest([(drain.lanes - together, drain.steps)], drain.body)
        if self.lanes > together:
            _advance(program, moved, steps, together)
            emitter.nest([(self.lanes - together, steps)], lambda emitter: body(emitter, None))

    def _sum(self, emitter: Emitter) -> dict[Reg, int]:
        """Emit all blocks of weights over the points of an image; return the change of the registers."""
        moved: dict[Reg, int] = {}
        adds = self.adds
        for run in block_runs(self.blocks):
            activation = Reg(ACTIVATION.number, run.start.activation - moved.get(ACTIVATION, 0))
            weight = Reg(WEIGHT.number, run.start.weight - moved.get(WEIGHT, 0))
            levels, within = [], 1
            for count, a, w in reversed(run.levels):
                levels.insert(0, (count, {ACTIVATION: a, WEIGHT: w} | ({} if adds else {ADDING: within})))
                within *= count

            def one(emitter, activation=activation, weight=weight, rows=run.start.rows, flag=adds, looped=bool(levels)):
                emitter.program.weights(weight, rows)
                emitter.program.matmul(activation, SUM, accumulate=flag or (ADDING if looped else False))
                return {}

            for reg, number in emitter.nest(levels, one).items():
                moved[reg] = moved.get(reg, 0) + number
            adds = True
        return moved


def _advance(program, moved: dict[Reg, int], steps: dict[Reg, int], turns: int):
    """Advance registers to their values after `turns` iterations of a loop, given their changes so far (`moved`)."""
    change = {reg: turns * number - moved.get(reg, 0) for reg, number in steps.items()}
    for reg, number in moved.items():
        if reg not in steps:
            change[reg] = -number
    moved |= {reg: turns * number for reg, number in steps.items()}
    if change := {reg: number for reg, number in change.items() if number}:
        program.add(change)
