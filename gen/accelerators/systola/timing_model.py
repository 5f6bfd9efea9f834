"""Cost model: event-driven timing of a program on a model of the units, without data.

The issuer dispatches instructions to the queues of the units in order. Units work concurrently. Loads and instruction
fetch share the read channels of the bus. :class:`Costs` contains all values that were measured, not derived.
"""

from collections import deque
from dataclasses import dataclass

from ....hw.cores.systola.isa import ISA, Op, Setting, Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ....hw.issue.fetch import BLOCK, LOOKAHEAD
from ....hw.issue.isa_numbers import Opcode, UnitSet
from ...compile.timeline import Span
from .program import Program

BYTES = ISA.slot
SCRATCHPAD, ADD, MULTIPLY, WEIGHTS = (ISA.flag(name).mask for name in ("scratchpad", "add", "multiply", "weights"))
UNITS = {name.lower(): unit for name, unit in Unit.__members__.items()}


@dataclass(frozen=True)
class Costs:
    """Costs of a core in cycles, on a memory with read latency `latency`."""

    latency: int = 20
    """from an address on the bus to the first beat, and from the last beat written to its confirmation"""
    start: int = 12
    """from start to the first instruction's address"""
    issue: int = 1
    control: int = 4
    """LOOP, END, ADD, MOVE"""
    sync: int = 5
    """from idle units to the next instruction"""
    halt: int = 4
    lookahead: int = LOOKAHEAD
    """instructions prefetched before they are issued"""
    descriptor: int = 20
    """from a LOAD or STORE to its first address"""
    between: int = 10
    """minimum from one descriptor to the next"""
    finish: int = 6
    """from the last beat of a load until the unit is idle"""
    read: int = 8
    """from the first address of a store to its first beat, in addition to `descriptor`"""
    shift: int = 6
    """from the last word of a tile of weights to the first row that may use it"""
    fill: int = 8
    """from the fetch of a row to its sum, in addition to the latency of the array less 3"""
    fetched: int = 4
    """from the fetch of the last row until the unit is idle"""
    lanes: int = 24
    """from a row of sums to its result in the scratchpad"""
    settings: int = 20
    """QUANT_CHANNEL, in addition to one cycle per lane"""
    quant: int = 10
    """QUANT, in addition to one cycle per lane"""
    vector: int = 24
    """from the last element of a VECTOR to the first of the next command"""


MEASURED = Costs()
"""Costs measured on the Verilog of the core."""


@dataclass
class Timeline:
    """Timeline of a program: cycles from start to interrupt, busy times of units, beats on the bus, array rows.

    `issued`: cycle of the first issue of each instruction that was executed.
    """

    cycles: int
    spans: list[Span]
    rows: int
    read_beats: int
    written_beats: int
    instructions: int
    issued: list[int]

    def busy(self, unit: str) -> int:
        """Number of cycles in which a unit is busy."""
        total, end = 0, 0
        for span in sorted((s for s in self.spans if s.unit == unit), key=lambda s: s.begin):
            total += max(0, span.end - max(span.begin, end))
            end = max(end, span.end)
        return total


def predict(parameters: SystolaParameters, program: Program, costs: Costs = MEASURED, limit: int = 1 << 40) -> Timeline:
    """Run a program on the cost model."""
    return _Machine(parameters, program, costs).run(limit)


class _Machine:
    def __init__(self, parameters: SystolaParameters, program: Program, costs: Costs):
        self.p, self.c = parameters, costs
        self.code = [
            (s.op, s.flags, a.number, a.immediate, b.number, b.immediate, c.number, c.immediate)
            for s in program.instructions
            for a, b, c in ((s["a"], s["b"], s["c"]),)
        ]
        self.width = parameters.data_width // 8
        self.settings = dict.fromkeys(Setting, 0)
        self.queues = {unit: deque() for unit in Unit}  # start cycles of queued instructions
        self.idle = dict.fromkeys(Unit, 0)
        self.spans: list[Span] = []
        self.read_bus = self.write_bus = 0
        self.next_load = self.next_store = 0
        self.read_beats = self.written_beats = self.rows = 0
        self.tile_ready: deque[int] = deque()  # cycles from which waiting tiles may be used
        self.weights_free = self.array_free = self.swap = 0
        self.depth = self.p.slot.fitted.latency - 3  # twice the size in the systolic array of integers
        self.vector_free = 0
        self.fetched: list[int] = []  # cycle in which each instruction is buffered
        self.issued: list[int] = []  # cycle of its first issue
        self.window = min(costs.lookahead, parameters.instructions - BLOCK)

    def run(self, limit: int) -> Timeline:
        c, code = self.c, self.code
        registers = [0] * 16
        loops: list[list[int]] = []
        pc, cycle, count = 0, 0, 0
        fetched, issued = self.fetched, self.issued
        mask = 0xFFFFFFFF
        while cycle < limit:
            while len(fetched) <= pc:
                self.fetch()
            cycle = max(cycle, fetched[pc])
            if pc == len(issued):
                issued.append(cycle)
            op, flags, ra, ia, rb, ib, rc, ic = code[pc]
            a, b = registers[ra] + ia & mask, registers[rb] + ib & mask
            count += 1
            if op is Op.WEIGHTS:
                cycle = self.queue(Unit.FETCH, cycle) + c.issue
                self.weights(cycle, b, pc)
            elif op is Op.MATMUL:
                cycle = self.queue(Unit.ARRAY, cycle) + c.issue
                self.matmul(cycle, flags, pc)
            elif op is Op.END:
                for r, i in ((ra, ia), (rb, ib), (rc, ic)):
                    if r:
                        registers[r] = registers[r] + i & mask
                cycle += c.control
                loop = loops[-1]
                loop[1] -= 1
                if loop[1]:
                    pc = loop[0]
                    continue
                loops.pop()
            elif op is Op.LOOP:
                loops.append([pc + 1, a])
                cycle += c.control
            elif op in (Op.ADD, Op.MOVE):
                for r, i in ((ra, ia), (rb, ib), (rc, ic)):
                    if r:
                        registers[r] = (registers[r] if op is Op.ADD else 0) + i & mask
                cycle += c.control
            elif op is Op.SET:
                setting = Setting(flags)
                self.settings[setting] = a - (1 << 32) if a >> 31 else a
                cycle += c.issue
            elif op is Op.SYNC:
                begin = cycle
                for unit in Unit:
                    if flags & unit:
                        cycle = max(cycle, self.idle[unit])
                cycle += c.sync
                self.spans.append(Span("sync", begin, cycle, pc))
            elif op is Op.LOAD:
                cycle = self.queue(Unit.LOAD, cycle) + c.issue
                self.load(cycle, a, pc)
            elif op is Op.STORE:
                cycle = self.queue(Unit.STORE, cycle) + c.issue
                self.store(cycle, a, pc)
            elif op is Op.HALT:
                cycle = max(cycle, *self.idle.values()) + c.halt
                break
            else:
                cycle = self.queue(Unit.VECTOR, cycle) + c.issue
                self.vector(cycle, op, flags, pc)
            pc += 1
        return Timeline(cycle, self.spans, self.rows, self.read_beats, self.written_beats, count, issued)

    def fetch(self, after: int = 0):
        """Fetch the next instruction as soon as the buffer has a free entry."""
        at, beats = len(self.fetched), BYTES // self.width
        free = self.issued[at - self.window] + self.c.latency if 0 <= at - self.window < len(self.issued) else 0
        last = self.fetched[-1] if self.fetched else 0
        self.fetched.append(max(self.c.start + self.c.latency, free, last, after) + beats)
        self.read_beats += beats
        if self.read_bus > self.fetched[-1]:
            self.read_bus += beats

    def queue(self, unit: UnitSet, cycle: int) -> int:
        """First cycle from `cycle` on in which the queue of a unit is not full."""
        queue = self.queues[unit]
        while queue and queue[0] <= cycle:
            queue.popleft()
        return queue[len(queue) - self.p.queue] if len(queue) >= self.p.queue else cycle

    def box(self, name: str, bus: int) -> tuple[int, int]:
        """Beats on the bus and transfer cycles of the box in the current settings."""
        s = self.settings
        size = s[Setting[f"{name}_SIZE"]]
        dims = [
            (
                s[Setting[f"{name}_COUNT{d}"]],
                s[Setting[f"{name}_BUS_STRIDE{d}"]],
                s[Setting[f"LOAD_PAD{d}"]] if name == "LOAD" else 0,
            )
            for d in range(self.p.dims)
        ]
        count, _, pad = dims[0]
        inside = (count - (pad & 0xFF) - (pad >> 8)) << size
        offset = bus + ((pad & 0xFF) << size)
        padded = (pad & 0xFF > 0) + (pad >> 8 > 0)
        fill = -(-((pad & 0xFF) << size) // self.width) - (-((pad >> 8) << size) // self.width)
        rows, beats, outside = 1, 0, 1
        starts = [offset]
        for count, stride, pad in dims[1:]:
            outside *= count
            within = range(pad & 0xFF, count - (pad >> 8))
            rows *= len(within)
            if len(starts) * len(within) <= 64:
                starts = [start + i * stride for start in starts for i in within]
        if inside:
            each = sum(-(-(start % self.width + inside) // self.width) for start in starts)
            beats = each * rows // max(1, len(starts))
        # Rows entirely in the padding are written but not read.
        whole = -(-(inside // self.width + fill) // 1)
        time = beats + rows * fill * (padded > 0) + (outside - rows) * max(1, whole)
        return beats, time

    def load(self, cycle: int, bus: int, pc: int):
        c = self.c
        begin = max(cycle, self.next_load)
        self.queues[Unit.LOAD].append(begin)
        beats, time = self.box("LOAD", bus)
        first = max(begin + c.descriptor + c.latency, self.read_bus)
        self.read_bus = first + time
        # Instruction prefetch and the load alternate on the bus.
        ahead = min(len(self.code), len(self.issued) + self.window) - len(self.fetched)
        for index in range(min(ahead, time * self.width // BYTES // 2)):
            self.fetch(first + 2 * index * BYTES // self.width)
        self.read_beats += beats
        self.next_load = max(begin + c.between, self.read_bus - c.latency - c.descriptor - 16)
        self.idle[Unit.LOAD] = self.read_bus + c.finish
        self.spans.append(Span("load", first, self.read_bus, pc))

    def store(self, cycle: int, bus: int, pc: int):
        c = self.c
        begin = max(cycle, self.next_store)
        self.queues[Unit.STORE].append(begin)
        beats, time = self.box("STORE", bus)
        first = max(begin + c.descriptor + c.read, self.write_bus)
        self.write_bus = first + time
        self.written_beats += beats
        self.next_store = max(begin + c.between, self.write_bus - c.descriptor - 16)
        self.idle[Unit.STORE] = self.write_bus + c.latency
        self.spans.append(Span("store", first, self.write_bus, pc))

    def weights(self, cycle: int, rows: int, pc: int):
        """Load a tile. One tile is in use and one is pending; a third starts to load when the second comes into use."""
        begin = max(cycle, self.weights_free, self.swap if self.tile_ready else 0)
        self.queues[Unit.FETCH].append(begin)
        self.weights_free = begin + self.p.size
        self.tile_ready.append(self.weights_free + self.c.shift)
        self.idle[Unit.FETCH] = max(self.idle[Unit.FETCH], self.weights_free)
        del rows, pc

    def matmul(self, cycle: int, flags: int, pc: int):
        c = self.c
        rows = self.settings[Setting.COUNT_X] * self.settings[Setting.COUNT_Y]
        ready = self.tile_ready[0] if self.tile_ready else 0
        begin = max(cycle, self.array_free, ready)
        self.queues[Unit.ARRAY].append(begin)
        if not flags & 2 and self.tile_ready:
            self.tile_ready.popleft()
        self.swap = begin
        self.array_free = begin + rows
        self.rows += rows
        self.idle[Unit.FETCH] = max(self.idle[Unit.FETCH], self.array_free + c.fetched)
        self.idle[Unit.ARRAY] = self.array_free + self.depth + c.fill
        last = self.spans[-1] if self.spans else None
        if last and last.unit == "array" and last.end == begin and last.pc == pc:
            self.spans[-1] = Span("array", last.begin, self.array_free, pc)
        else:
            self.spans.append(Span("array", begin, self.array_free, pc))

    def vector(self, cycle: int, op: Opcode, flags: int, pc: int):
        c, s = self.c, self.settings
        begin = max(cycle, self.vector_free)
        self.queues[Unit.VECTOR].append(begin)
        if op is Op.VECTOR:
            words = s[Setting.POINTS_X] * s[Setting.POINTS_Y]
            words *= s[Setting.WINDOW_X] * s[Setting.WINDOW_Y]
            if flags & (ADD | MULTIPLY) and not flags & WEIGHTS:  # both sources are in one memory
                words *= 2
            self.spans.append(Span("vector", begin, begin + words, pc))
            self.vector_free, self.idle[Unit.VECTOR] = begin + words + c.vector, begin + words + c.lanes
            return
        size = self.p.size
        cycles = {Op.QUANT: size + c.quant, Op.QUANT_CHANNEL: size + c.settings, Op.TABLE: 256 + 256 // size}
        self.vector_free = begin + cycles[op]
        self.idle[Unit.VECTOR] = self.vector_free + c.lanes
