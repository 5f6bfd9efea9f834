"""Schedule of a convolution: steps of loads, array, vector lanes and stores on the memories of a core."""

from bisect import bisect_left
from dataclasses import dataclass
from math import prod
from typing import Any

from ....hw.cores.systola.isa import ALL, RECORD, Op
from ....hw.cores.systola.parameters import SystolaParameters
from ...compile.allocator import DoesNotFit, ScratchpadAllocator
from ...compile.boxes import COUNT_LIMIT
from ...compile.layers import ConvolutionLayer
from ...compile.pipelining import Step, arrange
from ...compile.tiling import Chunk, Points, Tiling, phases, tiles
from .convolution_boxes import ConvolutionBoxes
from .emitter import Action, Emitter, MemoryAccess, Space, instruction_access, loading, storing
from .loops import Drain, Segment
from .resident import IN_DRAM, Residency


@dataclass(frozen=True, eq=False)
class Fragment:
    """Part of an operand that is loaded as a unit. A schedule has one object for each fragment.

    `kind` and contents: "x", the input of the points `part` and of a chunk; "w", the weights of the filters `part` and
    of a chunk; "r", the records of the filters `part`.
    """

    kind: str
    part: Any
    chunk: Any = None


class ConvolutionSchedule:
    """Schedule of a convolution for a tiling and an order: all decisions before the program is emitted.

    `previous` is the schedule of the layer before it, if that is a convolution: the first operands avoid the words that
    its end uses. `weight_words` of the weight scratchpad are for this layer, by default all. Addresses are in words.
    Raises :class:`.DoesNotFit`.
    """

    def __init__(
        self,
        parameters: SystolaParameters,
        layer: ConvolutionLayer,
        tiling: Tiling,
        order: str = "overlapped",
        residency: Residency = IN_DRAM,
        previous: "ConvolutionSchedule | None" = None,
        weight_words: int | None = None,
    ):
        self.p, self.layer, self.tiling = parameters, layer, tiling
        self.size = parameters.size
        self.boxes = ConvolutionBoxes(self)
        (self.source, *_), self.target, self.stored = residency.sources, residency.target, residency.stored
        self.buffers = residency.buffers or (0, parameters.activation_words)
        self.weight_words = weight_words or parameters.weight_words
        self._fragments: dict[tuple, Fragment] = {}
        self._needed: dict[int, list[Fragment]] = {}
        self._check_tile()
        self.tiles = tiles(layer, tiling)
        self.phases = phases(layer, tiling)
        self.steps = arrange(self.phases, order)
        self.outputs = min(tiling.outputs, len(self.tiles))
        self.results = self.buffers[1] - self.outputs * self.result_words  # first word of the results
        if self.results < self.buffers[0]:
            raise DoesNotFit("activation", self.outputs * self.result_words, self._buffer_words)
        self.half = previous.next_half if previous else 0  # of the accumulators, for the first tile
        self.loads = self._place(previous)

    def _check_tile(self):
        """Check that one tile and its largest chunk fit, before the whole layer is arranged."""
        tiling, p = self.tiling, self.p
        self.lanes = -(-min(tiling.filters, self.layer.filters) // self.size)  # words of a pixel of a tile's result
        if (sums := tiling.points * self.lanes) > p.accumulators // 2:
            raise DoesNotFit("accumulator", 2 * sums, p.accumulators)
        self.result_words = 0 if self.target else tiling.points * self.spread(self.lanes)
        points = Points((0, tiling.images), (0, tiling.rows), (0, tiling.columns))
        filters = 0, min(tiling.filters, self.layer.filters)
        inputs = [self.input(points, chunk) for chunk in tiling.chunks]
        if max(max(self.window(points, one.chunk)) for one in inputs) > COUNT_LIMIT:
            raise DoesNotFit
        loaded = 0 if self.source else max(map(self.words, inputs))
        if (words := loaded + self.result_words) > self._buffer_words:
            raise DoesNotFit("activation", words, self._buffer_words)
        weights = max(self.words(Fragment("w", filters, chunk)) for chunk in tiling.chunks)
        if (words := max(weights, self.words(Fragment("r", filters)))) > self.weight_words:
            raise DoesNotFit("weight", words, self.weight_words)

    @property
    def _buffer_words(self) -> int:
        return self.buffers[1] - self.buffers[0]

    # Fragments: identity, size and place.

    def input(self, block: Points, chunk: Chunk) -> Fragment:
        """Fragment of the input for points of the result and a chunk."""
        taps = (0, prod(self.layer.kernel)) if self.tiling.whole_windows else chunk.taps
        return self.fragment("x", block, Chunk(taps, chunk.channels))

    def fragment(self, kind: str, part, chunk=None) -> Fragment:
        """Return the one object of a fragment."""
        key = kind, part, chunk
        if key not in self._fragments:
            self._fragments[key] = Fragment(*key)
        return self._fragments[key]

    def fragments(self, phase: int) -> list[Fragment]:
        """Fragments for the computation of a phase and for the requantisation of its tile."""
        if phase not in self._needed:
            one = self.phases[phase]
            tile = self.tiles[one.tile]
            found = []
            for number in one.chunks:
                chunk = self.tiling.chunks[number]
                if not self.source:
                    found.append(self.input(tile.block, chunk))
                found.append(self.fragment("w", tile.filters, chunk))
            if one.last:
                found.append(self.records(one.tile))
            self._needed[phase] = list(dict.fromkeys(found))
        return self._needed[phase]

    def records(self, tile: int) -> Fragment:
        """Records of the filters of a tile."""
        return self.fragment("r", self.tiles[tile].filters)

    def words(self, fragment: Fragment) -> int:
        """Size of a fragment in words."""
        if fragment.kind == "r":
            return self.lanes_of(fragment.part) * RECORD
        if fragment.kind == "w":
            return fragment.chunk.depth * self.tile_row(fragment.part)
        rows, columns = self.window(fragment.part, fragment.chunk)
        return fragment.part.shape[0] * rows * columns * self.pixel(fragment.chunk.channels)

    def window(self, points: Points, chunk: Chunk) -> tuple[int, int]:
        """Rows and columns of input for points of the result and the taps of a chunk."""
        counts = zip(points.shape[1:], self.layer.stride, chunk.part_of(self.layer.kernel), strict=True)
        rows, columns = ((count - 1) * stride + end - first for count, stride, (first, end) in counts)
        return rows, columns

    def spread(self, words: int) -> int:
        """Pitch of pixels of `words` words, in words.

        Banks are selected by the low bits of addresses. With a pitch of one more than a multiple of their number,
        consecutive pixels use all banks in turn.
        """
        banks = self.p.banks
        return words + -(words - 1) % banks if self.tiling.spread and words >= banks > 1 else words

    def pixel(self, channels: tuple[int, int]) -> int:
        """Pitch of an input pixel in words."""
        return self.spread(self.blocks(channels))

    def blocks(self, channels: tuple[int, int]) -> int:
        """Words of an input pixel with data."""
        return -(-(channels[1] - channels[0]) // self.size)

    def tile_row(self, filters: tuple[int, int]) -> int:
        """Pitch of rows of weights in words."""
        return self.spread(self.lanes_of(filters))

    def lanes_of(self, filters: tuple[int, int]) -> int:
        """Words of a result's pixel for a range of filters."""
        return -(-(filters[1] - filters[0]) // self.size)

    @property
    def next_half(self) -> int:
        """Half of the accumulators that the last tile does not use."""
        return (self.half + len(self.tiles)) % 2

    def in_use(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Words of both scratchpads, activations first, in use from the last computation to the end of the layer."""
        found: tuple[dict, dict] = {}, {}
        for number in range(self.last, len(self.steps)):
            for fragment in self._needs(self.steps[number]):
                word = self.at[number][fragment]
                found[fragment.kind != "x"][word, word + self.words(fragment)] = None
        if not self.target:
            found[0][self.results, self.buffers[1]] = None
        return list(found[0]), list(found[1])

    def _place(self, previous: "ConvolutionSchedule | None") -> list[list[tuple[Fragment, int]]]:
        """Fragments that each step loads, with their first words; sets `at`, the first words of operands by step.

        The fragments of the first step avoid the words that the end of the `previous` layer uses, if there are others.
        """
        activations = ScratchpadAllocator(self.buffers[0], self.results)
        weights = ScratchpadAllocator(0, self.weight_words)
        needs = [self._needs(step) for step in self.steps]
        uses: dict[Fragment, list[int]] = {}
        for number, need in enumerate(needs):
            for fragment in need:
                uses.setdefault(fragment, []).append(number)
        self.at: list[dict[Fragment, int]] = []
        loads, prefetched = [], set()
        in_flight: set = set()
        for memory, spans in zip((activations, weights), previous.in_use() if previous else ((), ()), strict=True):
            in_flight |= memory.reserve(spans)
        for number, step in enumerate(self.steps):
            where = {}
            for fragment in needs[number]:
                where[fragment] = (activations if fragment.kind == "x" else weights).find(fragment)
            self.at.append(where)
            prefetched = {fragment for fragment in prefetched if fragment not in needs[number]}
            requested = dict.fromkeys(fragment for phase in step.load for fragment in self.fragments(phase))
            pinned = {*needs[number], *requested, *prefetched}

            def next_use(fragment, number=number):
                later = uses.get(fragment, ())
                at = bisect_left(later, number)
                return later[at] if at < len(later) else float("inf")

            new = []
            for fragment in requested:
                memory = activations if fragment.kind == "x" else weights
                if memory.find(fragment) is None:
                    try:
                        word = self._put(memory, fragment, pinned, in_flight if number == 0 else set(), next_use)
                    except DoesNotFit:
                        raise self._exceeded(memory is activations, pinned) from None
                    new.append((fragment, word))
            prefetched.update(requested)
            loads.append(new)
        return loads

    def _put(self, memory: ScratchpadAllocator, fragment: Fragment, pinned: set, in_flight: set, next_use) -> int:
        """Place a fragment without eviction of `pinned`, and if possible without eviction of `in_flight`."""
        try:
            return memory.place(fragment, self.words(fragment), pinned | in_flight, next_use)
        except DoesNotFit:
            if not in_flight:
                raise
            return memory.place(fragment, self.words(fragment), pinned, next_use)

    def _exceeded(self, activations: bool, pinned: set[Fragment]) -> DoesNotFit:
        """Error for a scratchpad that is too small for the pinned fragments, together with the results."""
        words = sum(self.words(fragment) for fragment in pinned if (fragment.kind == "x") == activations)
        if activations:
            return DoesNotFit("activation", words + self.outputs * self.result_words, self._buffer_words)
        return DoesNotFit("weight", words, self.weight_words)

    def _needs(self, step: Step) -> list[Fragment]:
        """Fragments that the array and the lanes read in a step."""
        found = [] if step.compute is None else self.fragments(step.compute)
        found += [self.records(tile) for tile in (*step.requantise, *step.after)]
        return list(dict.fromkeys(found))

    # Actions.

    def emit(self, emitter: Emitter):
        """Emit the whole layer."""
        for number in range(len(self.steps)):
            self.emit_step(emitter, number)

    def emit_step(self, emitter: Emitter, number: int):
        """Emit one of `steps`."""
        emitter.step(self.actions(number), sync=ALL if self.steps[number].all and number else None)

    @property
    def last(self) -> int:
        """Number of the last step that computes."""
        return max(number for number, step in enumerate(self.steps) if step.compute is not None)

    def actions(self, number: int) -> list[Action]:
        """Actions of a step."""
        step = self.steps[number]
        actions = [loading(box) for fragment, word in self.loads[number] for box in self.boxes.load(fragment, word)]
        actions += [storing(self.boxes.store(tile)) for tile in step.store if self.stored]
        if step.compute is not None:
            actions += self._compute(number, step.compute, step.requantise)
        else:
            actions += [self._requantise(number, tile) for tile in step.requantise]
        actions += [self._requantise(number, tile) for tile in step.after]
        return actions

    # Cycles, for the estimate.

    def array_cycles(self, number: int) -> int:
        """Cycles of the array in a phase."""
        phase = self.phases[number]
        tile = self.tiles[phase.tile]
        images, rows, columns = tile.points.shape
        chunks = (self.tiling.chunks[chunk] for chunk in phase.chunks)
        blocks = sum((chunk.taps[1] - chunk.taps[0]) * self.blocks(chunk.channels) for chunk in chunks)
        return blocks * self.lanes_of(tile.filters) * images * max(rows * columns, self.size)

    @property
    def last_cycles(self) -> int:
        """Cycles of the array in the last step that computes."""
        phase = self.steps[self.last].compute
        return 0 if phase is None else self.array_cycles(phase)

    @property
    def first_beats(self) -> int:
        """Beats on the bus of the loads of the first step."""
        boxes = (box for fragment, word in self.loads[0] for box in self.boxes.load(fragment, word))
        return sum(box.beats(self.p.data_width // 8) for box in boxes)

    def vector_cycles(self, number: int, costs) -> int:
        """Cycles of the requantisation of a tile."""
        tile = self.tiles[number]
        return self.lanes_of(tile.filters) * (tile.points.count + RECORD + costs.settings)

    def store_beats(self, number: int) -> int:
        """Beats on the bus of the store of a tile."""
        if not self.stored:
            return 0
        tile = self.tiles[number]
        return tile.points.count * -(-(tile.filters[1] - tile.filters[0]) * 8 // self.p.data_width)

    def result_word(self, tile: int) -> int:
        """First word of the result of a tile."""
        return self.results + tile % self.outputs * self.result_words

    def _sums(self, tile: int) -> int:
        """First accumulator row of the sums of a tile: ping-pong halves."""
        return (self.half + tile) % 2 * (self.p.accumulators // 2)

    def _drain(self, step: int, tiles: list[int]) -> list[MemoryAccess]:
        """Memory accesses of the requantisation of tiles."""
        accesses = []
        for number in tiles:
            tile = self.tiles[number]
            records = self.records(number)
            word = self.at[step][records]
            count = tile.points.count * self.lanes_of(tile.filters)
            first, end = self.written(number)
            accesses += [
                instruction_access(Op.QUANT_CHANNEL, Space.LOCAL, *self._weight_bytes(word, self.words(records))),
                instruction_access(Op.VECTOR, Space.SUMS, self._sums(number), self._sums(number) + count),
                instruction_access(Op.VECTOR, Space.LOCAL, first * self.size, end * self.size, write=True),
            ]
        return accesses

    def written(self, number: int) -> tuple[int, int]:
        """First word that the requantisation of a tile writes, and the word after the last."""
        tile = self.tiles[number]
        if self.target:
            first, _ = self.target.span(tile.points.rows, tile.points.columns)
            last = self.target.at(tile.points.rows[1] - 1, tile.points.columns[1] - 1)
            return first + tile.filters[0] // self.size, last + -(-tile.filters[1] // self.size)
        first = self.result_word(number)
        return first, first + tile.points.count * self.spread(self.lanes_of(tile.filters))

    def _weight_bytes(self, word: int, words: int) -> tuple[int, int]:
        """Bytes [first, end) of words of the weight scratchpad."""
        low = self.p.activation_bytes + word * self.size
        return low, low + words * self.size

    def _requantise(self, step: int, number: int) -> Action:
        """Requantise the sums of a tile to its result, one word of channels at a time."""

        def emit(emitter):
            drain = Drain(self, step, number)
            drain.settle(emitter)
            drain.start(emitter)
            emitter.nest([(drain.lanes, drain.steps)], drain.body)

        return Action(self._drain(step, [number]), emit)

    def _compute(self, step: int, number: int, drained: list[int]) -> list[Action]:
        """Actions of the array in a phase; requantisation of the tiles `drained` is interleaved, one word at a time."""
        phase = self.phases[number]
        segments = [Segment(self, step, phase.tile, self.tiling.chunks[chunk]) for chunk in phase.chunks]
        for segment in segments:
            segment.adds = not phase.first or segment is not segments[0]
        actions = []
        for segment in segments:
            inner = drained if segment is segments[0] else []
            drains = [Drain(self, step, one) for one in inner]
            actions.append(
                Action(
                    segment.accesses() + self._drain(step, inner),
                    lambda emitter, segment=segment, drains=drains: segment.emit(emitter, drains),
                )
            )
        return actions
