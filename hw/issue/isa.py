"""The instruction set, in one table: what decoder, assembler, disassembler and documentation are made from.

An instruction is 128 bits, four little-endian words of 32:

    word 0   opcode [5:0], flags [19:6], register of operand a [23:20], of b [27:24], of c [31:28]
    word 1   immediate of operand a
    word 2   immediate of operand b
    word 3   immediate of operand c

The value of an operand is register + immediate, modulo 2^32. There are 16 registers; register 0 is always 0.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

WORDS = 4
"""Words of 32 bits of an instruction."""
BYTES = 4 * WORDS
OPERANDS = ("a", "b", "c")
OPCODE_BITS = 6
FLAG_BITS = 14
REGISTERS = 16
LOOPS = 4
"""Loops that may stand inside each other."""
RECORD = 16
"""Bytes of a lane's settings for QUANT_CHANNEL: multiplier, bias (32 bits each), shift (8 bits), 7 bytes of nothing."""


class Op(IntEnum):
    """What an instruction does. 0, as in memory that was never written, is none."""

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
    """The units that SYNC may wait for."""

    LOAD = 1
    """loads: all that was asked for is in the scratchpad"""
    STORE = 2
    """stores: DRAM has confirmed all writes"""
    FETCH = 4
    """the array's operands: WEIGHTS and MATMUL have read theirs, which may be overwritten"""
    ARRAY = 8
    """the array: FETCH is idle and all results are in the accumulators"""
    VECTOR = 16
    """the vector lanes: all results are in the scratchpad"""


ALL = Unit.LOAD | Unit.STORE | Unit.FETCH | Unit.ARRAY | Unit.VECTOR


@dataclass(frozen=True)
class Flag:
    """A named field of an instruction's flags."""

    name: str
    low: int
    bits: int
    meaning: str


@dataclass(frozen=True)
class Instruction:
    """One row of the table. `operands` has the meaning of a, b and c; an empty one is not used, and is 0."""

    op: Op
    unit: Unit | None
    meaning: str
    operands: tuple[str, str, str] = ("", "", "")
    flags: tuple[Flag, ...] = ()

    def flag(self, name: str) -> Flag:
        return next(flag for flag in self.flags if flag.name == name)


INSTRUCTIONS = {
    i.op: i
    for i in (
        Instruction(Op.HALT, None, "wait until every unit is idle, then stop and interrupt"),
        Instruction(
            Op.SYNC,
            None,
            "wait until the named units are idle",
            flags=(Flag("units", 0, 5, "one bit each: load, store, fetch, array, vector"),),
        ),
        Instruction(Op.LOOP, None, "run what follows, up to the END that belongs to it, a times", ("times", "", "")),
        Instruction(
            Op.END,
            None,
            "add to up to three registers, then back to behind the LOOP unless this was the last time; "
            "an operand's register gets its immediate added",
            ("first", "second", "third"),
        ),
        Instruction(Op.ADD, None, "add to up to three registers, as END does", ("first", "second", "third")),
        Instruction(
            Op.MOVE, None, "up to three registers get the immediates beside them", ("first", "second", "third")
        ),
        Instruction(
            Op.SET,
            None,
            "a setting of a unit, for the instructions behind this one",
            ("value", "", ""),
            (Flag("setting", 0, 7, "which, see the settings"),),
        ),
        Instruction(Op.LOAD, Unit.LOAD, "a box from DRAM into a scratchpad", ("DRAM byte", "local byte", "")),
        Instruction(Op.STORE, Unit.STORE, "a box from a scratchpad into DRAM", ("DRAM byte", "local byte", "")),
        Instruction(
            Op.WEIGHTS,
            Unit.FETCH,
            "the next tile of weights, whose row k is word a + k x weight_stride; rows from b on are 0",
            ("weight word", "rows", ""),
        ),
        Instruction(
            Op.MATMUL,
            Unit.ARRAY,
            "accumulator row b + y x count_x + x (+)= activation word a + y x stride_y + x x stride_x, times the tile; "
            "adds where c is not 0",
            ("activation word", "accumulator row", "accumulate unless 0"),
            (
                Flag("accumulate", 0, 1, "add to the accumulators, whatever c is"),
                Flag("keep", 1, 1, "the next MATMUL uses the same tile"),
            ),
        ),
        Instruction(
            Op.QUANT,
            Unit.VECTOR,
            "settings of requantisation, one for all lanes; c = zero point [7:0], low [15:8], high [23:16], "
            "shift [29:24]",
            ("multiplier", "bias", "zero point, low, high, shift"),
        ),
        Instruction(
            Op.QUANT_CHANNEL,
            Unit.VECTOR,
            "settings of requantisation, a record of 16 bytes for each lane from weight word a on; c as in QUANT, "
            "without the shift",
            ("weight word", "", "zero point, low, high"),
        ),
        Instruction(
            Op.TABLE,
            Unit.VECTOR,
            "the table of 256 results, by the unsigned byte, from weight word a on",
            ("weight word", "", ""),
        ),
        Instruction(
            Op.VECTOR,
            Unit.VECTOR,
            "activation word b + y x dest_y + x x dest_x = requantised maximum or sum over kx, ky of source a + "
            "y x source_y + x x source_x + ky x source_ky + kx x source_kx",
            ("source", "destination word", "second source"),
            (
                Flag("scratchpad", 0, 1, "the source is activation words, times scale_a, not accumulator rows"),
                Flag("add", 1, 1, "plus scale_b x activation word c + y x second_y + x x second_x; windows are one"),
                Flag("maximum", 2, 1, "windows give their maximum, not their sum"),
                Flag("table", 3, 1, "the result is looked up in the table"),
            ),
        ),
    )
}


class Setting(IntEnum):
    """What SET sets. All are 0 when a program starts."""

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
    """[7:0] elements before, [15:8] after, that are not read but get the byte of LOAD_VALUE"""
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

    @property
    def unit(self) -> Unit:
        """The unit whose setting it is."""
        for low, unit in ((96, Unit.VECTOR), (72, Unit.ARRAY), (64, Unit.FETCH), (32, Unit.STORE)):
            if self >= low:
                return unit
        return Unit.LOAD


class Error(IntEnum):
    """Why a program stopped."""

    NONE = 0
    OPCODE = 1
    """no such instruction, or SET of no setting"""
    OPERAND = 2
    """a count or a number of rows that is 0 or too large"""
    LOOP = 3
    """END without LOOP, loops too deep, or a body that is longer than the instruction buffer"""
    RANGE = 4
    """a word or row outside its memory"""
    FETCH = 5
    """the bus gave an error for an instruction"""
    DESCRIPTOR = 6
    """the DMA engine refused the box"""
    BUS = 7
    """the bus gave an error for data"""
    ABORTED = 8
    """stopped by the host"""
