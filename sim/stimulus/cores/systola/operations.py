"""Random operations of a core, single or in loops, as instructions.

A program uses one region of each memory, which it fills first. Operations are drawn independently of each other;
their operands are immediates or registers, which are incremented in loops.
"""

from math import prod
from typing import NamedTuple

import numpy as np

from ....golden import addresses, dma, isa
from ....golden.addresses import AddressSequence
from ....golden.isa import InstructionWord, Opcode, Setting
from ...dma import DRAM_BYTES, random_descriptor
from .arena import Arena, Part

LARGEST = 192
"""Most words of a program's region, and most rows of one operation."""
BEATS = 150
"""Approximate elements of one transfer."""
STORED = DRAM_BYTES // 2
"""First address of stored results; lower addresses hold records for QUANT_CHANNEL, from address 0 on."""
LOADS = ["tiny", "dense", "rows", "rows", "strided", "turn", "padded", "padded"]
STORES = ["tiny", "dense", "rows", "rows", "strided"]


class Piece(NamedTuple):
    """Operation to be emitted."""

    op: Opcode
    flags: int
    parts: tuple[Part, ...]


class Writer:
    """Program under construction: `codes`, which have no SYNC yet."""

    def __init__(self, p: dict, rng: np.random.Generator, base: int = 0):
        self.p, self.rng, self.size, self.base = p, rng, p["size"], base
        self.codes: list[InstructionWord] = []
        self.settings = dict.fromkeys(Setting, 0)
        self.registers = [0] * 16
        self.act = self._arena(p["activation_bytes"] // self.size, 8)
        self.wgt = self._arena(
            p["weight_bytes"] // self.size, max(addresses.RECORD, addresses.TABLE_BYTES // self.size)
        )
        self.sums = self._arena(p["accumulators"], 8)
        self.summed = np.zeros(p["accumulators"], bool)  # rows with defined contents
        self.tabled = False

    def _arena(self, words: int, least: int) -> Arena:
        count = int(self.rng.integers(max(least, min(words, LARGEST) // 2), min(words, LARGEST) + 1))
        return Arena(int(self.rng.choice([0, words - count, int(self.rng.integers(words - count + 1))])), count)

    # Instructions.

    def emit(self, op: Opcode, *operands: int | None, flags: int = 0):
        """Emit an instruction with operands of these values, as immediates or as register plus immediate; None is
        unused."""
        names, numbers = [], []
        for value in (*operands, None, None)[:3]:
            name = int(self.rng.integers(16)) if value is not None and self.rng.random() < 0.3 else 0
            names.append(name)
            numbers.append(((value or 0) - self.registers[name]) & isa.MASK)
        self.codes.append(InstructionWord(op, flags, tuple(names), tuple(numbers)))

    def set(self, **values: int):
        for name, value in values.items():
            setting = Setting[name.upper()]
            if self.settings[setting] != value or self.rng.random() < 0.05:
                self.settings[setting] = value
                self.emit(Opcode.SET, value, flags=setting)

    def change(self, op: Opcode, changes: dict[int, int]):
        """Emit MOVE, ADD or END with these registers; preceding instructions hold those that do not fit."""
        items = list(changes.items())
        while len(items) > 3:
            self.change(Opcode.MOVE if op == Opcode.MOVE else Opcode.ADD, dict(items[3:6]))
            items = items[:3] + items[6:]
        items += [(0, 0)] * (3 - len(items))
        names, numbers = zip(*items, strict=True)
        self.codes.append(InstructionWord(op, 0, names, tuple(number & isa.MASK for number in numbers)))

    # Parts of a program.

    def fill(self):
        """Fill the regions of the scratchpads, the settings of requantisation, and some registers."""
        beat = self.p["data_width"] // 8
        for arena, base in ((self.act, 0), (self.wgt, self.p["activation_bytes"])):
            count = arena.words * self.size // beat
            self._box("LOAD", beat.bit_length() - 1, (count,), (beat,), (beat,))
            place = self.base + int(self.rng.integers(DRAM_BYTES - count * beat))
            self.emit(Opcode.LOAD, place, base + arena.first * self.size)
        self.quant()
        names = self.rng.choice(np.arange(1, 16), 6, replace=False)
        self._move({int(name): int(self.rng.integers(-300, 300)) for name in names})

    def random_operation(self):
        """Emit a random operation, a loop of some, or two nested loops."""
        direct = [self.quant, self.quant_channel] + [self.fill_table] * self.p["table"]
        looped = [self.load, self.store, self.array, self.vector]
        if self.rng.random() < 0.1:
            self.drain()
        elif self.rng.random() < 0.25:
            direct[self.rng.integers(len(direct))]()
        elif self.rng.random() < 0.55:
            self.loops([], looped[self.rng.integers(len(looped))]())
        else:
            times = self.rng.integers(1, 4, int(self.rng.choice([1, 1, 2]))).tolist()
            most = 3 if self.p["instructions"] >= 64 else 1
            chosen = self.rng.permutation(len(looped))[: int(self.rng.integers(1, most + 1))]
            self.loops(times, [piece for n in chosen for piece in looped[n]()])

    def drain(self):
        """Emit a MATMUL and, without an instruction between them but SYNC, a VECTOR of its last rows."""
        rows = int(self.rng.integers(1, min(LARGEST // 4, self.act.words, self.sums.words) + 1))
        last = min(rows, int(self.rng.integers(1, 5)))
        loaded = min(self.size, self.wgt.words)
        weights = self.wgt.place(self.rng, (loaded, 1))
        source, target = self.act.place(self.rng, (rows, 1)), self.sums.place(self.rng, (rows, 1))
        dest = self.act.place(self.rng, (last, 1))
        self.set(weight_stride=1, count_x=rows, count_y=1, stride_x=1)
        self.set(window_x=1, window_y=1, points_x=last, points_y=1, source_x=1, dest_x=1)
        self.emit(Opcode.WEIGHTS, weights.value, loaded)
        self.emit(Opcode.MATMUL, source.value, target.value, 0)
        self.summed[target.value : target.value + rows] = True
        self.emit(Opcode.VECTOR, target.value + rows - last, dest.value)

    def finish(self):
        """Store all results to DRAM, including unused sums."""
        for first, count in self._summed():
            count = min(count, self.act.words)
            self.set(window_x=1, window_y=1, points_x=count, points_y=1, source_x=1, dest_x=1)
            self.emit(Opcode.VECTOR, first, self.act.first)
        beat = self.p["data_width"] // 8
        count = self.act.words * self.size // beat
        self._box("STORE", beat.bit_length() - 1, (count,), (beat,), (beat,))
        self.emit(Opcode.STORE, self.base + DRAM_BYTES - count * beat, self.act.first * self.size)
        self.codes.append(InstructionWord(Opcode.HALT))

    def loops(self, times: list[int], pieces: list[Piece]):
        """Emit operations in nested loops, the innermost first, whose operands are incremented."""
        free = self.rng.permutation(np.arange(1, 16)).tolist()
        moves, steps, operands = {}, [{} for _ in times], []
        for piece in pieces:
            registers = [0, 0, 0]
            for place, part in enumerate(piece.parts):
                strides = stepping(self.rng, part, times)
                if any(strides) and free:
                    name = free.pop()
                    registers[place] = name
                    moves[name] = part.value
                    for n, stride in enumerate(strides):
                        steps[n][name] = stride - (strides[n - 1] * times[n - 1] if n else 0)
            operands.append(registers)
        self._move(moves)
        for count in times[-1:]:
            self.emit(Opcode.LOOP, count)
        for count in reversed(times[:-1]):  # registers may have changed
            self.codes.append(InstructionWord(Opcode.LOOP, 0, (0, 0, 0), (count, 0, 0)))
        for piece, names in zip(pieces, operands, strict=True):
            numbers = [0 if name else part.value for name, part in zip(names, piece.parts, strict=False)]
            if times:
                numbers = [number & isa.MASK for number in (*numbers, 0)[:3]]
                self.codes.append(InstructionWord(piece.op, piece.flags, tuple(names), tuple(numbers)))
            else:
                self.emit(piece.op, *numbers, flags=piece.flags)
        for step in steps:
            self.change(Opcode.END, step)
        for name in moves:
            self.registers[name] = self._after(moves[name], [step.get(name, 0) for step in steps], times)

    @staticmethod
    def _after(value: int, steps: list[int], times: list[int]) -> int:
        """Value of a register after loops, the innermost first."""
        total = 0
        for step, count in zip(steps, times, strict=True):
            total = (total + step) * count
        return value + total & isa.MASK

    def _move(self, changes: dict[int, int]):
        for at in range(0, len(changes), 3):
            self.change(Opcode.MOVE, dict(list(changes.items())[at : at + 3]))
        self.registers = [changes.get(n, value) & isa.MASK for n, value in enumerate(self.registers)]

    # Operations: each emits its settings and returns the pieces still to be emitted.

    def load(self) -> list[Piece]:
        arena, base = (self.act, 0) if self.rng.random() < 0.6 else (self.wgt, self.p["activation_bytes"])
        return self._transfer("LOAD", arena, base)

    def store(self) -> list[Piece]:
        return self._transfer("STORE", self.act, 0)

    def _transfer(self, kind: str, arena: Arena, base: int) -> list[Piece]:
        store = kind == "STORE"
        p = addresses.engine_parameters(self.p, store) | {"local_bytes": arena.words * self.size}
        if store:
            p["addr_width"] = STORED.bit_length() - 1
        value = int(self.rng.choice([0, 0x80, 0xFF, int(self.rng.integers(256))]))
        d = random_descriptor(p, self.rng, STORES if store else LOADS, BEATS, store=store)
        self._box(kind, d.size, d.count, d.bus_stride, d.local_stride)
        if not store:
            pads = zip(d.before, d.after, strict=True)
            self.set(load_value=value, **{f"load_pad{n}": b | a << 8 for n, (b, a) in enumerate(pads) if n < p["dims"]})
        bus, local, moved = dma.bytes_of(d)
        bus = bus[moved].astype(np.int64) if len(bus[moved]) else np.zeros(1, np.int64)
        reachable = STORED if store else DRAM_BYTES
        down = int(local.min())
        first = base + arena.first * self.size
        return [
            Piece(
                Opcode[kind],
                0,
                (
                    Part(self.base + d.bus_addr + STORED * store, int(bus.min()), reachable - 1 - int(bus.max())),
                    Part(first + d.local_addr, down, p["local_bytes"] - 1 - int(local.max())),
                ),
            )
        ]

    def _box(self, kind: str, size: int, *fields: tuple[int, ...]):
        self.set(**{f"{kind}_size": size})
        for name, values, neutral in zip(("count", "bus_stride", "local_stride"), fields, (1, 0, 0), strict=True):
            for d, value in enumerate((*values, *[neutral] * 4)[: self.p["dims"]]):
                self.set(**{f"{kind}_{name}{d}": value})
        if kind == "LOAD":
            self.set(**{f"load_pad{d}": 0 for d in range(self.p["dims"])})

    def array(self) -> list[Piece]:
        """Tiles, each used once or more."""
        shape, stride = self._loops(self.act, 2)
        self.set(count_y=shape[0], count_x=shape[1], stride_y=stride[0], stride_x=stride[1])
        pattern = [["W", "M"], ["W", "K", "M"], ["W", "W", "M", "M"]][self.rng.integers(3)]
        stride_w = int(self.rng.choice([1, 1, 2, 0, -1]))
        self.set(weight_stride=stride_w)
        pieces, targets = [], []
        for kind in pattern:
            if kind == "W":
                rows = int(self.rng.choice([self.size, int(self.rng.integers(1, self.size + 1))]))
                part = self.wgt.fit(self.rng, (rows, stride_w))
                if part is None:
                    rows, part = 1, self.wgt.place(self.rng, (1, stride_w))
                pieces.append(Piece(Opcode.WEIGHTS, 0, (part, Part(rows))))
                continue
            source = self.act.place(self.rng, *zip(shape, stride, strict=True))
            target, accumulate = self._target(prod(shape))
            flags = isa.KEEP * (kind == "K")
            by_operand = accumulate and self.rng.random() < 0.5
            flags |= isa.ACCUMULATE * (accumulate and not by_operand)
            targets.append((target, prod(shape)))
            pieces.append(Piece(Opcode.MATMUL, flags, (source, target, Part(int(by_operand)))))
        for target, rows in targets:
            self.summed[target.value : target.value + rows] = True
        return pieces

    def _target(self, rows: int) -> tuple[Part, bool]:
        """Rows of accumulators, and whether to add to them; if so, they stay within rows with defined contents."""
        runs = [(first, count) for first, count in self._summed() if count >= rows]
        if runs and self.rng.random() < 0.5:
            return Arena(*runs[self.rng.integers(len(runs))]).place(self.rng, (rows, 1)), True
        return self.sums.place(self.rng, (rows, 1)), False

    def _summed(self) -> list[tuple[int, int]]:
        """Runs of rows with defined contents."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.summed, [0]])))
        return [(int(first), int(end - first)) for first, end in edges.reshape(-1, 2)]

    def _loops(self, arena: Arena, dims: int) -> tuple[list[int], list[int]]:
        """Counts and strides of an address sequence that fits into the region, and whose rows fit into the others."""
        most = min(LARGEST // 4, self.act.words, self.sums.words)
        for _ in range(20):
            shape = self.rng.integers(1, 6, dims).tolist()
            if dims == 2 and self.rng.random() < 0.5:
                shape = [1, int(self.rng.integers(1, most + 1))]
            stride = [int(self.rng.choice([shape[-1], int(self.rng.integers(-9, 10))])) for _ in shape]
            stride[-1] = int(self.rng.choice([1, 1, 1, int(self.rng.integers(-3, 4))]))
            if prod(shape) <= most and arena.fit(self.rng, *zip(shape, stride, strict=True)):
                return shape, stride
        return [1] * dims, [1] * dims

    def vector(self) -> list[Piece]:
        adds = int(self.rng.choice([0, 0, isa.ADD, isa.MULTIPLY, isa.MULTIPLY, isa.ADD | isa.MULTIPLY]))
        runs = self._summed()
        inside = not runs or self.rng.random() < (0.8 if adds & isa.MULTIPLY else 0.5)
        source = self.act if inside else Arena(*runs[self.rng.integers(len(runs))])
        maximum, weights = self.rng.random() < 0.4, self.rng.random() < 0.5
        shape, stride = self._loops(source, 4 if self.rng.random() < 0.6 else 2)
        shape, stride = [*shape, 1, 1][:4], [*stride, 1, 1][:4]
        second = [int(n) for n in self.rng.choice([0, 1, 3, -2, shape[1], shape[3]], 4)]
        dest = [int(self.rng.choice([1, shape[1], 3])), 1]
        walks = [tuple(zip(shape, strides, strict=False)) for strides in (stride, second, dest)]
        arenas = source, self.wgt if weights else self.act, self.act
        a, c, b = (arena.fit(self.rng, *walk) for arena, walk in zip(arenas, walks, strict=True))
        if a is None or b is None or c is None:
            return self.vector()
        flags = isa.SCRATCHPAD * inside | adds | isa.MAXIMUM * maximum | isa.WEIGHTS * weights
        flags |= isa.TABLE * (self.tabled and self.rng.random() < 0.5)
        reads = [AddressSequence(a.value, walks[0])] * inside
        reads += [AddressSequence(c.value, walks[1])] * (adds > 0 and not weights)
        if any(has_raw_hazard(sequence, AddressSequence(b.value, walks[2])) for sequence in reads):
            return self.vector()
        if reads:  # none of these operands may be incremented in loops, so that the check holds in every iteration
            a, b, c = a._replace(down=0, up=0) if inside else a, b._replace(down=0, up=0), c._replace(down=0, up=0)
        extremes = 1, -1, -(1 << 17), (1 << 17) - 1, int(self.rng.integers(-(1 << 17), 1 << 17))
        scales = self.rng.choice([*extremes, *self.rng.integers(-300, 300, 5).tolist()], 2)
        if inside and self.rng.random() < 0.7:  # keep the upper bits of the sums
            factors = np.abs(scales).sum() + 128 * (adds & isa.MULTIPLY > 0)
            bits = int(factors * 128 * prod(shape[2:])).bit_length()
            self.emit(Opcode.QUANT, 1 << 30, 0, self._limits() | (10 - bits & 63) << 24)
        names = ("points_y", "points_x", "window_y", "window_x")
        walk = ("source_y", "source_x", "source_ky", "source_kx")
        self.set(**dict(zip(names, shape, strict=True)), **dict(zip(walk, stride, strict=True)))
        self.set(**{name.replace("source", "second"): value for name, value in zip(walk, second, strict=True)})
        self.set(dest_y=dest[0], dest_x=dest[1], scale_a=int(scales[0]), scale_b=int(scales[1]))
        return [Piece(Opcode.VECTOR, flags, (a, b, c if adds else Part(int(self.rng.integers(1 << 32)))))]

    def quant(self):
        """Emit any multiplier and bias; most shifts keep some bits of a sum."""
        multiplier = int(
            self.rng.choice([1 << 30, -(1 << 31), (1 << 31) - 1, int(self.rng.integers(-(1 << 31), 1 << 31))])
        )
        bias = int(
            self.rng.choice([0, int(self.rng.integers(-5000, 5000)), int(self.rng.integers(-(1 << 31), 1 << 31))])
        )
        self.emit(Opcode.QUANT, multiplier, bias, self._limits() | (shift(self.rng) & 63) << 24)

    def quant_channel(self):
        """Emit QUANT_CHANNEL with records from the beginning of DRAM."""
        beat, bytes = self.p["data_width"] // 8, self.size * addresses.RECORD
        part = self.wgt.place(self.rng, (addresses.RECORD, 1))
        self._box("LOAD", beat.bit_length() - 1, (bytes // beat,), (beat,), (beat,))
        self.emit(Opcode.LOAD, self.base, self.p["activation_bytes"] + part.value * self.size)
        self.emit(Opcode.QUANT_CHANNEL, part.value, None, self._limits())

    def _limits(self) -> int:
        """Zero point, low and high, with low <= high."""
        first = -128 if self.p["format"] == "int8" else 0
        low, high = sorted(int(n) for n in self.rng.integers(first, first + 256, 2))
        if self.rng.random() < 0.7:
            low, high = first, first + 255
        return int(self.rng.integers(256)) | (low & 255) << 8 | (high & 255) << 16

    def fill_table(self):
        self.tabled = True
        self.emit(Opcode.TABLE, self.wgt.place(self.rng, (addresses.TABLE_BYTES // self.size, 1)).value)


def shift(rng) -> int:
    return int(rng.choice([int(rng.integers(-16, -4)), int(rng.integers(-16, -4)), int(rng.integers(-31, 31))]))


def stepping(rng, part: Part, times: list[int]) -> list[int]:
    """Increments of an operand in some loops, the innermost first, within its limits."""
    down, up = part.down, part.up
    strides = []
    for count in times:
        low, high = (-(limit // (count - 1)) if count > 1 else 0 for limit in (down, up))
        stride = int(
            rng.choice([0, int(rng.integers(low, -high + 1)), int(rng.integers(max(low, -4), min(-high, 4) + 1))])
        )
        strides.append(stride)
        down, up = down + min(0, stride * (count - 1)), up - max(0, stride * (count - 1))
    return strides


def has_raw_hazard(reads: AddressSequence, writes: AddressSequence) -> bool:
    """Whether a point of an operation reads an address that an earlier point writes."""
    to = writes.addresses()
    found = reads.addresses().reshape(len(to), -1)
    return any(np.isin(found[n], to[:n]).any() for n in range(1, len(to)))
