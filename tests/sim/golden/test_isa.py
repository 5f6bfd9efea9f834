"""Golden instruction decoder: equal to the hardware's table; execution of loops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from systola.gen.accelerators.systola.program import Program, Reg
from systola.hw.cores.systola import isa as hardware
from systola.sim.golden import isa
from systola.sim.golden.isa import ErrorCode, ExecutionFault, InstructionWord, Opcode


@pytest.mark.parametrize(
    ("golden", "table"),
    [
        (isa.Opcode, hardware.Op),
        (isa.Unit, hardware.Unit),
        (isa.Setting, hardware.Setting),
        (isa.ErrorCode, hardware.Error),
    ],
)
def test_numbers_equal_those_of_the_hardware(golden, table):
    assert {member.name: int(member) for member in golden} == {member.name: int(member) for member in table}


def test_sizes_and_flags_equal_those_of_the_hardware():
    assert (hardware.ISA.bytes, hardware.ISA.loops, int(hardware.ALL)) == (isa.BYTES, isa.DEPTH, isa.ALL)
    vector = "SCRATCHPAD", "ADD", "MAXIMUM", "TABLE", "MULTIPLY", "WEIGHTS"
    for op, names in (("MATMUL", ("ACCUMULATE", "KEEP")), ("VECTOR", vector)):
        row = hardware.ISA.rows[hardware.Op[op]]
        assert [(flag.name.upper(), 1 << flag.low) for flag in row.flags] == [(n, getattr(isa, n)) for n in names]


@given(
    st.builds(
        InstructionWord,
        st.integers(0, 63),
        st.integers(0, (1 << 14) - 1),
        st.tuples(*[st.integers(0, 15)] * 3),
        st.tuples(*[st.integers(0, isa.MASK)] * 3),
    )
)
def test_an_instruction_survives(code):
    assert isa.decode(isa.encode(code)) == code


def test_bits_equal_those_of_the_assembler():
    program = Program()
    program.matmul(Reg(1) + 5, Reg(2) - 1, Reg(15), keep=True)
    assert isa.encode(InstructionWord(Opcode.MATMUL, isa.KEEP, (1, 2, 15), (5, -1, 0))) == program.encode()
    assert isa.decode(program.encode()) == InstructionWord(0x19, 2, (1, 2, 15), (5, 0xFFFFFFFF, 0))


def operations(program: Program, instructions: int = 64, limit: int = 1000):
    codes = [isa.decode(program.encode()[at : at + 16]) for at in range(0, 16 * len(program), 16)]
    return list(isa.issue(lambda pc: codes[pc] if pc < len(codes) else None, instructions, limit))


def test_loops_nest_and_step():
    program = Program()
    program.move({1: 100})
    with program.loop(2) as outer:
        with program.loop(3) as inner:
            program.load(Reg(1), Reg(2) + 7)
            inner.step({1: 1})
        outer.step({1: 10, 2: -1, 3: 2, 4: 3})
    program.halt()
    seen = [(o.op, o.a, o.b, o.iteration) for o in operations(program)]
    assert seen == [
        *((Opcode.LOAD, 100 + n, 7, (0, n)) for n in range(3)),
        *((Opcode.LOAD, 113 + n, 6, (1, n)) for n in range(3)),
        (Opcode.HALT, 0, 0, ()),
    ]


def test_a_loop_can_end_with_a_loop():
    program = Program()
    with program.loop(2):
        with program.loop(2):
            program.load(Reg(1), 0)
            program.add({1: 1})
        program.load(50, 0)
    program.halt()
    assert [o.a for o in operations(program)] == [0, 1, 50, 2, 3, 50, 0]


def test_settings_apply_to_later_commands_and_register_0_remains_0():
    program = Program()
    program.move({0: 5, 1: 6})
    program.add({0: 5})
    program.emit(Opcode.LOAD, Reg(0) + 1, Reg(1))
    program.set(hardware.Setting.COUNT_X, Reg(1) - 7)
    program.emit(Opcode.LOAD, Reg(0), 0)
    program.halt()
    first, second, _ = operations(program)
    assert (first.a, first.b, first.settings[isa.Setting.COUNT_X]) == (1, 6, 0)
    assert (second.a, second.settings[isa.Setting.COUNT_X]) == (0, isa.MASK)


def _nested(depth: int, body: int = 1) -> Program:
    program = Program()
    if depth:
        with program.loop(1):
            program.instructions += _nested(depth - 1, body).instructions
    else:
        for _ in range(body):
            program.load(0, 0)
    return program


@pytest.mark.parametrize(
    ("program", "error", "pc"),
    [
        (_nested(4), ErrorCode.FETCH, 9),
        (_nested(5), ErrorCode.LOOP, 4),
        (_nested(1, 62), ErrorCode.FETCH, 64),
        (_nested(1, 63), ErrorCode.LOOP, 64),
        (Program.parse("END"), ErrorCode.LOOP, 0),
        (Program.parse("SYNC load\nLOOP 0\nEND\nHALT"), ErrorCode.OPERAND, 1),
        (Program.parse("MOVE r1+65536\nLOOP r1\nEND\nHALT"), ErrorCode.OPERAND, 1),
        (Program.parse("LOOP 65535\nEND"), None, 1),
    ],
)
def test_programs_that_stop(program, error, pc):
    with pytest.raises(ExecutionFault) as caught:
        operations(program)
    assert (caught.value.error, caught.value.pc) == (error, pc)


def test_the_last_value_of_a_repeated_register_counts():
    program = Program.parse("ADD r1+3, r1+4, r2+1\nADD r1+3, r1+4, r2+1\nLOAD r1, r2\nHALT")
    assert [(o.a, o.b) for o in operations(program)] == [(8, 2), (0, 0)]


@given(st.integers(0, 200), st.integers(0, 7))
def test_the_buffer_requests_whole_blocks(body, offset):
    """Blocks are requested in order as long as the buffer has space in addition to the kept ones."""
    requested = 8 - offset
    while requested - body <= 64 - 8:
        requested += 8
    assert isa.reach(body, 64, 16 * offset) == requested


@pytest.mark.parametrize("code", [InstructionWord(0), InstructionWord(63), InstructionWord(Opcode.SET, 127)])
def test_an_illegal_instruction_stops(code):
    with pytest.raises(ExecutionFault) as caught:
        list(isa.issue(lambda pc: code, 64, 10))
    assert (caught.value.error, caught.value.pc) == (ErrorCode.OPCODE, 0)
