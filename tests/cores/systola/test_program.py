"""Programs: object, bytes and text are equivalent, and each mistake is reported in one sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from systola.gen.accelerators.systola.program import Instruction, Op, Program, ProgramError, Reg, Setting, Unit
from systola.hw.cores.systola.isa import ISA

numbers = st.one_of(st.integers(0, 2**32 - 1), st.integers(-(2**31), -1), st.integers(-70000, 70000))
regs = st.one_of(st.just(Reg(0)), st.builds(Reg, st.integers(0, 15), numbers))


@st.composite
def instructions(draw):
    op = draw(st.sampled_from(list(Op)))
    row = ISA.rows[op]
    flags = 0
    for flag in row.flags:
        values = st.sampled_from(list(Setting)) if flag.name == "setting" else st.integers(0, (1 << flag.bits) - 1)
        flags |= draw(values) << flag.low
    return Instruction(op, tuple(draw(regs) for _ in row.operands), flags)


@settings(deadline=None)
@given(st.lists(instructions(), max_size=12).map(Program))
def test_bytes_and_text_reproduce_the_program(program):
    assert Program.decode(program.encode()) == program
    assert Program.parse(program.text()) == program
    assert Program.parse(program.text().upper()) == program
    assert Program.parse(program.text()).text() == program.text()


@settings(deadline=None)
@given(st.binary(max_size=64))
def test_any_bytes_are_a_program_or_rejected(code):
    try:
        program = Program.decode(code)
    except ProgramError:
        return
    assert program.encode() == code


@settings(deadline=None)
@given(st.text("rR123+-x ,;#|=\nSETLOADEN", max_size=40))
def test_any_text_is_a_program_or_rejected(text):
    try:
        Program.parse(text)
    except ProgramError as error:
        assert str(error).startswith("line ")  # noqa: PT017


def test_bits_are_at_the_places_of_the_table():
    program = Program()
    program.matmul(Reg(1) + 0x10, Reg(2) - 1, Reg(3), keep=True)
    program.set(Setting.COUNT_X, -16)
    program.sync(Unit.LOAD | Unit.FETCH)
    words = [int.from_bytes(program.encode()[at : at + 4], "little") for at in range(0, 48, 4)]
    assert words[:4] == [0x19 | 0b10 << 6 | 1 << 20 | 2 << 24 | 3 << 28, 0x10, 0xFFFFFFFF, 0]
    assert words[4:8] == [0x08 | 72 << 6, 0xFFFFFFF0, 0, 0]
    assert words[8:] == [0x02 | 5 << 6, 0, 0, 0]


def test_quant_packs_its_fields():
    program = Program()
    program.quant(multiplier=1 << 30, bias=-5, shift=-7, zero_point=-3, low=-128, high=255)
    (instruction,) = program.instructions
    assert (instruction["a"].immediate, instruction["b"].immediate) == (1 << 30, 0xFFFFFFFB)
    assert instruction["c"].immediate == 0xFD | 0x80 << 8 | 0xFF << 16 | (-7 & 63) << 24
    assert str(instruction) == "QUANT   0x40000000, -5, zero_point=-3, low=-128, high=-1, shift=-7"


@pytest.mark.parametrize("shift", [-32, -31, 0, 30, 31])
@pytest.mark.parametrize("op", [Op.QUANT, Op.QUANT_CHANNEL])
def test_any_operand_of_quant_has_a_text(op, shift):
    for more in (0, 1 << 30):
        program = Program([Instruction.of(op, c=Reg(0, 0x40_7F_80_03 & 0xFFFFFF | (shift & 63) << 24 | more))])
        assert Program.parse(program.text()) == program


def test_loops_step_their_registers():
    program = Program()
    with program.loop(3) as outer:
        with program.loop(Reg(9)) as inner:
            program.load(Reg(1), Reg(2))
            inner.step({Reg(1): 64, 2: -64})
        outer.step({n: n for n in range(1, 6)})
    program.halt()
    assert program.text() == (
        "LOOP    3\n"
        "    LOOP    r9\n"
        "        LOAD    r1, r2\n"
        "    END     r1+64, r2-64\n"
        "    ADD     r4+4, r5+5\n"
        "END     r1+1, r2+2, r3+3\n"
        "HALT\n"
    )


def test_registers_of_addresses_are_hexadecimal():
    text = (
        "MOVE    r1=0x1000, r2=0x20, r3=4096\n"  # r2 is read after the loop's end, r3 by no LOAD or STORE
        "LOOP    3\n"
        "    LOAD    r1, 0x40\n"
        "    VECTOR  r3, 64\n"
        "    MOVE    r1=0x2000, r3=64\n"  # read in the next iteration
        "END     r2+16\n"
        "STORE   0x0, r2+0x10\n"
        "MOVE    r1=4096, r2=16\n"  # written again before they are read
        "MOVE    r1=0xfffffff0, r2=0x0\n"
        "STORE   r1, r2-0x8\n"
        "HALT\n"
    )
    program = Program.parse(text)
    assert program.text() == text
    assert Program.decode(program.encode()).text() == text


def test_a_text_written_by_hand():
    text = """
        ; load, then wait
        set load_count0, 4_096     # bytes
        load r1 + 0x10, 512
        sync LOAD|fetch
        Sync
        SYNC vector, store
        vector 0, 8, add, table
        quant_channel 4, low=-128, high=127
        move r1 = -5, R2=0x10
        end r1 - 4
    """
    program = Program.parse(text)
    expected = Program()
    expected.set(Setting.LOAD_COUNT0, 4096)
    expected.load(Reg(1) + 16, 512)
    expected.sync(Unit.LOAD | Unit.FETCH)
    expected.sync()
    expected.sync(Unit.VECTOR | Unit.STORE)
    expected.vector(0, 8, add=True, table=True)
    expected.quant_channel(4, low=-128, high=127)
    expected.move({1: -5, 2: 16})
    expected.emit(Op.END, Reg(1) - 4)
    assert program == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("LAOD 0, 0", "there is no instruction 'LAOD'; did you mean LOAD?"),
        ("SET LOAD_CUONT0, 1", "there is no setting 'LOAD_CUONT0'; did you mean LOAD_COUNT0?"),
        ("SYNC lode", "there is no unit 'lode'; did you mean LOAD?"),
        ("MOVE r0=5", "r0=5: r0 always holds 0; MOVE writes another register, such as r1=16."),
        ("MOVE r1=2, R00 = 5", "R00 = 5: r0 always holds 0; MOVE writes another register, such as r1=16."),
        ("ADD r0+16", "r0+16: r0 always holds 0; ADD writes another register, such as r1+16."),
        ("END r1+16, r0", "r0: r0 always holds 0; END writes another register, such as r1+16."),
        ("LOAD 5", "LOAD has 2 operands, not 1."),
        ("VECTOR 1, 2, 3, 4", "VECTOR has 2 to 3 operands, not 4."),
        ("HALT 1", "HALT has 0 operands, not 1."),
        ("LOAD r16, 0", "r16: a register is r0 to r15."),
        ("LOAD 1, 5000000000", "5000000000: an immediate has 32 bits."),
        ("LOAD 1, r1*2", "'r1*2' is not an operand, which is a number, a register, or r1+16."),
        ("MATMUL 1, 2, kep", "MATMUL has no flag 'kep'; did you mean KEEP?"),
        ("QUANT 1, 2, low=300", "low=300: low must be from -128 to 255."),
        ("QUANT 1, 2, low=r1", "low=r1: it must be a number."),
        ("QUANT 1, 2, zero_point=3", "QUANT needs low and high."),
        ("QUANT_CHANNEL 1, low=3", "QUANT_CHANNEL needs high."),
        ("MOVE r1=r2", "r1=r2: it must be a number."),
        ("ADD r1=2", "'r1=2' is not an operand, which is a number, a register, or r1+16."),
        ("QUANT 1, 2, low=3, 4", "'4' follows a named field: operands without a name come first."),
        ("QUANT_CHANNEL 1, shift=3", "'shift=3' is not an operand, which is a number, a register, or r1+16."),
    ],
)
def test_mistakes_name_line_and_reason(line, reason):
    with pytest.raises(ProgramError) as caught:
        Program.parse(f"HALT\n\n{line}\n")
    assert str(caught.value) == f"line 3: {reason}"


def test_bytes_that_are_no_program_are_rejected():
    halt = Instruction(Op.HALT).encode()
    for code, reason in (
        (halt[:-1], "15 bytes are not a program: an instruction has 16 bytes."),
        (halt + bytes(16), "instruction 1: there is no opcode 0x00."),
        (halt[:15] + b"\1", "instruction 0: HALT has no operand c."),
        ((Op.LOOP | 4 << 6).to_bytes(16, "little"), "instruction 0: LOOP has no flags 0x4."),
        ((Op.SET | 127 << 6).to_bytes(16, "little"), "instruction 0: there is no setting 127."),
    ):
        with pytest.raises(ProgramError) as caught:
            Program.decode(code)
        assert str(caught.value) == reason


def test_emit_rejects_operands_without_a_field():
    program = Program()
    with pytest.raises(ValueError, match="units=32: flag units of SYNC has 5 bits"):
        program.emit(Op.SYNC, units=32)
    with pytest.raises(ValueError, match="HALT has no operand b"):
        program.emit(Op.HALT, b=4)
    with pytest.raises(ProgramError, match="shift=31: shift must be from -31 to 30"):
        program.quant(multiplier=1, low=0, high=1, shift=31)
