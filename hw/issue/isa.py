"""Instruction sets as tables.

An `Isa` is the only description of an instruction set. The decoder, the issuer, the assembler, the disassembler, the
documentation and the static checker are derived from it.

An instruction has an opcode, flags and operands, at any place of a word of any number of whole bytes. Operand fields
may overlap as long as no instruction uses two that do: instruction formats are fields that overlap. In memory an
instruction occupies a slot: its bytes, padded at the end to a power of two.
"""

from dataclasses import dataclass
from functools import cached_property

from .isa_numbers import ErrorCode, Opcode, SettingNumber, UnitSet
from .isa_rules import check
from .isa_spec import (
    ConfigSpec,
    Control,
    ErrorSpec,
    Field,
    InstructionSpec,
    OperandField,
    QueueSpec,
    UnitSpec,
)


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
        check(self)

    def __str__(self):
        return self.name

    __repr__ = __str__

    # Numbers as enumerations

    @cached_property
    def Op(self) -> type[Opcode]:
        """Opcodes."""
        return Opcode("Op", {row.name: row.code for row in self.instructions})

    @cached_property
    def Setting(self) -> type[SettingNumber]:
        """Numbers of the configuration registers."""
        return SettingNumber("Setting", {row.name: row.number for row in self.configuration})

    @cached_property
    def Unit(self) -> type[UnitSet]:
        """Units as SYNC names them, one bit each."""
        return UnitSet("Unit", {row.name.upper(): 1 << bit for bit, row in enumerate(self.units)})

    @cached_property
    def Error(self) -> type[ErrorCode]:
        """Error codes."""
        return ErrorCode("Error", {row.name: row.code for row in self.errors})

    # Rows by their keys

    @cached_property
    def rows(self) -> dict[int, InstructionSpec]:
        return {self.Op[row.name]: row for row in self.instructions}

    @cached_property
    def controls(self) -> dict[Control, Opcode]:
        """The opcodes of the instructions that the issuer executes."""
        return {row.control: op for op, row in self.rows.items() if row.control}

    @cached_property
    def configs(self) -> dict[int, ConfigSpec]:
        return {self.Setting[row.name]: row for row in self.configuration}

    @cached_property
    def _operands(self) -> dict[str, OperandField]:
        return {each.name: each for each in self.operands}

    def operand(self, name: str) -> OperandField:
        return self._operands[name]

    def flag(self, name: str) -> Field:
        """A flag by its name, which is at the same place in all instructions that have it. Raises `KeyError`."""
        for row in self.instructions:
            for flag in row.flags:
                if flag.name == name:
                    return flag
        raise KeyError(name)

    def unit_of(self, row: InstructionSpec | ConfigSpec) -> UnitSet | None:
        """Return the unit of an instruction or of a configuration register; None if the issuer executes it."""
        units = {queue.name: queue.unit for queue in self.queues}
        return self.Unit[units[row.queue].upper()] if row.queue else None

    def unit_name(self, row: InstructionSpec | ConfigSpec) -> str:
        """Return the name of the unit of an instruction or of a configuration register; empty if the issuer's."""
        return next((queue.unit for queue in self.queues if queue.name == row.queue), "")

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
        """Names of the completions that units report, in the order of the bits of `done` and `pending`."""
        return (*(queue.name for queue in self.queues), *(name for queue in self.queues for name in queue.further))

    @cached_property
    def register_operands(self) -> tuple[OperandField, ...]:
        return tuple(each for each in self.operands if each.register is not None)

    @property
    def register_bits(self) -> int:
        """Bits of a register's number."""
        return max(0, self.registers - 1).bit_length()

    def completed_by(self, units: int) -> UnitSet:
        """Return the units whose operations are complete after a SYNC that names `units`."""
        done = self.Unit(units)
        for bit, row in reversed(list(enumerate(self.units))):
            if done >> bit & 1:
                for name in row.includes:
                    done |= self.Unit[name.upper()]
        return done

    def named_by_sync(self, units: int) -> UnitSet:
        """Return the units that a SYNC must name to wait for `units`: those that no other of them includes."""
        units = self.Unit(units)
        included = (each for unit in units for each in self.completed_by(unit) if each != unit)
        return self.Unit(units & ~sum(set(included)))

    # Accesses to memories

    def user(self, op: int, memory: str, writes: bool) -> UnitSet:
        """Return the unit with which an instruction reads or writes a memory. Raises `KeyError` if it does neither."""
        for access in self.rows[op].accesses:
            if (access.memory, access.writes) == (memory, writes):
                return self.Unit[access.unit.upper()]
        raise KeyError((self.rows[op].name, memory, writes))

    def users(self, memory: str) -> list[tuple[UnitSet, bool]]:
        """Return the units that read a memory (False), then those that write it (True)."""
        found = {
            (access.writes, self.Unit[access.unit.upper()])
            for row in self.instructions
            for access in row.accesses
            if access.memory == memory
        }
        return [(unit, writes) for writes, unit in sorted(found)]

    def ordered(self, unit: UnitSet, earlier_writes: bool, later_writes: bool) -> bool:
        """Return whether a unit orders two accesses of its own operations, so that no SYNC is needed between them."""
        return later_writes or not earlier_writes or unit not in self._early_readers

    @cached_property
    def _early_readers(self) -> frozenset[UnitSet]:
        return frozenset(self.Unit[row.name.upper()] for row in self.units if row.reads_early)
