"""Rules that the table of an instruction set must satisfy, checked when an `Isa` is constructed."""

from collections import Counter
from itertools import chain, combinations

from .isa_spec import ERROR_BITS, REGISTER_BITS, Control, Field

NEEDED = {Control.LOOP: ("OPERAND", "LOOP")}
"""Errors that the issuer reports for an instruction, if the instruction set has it; OPCODE and FETCH are always."""
WITH_NUMBER = {Control.SYNC: "a flag with a bit for each unit", Control.SET: "a flag with the register's number"}


def check(isa):
    """Raise `ValueError` for the first rule that `isa` violates."""
    for sentence in chain(_words(isa), _names(isa), _references(isa), _instructions(isa), _controls(isa)):
        raise ValueError(f"{isa.name}: {sentence}")


def _words(isa):
    if isa.bits % 8 or not 8 <= isa.bits <= 4096:
        yield f"bits={isa.bits}: bits must be a multiple of 8 from 8 to 4096."
    registers = [Field(f"register of {each.name}", each.register, isa.register_bits) for each in isa.register_operands]
    for each in (isa.opcode, isa.flags, *isa.operands, *registers):
        if each.low < 0 or each.last >= isa.bits:
            yield f"{each.name} ends at bit {each.last}, beyond bit {isa.bits - 1} of an instruction."
    fixed = (isa.opcode, isa.flags, *registers)
    for one, other in combinations(fixed, 2):
        if one.mask & other.mask:
            yield f"{one.name} and {other.name} overlap."
    for operand in isa.operands:
        if overlapped := next((each.name for each in fixed if each.mask & operand.mask), None):
            yield f"operand {operand.name} and {overlapped} overlap."
        if operand.register is not None and not isa.registers:
            yield f"operand {operand.name} has a register, but there are no registers."
        if operand.register is not None and operand.bits != REGISTER_BITS:
            yield f"operand {operand.name} has {operand.bits} bits; with a register it must have {REGISTER_BITS}."
    if isa.registers and isa.registers & (isa.registers - 1):
        yield f"registers={isa.registers}: registers must be 0 or a power of two."


def _names(isa):
    groups = {
        "operand": [each.name for each in isa.operands],
        "queue": [each.name for each in isa.queues],
        "completion": isa.completions,
        "unit": [each.name for each in isa.units],
        "instruction": [each.name for each in isa.instructions],
        "configuration register": [each.name for each in isa.configuration],
        "error": [each.name for each in isa.errors],
        "opcode": [each.code for each in isa.instructions],
        "number of a configuration register": [each.number for each in isa.configuration],
        "error code": [each.code for each in isa.errors],
    }
    for what, names in groups.items():
        for name, count in Counter(names).items():
            if count > 1:
                yield f"there are {count} of {what} {name}."
    for error in isa.errors:
        if error.code >= 1 << ERROR_BITS:
            yield f"error {error.name} has code {error.code}; codes are from 0 to {(1 << ERROR_BITS) - 1}."


def _references(isa):
    queues, units = {each.name for each in isa.queues}, {each.name for each in isa.units}
    for queue in isa.queues:
        if queue.unit not in units:
            yield f"queue {queue.name} belongs to unit {queue.unit}, which does not exist."
    for row in (*isa.instructions, *isa.configuration):
        if row.queue is not None and row.queue not in queues:
            yield f"{row.name} goes to queue {row.queue}, which does not exist."
    known = set()
    for unit in isa.units:
        for name in unit.completions:
            if name not in isa.completions:
                yield f"unit {unit.name} waits for completion {name}, which does not exist."
        for name in unit.includes:
            if name not in known:
                yield f"unit {unit.name} includes {name}, which is no unit above it."
        known.add(unit.name)
    for row in isa.instructions:
        for access in row.accesses:
            if access.unit not in units:
                yield f"{row.name} accesses {access.memory} with unit {access.unit}, which does not exist."


def _instructions(isa):
    operands = {each.name: each for each in isa.operands}
    places = {}
    for row in isa.instructions:
        if not 0 < row.code < 1 << isa.opcode.bits:
            yield f"{row.name} has opcode {row.code}; opcodes are from 1 to {(1 << isa.opcode.bits) - 1}."
        if (row.queue is None) == (row.control is None):
            yield f"{row.name} must have either a queue or a control."
        for name in row.operands:
            if name not in operands:
                yield f"{row.name} uses operand {name}, which does not exist."
        used = [operands[name] for name in row.operands if name in operands]
        if row.packed and not used:
            yield f"{row.name} has packed fields, but no operand for them."
        inside = {"flag": (row.flags, isa.flags.bits), "packed field": (row.packed, used[-1].bits if used else 0)}
        for what, (fields, bits) in inside.items():
            for each in fields:
                if each.last >= bits:
                    yield f"{what} {each.name} of {row.name} ends at bit {each.last}, but there are {bits} bits."
        for fields in (used, row.flags, row.packed):
            for one, other in combinations(fields, 2):
                if one.mask & other.mask:
                    yield f"{one.name} and {other.name} of {row.name} overlap."
        for flag in row.flags:
            if places.setdefault(flag.name, (flag.low, flag.bits)) != (flag.low, flag.bits):
                yield f"flag {flag.name} of {row.name} is at another place in another instruction."


def _controls(isa):
    rows = {}
    for row in isa.instructions:
        if row.control in rows:
            yield f"{rows[row.control].name} and {row.name} have the same control {row.control.name}."
        if row.control:
            rows[row.control] = row
    if Control.HALT not in rows:
        yield "an instruction with control HALT is missing."
    for control, what in WITH_NUMBER.items():
        if control in rows and not rows[control].flags:
            yield f"{rows[control].name} needs {what}."
    if Control.SYNC in rows and rows[Control.SYNC].flags[0].bits != len(isa.units):
        yield f"{rows[Control.SYNC].name} must have a flag of {len(isa.units)} bits, one for each unit."
    for control in (Control.LOOP, Control.SET):
        if control in rows and not rows[control].operands:
            yield f"{rows[control].name} needs an operand."
    if Control.SET in rows:
        most = (1 << rows[Control.SET].flags[0].bits) - 1
        for each in isa.configuration:
            if each.number > most:
                yield f"configuration register {each.name} has number {each.number}; numbers are from 0 to {most}."
    elif isa.configuration:
        yield "there are configuration registers, but no instruction with control SET."
    if (isa.loops > 0) != (Control.LOOP in rows) or (Control.LOOP in rows) != (Control.END in rows):
        yield f"loops={isa.loops}: there must be a LOOP and an END if there are loops, and neither otherwise."
    for control in (Control.ADD, Control.MOVE):
        if control in rows and not isa.register_operands:
            yield f"{rows[control].name} needs operands with registers."
    errors = {each.name: each.code for each in isa.errors}
    if errors.get("NONE") != 0:
        yield "error NONE with code 0 is missing."
    needed = ["OPCODE", "FETCH", *(name for control, names in NEEDED.items() if control in rows for name in names)]
    for name in needed:
        if name not in errors:
            yield f"error {name} is missing, which the issuer reports."
