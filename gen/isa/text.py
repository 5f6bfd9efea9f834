"""Instructions as lines of text: a name, operands, flags by name.

SET     COUNT0, 4096
LOAD    r1, 0x200                   an operand is a number, a register, or r1+64, r1-64
MATMUL  r2, 64, r3, keep            flags of one bit by name, others as name=value
SYNC    load | fetch                without units: all
QUANT   5, low=-128, high=127       fields that are packed into the last operand
END     r1+16, r2-4                 adds 16 to r1, takes 4 from r2
MOVE    r1=4096                     sets r1 to 4096

Numbers may be decimal or hexadecimal. Text made from an instruction has hexadecimal numbers in the operands listed in
`InstructionSpec.hexadecimal` (byte addresses), and in a MOVE to a register that such an operand reads. All other
numbers are decimal.
"""

import difflib
import re
from collections.abc import Container, Sequence

from ...hw.issue.isa import Isa
from ...hw.issue.isa_spec import Control, InstructionSpec, OperandField
from .operand import ProgramError, Reg, Value, number_text, pack, parse, parse_number, text_of, unpack


def line_of(instruction, addresses: Container[int] = ()) -> str:
    """Line of text of an instruction. A MOVE writes hexadecimal numbers to the registers in `addresses`."""
    isa, row = instruction.isa, instruction.row
    parts = []
    if row.control is Control.SYNC and (units := row.flags[0].extract(instruction.flags)) != _every_unit(isa):
        named = [unit.name.lower() for unit in isa.Unit if units & unit]
        parts.append(" | ".join(named) or "0")
    if row.control is Control.SET:
        parts.append(isa.Setting(row.flags[0].extract(instruction.flags)).name)
    fields = [isa.operand(name) for name in row.operands]
    values = list(instruction.operands)
    if row.packed and (packed := unpack(row.packed, values[-1])):
        parts += (_text(row, field, value) for field, value in zip(fields[:-1], values[:-1], strict=True))
        parts += (f"{name}={value}" for name, value in packed.items())
    else:
        while len(values) > _required(row) and values[-1] in (0, Reg(0)):
            values.pop()
        parts += (
            _moved(value, addresses) if row.control is Control.MOVE else _text(row, field, value)
            for field, value in zip(fields, values, strict=False)
        )
    for flag in _named_flags(row):
        if value := flag.extract(instruction.flags):
            parts.append(flag.name if flag.bits == 1 else f"{flag.name}={number_text(value, flag.bits + 1)}")
    return f"{row.name:<7} {', '.join(parts)}".rstrip()


def parse_line(kind: type, line: str):
    """Parse a line as an instruction of class `kind`. Raises :class:`ProgramError`."""
    isa = kind.isa
    name, *rest = line.split(None, 1)
    if name.upper() not in isa.Op.__members__:
        raise ProgramError(_unknown("there is no instruction", name, isa.Op.__members__))
    op = isa.Op[name.upper()]
    row, parts = isa.rows[op], [part.strip() for part in rest[0].split(",")] if rest else []
    flags = 0
    if row.control is Control.SYNC:
        flags, parts = _units(isa, "|".join(parts)) if parts else _every_unit(isa), []
        flags <<= row.flags[0].low
    if row.control is Control.SET:
        setting = parts.pop(0).upper() if parts else ""
        if setting not in isa.Setting.__members__:
            raise ProgramError(_unknown("there is no setting", setting, isa.Setting.__members__))
        flags = isa.Setting[setting] << row.flags[0].low
    named, parts = _flags(row, parts)
    values, packed = _operands(row, parts)
    _count(row, values, packed)
    if packed is not None:
        values.append(pack(row.packed, packed))
    try:
        return kind(op, tuple(values), int(flags | named))
    except ValueError as error:
        raise ProgramError(str(error)) from None


def _flags(row: InstructionSpec, parts: list[str]) -> tuple[int, list[str]]:
    """Parse the flags at the end of a line; return them and the remaining parts."""
    word, parts = 0, list(parts)
    flags = {flag.name: flag for flag in _named_flags(row)}
    while parts:
        key, equals, value = (text.strip() for text in parts[-1].partition("="))
        flag = flags.get(key.lower())
        if not flag or bool(equals) != (flag.bits > 1):
            break
        number = parse_number(value, parts[-1]) if equals else 1
        if not 0 <= number < 1 << flag.bits:
            raise ProgramError(f"{parts[-1]}: {flag.name} must be from 0 to {(1 << flag.bits) - 1}.")
        word |= number << flag.low
        parts.pop()
    return word, parts


def _operands(row: InstructionSpec, parts: list[str]) -> tuple[list[Value], dict[str, int] | None]:
    """Parse operands in their order, and the values of packed fields (None if there are none)."""
    fields = {field.name: field for field in row.packed}
    values: list[Value] = []
    packed: dict[str, int] | None = None
    for part in parts:
        key, equals, value = (text.strip() for text in part.partition("="))
        if equals and key.lower() in fields:
            field = fields.pop(key.lower())
            number = parse_number(value, f"{field.name}={value}")
            pack((field,), {field.name: number})  # checks the limits
            packed = (packed or {}) | {field.name: number}
        elif packed is not None:
            raise ProgramError(f"'{part}' follows a named field: operands without a name come first.")
        else:
            values.append(_operand(part, row))
    missing = [field.name for field in fields.values() if field.default is None]
    if packed is not None and missing:
        raise ProgramError(f"{row.name} needs {' and '.join(missing)}.")
    return values, packed


def _operand(text: str, row: InstructionSpec) -> Value:
    try:
        name, equals, value = (part.strip() for part in text.partition("="))
        if row.control is Control.MOVE and equals and re.fullmatch(r"[rR]\d+", name):
            return _written(Reg(int(name[1:]), parse_number(value, text)), text, row)
        return _written(parse(text), text, row)
    except ProgramError:
        if re.fullmatch(r"[A-Za-z_]\w*", text) and not re.fullmatch(r"[rR]\d+", text):
            names = [flag.name for flag in _named_flags(row)]
            raise ProgramError(_unknown(f"{row.name} has no flag", text, names)) from None
        raise


def _written(value: Value, text: str, row: InstructionSpec) -> Value:
    """Return the operand. Raises :class:`ProgramError` if it names register 0, which is always 0, as a destination."""
    if row.control in (Control.MOVE, Control.ADD, Control.END) and re.match(r"[rR]0+(?!\d)", text):
        how = "=" if row.control is Control.MOVE else "+"
        raise ProgramError(f"{text}: r0 always holds 0; {row.name} writes another register, such as r1{how}16.")
    return value


def _count(row: InstructionSpec, values: list[Value], packed: dict | None):
    """Raise :class:`ProgramError` if there are too few operands or too many."""
    most = len(row.operands) - (packed is not None)
    least = min(_required(row), most)
    if not least <= len(values) <= most:
        count = f"{least}" if least == most else f"{least} to {most}"
        raise ProgramError(f"{row.name} has {count} operands, not {len(values)}.")


def _required(row: InstructionSpec) -> int:
    return len(row.operands) if row.required is None else row.required


def _named_flags(row: InstructionSpec):
    """Flags that appear by name in a text; the first flag of SYNC and SET is written as an operand."""
    return row.flags[1:] if row.control in (Control.SYNC, Control.SET) else row.flags


def _text(row: InstructionSpec, field: OperandField, value: Value) -> str:
    return text_of(field, value, field.name in row.hexadecimal)


def _moved(reg: Reg, addresses: Container[int]) -> str:
    """Text of an operand of MOVE."""
    return f"r{reg.number}={Reg(0, reg.immediate).text(reg.number in addresses)}" if reg.number else str(reg)


def address_registers(instructions: Sequence) -> list[set[int]]:
    """For each instruction, the registers whose value after it reaches an operand in `InstructionSpec.hexadecimal`.

    Backward liveness analysis; it is repeated until the registers at the beginning of each loop no longer change.
    """
    after: list[set[int]] = [set() for _ in instructions]
    begins: dict[int, set[int]] = {}
    while True:
        known, live, ends = dict(begins), set(), []
        for at in reversed(range(len(instructions))):
            instruction, control = instructions[at], instructions[at].row.control
            if control is Control.END:
                ends.append(at)
                live = live | begins.get(at, set())
            after[at] = live
            read = (instruction[name] for name in instruction.row.hexadecimal)
            written = {reg.number for reg in instruction.operands} if control is Control.MOVE else set()
            live = live - written | {value.number for value in read if isinstance(value, Reg)}
            if control is Control.LOOP and ends:
                begins[ends.pop()] = live
        if begins == known:
            return after


def _every_unit(isa: Isa) -> int:
    return (1 << len(isa.units)) - 1


def _units(isa: Isa, text: str) -> int:
    units = 0
    for name in map(str.strip, text.split("|")):
        if name.upper() not in isa.Unit.__members__ and name != "0":
            raise ProgramError(_unknown("there is no unit", name, isa.Unit.__members__))
        units |= isa.Unit[name.upper()] if name != "0" else 0
    return int(units)


def _unknown(what: str, name: str, names) -> str:
    near = difflib.get_close_matches(name.upper(), [known.upper() for known in names], n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}." if names else "."
    return f"{what} '{name}'{hint}"
