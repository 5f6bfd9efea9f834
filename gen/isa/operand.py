"""Operands of instructions: a number, or a register plus a number."""

import re
from dataclasses import dataclass

from ...hw.issue.isa import Isa
from ...hw.issue.isa_spec import REGISTER_BITS, Field, OperandField

_MASK = (1 << REGISTER_BITS) - 1


class ProgramError(ValueError):
    """A program is wrong; the message is one sentence that names the place."""


@dataclass(frozen=True)
class Reg:
    """Operand: register + immediate, modulo 2^32. Register 0 is always 0.

    As a key of a dictionary `Reg(3)` is register 3.
    """

    number: int
    immediate: int = 0

    def __post_init__(self):
        _check_width(self.immediate, REGISTER_BITS)
        object.__setattr__(self, "immediate", int(self.immediate) & _MASK)

    def __add__(self, number: int) -> "Reg":
        return Reg(self.number, (self.immediate + number) & _MASK)

    def __sub__(self, number: int) -> "Reg":
        return self + -number

    def __str__(self):
        return self.text()

    def text(self, hexadecimal: bool = False) -> str:
        """Text of the operand in a program."""
        if not self.number:
            return number_text(self.immediate, REGISTER_BITS, hexadecimal)
        if not self.immediate:
            return f"r{self.number}"
        signed = signed_value(self.immediate, REGISTER_BITS)
        return f"r{self.number}{signed:+#x}" if hexadecimal else f"r{self.number}{signed:+}"


Value = Reg | int


def parse(text: str) -> Value:
    """Parse the text of an operand: 16, 0x10, -16, r1, r1+16. Raises :class:`ProgramError`."""
    found = re.fullmatch(r"(?:[rR](\d+)\s*(?=$|[+-]))?\s*([+-]?)\s*(0[xX][0-9a-fA-F_]+|\d[\d_]*)?", text)
    if not text or not found or bool(found[2]) > bool(found[3]):
        raise ProgramError(f"'{text}' is not an operand, which is a number, a register, or r1+16.")
    number = int(found[3] or "0", 0 if (found[3] or "").lower().startswith("0x") else 10)
    number = -number if found[2] == "-" else number
    return number if found[1] is None else Reg(int(found[1]), number)


def parse_number(text: str, where: str) -> int:
    """Parse a number. Raises :class:`ProgramError`, whose message begins with `where`."""
    value = parse(text)
    if isinstance(value, Reg):
        raise ProgramError(f"{where}: it must be a number.")
    return value


def normalised(isa: Isa, field: OperandField, value: Value) -> Value:
    """Convert an operand to the form of its field: a `Reg` if the field has a register, else a non-negative number.

    Raises :class:`ProgramError` if it does not fit.
    """
    if field.register is not None:
        value = value if isinstance(value, Reg) else Reg(0, int(value))
        if not 0 <= value.number < isa.registers:
            raise ProgramError(f"r{value.number}: a register is r0 to r{isa.registers - 1}.")
        return value
    if isinstance(value, Reg):
        raise ProgramError(f"{value}: operand {field.name} is a number, without a register.")
    _check_width(value, field.bits)
    return int(value) & (1 << field.bits) - 1


def text_of(field: OperandField, value: Value, hexadecimal: bool = False) -> str:
    return value.text(hexadecimal) if isinstance(value, Reg) else number_text(value, field.bits, hexadecimal)


def number_text(value: int, bits: int, hexadecimal: bool = False) -> str:
    """Text of a number: signed in decimal, unsigned in hexadecimal."""
    return f"0x{value:x}" if hexadecimal else f"{signed_value(value, bits)}"


def signed_value(value: int, bits: int) -> int:
    return value - (value >> bits - 1 << bits)


# Fields that are packed into an operand


def pack(fields: tuple[Field, ...], values: dict[str, int]) -> int:
    """Pack fields into an operand; fields without a value have their default. Raises :class:`ProgramError`."""
    return sum(_bits(field, values.get(field.name, field.default)) for field in fields)


def unpack(fields: tuple[Field, ...], operand: Value) -> dict[str, int] | None:
    """Unpack the values of fields from an operand; None if `pack` cannot return this operand."""
    word = operand.immediate if isinstance(operand, Reg) else operand
    values = {field.name: signed_value(field.extract(word), field.bits) for field in fields}
    try:
        made = pack(fields, values)
    except ProgramError:
        return None
    return values if operand in (made, Reg(0, made)) else None


def _bits(field: Field, value: int | None) -> int:
    least = field.least if field.least is not None else -(1 << field.bits - 1)
    most = field.most if field.most is not None else (1 << field.bits) - 1
    if value is None or not least <= value <= most:
        raise ProgramError(f"{field.name}={value}: {field.name} must be from {least} to {most}.")
    return int(value) << field.low & field.mask


def _check_width(value: int, bits: int):
    if not -(1 << bits - 1) <= value < 1 << bits:
        raise ProgramError(f"{value}: an immediate has {bits} bits.")
