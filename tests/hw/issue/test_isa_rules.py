"""A table that contradicts itself is rejected, with one sentence."""

from dataclasses import replace

import pytest

from systola.hw.issue.isa_spec import (
    ConfigSpec,
    Control,
    ErrorSpec,
    Field,
    InstructionSpec,
    OperandField,
    QueueSpec,
    UnitSpec,
)

from .tiny import HALT, NARROW, TINY


def _instruction(**changes):
    return (*TINY.instructions, InstructionSpec("NEW", 0x20, "new", **{"queue": "fetch"} | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bits": 90}, "tiny: bits=90: bits must be a multiple of 8 from 8 to 4096."),
        ({"bits": 88}, "tiny: length ends at bit 95, beyond bit 87 of an instruction."),
        ({"flags": Field("flags", 7, 16)}, "tiny: opcode and flags overlap."),
        ({"flags": Field("flags", 8, 17)}, "tiny: operand buffer and flags overlap."),
        (
            {"operands": (OperandField("a", 32, 32, register=24),), "instructions": (HALT,)},
            "tiny: operand a has a register, but there are no registers.",
        ),
        ({"registers": 3}, "tiny: registers=3: registers must be 0 or a power of two."),
        ({"queues": (*TINY.queues, QueueSpec("fetch", "fetch"))}, "tiny: there are 2 of queue fetch."),
        ({"instructions": (*TINY.instructions, HALT)}, "tiny: there are 2 of instruction HALT."),
        ({"instructions": _instruction(queue="none")}, "tiny: NEW goes to queue none, which does not exist."),
        (
            {"instructions": _instruction(operands={"buffer": "x", "weight": "y"})},
            "tiny: buffer and weight of NEW overlap.",
        ),
        ({"instructions": _instruction(operands={"c": "x"})}, "tiny: NEW uses operand c, which does not exist."),
        (
            {"instructions": _instruction(flags=(Field("late", 10, 8),))},
            "tiny: flag late of NEW ends at bit 17, but there are 16 bits.",
        ),
        (
            {"instructions": _instruction(flags=(Field("accumulate", 3, 1),))},
            "tiny: flag accumulate of NEW is at another place in another instruction.",
        ),
        ({"instructions": _instruction(control=Control.ADD)}, "tiny: NEW must have either a queue or a control."),
        (
            {"instructions": _instruction(queue=None, control=Control.SYNC)},
            "tiny: SYNC and NEW have the same control SYNC.",
        ),
        ({"instructions": TINY.instructions[1:]}, "tiny: an instruction with control HALT is missing."),
        ({"loops": 2}, "tiny: loops=2: there must be a LOOP and an END if there are loops, and neither otherwise."),
        (
            {"units": (*TINY.units, UnitSpec("more", ("fetch",), "more"))},
            "tiny: SYNC must have a flag of 3 bits, one for each unit.",
        ),
        (
            {"units": (replace(TINY.units[0], includes=("matrix",)), TINY.units[1])},
            "tiny: unit fetch includes matrix, which is no unit above it.",
        ),
        (
            {"configuration": (ConfigSpec("FAR", 9, "matrix", "far"),)},
            "tiny: configuration register FAR has number 9; numbers are from 0 to 7.",
        ),
        ({"errors": TINY.errors[1:]}, "tiny: error NONE with code 0 is missing."),
        ({"errors": TINY.errors[:2]}, "tiny: error FETCH is missing, which the issuer reports."),
        (
            {"errors": (*TINY.errors, ErrorSpec("MORE", 16, "more"))},
            "tiny: error MORE has code 16; codes are from 0 to 15.",
        ),
    ],
)
def test_contradictions_are_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match="tiny") as caught:
        replace(TINY, **changes)
    assert str(caught.value) == sentence


def test_loops_need_their_errors():
    with pytest.raises(ValueError, match="narrow: error LOOP is missing, which the issuer reports"):
        replace(NARROW, errors=NARROW.errors[:-1])
