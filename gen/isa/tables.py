"""Markdown tables of an `Isa`: encoding, instructions, flags, units, configuration registers, errors."""

from itertools import groupby

from ...hw.issue.isa import Isa


def encoding(isa: Isa) -> str:
    """Table of the fields of an instruction word."""
    fields = [(isa.opcode.low, isa.opcode.bits, "opcode"), (isa.flags.low, isa.flags.bits, "flags")]
    for operand in isa.operands:
        if operand.register is not None:
            fields.append((operand.register, isa.register_bits, f"register of {operand.name}"))
        what = "operand" if operand.register is None else "immediate of"
        fields.append((operand.low, operand.bits, f"{what} {operand.name}"))
    return _table(("bits", "field"), [(_bits(low, bits), what) for low, bits, what in sorted(fields)])


def instructions(isa: Isa) -> str:
    names = [operand.name for operand in isa.operands]
    rows = []
    for row in isa.instructions:
        operands = (row.operands.get(name, "") for name in names)
        rows.append((f"0x{row.code:02x}", row.name, isa.unit_name(row), *operands, row.meaning))
    return _table(("opcode", "instruction", "unit", *names, "function"), rows)


def flags(isa: Isa) -> str:
    """Table of flags, and of fields that are packed into the last operand of an instruction."""
    rows = [
        (row.name, flag.name, _bits(flag.low + isa.flags.low, flag.bits), flag.meaning)
        for row in isa.instructions
        for flag in row.flags
    ]
    rows += [
        (row.name, field.name, f"{[*row.operands][-1]} {_bits(field.low, field.bits)}", field.meaning)
        for row in isa.instructions
        for field in row.packed
    ]
    return _table(("instruction", "flag or field", "bits", "meaning"), rows)


def units(isa: Isa) -> str:
    return _table(("unit", "waits for"), [(unit.name, unit.meaning) for unit in isa.units])


def configuration(isa: Isa) -> str:
    """Table of configuration registers; adjacent ones with the same meaning share a row."""
    rows = []
    for (meaning, unit), group in groupby(isa.configuration, lambda row: (row.meaning, isa.unit_name(row))):
        registers = list(group)
        numbers, names = _span([f"{row.number}" for row in registers]), _span([row.name for row in registers])
        rows.append((numbers, names, unit, meaning))
    return _table(("number", "setting", "unit", "meaning"), rows)


def errors(isa: Isa) -> str:
    return _table(("number", "error", "cause"), [(f"{row.code}", row.name, row.meaning) for row in isa.errors])


def _span(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _bits(low: int, bits: int) -> str:
    return f"[{low + bits - 1}:{low}]" if bits > 1 else f"[{low}]"


def _table(head, rows) -> str:
    lines = [f"|{'|'.join(f' {each} ' if each else ' ' for each in head)}|", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
