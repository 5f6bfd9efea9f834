"""Instruction sets as tables.

An `Isa` is the only description of an instruction set. The decoder, the issuer, the assembler, the disassembler, the
documentation and the static checker are derived from it.

An instruction has an opcode, flags and operands, at any place of a word of any number of whole bytes. Operand fields
may overlap as long as no instruction uses two that do: instruction formats are fields that overlap. In memory an
instruction occupies a slot: its bytes, padded at the end to a power of two.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum, IntFlag
from functools import cached_property

REGISTER_BITS = 32
"""Bits of a register, and of each operand that a register is added to."""


class Control(Enum):
    """Instructions that the issuer executes itself. All other instructions are commands to a queue."""

    HALT = "wait until every unit is idle, then end the program"
    SYNC = "wait until the units in the first flag are idle"
    LOOP = "begin a loop; the first operand is the number of iterations"
    END = "add to registers, then continue at the LOOP unless this was the last iteration"
    ADD = "add to registers"
    MOVE = "write the immediates to registers"
    SET = "write the first operand to the configuration register whose number is the first flag"


@dataclass(frozen=True)
class Field:
    """A named range of bits: in the instruction word, in the flags, or in an operand (`InstructionSpec.packed`).

    `least` and `most` limit the values that a text may give. A field without a `default` must be given.
    """

    name: str
    low: int
    bits: int
    meaning: str = ""
    least: int | None = None
    most: int | None = None
    default: int | None = 0

    @property
    def range(self) -> slice:
        return slice(self.low, self.low + self.bits)

    @property
    def mask(self) -> int:
        """The field's bits, at their place."""
        return (1 << self.bits) - 1 << self.low

    def of(self, word: int) -> int:
        """The field's value in a word."""
        return word >> self.low & (1 << self.bits) - 1


@dataclass(frozen=True)
class OperandField(Field):
    """The place of an operand's immediate in the instruction word.

    With `register`, the lowest bit of a register's number, the operand's value is register + immediate modulo 2^32.
    """

    register: int | None = None


@dataclass(frozen=True)
class QueueSpec:
    """A command queue, and the unit that users know it by.

    Each command completes once under the queue's own name, and once under each name of `further` (a later stage).
    """

    name: str
    unit: str
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitSpec:
    """A unit that SYNC can wait for: idle when all `completions` have arrived and the units in `includes` are idle.

    A unit executes its operations in order. `reads_early`: but one may read before an earlier one has written.
    """

    name: str
    completions: tuple[str, ...]
    meaning: str
    includes: tuple[str, ...] = ()
    reads_early: bool = False


@dataclass(frozen=True)
class AccessSpec:
    """A memory that an instruction may read, or write (`writes`), and the unit that does."""

    unit: str
    memory: str
    writes: bool = False


@dataclass(frozen=True, eq=False)
class InstructionSpec:
    """An instruction: executed by the issuer (`control`), or a command to a queue (`queue`).

    `operands`: the operand fields that it uses, with their meaning, in the order of the text. The text must give the
    first `required` of them (None: all); the rest is 0 by default. `packed`: fields inside the last operand.
    """

    name: str
    code: int
    meaning: str
    queue: str | None = None
    control: Control | None = None
    operands: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Field, ...] = ()
    packed: tuple[Field, ...] = ()
    required: int | None = None
    accesses: tuple[AccessSpec, ...] = ()

    def flag(self, name: str) -> Field:
        """Raises `KeyError`."""
        for flag in self.flags:
            if flag.name == name:
                return flag
        raise KeyError(name)


@dataclass(frozen=True)
class ConfigSpec:
    """A configuration register of the unit behind `queue`: 0 at program start, written by SET in program order."""

    name: str
    number: int
    queue: str
    meaning: str


@dataclass(frozen=True)
class ErrorSpec:
    """A reason why a program ends."""

    name: str
    code: int
    meaning: str


@dataclass(frozen=True, eq=False)
class Isa:
    """An instruction set. Raises `ValueError`, one sentence, if the table contradicts itself.

    `bits`: width of an instruction; `opcode`, `flags`, `operands`: fields of it. `registers` and `loops` (loops inside
    each other) are 0 where the issuer has none. Without registers the operands are immediates.
    """

    name: str
    bits: int
    opcode: Field
    flags: Field
    operands: tuple[OperandField, ...]
    queues: tuple[QueueSpec, ...]
    units: tuple[UnitSpec, ...]
    instructions: tuple[InstructionSpec, ...]
    configuration: tuple[ConfigSpec, ...] = ()
    errors: tuple[ErrorSpec, ...] = ()
    registers: int = 0
    loops: int = 0

    def __post_init__(self):
        from .isa_rules import check

        check(self)

    def __str__(self):
        return self.name

    __repr__ = __str__

    # Numbers as enumerations

    @cached_property
    def Op(self) -> type[IntEnum]:
        """Opcodes."""
        return IntEnum("Op", {row.name: row.code for row in self.instructions})

    @cached_property
    def Setting(self) -> type[IntEnum]:
        """Numbers of the configuration registers."""
        return IntEnum("Setting", {row.name: row.number for row in self.configuration})

    @cached_property
    def Unit(self) -> type[IntFlag]:
        """Units as SYNC names them, one bit each."""
        return IntFlag("Unit", {row.name.upper(): 1 << bit for bit, row in enumerate(self.units)})

    @cached_property
    def Error(self) -> type[IntEnum]:
        """Error codes."""
        return IntEnum("Error", {row.name: row.code for row in self.errors})

    # Rows by what they are looked up with

    @cached_property
    def rows(self) -> dict[IntEnum, InstructionSpec]:
        return {self.Op[row.name]: row for row in self.instructions}

    @cached_property
    def controls(self) -> dict[Control, IntEnum]:
        """The opcodes of the instructions that the issuer executes."""
        return {row.control: op for op, row in self.rows.items() if row.control}

    @cached_property
    def configs(self) -> dict[IntEnum, ConfigSpec]:
        return {self.Setting[row.name]: row for row in self.configuration}

    def operand(self, name: str) -> OperandField:
        return next(each for each in self.operands if each.name == name)

    def flag(self, name: str) -> Field:
        """A flag by its name, which is at the same place in all instructions that have it. Raises `KeyError`."""
        for row in self.instructions:
            for flag in row.flags:
                if flag.name == name:
                    return flag
        raise KeyError(name)

    def unit_of(self, row: InstructionSpec | ConfigSpec):
        """The unit of an instruction or of a configuration register; None if the issuer executes it."""
        units = {queue.name: queue.unit for queue in self.queues}
        return self.Unit[units[row.queue].upper()] if row.queue else None

    # Derived facts

    @property
    def bytes(self) -> int:
        """Bytes of an instruction."""
        return self.bits // 8

    @property
    def slot(self) -> int:
        """Bytes from one instruction to the next in memory."""
        return 1 << (self.bytes - 1).bit_length()

    @cached_property
    def completions(self) -> tuple[str, ...]:
        """Names of what units report as complete, in the order of the bits of `done` and `pending`."""
        return (*(queue.name for queue in self.queues), *(name for queue in self.queues for name in queue.further))

    @cached_property
    def register_operands(self) -> tuple[OperandField, ...]:
        return tuple(each for each in self.operands if each.register is not None)

    @property
    def register_bits(self) -> int:
        """Bits of a register's number."""
        return max(0, self.registers - 1).bit_length()

    def completed_by(self, units: int) -> IntFlag:
        """The units whose operations are complete after a SYNC that names `units`."""
        done = self.Unit(units)
        for bit, row in reversed(list(enumerate(self.units))):
            if done >> bit & 1:
                for name in row.includes:
                    done |= self.Unit[name.upper()]
        return done

    def access(self, op: int, memory: str, writes: bool) -> AccessSpec:
        """How an instruction accesses a memory. Raises `KeyError` if the table does not list it."""
        for access in self.rows[op].accesses:
            if (access.memory, access.writes) == (memory, writes):
                return access
        raise KeyError((self.rows[op].name, memory, writes))
