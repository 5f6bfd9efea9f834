"""Static checker of programs: proves that a program is correct for a core, or reports the problems.

A program has no data-dependent control. Its loops and registers can therefore be executed in advance, while the last
access to each byte of each memory is recorded, so the proof is exact. Two accesses to a byte by two units, one of them
a write, need a SYNC between them that names the unit of the earlier access. Undefined lanes are propagated up to DRAM:
only lanes whose results are never used may be undefined.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np

from ....hw.cores.systola.isa import DRAM, ISA, LOCAL, SUMS, Op, Setting, Unit
from ....hw.cores.systola.parameters import SystolaParameters
from ....hw.issue.isa_numbers import SettingNumber
from ....sim.golden import addresses, dma, isa
from ....sim.golden.addresses import AddressSequence
from ....sim.golden.isa import ErrorCode, ExecutionFault, Operation
from .access_history import CellAccess, DramHistory, MemoryHistory, rows_of
from .program import Program, longest_loop

MOST = 20
"""Maximum number of reported problems."""
LIMIT = 1 << 21
"""Maximum number of executed instructions of a checked program."""
LARGEST = 1 << 24
"""Maximum number of rows or elements of one operation."""

REJECTED = {
    dma.DmaCode.ZERO_COUNT: "a count is 0",
    dma.DmaCode.SIZE: "an element is wider than a beat of the bus",
    dma.DmaCode.PADDING: "more elements are padded than there are",
}
"""Reasons why the DMA engine rejects a box."""

_user = cache(ISA.user)


class Problem(NamedTuple):
    """Problem of a program: the instructions concerned, the later one first, and a sentence.

    `unchecked`: a limit of the checker was reached, and the rest of the program may be correct.
    """

    instructions: tuple[int, ...]
    text: str
    unchecked: bool = False

    def __str__(self):
        return self.text


def check(program: Program, machine: SystolaParameters, *, dram: int = 1 << 32) -> list[Problem]:
    """Problems of a program, at most :data:`MOST`; `dram` is the first address after the end of DRAM."""
    return _Check(program, machine, dram).run()


class _Stop(Exception):
    """End of the check at an instruction at which the core would stop."""


class _Check:
    def __init__(self, program: Program, machine: SystolaParameters, dram: int):
        self.program, self.machine, self.end = program, machine, dram
        self.parameters = machine.model_dump()
        self.problems: dict[tuple, Problem] = {}
        self.operations: list[Operation] = []
        self.done = dict.fromkeys(Unit, -1)
        local = machine.activation_words + machine.weight_words
        self.local = MemoryHistory(LOCAL, local, machine.size)
        self.sums = MemoryHistory(SUMS, machine.accumulators, machine.size)
        self.dram = DramHistory(DRAM)
        self.tiles: list[tuple[int, int, np.ndarray]] = []  # operation, rows, defined columns
        self.used: tuple[int, int, np.ndarray] | None = None  # the tile of the next MATMUL, if kept
        self.quant = np.zeros(machine.size, bool)
        self.table = False

    def run(self) -> list[Problem]:
        codes = [isa.decode(instruction.encode()) for instruction in self.program.instructions]
        steps = isa.issue(lambda pc: codes[pc] if pc < len(codes) else None, self.machine.instructions, LIMIT)
        rules: dict[int, Callable] = {
            Op.SYNC: self.sync,
            Op.HALT: self.halt,
            Op.LOAD: self.move,
            Op.STORE: self.move,
            Op.WEIGHTS: self.weights,
            Op.MATMUL: self.matmul,
            Op.QUANT: self.quantise,
            Op.QUANT_CHANNEL: self.quantise,
            Op.TABLE: self.fill_table,
            Op.VECTOR: self.vector,
        }
        try:
            self.loops()
            for operation in steps:
                self.operations.append(operation)
                rules[operation.op](operation)
                if len(self.problems) >= MOST:
                    break
        except ExecutionFault as fault:
            with suppress(_Stop):
                self.stopped(fault)
        except _Stop:
            pass
        return list(self.problems.values())

    def loops(self):
        """Check that loops are nested within the limit and that each outermost loop fits the instruction buffer."""
        begun: list[int] = []
        for pc, instruction in enumerate(self.program.instructions):
            if instruction.op == Op.LOOP:
                begun.append(pc)
                if len(begun) > ISA.loops:
                    self.reject(pc, f"exceeds the nesting limit of {ISA.loops} loops.")
            elif instruction.op == Op.END:
                if not begun:
                    self.reject(pc, "has no LOOP.")
                begin, most = begun.pop(), longest_loop(self.machine)
                if not begun and pc - begin >= most:
                    text = f"begins a loop of {pc - begin + 1} instructions; a loop has at most {most}."
                    self.reject(begin, text)
        if begun:
            self.reject(begun[-1], "has no END.")

    # Reports.

    def reject(self, pc: int, text: str):
        """Report a problem of an instruction in all its iterations, and stop."""
        self.problems[pc, text] = Problem((pc,), f"{self.location(pc)} {text}")
        raise _Stop

    def report(self, text: str, *others: int, kind: str = "", unchecked: bool = False):
        """Report a problem of the newest operation, together with other operations."""
        operations = [self.operations[-1], *(self.operations[other] for other in others)]
        pcs = tuple(operation.pc for operation in operations)
        names = [self.location(operation.pc, operation.iteration) for operation in operations]
        self.problems.setdefault((pcs, kind or text), Problem(pcs, text.format(*names), unchecked))

    def fail(self, text: str, *, unchecked: bool = False):
        """Report a problem of the newest operation, and stop."""
        self.report(f"{{}} {text}", unchecked=unchecked)
        raise _Stop

    def where(self, pc: int) -> str:
        """Line of an instruction in the source, or its number."""
        line = self.program.instructions[pc].line
        return f"line {line}" if line else f"instruction {pc}"

    def location(self, pc: int, iteration: tuple[int, ...] = ()) -> str:
        """Place and text of an instruction, with its iteration in loops."""
        text = " ".join(str(self.program.instructions[pc]).split())
        times = f"; iteration {', '.join(map(str, iteration))}" if iteration else ""
        return f"{self.where(pc)} ({text}{times})"

    def rows(self, memory: MemoryHistory, span: tuple[int, int]) -> str:
        """Name of a range of cells of a memory, from the first to the last."""
        base = self.machine.activation_words
        first, last = span
        if memory is self.dram:
            what, first, last = "DRAM byte", f"0x{first:x}", f"0x{last:x}"
        elif memory is self.sums:
            what = "accumulator row"
        elif first < base:
            what = "activation word"
        else:
            what, first, last = "weight word", first - base, last - base
        return f"{what} {first}" if first == last else f"{what}s {first} to {last}"

    def stopped(self, fault: ExecutionFault):
        """Report a fault of the instruction issue."""
        if fault.error == ErrorCode.OPERAND:
            self.reject(fault.pc, f"needs 1 to {isa.COUNT_LIMIT} iterations.")
        text = f"The program executes more than {LIMIT:,} instructions, the limit of the checker."
        if fault.error == ErrorCode.FETCH:
            text = "The program runs past its end: a HALT is missing."
        self.problems[fault.pc, text] = Problem((fault.pc,), text, fault.error is None)

    # Memories.

    def access(self, *cells: tuple[MemoryHistory, bool, tuple]):
        """Record that the newest operation reads cells of memories, or writes them (True); report hazards."""
        operation = len(self.operations) - 1
        op = self.operations[-1].op
        accesses = [
            CellAccess(memory, _user(op, memory.name, writes), writes, which) for memory, writes, which in cells
        ]
        for a in accesses:
            if found := a.memory.conflict(a, self.done):
                other, earlier, span = found
                does = "writes" if a.writes else "reads"
                self.report(
                    f"{{}} {does} {self.rows(a.memory, span)} while {{}} may still use them: "
                    f"a SYNC {earlier.label} is missing between them.",
                    other,
                    kind="hazard",
                )
        for a in accesses:
            a.memory.touch(a, operation)

    def words(self, sequence: AddressSequence, what: str, words: int, *, base: int = 0) -> AddressSequence:
        """Rows of a memory that the operation accesses."""
        if not sequence.inside(words):
            low, high = dma.extent(*zip(*sequence.loops, strict=True))
            self.fail(
                f"accesses {what}s {sequence.first + low} to {sequence.first + high}; legal are 0 to {words - 1}."
            )
        if sequence.count > LARGEST:
            self.fail(f"accesses {sequence.count:,} {what}s; the limit of the checker is {LARGEST:,}.", unchecked=True)
        return sequence._replace(first=sequence.first + base)

    def activations(self, sequence: AddressSequence) -> AddressSequence:
        return self.words(sequence, "activation word", self.machine.activation_words)

    def weight_words(self, sequence: AddressSequence) -> AddressSequence:
        return self.words(sequence, "weight word", self.machine.weight_words, base=self.machine.activation_words)

    def accumulators(self, sequence: AddressSequence) -> AddressSequence:
        return self.words(sequence, "accumulator row", self.machine.accumulators)

    def written(self, memory: MemoryHistory, cells: tuple, *, whole: bool = False) -> np.ndarray:
        """Mask of the defined cells; each row must have at least one, or all of them (`whole`)."""
        written = memory.written[cells]
        if written.all() or (written if whole else written.any(axis=-1)).all():
            return written
        missing = ~written if whole else np.broadcast_to(~written.any(axis=-1, keepdims=True), written.shape)
        span = self.rows(memory, memory.span(cells, missing))
        writer = memory.writer(cells, missing)
        if writer < 0:
            self.report(f"{{}} reads {span}, which no instruction has written.", kind="nothing")
        else:
            self.report(f"{{}} reads {span}, which {{}} computed from undefined data.", writer, kind="nothing")
        return np.ones_like(written)  # report each cause once

    def counts(self, operation: Operation, *settings: SettingNumber):
        for setting in settings:
            if not 1 <= (value := operation.settings[setting]) <= isa.COUNT_LIMIT:
                self.fail(f"needs a {setting.name} from 1 to {isa.COUNT_LIMIT}, not {isa.signed(value)}.")

    def fits(self, operation: Operation, settings: Iterable[SettingNumber], low: int, high: int):
        for setting in settings:
            if not low <= (value := isa.signed(operation.settings[setting])) <= high:
                self.fail(f"needs a {setting.name} from {low} to {high}, not {value}.")

    # Operations.

    def sync(self, o: Operation):
        for each in ISA.completed_by(o.flags):
            self.done[each] = len(self.operations) - 1
        if o.flags & (Unit.FETCH | Unit.ARRAY) and len(self.tiles) > 1:
            self.fail(f"never completes: {len(self.tiles)} tiles wait for a MATMUL, and the array holds one.")

    def halt(self, o: Operation):
        if o.iteration:
            self.fail("ends the program inside a loop.")
        if self.tiles:
            self.report("{} comes before a MATMUL uses the tile of {}.", self.tiles[0][0])

    def move(self, o: Operation):
        bus, local, moved = dma.bytes_of(self.descriptor(o))
        bus = bus[moved]
        if bus.size and (last := int(bus.max())) >= self.end:
            self.fail(f"accesses DRAM byte 0x{last:x}; legal are 0 to 0x{self.end - 1:x}.")
        cells = np.divmod(local, self.machine.size)
        loads = o.op == Op.LOAD
        if not loads:
            self.written(self.local, cells, whole=True)
        self.access((self.local, loads, cells), (self.dram, not loads, self.dram.cells(bus)))
        if loads:
            self.local.written[cells] = True

    def descriptor(self, o: Operation) -> dma.Descriptor:
        """Descriptor of the operation for the DMA engine; a problem is reported if the engine rejects it."""
        dims, engine = self.machine.dims, addresses.engine_parameters(self.parameters, o.op == Op.STORE)
        local_bytes = engine["local_bytes"]

        def fit(name: str, low: int, high: int, axes: range = range(dims)):
            self.fits(o, [Setting[f"{o.op.name}_{name}{axis}"] for axis in axes], low, high)

        self.fits(o, [Setting[f"{o.op.name}_SIZE"]], 0, 7)
        fit("COUNT", 0, isa.COUNT_LIMIT)
        fit("COUNT", 0, 1, range(dims, 4))
        fit("LOCAL_STRIDE", -local_bytes, local_bytes - 1)
        if o.op == Op.LOAD:
            fit("PAD", 0, 0xFFFF)
            self.fits(o, [Setting.LOAD_VALUE], 0, 255)
        d = addresses.descriptor(o, self.parameters)
        code = dma.DmaCode.LOCAL_RANGE if o.b >= local_bytes else dma.check(d, engine)
        if code == dma.DmaCode.LOCAL_RANGE:
            what = "the scratchpads" if o.op == Op.LOAD else "activations"
            self.fail(f"is rejected: it exceeds the {local_bytes} bytes of {what}.")
        if code != dma.DmaCode.OK:
            self.fail(f"is rejected: {REJECTED[code]}.")
        if prod(d.count) > LARGEST:
            self.fail(f"moves {prod(d.count):,} elements; the limit of the checker is {LARGEST:,}.", unchecked=True)
        return d

    def weights(self, o: Operation):
        if not 1 <= o.b <= self.machine.size:
            self.fail(f"needs 1 to {self.machine.size} rows, not {o.b}.")
        cells = (rows_of(self.weight_words(addresses.weight_words(o))),)
        columns = np.asarray(self.written(self.local, cells).all(axis=0))
        self.access((self.local, False, cells))
        self.tiles.append((len(self.operations) - 1, o.b, columns))
        if len(self.tiles) > self.machine.queue:
            self.fail(f"is one tile too many: {self.machine.queue} tiles already wait for a MATMUL.")

    def matmul(self, o: Operation):
        self.counts(o, Setting.COUNT_X, Setting.COUNT_Y)
        sums = (rows_of(self.accumulators(addresses.accumulator_rows(o))),)
        words = rows_of(self.activations(addresses.activation_words(o)))
        if self.used is None:
            if not self.tiles:
                self.fail("never completes: no earlier WEIGHTS loads an unused tile.")
            self.used = self.tiles.pop(0)
        _, rows, columns = self.used
        if not o.flags & isa.KEEP:
            self.used = None
        cells = (words, slice(rows)) if rows < self.machine.size else (words,)
        self.written(self.local, cells, whole=True)
        if o.flags & isa.ACCUMULATE or o.c:
            columns = columns & self.written(self.sums, sums)
        self.access((self.local, False, cells), (self.sums, True, sums))
        self.sums.written[sums] = columns

    def quantise(self, o: Operation):
        if o.op == Op.QUANT:
            if not -31 <= (shift := isa.signed(o.c >> 24, 6)) <= 30:
                self.fail(f"needs a shift from -31 to 30, not {shift}.")
            self.quant[:] = True
            return
        words = self.weight_words(addresses.record_words(o)).addresses()
        records = np.arange(self.machine.size * addresses.RECORD).reshape(-1, addresses.RECORD)
        row, lane = np.divmod(records[:, : addresses.RECORD_USED], self.machine.size)
        cells = (words[row], lane)
        self.quant = np.asarray(self.local.written[cells].all(axis=1))
        if not self.quant.any():
            self.quant = np.asarray(self.written(self.local, cells, whole=True).all(axis=1))
        self.access((self.local, False, cells))

    def fill_table(self, o: Operation):
        if not self.machine.table:
            self.fail("needs a core with table=true.")
        cells = (rows_of(self.weight_words(addresses.table_words(o, self.parameters))),)
        self.written(self.local, cells, whole=True)
        self.access((self.local, False, cells))
        self.table = True

    def vector(self, o: Operation):
        self.counts(o, Setting.WINDOW_X, Setting.WINDOW_Y, Setting.POINTS_X, Setting.POINTS_Y)
        window = o.settings[Setting.WINDOW_X] * o.settings[Setting.WINDOW_Y]
        inside, adds = o.flags & isa.SCRATCHPAD, o.flags & (isa.ADD | isa.MULTIPLY)
        if o.flags & isa.TABLE and not self.machine.table:
            self.fail("needs a core with table=true.")
        if o.flags & isa.TABLE and not self.table:
            self.report("{} comes before any TABLE.")
        if not self.quant.any():
            self.report("{} comes before any QUANT or QUANT_CHANNEL.")
        self.fits(o, [Setting.SCALE_A] * bool(inside) + [Setting.SCALE_B] * bool(adds), -(1 << 17), (1 << 17) - 1)
        memory = self.local if inside else self.sums
        source = (self.activations if inside else self.accumulators)(addresses.source_words(o)).addresses()
        dest = self.activations(addresses.dest_words(o)).addresses()
        lanes = self.quant & self.written(memory, (source,)).reshape(len(dest), window, -1).all(axis=1)
        accesses = [(memory, False, (source,))]
        if inside:
            self.check_raw_hazard(source.reshape(-1, window), dest)
        if adds:
            words = self.weight_words if o.flags & isa.WEIGHTS else self.activations
            second = words(addresses.second_words(o)).addresses()
            lanes &= self.written(self.local, (second,)).reshape(len(dest), window, -1).all(axis=1)
            accesses.append((self.local, False, (second,)))
            self.check_raw_hazard(second.reshape(-1, window), dest)
        self.access(*accesses, (self.local, True, (dest,)))
        self.local.written[dest] = lanes

    def check_raw_hazard(self, reads: np.ndarray, dest: np.ndarray):
        """Report a point that reads a word, reads[point, :], which an earlier point writes, dest[point]."""
        if reads.max() < dest.min() or reads.min() > dest.max():
            return
        words, first = np.unique(dest, return_index=True)
        at = np.searchsorted(words, reads).clip(max=len(words) - 1)
        late = (words[at] == reads) & (first[at] < np.arange(len(reads))[:, None])
        if late.any():
            span = self.rows(self.local, (int(reads[late].min()), int(reads[late].max())))
            self.report(f"{{}} reads {span} after writing them itself: split it by a SYNC vector.")
