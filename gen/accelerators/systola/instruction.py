"""One instruction of a core as an object, as 128 bits and as a line of text, all from the table in hw.issue.isa.

A line is the instruction's name, its operands, and its flags by name:

    SET     LOAD_COUNT0, 4096
    LOAD    r1, 0x200                   an operand is a number, a register, or r1+64, r1-64
    MATMUL  r2, 64, r3, keep
    SYNC    load | fetch                without units: all
    QUANT   0x40000000, -5, zero_point=3, low=-128, high=127, shift=-7
    END     r1+16, r2-4                 adds 16 to r1, takes 4 from r2
    MOVE    r1=0x1000                   sets r1 to 0x1000
"""

import difflib
import re
from dataclasses import dataclass, field

from ....hw.cores.systola.isa import (
    ALL,
    BYTES,
    FLAG_BITS,
    INSTRUCTIONS,
    OPCODE_BITS,
    OPERANDS,
    REGISTERS,
    Flag,
    Instruction,
    Op,
    Setting,
    Unit,
)

MASK = (1 << 32) - 1
REGISTER_BITS = 4
PACKED = (
    Flag("zero_point", 0, 8, "added before the limits"),
    Flag("low", 8, 8, "lower limit"),
    Flag("high", 16, 8, "upper limit"),
    Flag("shift", 24, 6, "of the scale, from -31 to 30"),
)
"""What stands in operand c of QUANT; QUANT_CHANNEL has all but the shift."""
FIELDS = {Op.QUANT: PACKED, Op.QUANT_CHANNEL: PACKED[:3]}
LEAST = {Op.MATMUL: 2, Op.VECTOR: 2, Op.END: 0, Op.ADD: 1, Op.MOVE: 1}
"""Operands that a line must have where it need not have all; the others are 0."""


class ProgramError(ValueError):
    """A program is wrong; the message is one sentence that says where."""


@dataclass(frozen=True)
class Reg:
    """An operand: what a register holds, plus `immediate`, modulo 2^32. Register 0 holds 0.

    As a key of a dictionary `Reg(3)` is register 3.
    """

    number: int
    immediate: int = 0

    def __post_init__(self):
        if not 0 <= self.number < REGISTERS:
            raise ValueError(f"r{self.number}: a register is r0 to r{REGISTERS - 1}.")
        if not -(1 << 31) <= self.immediate <= MASK:
            raise ValueError(f"{self.immediate}: an immediate has 32 bits.")
        object.__setattr__(self, "immediate", int(self.immediate) & MASK)

    def __add__(self, number: int) -> "Reg":
        return Reg(self.number, (self.immediate + number) & MASK)

    def __sub__(self, number: int) -> "Reg":
        return self + -number

    def __str__(self):
        signed = self.immediate - (self.immediate >> 31 << 32)
        near = abs(signed) < 1 << 16
        if not self.number:
            return f"{signed}" if near else f"0x{self.immediate:x}"
        if not self.immediate:
            return f"r{self.number}"
        return f"r{self.number}{signed:+}" if near else f"r{self.number}+0x{self.immediate:x}"

    @staticmethod
    def parse(text: str) -> "Reg":
        found = re.fullmatch(r"(?:[rR](\d+)\s*(?=$|[+-]))?\s*([+-]?)\s*(0[xX][0-9a-fA-F_]+|\d[\d_]*)?", text)
        if not text or not found or bool(found[2]) > bool(found[3]):
            raise ProgramError(f"'{text}' is no operand, which is a number, a register, or r1+16.")
        number = int(found[3] or "0", 0 if (found[3] or "").lower().startswith("0x") else 10)
        return Reg(int(found[1] or 0), -number if found[2] == "-" else number)


def operand(value: "Reg | int") -> Reg:
    return value if isinstance(value, Reg) else Reg(0, int(value))


@dataclass(frozen=True)
class Statement:
    """An instruction of a program."""

    op: Op
    a: Reg = Reg(0)
    b: Reg = Reg(0)
    c: Reg = Reg(0)
    flags: int = 0
    line: int = field(default=0, compare=False)
    """Where it stood in a text, counted from 1."""

    def __post_init__(self):
        for name, meaning in zip(OPERANDS, self.row.operands, strict=True):
            if not meaning and getattr(self, name) != Reg(0):
                raise ValueError(f"{self.op.name} has no operand {name}.")
        if self.flags & ~sum(_mask(flag) << flag.low for flag in self.row.flags):
            raise ValueError(f"{self.op.name} has no flags 0x{self.flags:x}.")
        if self.op == Op.SET and self.flag("setting") not in list(Setting):
            raise ValueError(f"there is no setting {self.flag('setting')}.")

    @property
    def row(self) -> Instruction:
        return INSTRUCTIONS[self.op]

    @property
    def operands(self) -> tuple[Reg, Reg, Reg]:
        return self.a, self.b, self.c

    def flag(self, name: str) -> int:
        """The value of a flag."""
        flag = self.row.flag(name)
        return self.flags >> flag.low & _mask(flag)

    def encode(self) -> bytes:
        word = self.op | self.flags << OPCODE_BITS
        for place, reg in enumerate(self.operands):
            word |= reg.number << OPCODE_BITS + FLAG_BITS + REGISTER_BITS * place | reg.immediate << 32 * (place + 1)
        return word.to_bytes(BYTES, "little")

    @staticmethod
    def decode(code: bytes) -> "Statement":
        """Raises :class:`ProgramError` where these are no bytes that `encode` makes."""
        word = int.from_bytes(code, "little")
        opcode = word & (1 << OPCODE_BITS) - 1
        if opcode not in INSTRUCTIONS:
            raise ProgramError(f"there is no opcode 0x{opcode:02x}.")
        low = OPCODE_BITS + FLAG_BITS
        registers = (word >> low + REGISTER_BITS * place & REGISTERS - 1 for place in range(3))
        regs = (Reg(number, word >> 32 * (place + 1) & MASK) for place, number in enumerate(registers))
        try:
            return Statement(Op(opcode), *regs, word >> OPCODE_BITS & (1 << FLAG_BITS) - 1)
        except ValueError as error:
            raise ProgramError(str(error)) from None

    def __str__(self):
        parts = []
        if self.op == Op.SYNC:
            units = Unit(self.flag("units"))
            if units != ALL:
                parts.append(" | ".join(unit.name.lower() for unit in Unit if unit in units) or "0")
        if self.op == Op.SET:
            parts.append(Setting(self.flag("setting")).name)
        regs = [reg for reg, meaning in zip(self.operands, self.row.operands, strict=True) if meaning]
        if self.op in FIELDS and (fields := _unpacked(self.op, self.c)):
            parts += map(str, (*regs[:-1], *(f"{name}={value}" for name, value in fields.items())))
        else:
            while len(regs) > LEAST.get(self.op, 3) and regs[-1] == Reg(0):
                regs.pop()
            parts += map(_moved if self.op == Op.MOVE else str, regs)
        parts += [flag.name for flag in self.row.flags if flag.bits == 1 and self.flag(flag.name)]
        return f"{self.op.name:<7} {', '.join(parts)}".rstrip()

    @staticmethod
    def parse(line: str) -> "Statement":
        """Raises :class:`ProgramError`."""
        name, *rest = line.split(None, 1)
        if name.upper() not in Op.__members__:
            raise ProgramError(_unknown("there is no instruction", name, Op.__members__))
        op = Op[name.upper()]
        row, parts = INSTRUCTIONS[op], [part.strip() for part in rest[0].split(",")] if rest else []
        flags = 0
        if op == Op.SYNC:
            flags, parts = _units("|".join(parts)) if parts else ALL, []
        if op == Op.SET:
            setting = parts.pop(0).upper() if parts else ""
            if setting not in Setting.__members__:
                raise ProgramError(_unknown("there is no setting", setting, Setting.__members__))
            flags = Setting[setting]
        bits = {flag.name: flag for flag in row.flags if flag.bits == 1}
        while parts and parts[-1].lower() in bits:
            flags |= 1 << bits[parts.pop().lower()].low
        fields = {flag.name: flag for flag in FIELDS.get(op, ())}
        regs, packed = [], None
        for part in parts:
            key, equals, value = (text.strip() for text in part.partition("="))
            if equals and key.lower() in fields:
                packed = (packed or 0) | _field(fields.pop(key.lower()), value)
            elif packed is not None:
                raise ProgramError(f"'{part}' stands behind fields that have names.")
            else:
                regs.append(_operand(part, op, bits))
        if packed is not None and (missing := {"low", "high"} & set(fields)):
            raise ProgramError(f"{op.name} needs {' and '.join(sorted(missing, reverse=True))}.")
        names = [name for name, meaning in zip(OPERANDS, row.operands, strict=True) if meaning]
        if packed is not None:
            names.pop()
        least = min(LEAST.get(op, 3), len(names))
        if not least <= len(regs) <= len(names):
            count = f"{least}" if least == len(names) else f"{least} to {len(names)}"
            raise ProgramError(f"{op.name} has {count} operands, not {len(regs)}.")
        places = dict(zip(names, regs, strict=False)) | ({} if packed is None else {"c": Reg(0, packed)})
        return Statement(op, flags=int(flags), **places)


def packed(op: Op, **values: int) -> int:
    """Operand c of QUANT and QUANT_CHANNEL."""
    return sum(_bits(flag, values[flag.name]) for flag in FIELDS[op])


def _unpacked(op: Op, c: Reg) -> dict[str, int] | None:
    """What `packed` was given, if it could have been."""
    values = {flag.name: _signed(c.immediate, flag) for flag in FIELDS[op]}
    try:
        return values if c == Reg(0, packed(op, **values)) else None
    except ProgramError:
        return None


def _mask(flag: Flag) -> int:
    return (1 << flag.bits) - 1


def _bits(flag: Flag, value: int) -> int:
    least, most = (-31, 30) if flag.name == "shift" else (-128, 255)
    if not least <= value <= most:
        raise ProgramError(f"{flag.name}={value}: {flag.name} must be from {least} to {most}.")
    return (int(value) & _mask(flag)) << flag.low


def _signed(word: int, flag: Flag) -> int:
    value = word >> flag.low & _mask(flag)
    return value - (value >> flag.bits - 1 << flag.bits)


def _field(flag: Flag, text: str) -> int:
    value = _number(Reg.parse(text), f"{flag.name}={text}")
    return _bits(flag, value - (value >> 31 << 32))


def _number(value: Reg, text: str) -> int:
    if value.number:
        raise ProgramError(f"{text}: it must be a number.")
    return value.immediate


def _moved(reg: Reg) -> str:
    """An operand of MOVE."""
    return f"r{reg.number}={Reg(0, reg.immediate)}" if reg.number else str(reg)


def _operand(text: str, op: Op, bits) -> Reg:
    try:
        name, equals, value = (part.strip() for part in text.partition("="))
        if op == Op.MOVE and equals and re.fullmatch(r"[rR]\d+", name):
            return Reg(int(name[1:]), _number(Reg.parse(value), text))
        return Reg.parse(text)
    except ProgramError:
        if re.fullmatch(r"[A-Za-z_]\w*", text) and not re.fullmatch(r"[rR]\d+", text):
            raise ProgramError(_unknown(f"{op.name} has no flag", text, bits)) from None
        raise
    except ValueError as error:
        raise ProgramError(str(error)) from None


def _units(text: str) -> Unit:
    units = Unit(0)
    for name in map(str.strip, text.split("|")):
        if name.upper() not in Unit.__members__ and name != "0":
            raise ProgramError(_unknown("there is no unit", name, Unit.__members__))
        units |= Unit[name.upper()] if name != "0" else Unit(0)
    return units


def _unknown(what: str, name: str, names) -> str:
    near = difflib.get_close_matches(name.upper(), [known.upper() for known in names], n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}." if names else "."
    return f"{what} '{name}'{hint}"
