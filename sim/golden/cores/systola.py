"""Golden model of the core: executes a program on an image of DRAM, one instruction after the other.

Memories: activations and weights, words of `size` bytes at consecutive addresses in the local memory of the DMA engine,
and accumulators, rows of `size` int32. With T the tile in use,

    WEIGHTS  T[k] = weight word a + k * weight_stride for k < b, 0 for the others
    MATMUL   acc[b + y * count_x + x] (+)= A[a + y * stride_y + x * stride_x] @ T
    VECTOR   act[b + y * dest_y + x * dest_x] = requantised (sum or maximum over ky, kx of element)
             element = source[a + y * source_y + x * source_x + ky * source_ky + kx * source_kx] * factor + scale_b * z
             z = second[c + y * second_y + x * second_x + ky * second_ky + kx * second_kx]

The factor of an activation is scale_a or, with the flag multiply, scale_a + z; that of a sum is 1. z is a word of
activations or, with the flag weights, of weights; without the flags add and multiply it is 0.

T and A are integers, decoded from bytes: a byte of weights is a code of `w_format`, a byte of activations is a code of
`a_format` (`auto`: `format`). All other units read the same bytes as integers of `format`.

Strides are signed, and addresses count modulo 2^32 and must lie inside their memory. Sums are of 32 bits and wrap.

`parameters`: size, format, a_format, w_format, activation_bytes, weight_bytes, accumulators, data_width, dims,
rounding, table, instructions.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import prod

import numpy as np

from .. import addresses, dma, isa, operands
from ..addresses import RECORD, TABLE_BYTES, AddressSequence
from ..integer import limits, wrap
from ..isa import ErrorCode, ExecutionFault, Opcode, Operation, Setting
from ..requantise import requantise
from ..result import GoldenResult

MOST = 1 << 24
"""Limit of the rows or elements of one operation in the model."""


def run(
    parameters: dict,
    dram: np.ndarray,
    entry: int = 0,
    limit: int = 10**7,
    faults: Iterable[tuple[int, int, int]] = (),
    base: int = 0,
) -> GoldenResult:
    """Run the program at address `entry`, at most `limit` instructions of it; see :class:`.GoldenResult`.

    `dram` holds the bus addresses from `base` on; `entry` and `faults` count from it. Beats beyond it, and those that
    touch one of `faults` (first and last address, code), return an error.
    """
    if entry % isa.BYTES:
        raise ValueError(f"entry={entry}: entry must be a multiple of {isa.BYTES}")
    core = Core(parameters, dram.copy(), faults, base)
    error, pc, instructions = ErrorCode.NONE, 0, 0

    def fetch(index: int) -> isa.InstructionWord | None:
        nonlocal instructions, pc
        instructions, pc = instructions + 1, index
        at = entry + isa.BYTES * index
        if index not in codes and not core.engines[Opcode.LOAD].fails(at, isa.BYTES):
            codes[index] = isa.decode(dram[at : at + isa.BYTES].tobytes())
        return codes.get(index)

    codes: dict[int, isa.InstructionWord] = {}
    try:
        for operation in isa.issue(fetch, parameters["instructions"], limit, entry):
            core.begin(operation)()
    except ExecutionFault as fault:
        error, pc = fault.error, fault.pc
    counters = {"rows": core.rows, "instructions": instructions - 1}  # HALT is not counted
    return GoldenResult(core.dram, error, pc, counters, core.engines[Opcode.STORE].dram_uncertain)


class Core:
    """Memories of a core and the effect of each operation on them."""

    def __init__(self, parameters: dict, dram: np.ndarray, faults: Iterable[tuple[int, int, int]] = (), base: int = 0):
        self.parameters, self.dram, self.base = parameters, dram, base
        size = parameters["size"]
        self.local = np.zeros(parameters["activation_bytes"] + parameters["weight_bytes"], np.uint8)
        inner, outer = np.split(self.local, [parameters["activation_bytes"]])
        self.activations, self.weights = inner.reshape(-1, size), outer.reshape(-1, size)
        self.accumulators = np.zeros((parameters["accumulators"], size), np.int32)
        self.lane = np.int8 if limits(parameters["format"])[0] else np.uint8
        self.w_format = parameters["w_format"]
        self.a_format = parameters["format"] if parameters["a_format"] == "auto" else parameters["a_format"]
        self.tiles: list[np.ndarray] = []
        self.used: np.ndarray | None = None  # the tile that the next MATMUL uses again
        self.quant = {name: np.zeros(size, np.int64) for name in ("multiplier", "bias", "shift")}
        self.common = {"zero_point": 0, "low": 0, "high": 0}
        self.table = np.zeros(TABLE_BYTES, np.uint8)
        self.rows = 0
        self.engines = {
            op: dma.DmaModel(self.dram, local, addresses.engine_parameters(parameters, op == Opcode.STORE), faults)
            for op, local in ((Opcode.LOAD, self.local), (Opcode.STORE, inner))
        }
        self._begin = {
            Opcode.LOAD: self._move,
            Opcode.STORE: self._move,
            Opcode.WEIGHTS: self._weights,
            Opcode.MATMUL: self._matmul,
            Opcode.QUANT: self._quant,
            Opcode.QUANT_CHANNEL: self._quant_channel,
            Opcode.TABLE: self._table,
            Opcode.VECTOR: self._vector,
        }

    def begin(self, operation: Operation) -> Callable[[], None]:
        """Read the operands of the operation; the returned function writes its results. Raises
        :class:`.ExecutionFault`."""
        return self._begin.get(operation.op, lambda operation: _nothing)(operation)

    def _move(self, o: Operation):
        d, engine = addresses.descriptor(o, self.parameters), self.engines[o.op]
        d = replace(d, bus_addr=d.bus_addr - self.base & isa.MASK)
        if o.b >> addresses.local_width(self.parameters, o.op == Opcode.STORE):
            raise ExecutionFault(ErrorCode.RANGE, o.pc)
        if dma.check(d, engine.parameters) != dma.DmaCode.OK:
            raise ExecutionFault(ErrorCode.DESCRIPTOR, o.pc)
        if prod(d.count) > MOST:
            raise ExecutionFault(None, o.pc)

        def move():
            if engine.execute(d).code != dma.DmaCode.OK:
                raise ExecutionFault(ErrorCode.BUS, o.pc)

        return move

    def _weights(self, o: Operation):
        tile = np.zeros((len(self.weights[0]),) * 2, np.int64)
        if not 1 <= o.b <= len(tile):
            raise ExecutionFault(ErrorCode.OPERAND, o.pc)
        tile[: o.b] = operands.from_bytes(self.w_format, self._read(self.weights, addresses.weight_words(o), o.pc))
        self.tiles.append(tile)
        return _nothing

    def _matmul(self, o: Operation):
        _counts(o, Setting.COUNT_X, Setting.COUNT_Y)
        rows = _inside(self.accumulators, addresses.accumulator_rows(o), o.pc)
        x = operands.from_bytes(self.a_format, self._read(self.activations, addresses.activation_words(o), o.pc))
        if self.used is None:
            if not self.tiles:
                raise ExecutionFault(None, o.pc)
            self.used = self.tiles.pop(0)
        product = x @ self.used
        if not o.flags & isa.KEEP:
            self.used = None
        self.rows += len(rows)

        def put():
            before = self.accumulators[rows] if o.flags & isa.ACCUMULATE or o.c else 0
            self.accumulators[rows] = wrap(before + product, 32)

        return put

    def _quant(self, o: Operation):
        for name, value in (("multiplier", o.a), ("bias", o.b)):
            self.quant[name][:] = isa.signed(value)
        self.quant["shift"][:] = isa.signed(o.c >> 24, 6)
        return self._common(o)

    def _quant_channel(self, o: Operation):
        records = self._read(self.weights, addresses.record_words(o), o.pc).reshape(-1, RECORD)
        self.quant["multiplier"][:] = np.ascontiguousarray(records[:, 0:4]).view("<i4")[:, 0]
        self.quant["bias"][:] = np.ascontiguousarray(records[:, 4:8]).view("<i4")[:, 0]
        self.quant["shift"][:] = (records[:, 8] << 2).view(np.int8) >> 2
        return self._common(o)

    def _common(self, o: Operation):
        for at, name in enumerate(self.common):
            self.common[name] = int(np.uint8(o.c >> 8 * at & 255).view(self.lane))
        return _nothing

    def _table(self, o: Operation):
        self.table[:] = self._read(self.weights, addresses.table_words(o, self.parameters), o.pc).reshape(-1)
        return _nothing

    def _vector(self, o: Operation):
        _counts(o, Setting.WINDOW_X, Setting.WINDOW_Y, Setting.POINTS_X, Setting.POINTS_Y)
        words = addresses.source_words(o)
        window = o.settings[Setting.WINDOW_Y] * o.settings[Setting.WINDOW_X]
        source = self._read(self.activations if o.flags & isa.SCRATCHPAD else self.accumulators, words, o.pc)
        second: np.ndarray | int = 0
        if o.flags & (isa.ADD | isa.MULTIPLY):
            memory = self.weights if o.flags & isa.WEIGHTS else self.activations
            second = self._read(memory, addresses.second_words(o), o.pc).view(self.lane).astype(np.int64)
        if o.flags & isa.SCRATCHPAD:
            factor = _scale(o, Setting.SCALE_A)
            factor = wrap(np.asarray(factor + second), 18) if o.flags & isa.MULTIPLY else factor
            source = source.view(self.lane).astype(np.int64) * factor
        element = wrap(source.astype(np.int64) + second * _scale(o, Setting.SCALE_B), 32)
        element = element.reshape(-1, window, element.shape[1])
        value = element.max(axis=1) if o.flags & isa.MAXIMUM else element.sum(axis=1)
        to = _inside(self.activations, addresses.dest_words(o), o.pc)
        legal = {**self.quant, "shift": self.quant["shift"].clip(-31, 30)}
        result = requantise(wrap(value, 32), **legal, **self.common, rounding=self.parameters["rounding"])
        result = result.astype(np.uint8)
        if o.flags & isa.TABLE and self.parameters["table"]:
            result = self.table[result]

        def put():
            self.activations[to] = result

        return put

    @staticmethod
    def _read(memory: np.ndarray, sequence: AddressSequence, pc: int) -> np.ndarray:
        return memory[_inside(memory, sequence, pc)]


def _scale(o: Operation, setting: Setting) -> int:
    """Scale, or the nearest one that fits 18 bits."""
    return min(max(isa.signed(o.settings[setting]), -(1 << 17)), (1 << 17) - 1)


def _counts(o: Operation, *settings: Setting):
    if not all(1 <= o.settings[setting] <= isa.COUNT_LIMIT for setting in settings):
        raise ExecutionFault(ErrorCode.OPERAND, o.pc)


def _inside(memory: np.ndarray, sequence: AddressSequence, pc: int) -> np.ndarray:
    if not sequence.inside(len(memory)):
        raise ExecutionFault(ErrorCode.RANGE, pc)
    if sequence.count > MOST:
        raise ExecutionFault(None, pc)
    return sequence.addresses()


def _nothing():
    pass
