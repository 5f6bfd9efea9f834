"""Systola's instruction set.

An instruction is 128 bits, four little-endian words of 32:

    word 0   opcode [5:0], flags [19:6], register of operand a [23:20], of b [27:24], of c [31:28]
    word 1   immediate of operand a
    word 2   immediate of operand b
    word 3   immediate of operand c

The value of an operand is register + immediate, modulo 2^32. There are 16 registers; register 0 is always 0.
"""

from ...issue.isa import Isa
from ...issue.isa_spec import (
    AccessSpec,
    ConfigSpec,
    Control,
    ErrorSpec,
    Field,
    InstructionSpec,
    OperandField,
    QueueSpec,
    UnitSpec,
)

RECORD = 16
"""Bytes per lane of a QUANT_CHANNEL record: multiplier, bias (32 bits each), shift (8 bits), 7 unused bytes."""
DRAM, LOCAL, SUMS = "DRAM", "scratchpad", "accumulators"
"""Memories that instructions access."""

QUEUES = (
    QueueSpec("load", unit="load"),
    QueueSpec("store", unit="store"),
    QueueSpec("weights", unit="fetch"),
    QueueSpec("matmul", unit="array", further=("array",)),
    QueueSpec("vector", unit="vector"),
)
"""The array has two queues, so that the next tile loads while the current one is in use."""

UNITS = (
    UnitSpec("load", ("load",), "loads: all data is in the scratchpad"),
    UnitSpec("store", ("store",), "stores: DRAM has confirmed all writes"),
    UnitSpec(
        "fetch",
        ("weights", "matmul"),
        "operand fetch of the array: WEIGHTS and MATMUL have read their operands, which may be overwritten",
    ),
    UnitSpec(
        "array", ("array",), "the array: FETCH is idle and all results are in the accumulators", includes=("fetch",)
    ),
    UnitSpec("vector", ("vector",), "the vector lanes: all results are in the scratchpad", reads_early=True),
)

BUSY = (*(unit.name for unit in UNITS), "sync", "row")
"""Bits of the core's output `busy`: units at work, the issuer in SYNC or HALT, a row entering the array."""

_REGISTERS = {"a": "first", "b": "second", "c": "third"}
_BYTE = {"least": -128, "most": 255}
_LIMITS = (
    Field("zero_point", 0, 8, "added before the limits", **_BYTE),
    Field("low", 8, 8, "lower limit", **_BYTE, default=None),
    Field("high", 16, 8, "upper limit", **_BYTE, default=None),
)
_SHIFT = Field("shift", 24, 6, "of the scale, from -31 to 30", least=-31, most=30)
_CONSTANTS = (AccessSpec("vector", LOCAL),)

CONTROL = (
    InstructionSpec("HALT", 0x01, "wait until every unit is idle, then stop and interrupt", control=Control.HALT),
    InstructionSpec(
        "SYNC",
        0x02,
        "wait until the named units are idle",
        control=Control.SYNC,
        flags=(Field("units", 0, 5, "one bit each: load, store, fetch, array, vector"),),
    ),
    InstructionSpec(
        "LOOP",
        0x03,
        "repeat the instructions up to the matching END a times",
        control=Control.LOOP,
        operands={"a": "times"},
    ),
    InstructionSpec(
        "END",
        0x04,
        "add the immediates to up to three registers, then continue after the LOOP unless this was the last iteration",
        control=Control.END,
        operands=_REGISTERS,
        required=0,
    ),
    InstructionSpec(
        "ADD",
        0x05,
        "add the immediates to up to three registers",
        control=Control.ADD,
        operands=_REGISTERS,
        required=1,
    ),
    InstructionSpec(
        "MOVE",
        0x06,
        "write the immediates to up to three registers",
        control=Control.MOVE,
        operands=_REGISTERS,
        required=1,
    ),
    InstructionSpec(
        "SET",
        0x08,
        "write a setting of a unit, for the instructions after this one",
        control=Control.SET,
        operands={"a": "value"},
        flags=(Field("setting", 0, 7, "number of the setting"),),
    ),
)

COMMANDS = (
    InstructionSpec(
        "LOAD",
        0x10,
        "move a box from DRAM to a scratchpad",
        queue="load",
        operands={"a": "DRAM byte", "b": "local byte"},
        hexadecimal=("a", "b"),
        accesses=(AccessSpec("load", DRAM), AccessSpec("load", LOCAL, writes=True)),
    ),
    InstructionSpec(
        "STORE",
        0x11,
        "move a box from a scratchpad to DRAM",
        queue="store",
        operands={"a": "DRAM byte", "b": "local byte"},
        hexadecimal=("a", "b"),
        accesses=(AccessSpec("store", LOCAL), AccessSpec("store", DRAM, writes=True)),
    ),
    InstructionSpec(
        "WEIGHTS",
        0x18,
        "load the next tile of weights: row k is word a + k x weight_stride; rows from b on are 0",
        queue="weights",
        operands={"a": "weight word", "b": "rows"},
        accesses=(AccessSpec("fetch", LOCAL),),
    ),
    InstructionSpec(
        "MATMUL",
        0x19,
        "accumulator row b + y x count_x + x (+)= activation word a + y x stride_y + x x stride_x, times the tile; "
        "accumulates if c is not 0",
        queue="matmul",
        operands={"a": "activation word", "b": "accumulator row", "c": "accumulate unless 0"},
        required=2,
        flags=(
            Field("accumulate", 0, 1, "accumulate regardless of c"),
            Field("keep", 1, 1, "the next MATMUL uses the same tile"),
        ),
        accesses=(AccessSpec("fetch", LOCAL), AccessSpec("array", SUMS, writes=True)),
    ),
    InstructionSpec(
        "QUANT",
        0x20,
        "settings of requantisation for all lanes; c = zero point [7:0], low [15:8], high [23:16], shift [29:24]",
        queue="vector",
        operands={"a": "multiplier", "b": "bias", "c": "zero point, low, high, shift"},
        hexadecimal=("a",),
        packed=(*_LIMITS, _SHIFT),
    ),
    InstructionSpec(
        "QUANT_CHANNEL",
        0x21,
        "settings of requantisation, one record of 16 bytes per lane from weight word a on; c as in QUANT, "
        "without the shift",
        queue="vector",
        operands={"a": "weight word", "c": "zero point, low, high"},
        packed=_LIMITS,
        accesses=_CONSTANTS,
    ),
    InstructionSpec(
        "TABLE",
        0x22,
        "load the table of 256 results, indexed by the unsigned byte, from weight word a on",
        queue="vector",
        operands={"a": "weight word"},
        accesses=_CONSTANTS,
    ),
    InstructionSpec(
        "VECTOR",
        0x23,
        "activation word b + y x dest_y + x x dest_x = requantised maximum or sum over kx, ky of source a + "
        "y x source_y + x x source_x + ky x source_ky + kx x source_kx, optionally with a second source",
        queue="vector",
        operands={"a": "source", "b": "destination word", "c": "second source"},
        required=2,
        flags=(
            Field("scratchpad", 0, 1, "the source is activation words times scale_a, not accumulator rows"),
            Field(
                "add",
                1,
                1,
                "add scale_b x the second source to each element: activation word c + y x second_y + x x second_x + "
                "ky x second_ky + kx x second_kx",
            ),
            Field("maximum", 2, 1, "maximum of each window instead of the sum"),
            Field("table", 3, 1, "the result is looked up in the table"),
            Field("multiply", 4, 1, "as add, and the factor of activation words is scale_a + the second source"),
            Field("weights", 5, 1, "the second source is weight words, not activation words"),
        ),
        accesses=(AccessSpec("vector", SUMS), AccessSpec("vector", LOCAL), AccessSpec("vector", LOCAL, writes=True)),
    ),
)


def _numbered(first: int, queue: str, names: str, meaning: str) -> tuple[ConfigSpec, ...]:
    """Configuration registers of one meaning, with numbers from `first` on."""
    return tuple(ConfigSpec(name, first + at, queue, meaning) for at, name in enumerate(names.split()))


def _axes(first: int, queue: str, name: str, meaning: str) -> tuple[ConfigSpec, ...]:
    return _numbered(first, queue, " ".join(f"{name}{axis}" for axis in range(4)), meaning)


def _transfer(first: int, queue: str) -> tuple[ConfigSpec, ...]:
    name = queue.upper()
    return (
        *_axes(first + 2, queue, f"{name}_COUNT", "elements of a dimension, 0 the innermost; 1 to 65535"),
        *_axes(first + 6, queue, f"{name}_BUS_STRIDE", "stride of the dimension in DRAM, in bytes"),
        *_axes(first + 10, queue, f"{name}_LOCAL_STRIDE", "stride of the dimension in the scratchpads, in bytes"),
    )


_SIZE = "log2 of the bytes per element, at most one bus beat"
CONFIGURATION = (
    ConfigSpec("LOAD_SIZE", 0, "load", _SIZE),
    ConfigSpec("LOAD_VALUE", 1, "load", "value of padding bytes"),
    *_transfer(0, "load"),
    *_axes(14, "load", "LOAD_PAD", "padding elements, not read but set to LOAD_VALUE: [7:0] before, [15:8] after"),
    ConfigSpec("STORE_SIZE", 32, "store", _SIZE),
    *_transfer(32, "store"),
    ConfigSpec("WEIGHT_STRIDE", 64, "weights", "words from one row of a tile to the next"),
    *_numbered(72, "matmul", "COUNT_X COUNT_Y", "rows of a MATMUL, COUNT_Y times COUNT_X"),
    *_numbered(74, "matmul", "STRIDE_X STRIDE_Y", "words from one row to the next"),
    *_numbered(96, "vector", "WINDOW_X WINDOW_Y", "elements per result, WINDOW_Y times WINDOW_X"),
    *_numbered(98, "vector", "POINTS_X POINTS_Y", "results of a VECTOR, POINTS_Y times POINTS_X"),
    *_numbered(100, "vector", "SOURCE_KX SOURCE_KY", "from one element of a window to the next"),
    *_numbered(102, "vector", "SOURCE_X SOURCE_Y", "from one window to the next"),
    *_numbered(104, "vector", "SECOND_X SECOND_Y", "words of the second source from one window to the next"),
    *_numbered(106, "vector", "DEST_X DEST_Y", "words from one result to the next"),
    ConfigSpec("SCALE_A", 108, "vector", "factor of the activations, 18 bits signed"),
    ConfigSpec("SCALE_B", 109, "vector", "factor of the second source, 18 bits signed"),
    *_numbered(
        110, "vector", "SECOND_KX SECOND_KY", "words of the second source from one element of a window to the next"
    ),
)

ERRORS = (
    ErrorSpec("NONE", 0, "none: HALT was reached"),
    ErrorSpec("OPCODE", 1, "unknown instruction or setting"),
    ErrorSpec("OPERAND", 2, "a count or a number of rows is 0 or too large"),
    ErrorSpec("LOOP", 3, "END without LOOP, loops too deep, or a loop longer than the instruction buffer"),
    ErrorSpec("RANGE", 4, "word or row address out of range"),
    ErrorSpec("FETCH", 5, "bus error of an instruction fetch"),
    ErrorSpec("DESCRIPTOR", 6, "box rejected by the DMA engine"),
    ErrorSpec("BUS", 7, "bus error of a data access"),
    ErrorSpec("ABORTED", 8, "stopped by the host"),
)

ISA = Isa(
    name="systola",
    bits=128,
    opcode=Field("opcode", 0, 6),
    flags=Field("flags", 6, 14),
    operands=(
        OperandField("a", 32, 32, register=20),
        OperandField("b", 64, 32, register=24),
        OperandField("c", 96, 32, register=28),
    ),
    queues=QUEUES,
    units=UNITS,
    instructions=CONTROL + COMMANDS,
    configuration=CONFIGURATION,
    errors=ERRORS,
    registers=16,
    loops=4,
)

Op, Setting, Unit, Error = ISA.Op, ISA.Setting, ISA.Unit, ISA.Error
ALL = Unit((1 << len(UNITS)) - 1)
"""Every unit."""
