"""A convolution as a program: steps of loads, array, vector lanes and stores on a core's memories."""

from bisect import bisect_left
from dataclasses import dataclass

from ...hw.cores.parameters import CoreParameters
from ...hw.issue.isa import ALL, RECORD, Setting, Unit
from ..assembler import Reg
from .emitter import Access, Action, Emitter, Space, loading, nest, storing
from .layers import Convolution
from .orders import Step, arrange
from .residency import DoesNotFit, Memory
from .tiling import Chunk, Points, Tiling, phases, tiles
from .transfer import Box, Dimension
from .walk import Block, runs

ACTIVATION, WEIGHT, SUM, ADDING, RECORDS, SOURCE, DEST = (Reg(number) for number in range(1, 8))
"""What registers hold in the loops of a step."""


@dataclass(frozen=True, eq=False)
class Fragment:
    """A part of an operand that is loaded at once: "x" of points and channels, "w" of filters and a chunk, or the
    records ("r") of filters. There is one object for each."""

    kind: str
    part: object
    chunk: Chunk | tuple[int, int] | None = None


class Schedule:
    """A tiling and an order applied to a layer: everything that is known before a word of the program is written."""

    def __init__(self, parameters: CoreParameters, layer: Convolution, tiling: Tiling, order: str = "overlapped"):
        self.p, self.layer, self.tiling = parameters, layer, tiling
        self.size = parameters.size
        self.tiles = tiles(layer, tiling)
        self.phases = phases(layer, tiling)
        self.steps = arrange(self.phases, order)
        self.lanes = -(-min(tiling.filters, layer.filters) // self.size)  # words of a pixel of a tile's result
        if tiling.points * self.lanes > parameters.accumulators // 2:
            raise DoesNotFit
        self.result_words = tiling.points * self.spread(self.lanes)
        outputs = min(tiling.outputs, len(self.tiles))
        self.results = self.p.activation_words - outputs * self.result_words  # where results begin
        if self.results < 0:
            raise DoesNotFit
        self.outputs = outputs
        self._fragments: dict[tuple, Fragment] = {}
        self._needed: dict[int, list[Fragment]] = {}
        self.loads = self._place()

    # Fragments: what they are, how large, and where.

    def fragment(self, kind: str, part, chunk=None) -> Fragment:
        key = kind, part, chunk
        if key not in self._fragments:
            self._fragments[key] = Fragment(*key)
        return self._fragments[key]

    def fragments(self, phase: int) -> list[Fragment]:
        """What a phase's computation needs, and its tile's requantisation."""
        if phase not in self._needed:
            one = self.phases[phase]
            tile = self.tiles[one.tile]
            found = []
            for number in one.chunks:
                chunk = self.tiling.chunks[number]
                found.append(self.fragment("x", tile.block, chunk.channels))
                found.append(self.fragment("w", tile.filters, chunk))
            if one.last:
                found.append(self.records(one.tile))
            self._needed[phase] = list(dict.fromkeys(found))
        return self._needed[phase]

    def records(self, tile: int) -> Fragment:
        return self.fragment("r", self.tiles[tile].filters)

    def words(self, fragment: Fragment) -> int:
        if fragment.kind == "r":
            return self._lanes(fragment.part) * RECORD
        if fragment.kind == "w":
            return fragment.chunk.depth * self.tile_row(fragment.part)
        rows, columns = self.window(fragment.part)
        return fragment.part.shape[0] * rows * columns * self.pixel(fragment.chunk)

    def window(self, points: Points) -> tuple[int, int]:
        """Rows and columns of input that points of the result need."""
        _, rows, columns = points.shape
        (ky, kx), (sy, sx) = self.layer.kernel, self.layer.stride
        return (rows - 1) * sy + ky, (columns - 1) * sx + kx

    def spread(self, words: int) -> int:
        """From one pixel of so many words to the next: as banks are told apart by the low bits of addresses, one more
        than a multiple of their number takes pixels that follow each other through all of them."""
        banks = self.p.banks
        return words + -(words - 1) % banks if self.tiling.spread and words >= banks > 1 else words

    def pixel(self, channels: tuple[int, int]) -> int:
        """Words of an input pixel."""
        return self.spread(self.blocks(channels))

    def blocks(self, channels: tuple[int, int]) -> int:
        """Words of an input pixel that hold something."""
        return -(-(channels[1] - channels[0]) // self.size)

    def tile_row(self, filters: tuple[int, int]) -> int:
        """Words from one row of weights to the next."""
        return self.spread(self._lanes(filters))

    def _lanes(self, filters: tuple[int, int]) -> int:
        return -(-(filters[1] - filters[0]) // self.size)

    def _place(self) -> list[list[tuple[Fragment, int]]]:
        """For each step the fragments that are loaded in it, and where to; `at` for each step where fragments are."""
        activations, weights = Memory(0, self.results), Memory(0, self.p.weight_words)
        needs = [self._needs(step) for step in self.steps]
        uses: dict[Fragment, list[int]] = {}
        for number, need in enumerate(needs):
            for fragment in need:
                uses.setdefault(fragment, []).append(number)
        self.at: list[dict[Fragment, int]] = []
        loads, coming = [], set()
        for number, step in enumerate(self.steps):
            where = {}
            for fragment in needs[number]:
                where[fragment] = (activations if fragment.kind == "x" else weights).find(fragment)
            self.at.append(where)
            coming = {fragment for fragment in coming if fragment not in needs[number]}
            wanted = dict.fromkeys(fragment for phase in step.load for fragment in self.fragments(phase))
            pinned = {*needs[number], *wanted, *coming}

            def next_use(fragment, number=number):
                later = uses[fragment]
                at = bisect_left(later, number)
                return later[at] if at < len(later) else float("inf")

            new = []
            for fragment in wanted:
                memory = activations if fragment.kind == "x" else weights
                if memory.find(fragment) is None:
                    new.append((fragment, memory.place(fragment, self.words(fragment), pinned, next_use)))
            coming.update(wanted)
            loads.append(new)
        return loads

    def _needs(self, step: Step) -> list[Fragment]:
        found = [] if step.compute is None else self.fragments(step.compute)
        found += [self.records(tile) for tile in (*step.requantise, *step.after)]
        return list(dict.fromkeys(found))

    # Actions.

    def emit(self, emitter: Emitter):
        """Write the whole layer."""
        for number, step in enumerate(self.steps):
            actions = [loading(self.box(fragment, word)) for fragment, word in self.loads[number]]
            actions += [storing(self._storing(tile)) for tile in step.store]
            if step.compute is not None:
                actions += self._compute(number, step.compute, step.requantise)
            else:
                actions += [self._requantise(number, tile) for tile in step.requantise]
            actions += [self._requantise(number, tile) for tile in step.after]
            emitter.step(actions, sync=ALL if step.all and number else None)

    # How long it takes, for the estimate.

    def array_cycles(self, number: int) -> int:
        phase = self.phases[number]
        tile = self.tiles[phase.tile]
        images, rows, columns = tile.points.shape
        chunks = (self.tiling.chunks[chunk] for chunk in phase.chunks)
        blocks = sum((chunk.taps[1] - chunk.taps[0]) * self.blocks(chunk.channels) for chunk in chunks)
        return blocks * self._lanes(tile.filters) * images * max(rows * columns, self.size)

    def vector_cycles(self, number: int, costs) -> int:
        tile = self.tiles[number]
        return self._lanes(tile.filters) * (tile.points.count + RECORD + costs.settings)

    def store_beats(self, number: int) -> int:
        tile = self.tiles[number]
        return tile.points.count * -(-(tile.filters[1] - tile.filters[0]) * 8 // self.p.data_width)

    def box(self, fragment: Fragment, word: int) -> Box:
        """What is moved to load a fragment."""
        return {"x": self._input, "w": self._weights, "r": self._records}[fragment.kind](fragment, word)

    def _input(self, fragment: Fragment, word: int) -> Box:
        layer, (first, end) = self.layer, fragment.chunk
        image = layer.input
        pixel, row, whole = image.strides
        rows, columns = self.window(fragment.part)
        words, bytes = self.blocks(fragment.chunk), self.pixel(fragment.chunk) * self.size
        top = fragment.part.rows[0] * layer.stride[0] - layer.padding[0]
        left = fragment.part.columns[0] * layer.stride[1] - layer.padding[1]
        channels = words * self.size
        return Box(
            image.address + fragment.part.images[0] * whole + top * row + left * pixel + first,
            word * self.size,
            (
                Dimension(channels, 1, 1, 0, channels - (end - first)),
                Dimension(columns, pixel, bytes, *_outside(left, columns, image.width)),
                Dimension(rows, row, columns * bytes, *_outside(top, rows, image.height)),
                Dimension(fragment.part.shape[0], whole, rows * columns * bytes),
            ),
            layer.padding_value,
        )

    def _weights(self, fragment: Fragment, word: int) -> Box:
        layer, (low, high), chunk = self.layer, fragment.part, fragment.chunk
        depth, bytes = layer.input.channels, self._lanes(fragment.part) * self.size
        taps, channels = (end - first for first, end in (chunk.taps, chunk.channels))
        row = self.tile_row(fragment.part) * self.size
        return Box(
            layer.weights + (chunk.taps[0] * depth + chunk.channels[0]) * layer.filters + low,
            self.p.activation_bytes + word * self.size,
            (
                Dimension(bytes, 1, 1, 0, bytes - (high - low)),
                Dimension(channels, layer.filters, row),
                Dimension(taps, depth * layer.filters, channels * row),
            ),
        )

    def _records(self, fragment: Fragment, word: int) -> Box:
        low, high = fragment.part
        bytes = self._lanes(fragment.part) * self.size * RECORD
        return Box(
            self.layer.records + low * RECORD,
            self.p.activation_bytes + word * self.size,
            (Dimension(bytes, 1, 1, 0, bytes - (high - low) * RECORD),),
        )

    def _result(self, tile: int) -> int:
        """The word where a tile's result is."""
        return self.results + tile % self.outputs * self.result_words

    def _sums(self, tile: int) -> int:
        """The row where a tile's sums begin: halves in turn."""
        return tile % 2 * (self.p.accumulators // 2)

    def _storing(self, number: int) -> Box:
        tile = self.tiles[number]
        (low, high), points = tile.filters, tile.points
        pixel, row, image = self.layer.result.strides
        images, rows, columns = points.shape
        bytes = self.spread(self._lanes(tile.filters)) * self.size
        return Box(
            self.layer.output + points.images[0] * image + points.rows[0] * row + points.columns[0] * pixel + low,
            self._result(number) * self.size,
            (
                Dimension(high - low, 1, 1),
                Dimension(columns, pixel, bytes),
                Dimension(rows, row, columns * bytes),
                Dimension(images, image, rows * columns * bytes),
            ),
        )

    def _drain(self, step: int, tiles: list[int]) -> list[Access]:
        """What requantisation of tiles touches."""
        accesses = []
        for number in tiles:
            tile = self.tiles[number]
            records = self.records(number)
            word = self.at[step][records]
            count = tile.points.count * self._lanes(tile.filters)
            words = tile.points.count * self.spread(self._lanes(tile.filters))
            result = self._result(number) * self.size
            accesses += [
                Access(Unit.VECTOR, Space.LOCAL, *self._weight_bytes(word, self.words(records))),
                Access(Unit.VECTOR, Space.SUMS, self._sums(number), self._sums(number) + count),
                Access(Unit.VECTOR, Space.LOCAL, result, result + words * self.size, write=True),
            ]
        return accesses

    def _weight_bytes(self, word: int, words: int) -> tuple[int, int]:
        low = self.p.activation_bytes + word * self.size
        return low, low + words * self.size

    def _requantise(self, step: int, number: int) -> Action:
        """Sums of a tile to its result, 16 channels after the other."""

        def emit(emitter):
            drain = _Drain(self, step, number)
            drain.settle(emitter)
            drain.start(emitter)
            nest(emitter.program, [(drain.lanes, drain.steps)], drain.body)

        return Action(self._drain(step, [number]), emit)

    def _compute(self, step: int, number: int, drained: list[int]) -> list[Action]:
        """The array's work of a phase; requantisation of earlier tiles goes between, filters by filters."""
        phase = self.phases[number]
        tile = self.tiles[phase.tile]
        segments = [_Segment(self, step, phase.tile, self.tiling.chunks[chunk]) for chunk in phase.chunks]
        for segment in segments:
            segment.adds = not phase.first or segment is not segments[0]
        actions = []
        for segment in segments:
            inner = drained if segment is segments[0] else []
            drains = [_Drain(self, step, one) for one in inner]
            actions.append(
                Action(
                    segment.accesses() + self._drain(step, inner),
                    lambda emitter, segment=segment, drains=drains: segment.emit(emitter, drains),
                )
            )
        return actions


def _outside(first: int, count: int, size: int) -> tuple[int, int]:
    """How many of so many places from `first` on lie before 0, and from `size` on."""
    return max(0, -first), max(0, first + count - size)


class _Drain:
    """Requantisation of a tile, for 16 channels in each turn of a loop."""

    def __init__(self, schedule: Schedule, step: int, number: int):
        tile = schedule.tiles[number]
        self.clamp = schedule.layer.clamp
        self.points, self.lanes = tile.points.count, schedule._lanes(tile.filters)
        self.records = schedule.at[step][schedule.records(number)]
        self.source, self.dest = schedule._sums(number), schedule._result(number)
        self.pitch = schedule.spread(self.lanes)
        self.steps = {RECORDS: RECORD, SOURCE: self.points, DEST: 1}

    def settle(self, emitter: Emitter):
        for setting, value in (
            (Setting.WINDOW_X, 1),
            (Setting.WINDOW_Y, 1),
            (Setting.POINTS_X, self.points),
            (Setting.POINTS_Y, 1),
            (Setting.SOURCE_X, 1),
            (Setting.DEST_X, self.pitch),
        ):
            emitter.set(setting, value)

    def start(self, emitter: Emitter):
        emitter.program.move({RECORDS: self.records, SOURCE: self.source, DEST: self.dest})

    def body(self, program) -> dict[Reg, int]:
        clamp = self.clamp
        program.quant_channel(RECORDS, zero_point=clamp.zero_point, low=clamp.low, high=clamp.high)
        program.vector(SOURCE, DEST)
        return {}


class _Segment:
    """A chunk of a tile's sums: the walk of the array over filters, images, taps and channels."""

    def __init__(self, schedule: Schedule, step: int, number: int, chunk: Chunk):
        s = self.schedule = schedule
        layer, tile = s.layer, s.tiles[number]
        self.tile, self.chunk, self.adds = tile, chunk, True
        self.lanes = s._lanes(tile.filters)
        self.x = s.fragment("x", tile.block, chunk.channels)
        self.w = s.fragment("w", tile.filters, chunk)
        self.x_at, self.w_at, self.sums = s.at[step][self.x], s.at[step][self.w], s._sums(number)
        rows, columns = s.window(tile.block)
        pixel = s.pixel(chunk.channels)
        self.image = rows * columns * pixel
        self.strides = layer.stride[1] * pixel, layer.stride[0] * columns * pixel
        block, points = tile.block, tile.points
        self.start = (
            self.x_at
            + (points.images[0] - block.images[0]) * self.image
            + (points.rows[0] - block.rows[0]) * self.strides[1]
            + (points.columns[0] - block.columns[0]) * self.strides[0]
        )
        first, end = chunk.channels
        self.blocks = [
            Block(
                (ky * columns + kx) * pixel + lane,
                ((tap - chunk.taps[0]) * (end - first) + lane * s.size) * s.tile_row(tile.filters),
                min(s.size, end - first - lane * s.size),
            )
            for tap in range(*chunk.taps)
            for ky, kx in (divmod(tap, layer.kernel[1]),)
            for lane in range(s.blocks(chunk.channels))
        ]

    def accesses(self) -> list[Access]:
        s, tile = self.schedule, self.tile
        low = self.x_at * s.size
        images, rows, columns = tile.points.shape
        last = self.blocks[-1].activation + (images - 1) * self.image
        last += (rows - 1) * self.strides[1] + (columns - 1) * self.strides[0]
        return [
            Access(Unit.FETCH, Space.LOCAL, low, (self.start + last + 1) * s.size),
            Access(Unit.FETCH, Space.LOCAL, *s._weight_bytes(self.w_at, s.words(self.w))),
            Access(Unit.ARRAY, Space.SUMS, self.sums, self.sums + tile.points.count * self.lanes, write=True),
        ]

    def emit(self, emitter: Emitter, drains: list[_Drain]):
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
        counted = not self.adds and any(run.levels for run in runs(self.blocks)[:1])
        program.move({ACTIVATION: self.start, WEIGHT: self.w_at, SUM: self.sums} | ({ADDING: 0} if counted else {}))
        if drain:
            drain.settle(emitter)
            drain.start(emitter)
        together = min(self.lanes, drain.lanes) if drain else 0

        def body(program, drain=drain):
            if drain:
                drain.body(program)
            return nest(program, [(images, {ACTIVATION: self.image, SUM: rows * columns})], self._sum)

        steps = {WEIGHT: 1, SUM: self.tile.points.count}
        moved = {}
        if together:
            moved = nest(program, [(together, steps | drain.steps)], body)
        if drain and drain.lanes > together:
            _advance(program, moved, drain.steps, together)
            nest(program, [(drain.lanes - together, drain.steps)], drain.body)
        if self.lanes > together:
            _advance(program, moved, steps, together)
            nest(program, [(self.lanes - together, steps)], lambda program: body(program, None))

    def _sum(self, program) -> dict[Reg, int]:
        """All blocks of weights over the points of an image; where registers are after it."""
        moved: dict[Reg, int] = {}
        adds = self.adds
        for run in runs(self.blocks):
            activation = Reg(ACTIVATION.number, run.start.activation - moved.get(ACTIVATION, 0))
            weight = Reg(WEIGHT.number, run.start.weight - moved.get(WEIGHT, 0))
            levels, within = [], 1
            for count, a, w in reversed(run.levels):
                levels.insert(0, (count, {ACTIVATION: a, WEIGHT: w} | ({} if adds else {ADDING: within})))
                within *= count

            def one(program, activation=activation, weight=weight, rows=run.start.rows, flag=adds, looped=bool(levels)):
                program.weights(weight, rows)
                program.matmul(activation, SUM, accumulate=flag or (ADDING if looped else False))
                return {}

            for reg, number in nest(program, levels, one).items():
                moved[reg] = moved.get(reg, 0) + number
            adds = True
        return moved


def _advance(program, moved: dict[Reg, int], steps: dict[Reg, int], turns: int):
    """Registers to where they would be after so many turns of a loop, wherever they were moved."""
    change = {reg: turns * number - moved.get(reg, 0) for reg, number in steps.items()}
    for reg, number in moved.items():
        if reg not in steps:
            change[reg] = -number
    moved |= {reg: turns * number for reg, number in steps.items()}
    if change := {reg: number for reg, number in change.items() if number}:
        program.add(change)
