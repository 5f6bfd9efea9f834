"""The generic assembler and disassembler on an instruction set with overlapping operand fields and no registers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from systola.gen.isa.instruction import BaseInstruction
from systola.gen.isa.operand import ProgramError, Reg
from systola.gen.isa.program import BaseProgram

from ...hw.issue.tiny import NARROW, TINY


class TinyInstruction(BaseInstruction):
    isa = TINY


class TinyProgram(BaseProgram):
    instruction = TinyInstruction


class NarrowInstruction(BaseInstruction):
    isa = NARROW


class NarrowProgram(BaseProgram):
    instruction = NarrowInstruction


TEXT = """\
SET     STRIDE, 7
READ_WEIGHTS 0x123456789a, 3
SYNC    fetch
MATMUL  -5517841, 4660, -2, accumulate, function=5
SYNC
MATMUL  1, 2
HALT
"""


def program() -> TinyProgram:
    op, p = TINY.Op, TinyProgram()
    p.set(TINY.Setting.STRIDE, 7)
    p.emit(op.READ_WEIGHTS, 0x12_3456_789A, 3)
    p.sync(TINY.Unit.FETCH)
    p.emit(op.MATMUL, 0xABCDEF, 0x1234, -2, accumulate=1, function=5)
    p.sync()
    p.emit(op.MATMUL, accumulator=2, buffer=1)
    p.halt()
    return p


def test_bits_are_at_the_places_of_the_table():
    code = program().encode()
    slots = [code[at : at + 16] for at in range(0, len(code), 16)]
    assert slots[1] == bytes.fromhex("10 0000 9a78563412 03000000 00000000")
    assert slots[3] == bytes.fromhex("11 0105 efcdab 3412 feffffff 00000000")
    assert slots[4] == bytes.fromhex("02 3000 000000 0000 00000000 00000000")


def test_bytes_and_text_give_the_program_back():
    assert program().text() == TEXT
    assert TinyProgram.parse(TEXT) == program()
    assert TinyProgram.parse(TEXT.upper()) == program()
    assert TinyProgram.decode(program().encode()) == program()


@given(st.integers(0, (1 << 24) - 1), st.integers(0, (1 << 16) - 1), st.integers(0, (1 << 32) - 1), st.integers(0, 15))
def test_any_operands_survive(buffer, accumulator, length, function):
    p = TinyProgram()
    p.emit(TINY.Op.MATMUL, buffer, accumulator, length, function=function)
    assert TinyProgram.decode(p.encode()) == TinyProgram.parse(p.text()) == p


@given(st.binary(min_size=16, max_size=16))
def test_any_bytes_are_an_instruction_or_rejected(code):
    for first in (code[:1], b"\x11", b"\x02"):
        each = first + code[1:12] + bytes(4)
        try:
            instruction = TinyInstruction.decode(each)
        except ProgramError:
            continue
        assert instruction.encode() == each


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("MATMUL 1", "MATMUL has 2 to 3 operands, not 1."),
        ("MATMUL 0x1000000, 2", "16777216: an immediate has 24 bits."),
        ("MATMUL r1, 2", "r1: operand buffer is a number, without a register."),
        ("MATMUL 1, 2, function=16", "function=16: function must be from 0 to 15."),
        ("MATMUL 1, 2, functoin", "MATMUL has no flag 'functoin'; did you mean FUNCTION?"),
        ("SET STRIED, 1", "there is no setting 'STRIED'; did you mean STRIDE?"),
        ("SYNC matrxi", "there is no unit 'matrxi'; did you mean MATRIX?"),
        ("LOOP 3", "there is no instruction 'LOOP'; there are HALT, SYNC, SET, READ_WEIGHTS, MATMUL."),
    ],
)
def test_mistakes_are_one_sentence(line, reason):
    with pytest.raises(ProgramError) as caught:
        TinyProgram.parse(line)
    assert str(caught.value) == f"line 1: {reason}"


def test_bytes_outside_the_table_are_rejected():
    for code, reason in (
        (b"\x01" + bytes(14) + b"\x01", "instruction 0: HALT has bits that must be 0: 0x1"),
        (b"\x01" + bytes(2) + b"\x01" + bytes(12), "instruction 0: HALT has no operand buffer."),
        (bytes(15), "15 bytes are not a program: an instruction has 16 bytes."),
    ):
        with pytest.raises(ProgramError, match=reason):
            TinyProgram.decode(code)


def test_a_missing_feature_of_an_instruction_set_is_named():
    with pytest.raises(ValueError, match="tiny has no instruction MOVE"):
        TinyProgram().move({1: 2})
    with pytest.raises(ValueError, match="MATMUL has no flag fast"):
        TinyProgram().emit(TINY.Op.MATMUL, 1, 2, fast=1)
    with pytest.raises(ValueError, match="HALT has no operand length"):
        TinyProgram().emit(TINY.Op.HALT, length=1)
    with pytest.raises(ValueError, match="without a register"):
        TinyProgram().emit(TINY.Op.MATMUL, Reg(1), 2)


def test_loops_without_registers():
    p = NarrowProgram()
    with p.loop(3):
        p.emit(NARROW.Op.STEP, 5, -1)
    p.halt()
    assert p.text() == "LOOP    3\n    STEP    5, -1\nEND\nHALT\n"
    assert NarrowProgram.parse(p.text()) == NarrowProgram.decode(p.encode()) == p
    assert p.encode()[4:8] == (2 << 27 | 5 << 16 | 0xFFFF).to_bytes(4, "little")
