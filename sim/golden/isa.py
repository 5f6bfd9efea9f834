"""Instruction set of a core: the encoding of an instruction in 128 bits, and the order of execution.

Four words of 32 bits: opcode [5:0], flags [19:6], register of a [23:20], of b [27:24], of c [31:28]; then the
immediates of a, b, c. An operand's value is register + immediate modulo 2^32; register 0 is 0.
"""

from collections.abc import Callable, Iterator
from enum import IntEnum, IntFlag
from typing import NamedTuple

BYTES = 16
MASK = 0xFFFFFFFF
DEPTH = 4
"""Depth to which loops may be nested."""
COUNT_LIMIT = 0xFFFF
"""Limit of a loop's iterations, and of any other count."""
BLOCK = 8
"""Instructions per fetch block; blocks begin at multiples of it."""


class Opcode(IntEnum):
    HALT = 0x01
    SYNC = 0x02
    LOOP = 0x03
    END = 0x04
    ADD = 0x05
    MOVE = 0x06
    SET = 0x08
    LOAD = 0x10
    STORE = 0x11
    WEIGHTS = 0x18
    MATMUL = 0x19
    QUANT = 0x20
    QUANT_CHANNEL = 0x21
    TABLE = 0x22
    VECTOR = 0x23


class Unit(IntFlag):
    LOAD = 1
    STORE = 2
    FETCH = 4
    ARRAY = 8
    VECTOR = 16


ALL = Unit(31)
ACCUMULATE, KEEP = 1, 2
"""Flags of MATMUL."""
SCRATCHPAD, ADD, MAXIMUM, TABLE, MULTIPLY, WEIGHTS = 1, 2, 4, 8, 16, 32
"""Flags of VECTOR."""


class Setting(IntEnum):
    LOAD_SIZE = 0
    LOAD_VALUE = 1
    LOAD_COUNT0 = 2
    LOAD_COUNT1 = 3
    LOAD_COUNT2 = 4
    LOAD_COUNT3 = 5
    LOAD_BUS_STRIDE0 = 6
    LOAD_BUS_STRIDE1 = 7
    LOAD_BUS_STRIDE2 = 8
    LOAD_BUS_STRIDE3 = 9
    LOAD_LOCAL_STRIDE0 = 10
    LOAD_LOCAL_STRIDE1 = 11
    LOAD_LOCAL_STRIDE2 = 12
    LOAD_LOCAL_STRIDE3 = 13
    LOAD_PAD0 = 14
    LOAD_PAD1 = 15
    LOAD_PAD2 = 16
    LOAD_PAD3 = 17
    STORE_SIZE = 32
    STORE_COUNT0 = 34
    STORE_COUNT1 = 35
    STORE_COUNT2 = 36
    STORE_COUNT3 = 37
    STORE_BUS_STRIDE0 = 38
    STORE_BUS_STRIDE1 = 39
    STORE_BUS_STRIDE2 = 40
    STORE_BUS_STRIDE3 = 41
    STORE_LOCAL_STRIDE0 = 42
    STORE_LOCAL_STRIDE1 = 43
    STORE_LOCAL_STRIDE2 = 44
    STORE_LOCAL_STRIDE3 = 45
    WEIGHT_STRIDE = 64
    COUNT_X = 72
    COUNT_Y = 73
    STRIDE_X = 74
    STRIDE_Y = 75
    WINDOW_X = 96
    WINDOW_Y = 97
    POINTS_X = 98
    POINTS_Y = 99
    SOURCE_KX = 100
    SOURCE_KY = 101
    SOURCE_X = 102
    SOURCE_Y = 103
    SECOND_X = 104
    SECOND_Y = 105
    DEST_X = 106
    DEST_Y = 107
    SCALE_A = 108
    SCALE_B = 109
    SECOND_KX = 110
    SECOND_KY = 111


class ErrorCode(IntEnum):
    NONE = 0
    OPCODE = 1
    OPERAND = 2
    LOOP = 3
    RANGE = 4
    FETCH = 5
    DESCRIPTOR = 6
    BUS = 7
    ABORTED = 8


class ExecutionFault(Exception):
    """Error at which a core stops, and the instruction; `error` is None if execution never completes."""

    def __init__(self, error: ErrorCode | None, pc: int):
        super().__init__(error, pc)
        self.error, self.pc = error, pc


class InstructionWord(NamedTuple):
    """An instruction."""

    opcode: int
    flags: int = 0
    registers: tuple[int, int, int] = (0, 0, 0)
    immediates: tuple[int, int, int] = (0, 0, 0)


class Operation(NamedTuple):
    """Executed instruction, with the values of its operands and settings at that time.

    `iteration`: number of completed iterations of each enclosing loop, from the outermost.
    """

    pc: int
    op: Opcode
    a: int
    b: int
    c: int
    flags: int
    settings: dict[int, int]
    iteration: tuple[int, ...]


def encode(code: InstructionWord) -> bytes:
    head = code.opcode | code.flags << 6
    for place, register in enumerate(code.registers):
        head |= register << 20 + 4 * place
    return b"".join(word.to_bytes(4, "little") for word in (head, *(number & MASK for number in code.immediates)))


def decode(data: bytes) -> InstructionWord:
    head, a, b, c = (int.from_bytes(data[at : at + 4], "little") for at in range(0, BYTES, 4))
    registers = (head >> 20 & 15, head >> 24 & 15, head >> 28 & 15)
    return InstructionWord(head & 0x3F, head >> 6 & 0x3FFF, registers, (a, b, c))


def signed(value: int, bits: int = 32) -> int:
    """Value of the low `bits` bits as two's complement."""
    value &= (1 << bits) - 1
    return value - (value >> bits - 1 << bits)


def reach(body: int, instructions: int, program: int = 0) -> int:
    """First instruction that does not fit into the buffer together with number `body`, from which on all are kept.

    `instructions` is the size of the buffer, `program` the address of instruction 0. A block is read if it fits.
    """
    first = BLOCK - program // BYTES % BLOCK
    return first + (body + instructions - first) // BLOCK * BLOCK


def issue(
    fetch: Callable[[int], InstructionWord | None], instructions: int, limit: int, program: int = 0
) -> Iterator[Operation]:
    """Operations issued to the units, with every SYNC and HALT, in order.

    `fetch` returns an instruction by its number, None after a bus error; `instructions` and `program` as in
    :func:`reach`. END, ADD and MOVE that name a register more than once leave the last value. Raises
    :class:`ExecutionFault`, also after `limit` instructions.
    """
    pc, registers, settings = 0, [0] * 16, dict.fromkeys(map(int, Setting), 0)
    loops: list[tuple[int, int]] = []  # first instruction, iterations
    iteration: list[int] = []
    for _ in range(limit):
        code = fetch(pc)
        if code is None:
            raise ExecutionFault(ErrorCode.FETCH, pc)
        opcode, flags, names, immediates = code
        if loops and pc >= reach(loops[0][0] + 1, instructions, program):
            raise ExecutionFault(ErrorCode.LOOP, pc)
        if opcode not in _OPS or (opcode == Opcode.SET and flags & 127 not in settings):
            raise ExecutionFault(ErrorCode.OPCODE, pc)
        a, b, c = (registers[name] + number & MASK for name, number in zip(names, immediates, strict=True))
        if opcode == Opcode.LOOP:
            if len(loops) == DEPTH:
                raise ExecutionFault(ErrorCode.LOOP, pc)
            if not 1 <= a <= COUNT_LIMIT:
                raise ExecutionFault(ErrorCode.OPERAND, pc)
            loops.append((pc, a))
            iteration.append(0)
        elif opcode in (Opcode.END, Opcode.ADD, Opcode.MOVE):
            if opcode == Opcode.END and not loops:
                raise ExecutionFault(ErrorCode.LOOP, pc)
            for name, value in zip(names, immediates if opcode == Opcode.MOVE else (a, b, c), strict=True):
                registers[name] = value
            registers[0] = 0
            if opcode == Opcode.END:
                iteration[-1] += 1
                if iteration[-1] < loops[-1][1]:
                    pc = loops[-1][0]
                else:
                    loops.pop()
                    iteration.pop()
        elif opcode == Opcode.SET:
            settings = settings | {flags & 127: a}
        else:
            yield Operation(pc, _OPS[opcode], a, b, c, flags, settings, tuple(iteration))
            if opcode == Opcode.HALT:
                return
        pc += 1
    raise ExecutionFault(None, pc)


_OPS = {int(op): op for op in Opcode}
