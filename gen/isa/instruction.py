"""Instruction of an `Isa` as an object, and its encoding as bytes; :mod:`.text` converts it to a line of text."""

from dataclasses import dataclass, field
from typing import ClassVar

from ...hw.issue.isa import Isa
from ...hw.issue.isa_numbers import Opcode
from ...hw.issue.isa_spec import Control, InstructionSpec
from .operand import ProgramError, Reg, Value, normalised, pack
from .text import line_of, parse_line


@dataclass(frozen=True)
class BaseInstruction:
    """Instruction of a program. A machine defines a subclass with its `isa`.

    `operands` are the values of the operands that the instruction uses, in the order of its row in the instruction
    table. `line` is its line number in the source text, counted from 1.
    """

    isa: ClassVar[Isa]

    op: Opcode
    operands: tuple[Value, ...] = ()
    flags: int = 0
    line: int = field(default=0, compare=False)

    def __post_init__(self):
        row, isa = self.row, self.isa
        if len(self.operands) > len(row.operands):
            raise ValueError(f"{row.name} has {len(row.operands)} operands, not {len(self.operands)}.")
        values = (*self.operands, *[0] * (len(row.operands) - len(self.operands)))
        places = (isa.operand(name) for name in row.operands)
        values = tuple(normalised(isa, place, value) for place, value in zip(places, values, strict=True))
        object.__setattr__(self, "operands", values)
        if self.flags & ~sum(flag.mask for flag in row.flags):
            raise ValueError(f"{row.name} has no flags 0x{self.flags:x}.")
        if row.control is Control.SET and (number := row.flags[0].extract(self.flags)) not in isa.configs:
            raise ValueError(f"there is no setting {number}.")

    @classmethod
    def of(cls, op: Opcode, *operands: Value, **named: int):
        """Make an instruction from operands in their order, and from operands, flags and packed fields by name.

        Raises `ValueError`.
        """
        row = cls.isa.rows[op]
        flags, packed = 0, {}
        values = dict(zip(row.operands, operands, strict=False))
        for name, value in named.items():
            if name in row.operands:
                values[name] = value
            elif name in {each.name for each in row.packed}:
                packed[name] = value
            elif flag := next((each for each in row.flags if each.name == name), None):
                if not 0 <= int(value) < 1 << flag.bits:
                    raise ValueError(f"{name}={value}: flag {name} of {row.name} has {flag.bits} bits.")
                flags |= int(value) << flag.low
            else:
                what = "operand" if name in {each.name for each in cls.isa.operands} else "flag"
                raise ValueError(f"{row.name} has no {what} {name}.")
        if packed:
            values[list(row.operands)[-1]] = pack(row.packed, packed)
        extra = operands[len(row.operands) :]
        return cls(op, (*(values.get(name, 0) for name in row.operands), *extra), flags)

    @property
    def row(self) -> InstructionSpec:
        return self.isa.rows[self.op]

    def __getitem__(self, name: str) -> Value:
        """Value of an operand, 0 if the instruction does not use it."""
        if name in self.row.operands:
            return self.operands[list(self.row.operands).index(name)]
        return 0 if self.isa.operand(name).register is None else Reg(0)

    def flag(self, name: str) -> int:
        """Value of a flag."""
        return self.row.flag(name).extract(self.flags)

    def encode(self) -> bytes:
        """Encode the instruction as the bytes of its slot in memory."""
        isa = self.isa
        word = self.op << isa.opcode.low | self.flags << isa.flags.low
        for name, value in zip(self.row.operands, self.operands, strict=True):
            place = isa.operand(name)
            if isinstance(value, Reg):
                assert place.register is not None
                word |= value.number << place.register | value.immediate << place.low
            else:
                word |= value << place.low
        return word.to_bytes(isa.slot, "little")

    @classmethod
    def decode(cls, code: bytes):
        """Decode the bytes of a slot. Raises :class:`ProgramError` for bytes that `encode` cannot return."""
        isa, word = cls.isa, int.from_bytes(code, "little")
        opcode = isa.opcode.extract(word)
        if opcode not in isa.rows:
            raise ProgramError(f"there is no opcode 0x{opcode:02x}.")
        row = isa.rows[opcode]
        used = isa.opcode.mask | isa.flags.mask | sum(_mask(isa, name) for name in row.operands)
        if rest := word & ~used:
            for operand in isa.operands:
                if (
                    operand.name not in row.operands
                    and not _mask(isa, operand.name) & used
                    and (_mask(isa, operand.name) & rest)
                ):
                    raise ProgramError(f"{row.name} has no operand {operand.name}.")
            raise ProgramError(f"{row.name} has bits that must be 0: 0x{rest:x}.")
        try:
            return cls(isa.Op(opcode), tuple(_value(isa, name, word) for name in row.operands), isa.flags.extract(word))
        except ValueError as error:
            raise ProgramError(str(error)) from None

    def __str__(self):
        return line_of(self)

    @classmethod
    def parse(cls, line: str):
        """Parse a line of text. Raises :class:`ProgramError`."""
        return parse_line(cls, line)


def _mask(isa: Isa, name: str) -> int:
    """Mask of the bits of an operand, including its register."""
    place = isa.operand(name)
    return place.mask | (0 if place.register is None else isa.registers - 1 << place.register)


def _value(isa: Isa, name: str, word: int) -> Value:
    place = isa.operand(name)
    if place.register is None:
        return place.extract(word)
    return Reg(word >> place.register & isa.registers - 1, place.extract(word))
