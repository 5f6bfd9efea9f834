"""Small instruction sets, unlike Systola's, for tests of the generic issue logic and the generic assembler."""

from dataclasses import replace

from systola.hw.issue.isa import Isa
from systola.hw.issue.isa_spec import (
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

ERRORS = (ErrorSpec("NONE", 0, "HALT"), ErrorSpec("OPCODE", 1, "no such instruction"), ErrorSpec("FETCH", 2, "bus"))
HALT = InstructionSpec("HALT", 0x01, "end", control=Control.HALT)

TINY = Isa(
    name="tiny",
    bits=96,
    opcode=Field("opcode", 0, 8),
    flags=Field("flags", 8, 16),
    operands=(
        OperandField("buffer", 24, 24),
        OperandField("accumulator", 48, 16),
        OperandField("length", 64, 32),
        OperandField("weight", 24, 40),
        OperandField("value", 64, 32),
    ),
    queues=(QueueSpec("fetch", unit="fetch"), QueueSpec("matrix", unit="matrix", further=("results",))),
    units=(
        UnitSpec("fetch", ("fetch",), "weights have arrived"),
        UnitSpec("matrix", ("matrix", "results"), "results are in the accumulators", includes=("fetch",)),
    ),
    instructions=(
        HALT,
        InstructionSpec(
            "SYNC", 0x02, "wait for units", control=Control.SYNC, flags=(Field("units", 4, 2, "fetch, matrix"),)
        ),
        InstructionSpec(
            "SET",
            0x03,
            "write a configuration register",
            control=Control.SET,
            operands={"value": "value"},
            flags=(Field("number", 2, 3, "which"),),
        ),
        InstructionSpec(
            "READ_WEIGHTS",
            0x10,
            "weights from memory",
            queue="fetch",
            operands={"weight": "byte in weight memory", "length": "tiles"},
            hexadecimal=("weight",),
            accesses=(AccessSpec("fetch", "weights"),),
        ),
        InstructionSpec(
            "MATMUL",
            0x11,
            "accumulators (+)= buffer @ weights",
            queue="matrix",
            operands={"buffer": "row", "accumulator": "row", "length": "rows"},
            required=2,
            flags=(Field("accumulate", 0, 1, "add"), Field("function", 8, 4, "of the activation")),
            accesses=(AccessSpec("matrix", "buffer"), AccessSpec("matrix", "accumulators", writes=True)),
        ),
    ),
    configuration=(ConfigSpec("STRIDE", 5, "matrix", "rows from one to the next"),),
    errors=ERRORS,
)
"""Like TPU v1's: 12-byte instructions, no loops, no registers, one configuration register.

Operands have 3, 2 and 4 bytes, and one has 5 bytes across two of them.
"""

NARROW = Isa(
    name="narrow",
    bits=32,
    opcode=Field("opcode", 27, 5),
    flags=Field("flags", 22, 5),
    operands=(OperandField("immediate", 0, 16), OperandField("id", 16, 6)),
    queues=(QueueSpec("address", unit="address"),),
    units=(UnitSpec("address", ("address",), "the address generator is idle"),),
    instructions=(
        HALT,
        InstructionSpec("STEP", 2, "a stride", queue="address", operands={"id": "of a loop", "immediate": "stride"}),
        InstructionSpec("LOOP", 3, "a loop", control=Control.LOOP, operands={"immediate": "times"}),
        InstructionSpec("END", 4, "its end", control=Control.END),
    ),
    errors=(*ERRORS, ErrorSpec("OPERAND", 3, "times"), ErrorSpec("LOOP", 4, "loops")),
    loops=1,
)
"""Like Bit Fusion's: 4-byte instructions, several per bus beat; the opcode in the top bits; loops without registers."""

THIN = replace(
    NARROW,
    name="thin",
    bits=24,
    opcode=Field("opcode", 19, 5),
    flags=Field("flags", 18, 1),
    operands=(OperandField("immediate", 0, 12), OperandField("id", 12, 6)),
)
"""As `NARROW`, in three bytes of a slot of four."""
