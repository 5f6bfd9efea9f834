"""Rows of an instruction set's table: fields, queues, units, instructions, configuration registers, errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

REGISTER_BITS = 32
"""Bits of a register, and of each operand that a register is added to."""
ERROR_BITS = 4
"""Bits of an error code."""


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
    def last(self) -> int:
        """The highest bit."""
        return self.low + self.bits - 1

    @property
    def mask(self) -> int:
        """The field's bits, at their place."""
        return (1 << self.bits) - 1 << self.low

    def extract(self, word: int) -> int:
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
    """A command queue, and the unit to which it belongs.

    Each command completes once under the queue's own name, and once under each name of `further` (a later stage).
    """

    name: str
    unit: str
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitSpec:
    """A unit that SYNC can wait for: idle when all `completions` have arrived and the units in `includes` are idle.

    A unit executes its operations in order. With `reads_early`, an operation may read before an earlier one has
    written.
    """

    name: str
    completions: tuple[str, ...]
    meaning: str
    includes: tuple[str, ...] = ()
    reads_early: bool = False


@dataclass(frozen=True)
class AccessSpec:
    """Access of an instruction to a memory: read, or write (`writes`), and the unit that executes it."""

    unit: str
    memory: str
    writes: bool = False


@dataclass(frozen=True, eq=False)
class InstructionSpec:
    """An instruction: executed by the issuer (`control`), or a command to a queue (`queue`).

    `operands`: the operand fields that it uses, with their meaning, in the order of the text. The text must give the
    first `required` of them (None: all); the rest is 0 by default. `packed`: fields inside the last operand.
    `hexadecimal`: operands whose numbers are printed in hexadecimal, such as addresses; all others are decimal.
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
    hexadecimal: tuple[str, ...] = ()

    def flag(self, name: str) -> Field:
        """Return a flag by its name. Raises `KeyError`."""
        for flag in self.flags:
            if flag.name == name:
                return flag
        raise KeyError(name)


@dataclass(frozen=True)
class ConfigSpec:
    """A configuration register of the unit of `queue`: 0 at program start, written by SET in program order."""

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
