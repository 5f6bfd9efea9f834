"""Checker of programs: each kind of mistake is reported with its instructions and range; legal programs pass."""

import re

import pytest

from systola.gen.accelerators.systola.assembler import assemble
from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program, ProgramError, Unit
from systola.hw.cores.systola.parameters import SystolaParameters

MACHINE = SystolaParameters.check(
    size=4, activation_bytes=1024, weight_bytes=1024, accumulators=64, data_width=32, instructions=64
)
SETUP = """
    SET LOAD_COUNT0, 16
    SET LOAD_COUNT1, 1
    SET LOAD_COUNT2, 1
    SET LOAD_BUS_STRIDE0, 1
    SET LOAD_LOCAL_STRIDE0, 1
    SET STORE_COUNT0, 16
    SET STORE_COUNT1, 1
    SET STORE_COUNT2, 1
    SET STORE_BUS_STRIDE0, 1
    SET STORE_LOCAL_STRIDE0, 1
    SET WEIGHT_STRIDE, 1
    SET COUNT_X, 4
    SET COUNT_Y, 1
    SET STRIDE_X, 1
    SET WINDOW_X, 1
    SET WINDOW_Y, 1
    SET POINTS_X, 4
    SET POINTS_Y, 1
    SET SOURCE_X, 1
    SET SECOND_X, 1
    SET DEST_X, 1
    SET SCALE_A, 1
    SET SCALE_B, 1
    QUANT 0x40000000, 0, low=-128, high=127, shift=1
"""
"""Four words are loaded and stored, four rows multiplied, four points requantised."""
ROW = "SET POINTS_X, 1\n"
THREE = "SYNC\nSET STORE_COUNT0, 3"
GIVEN = "LOAD 0x0, 0x0\nLOAD 0, 1024\nSYNC load\n"
"""Activation words 0 to 3 and a tile of four rows are present."""
SUMS = f"{GIVEN}WEIGHTS 0, 4\nMATMUL 0, 0\n"


def found(body: str, machine: SystolaParameters = MACHINE, **options) -> list[str]:
    """The reported problems; `line 1` in them is the first line of `body`."""
    first = SETUP.count("\n")
    problems = check(Program.parse(f"{SETUP}{body}"), machine, **options)
    return [re.sub(r"line (\d+)", lambda line: f"line {int(line[1]) - first}", str(problem)) for problem in problems]


def one(body: str, machine: SystolaParameters = MACHINE, **options) -> str:
    (problem,) = found(body, machine, **options)
    return problem


COLUMNS = """
    SET LOAD_COUNT0, 2
    SET LOAD_COUNT1, 8
    SET LOAD_BUS_STRIDE1, 2
    SET LOAD_LOCAL_STRIDE1, 4
    SET STORE_COUNT0, 2
    SET STORE_COUNT1, 8
    SET STORE_LOCAL_STRIDE1, 4
    SET STORE_BUS_STRIDE1, 4
"""
LANES = COLUMNS.replace("COUNT0, 2", "COUNT0, 3").replace("COUNT1, 8", "COUNT1, 4").replace("STRIDE1, 2", "STRIDE1, 3")


@pytest.mark.parametrize(
    "body",
    [
        f"{SUMS}SYNC array\nVECTOR 0, 8\nSYNC vector\nSTORE 0x1000, 32",
        f"{GIVEN}LOAD 0x0, 0x0\nLOAD 8, 8\nSYNC load\nSTORE 0, 0\nSTORE 8, 0",
        f"{SUMS}WEIGHTS 0, 4\nMATMUL 0, 0, accumulate\nWEIGHTS 0, 4\nMATMUL 0, 4",
        f"{GIVEN}WEIGHTS 0, 4\nWEIGHTS 0, 4\nMATMUL 0, 0, keep\nMATMUL 0, 0\nMATMUL 0, 0, 1",
        f"{SUMS}SYNC fetch\nLOAD 0, 0\nLOAD 0, 1024",
        f"{SUMS}SYNC array\nLOAD 0, 0",
        f"{SUMS}VECTOR 0, 8, scratchpad\nSTORE 64, 0",
        f"{GIVEN}VECTOR 0, 0, scratchpad\nSYNC vector\nSTORE 0, 0",
        f"{GIVEN}VECTOR 0, 8, scratchpad\nVECTOR 0, 8, scratchpad\nVECTOR 0, 0, 2, scratchpad",
        # Interleaved columns, in the scratchpad and in DRAM.
        f"{GIVEN}{COLUMNS}LOAD 0x0, 0x40\nSYNC load\nSTORE 0x2000, 64\nLOAD 2, 66\nSYNC load\nSTORE 0x2002, 66",
        # Lanes that are never used.
        f"{LANES}LOAD 0x0, 0\nLOAD 9, 1024\nSYNC load\nWEIGHTS 0, 3\nMATMUL 0, 0\nSYNC\nVECTOR 0, 8\nSYNC\nSTORE 0, 32",
    ],
)
def test_legal_programs_pass(body):
    assert found(f"{body}\nHALT") == []


@pytest.mark.parametrize(
    ("before", "last", "what", "unit"),
    [
        ("LOAD 0x0, 0x0\n", "STORE 0x10, 0x0", "reads activation words 0 to 3", "load"),
        (f"{GIVEN}STORE 0x20, 0x0\n", "LOAD 0x40, 0x8", "writes activation words 2 to 3", "store"),
        (f"{GIVEN}STORE 0x8, 0x0\n", "LOAD 0x0, 0x40", "reads DRAM bytes 0x8 to 0xf", "store"),
        (f"{GIVEN}LOAD 0x0, 0x40\n", "STORE 0xf, 0x0", "writes DRAM byte 0xf", "load"),
        (f"{GIVEN}WEIGHTS 0, 4\nLOAD 0, 16\n", "MATMUL 2, 0", "reads activation words 4 to 5", "load"),
        ("LOAD 0x0, 0x400\n", "WEIGHTS 3, 1", "reads weight word 3", "load"),
        (f"{GIVEN}WEIGHTS 2, 2\n", "LOAD 0x0, 0x400", "writes weight words 2 to 3", "fetch"),
        (SUMS, "LOAD 0x0, 0xc", "writes activation word 3", "fetch"),
        (SUMS, "VECTOR 0, 8", "reads accumulator rows 0 to 3", "array"),
        (f"{SUMS}SYNC fetch\n", "VECTOR 0, 8", "reads accumulator rows 0 to 3", "array"),
        (f"{SUMS}SYNC\nVECTOR 0, 8\nWEIGHTS 0, 4\n", "MATMUL 0, 2", "writes accumulator rows 2 to 3", "vector"),
        (f"{GIVEN}VECTOR 0, 8, scratchpad\n", "STORE 0x0, 0x20", "reads activation words 8 to 11", "vector"),
        (f"{GIVEN}VECTOR 0, 8, scratchpad\n", "LOAD 0x0, 0x2c", "writes activation word 11", "vector"),
        (f"{GIVEN}VECTOR 0, 8, scratchpad\n", "LOAD 0x0, 0x0", "writes activation words 0 to 3", "vector"),
        (f"{GIVEN}VECTOR 0, 2, scratchpad\n", "VECTOR 0, 20, scratchpad", "reads activation words 2 to 3", "vector"),
        (f"{GIVEN}VECTOR 0, 8, scratchpad\n", "VECTOR 0, 20, 8, scratchpad, add", "reads activation words 8", "vector"),
        (f"{GIVEN}STORE 0x40, 0x0\n", "VECTOR 0, 0, scratchpad", "writes activation words 0 to 3", "store"),
        (SUMS, "VECTOR 0, 0, scratchpad", "writes activation words 0 to 3", "fetch"),
        ("SET LOAD_COUNT0, 64\nLOAD 0, 1024\n", "QUANT_CHANNEL 0, 0x7f00", "reads weight words 0 to 14", "load"),
        (
            "LOAD 0, 0\nSYNC\nLOAD 0, 1024\n",
            "VECTOR 0, 8, scratchpad, multiply, weights",
            "reads weight words 0 to 3",
            "load",
        ),
        (f"{GIVEN}VECTOR 0, 8, 0, add, weights\n", "LOAD 0x0, 0x400", "writes weight words 0 to 3", "vector"),
        ("SET LOAD_COUNT0, 256\nLOAD 0, 1024\n", "TABLE 0", "reads weight words 0 to 63", "load"),
    ],
)
def test_hazards_and_the_sync_that_removes_them(before, last, what, unit):
    def hazards(sync: str) -> list[str]:
        return [problem for problem in found(f"{before}{sync}\n{last}\nHALT") if "while" in problem]

    problem = hazards("")[0]
    assert problem.startswith(f"line {before.count(chr(10)) + 2} ({last.split(', 0x')[0]}")
    assert what in problem
    assert f"a SYNC {unit} is missing" in problem
    assert hazards(f"SYNC {unit}") == []
    helps = {unit} | ({"array"} if unit == "fetch" else set())
    others = " | ".join(other.name.lower() for other in Unit if other.name.lower() not in helps)
    assert problem in hazards(f"SYNC {others}")


def test_a_hazard_names_both_instructions_with_their_iterations_and_the_range():
    body = """
    MOVE r1=1024
    LOOP 3
    LOOP 2
    LOAD 0x0, r1
    END r1+8
    WEIGHTS 2, 2
    SYNC load | array
    END
    SYNC
    """
    assert found(f"{body}HALT")[0] == (
        "line 7 (WEIGHTS 2, 2; iteration 0) reads weight words 2 to 3 while "
        "line 5 (LOAD 0x0, r1; iteration 0, 1) may still use them: a SYNC load is missing between them."
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("STORE 0x0, 0x8", "line 1 (STORE 0x0, 0x8) reads activation words 2 to 5, which no instruction has written."),
        (
            "LOAD 0x0, 0x0\nSYNC\nSTORE 0, 8",
            "line 3 (STORE 0x0, 0x8) reads activation words 4 to 5, which no instruction has w",
        ),
        ("WEIGHTS 4, 3", "line 1 (WEIGHTS 4, 3) reads weight words 4 to 6, which no instruction has written."),
        (
            "LOAD 0x0, 0x400\nSYNC\nWEIGHTS 0, 4\nMATMUL 0, 0",
            "line 4 (MATMUL 0, 0) reads activation words 0 to 3, which",
        ),
        (f"{GIVEN}WEIGHTS 0, 4\nMATMUL 0, 0, accumulate", "line 5 (MATMUL 0, 0, accumulate) reads accumulator rows 0 "),
        (f"{SUMS}SYNC\nVECTOR 2, 0", "line 7 (VECTOR 2, 0) reads accumulator rows 4 to 5, which no instruction has"),
        (f"{GIVEN}VECTOR 0, 8, 4, scratchpad, add", "reads activation words 4 to 7, which no instruction has"),
        ("TABLE 0", "line 1 (TABLE 0) reads weight words 0 to 63, which no instruction has written."),
        ("QUANT_CHANNEL 0, low=0, high=0", "reads weight words 0 to 14, which no instruction has written."),
        (
            f"{GIVEN}VECTOR 0, 8, 2, scratchpad, multiply, weights",
            "reads weight words 4 to 5, which no instruction has",
        ),
        (f"{GIVEN}VECTOR 0, 8, scratchpad, table", "line 4 (VECTOR 0, 8, scratchpad, table) comes before any TABLE."),
    ],
)
def test_reads_before_any_write(body, expected):
    assert expected in found(f"{body}\nSYNC\nHALT")[0]


def test_requantisation_before_its_settings():
    body = "".join(line for line in SETUP.splitlines(True) if "QUANT" not in line)
    (problem,) = check(Program.parse(f"{body}{GIVEN}VECTOR 0, 0, scratchpad\nHALT"), MACHINE)
    assert "(VECTOR 0, 0, scratchpad) comes before any QUANT or QUANT_CHANNEL." in str(problem)


def test_undefined_lanes_are_tracked_to_dram():
    body = f"{LANES}LOAD 0x0, 0x0\nLOAD 9, 1024\nSYNC load\nWEIGHTS 0, 3\nMATMUL 0, 0\nSYNC\nVECTOR 0, 8\nSYNC\n"
    lines = body.count("\n")
    problem = one(f"{body}SET STORE_COUNT0, 4\nSTORE 0, 32\nHALT")
    assert problem == (
        f"line {lines + 2} (STORE 0x0, 0x20) reads activation words 8 to 11, which line {lines - 1} (VECTOR 0, 8) "
        "computed from undefined data."
    )
    assert "(WEIGHTS 0, 4) reads weight" not in one(f"{body.replace('WEIGHTS 0, 3', 'WEIGHTS 0, 4')}HALT")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("WEIGHTS 0, 5", "line 1 (WEIGHTS 0, 5) needs 1 to 4 rows, not 5."),
        ("WEIGHTS 253, 4", "accesses weight words 253 to 256; legal are 0 to 255."),
        (f"{GIVEN}WEIGHTS 0, 4\nMATMUL 254, 0", "accesses activation words 254 to 257; legal are 0 to 255."),
        (f"{GIVEN}WEIGHTS 0, 4\nMATMUL 0, 61", "accesses accumulator rows 61 to 64; legal are 0 to 63."),
        ("SET STRIDE_X, -1\nMATMUL 1, 0", "accesses activation words -2 to 1; legal are 0 to 255."),
        ("SET COUNT_X, 0\nMATMUL 1, 0", "needs a COUNT_X from 1 to 65535, not 0."),
        ("SET WINDOW_Y, -1\nVECTOR 1, 0", "needs a WINDOW_Y from 1 to 65535, not -1."),
        ("SET SCALE_A, 131072\nVECTOR 1, 0, scratchpad", "needs a SCALE_A from -131072 to 131071, not 131072."),
        ("SET SCALE_B, -131073\nVECTOR 1, 0, add", "needs a SCALE_B from -131072 to 131071, not -131073."),
        ("SET SCALE_B, -131073\nVECTOR 1, 0, multiply", "needs a SCALE_B from -131072 to 131071, not -131073."),
        (f"{GIVEN}VECTOR 0, 8, 253, scratchpad, multiply, weights", "accesses weight words 253 to 256; legal are 0 to"),
        (
            f"{GIVEN}SET WINDOW_X, 2\nSET SECOND_KX, 300\nVECTOR 0, 8, scratchpad, multiply",
            "accesses activation words 0 to 303; legal are 0 to 255.",
        ),
        ("SET POINTS_Y, 65535\nSET POINTS_X, 65535\nSET SOURCE_X, 0\nVECTOR 0, 0", "4,294,836,225 accumulator rows;"),
        ("TABLE 193", "accesses weight words 193 to 256; legal are 0 to 255."),
        ("QUANT 1, 2, 0x1f000000", "needs a shift from -31 to 30, not 31."),
        ("LOAD 0x0, 0x800", "line 1 (LOAD 0x0, 0x800) is rejected: it exceeds the 2048 bytes of the scratchpads."),
        ("LOAD 0x0, 0x7f8", "is rejected: it exceeds the 2048 bytes of the scratchpads."),
        ("STORE 0x0, 0x400", "line 1 (STORE 0x0, 0x400) is rejected: it exceeds the 1024 bytes of activations."),
        ("SET LOAD_COUNT2, 0\nLOAD 0, 0", "is rejected: a count is 0."),
        ("SET LOAD_SIZE, 3\nLOAD 0, 0", "is rejected: an element is wider than a beat of the bus."),
        ("SET LOAD_PAD0, 0x1001\nLOAD 0, 0", "is rejected: more elements are padded than there are."),
        ("SET LOAD_PAD0, 0x10000\nLOAD 0, 0", "needs a LOAD_PAD0 from 0 to 65535, not 65536."),
        ("SET LOAD_COUNT1, 65536\nLOAD 0, 0", "needs a LOAD_COUNT1 from 0 to 65535, not 65536."),
        ("SET LOAD_COUNT3, 2\nLOAD 0, 0", "needs a LOAD_COUNT3 from 0 to 1, not 2."),
        ("SET LOAD_LOCAL_STRIDE1, 4096\nLOAD 0, 0", "needs a LOAD_LOCAL_STRIDE1 from -2048 to 2047, not 4096."),
        ("SET LOAD_VALUE, 256\nLOAD 0, 0", "needs a LOAD_VALUE from 0 to 255, not 256."),
        ("SET LOAD_COUNT1, 65535\nSET LOAD_COUNT2, 65535\nLOAD 0, 0", "moves 68,717,379,600 elements;"),
        ("LOAD 0x1ff8, 0x0", "accesses DRAM byte 0x2007; legal are 0 to 0x1fff."),
        ("MATMUL 0, 0", "line 1 (MATMUL 0, 0) never completes: no earlier WEIGHTS loads an unused tile."),
        (
            f"{GIVEN}{'WEIGHTS 0, 4|' * 9}".replace("|", "\n"),
            "is one tile too many: 8 tiles already wait for a MATMUL.",
        ),
        (f"{GIVEN}WEIGHTS 0, 4\nWEIGHTS 0, 4\nSYNC fetch", "(SYNC fetch) never completes: 2 tiles wait for"),
        (f"{SUMS}WEIGHTS 0, 4\nHALT", "line 7 (HALT) comes before a MATMUL uses the tile of line 6 (WEIGHTS 0, 4)."),
        ("SYNC", "The program runs past its end: a HALT is missing."),
        ("LOOP 3\nHALT", "line 1 (LOOP 3) has no END."),
        ("LOOP 3\nHALT\nEND", "line 2 (HALT; iteration 0) ends the program inside a loop."),
        ("END\nHALT", "line 1 (END) has no LOOP."),
        ("LOOP 0x10000\nEND", "line 1 (LOOP 65536) needs 1 to 65535 iterations."),
        ("LOOP 1\nLOOP 1\nLOOP 1\nLOOP 1\nLOOP 1\nHALT", "line 5 (LOOP 1) exceeds the nesting limit of 4 loops."),
        (f"LOOP 1|{'SYNC|' * 47}END".replace("|", "\n"), "line 1 (LOOP 1) begins a loop of 49 instructions; a loop ha"),
        ("LOOP 65535\nEND\nHALT", "The program executes more than 10,000 instructions, the limit of the checker"),
    ],
)
def test_illegal_instructions(body, expected, monkeypatch):
    monkeypatch.setitem(check.__globals__, "LIMIT", 10_000)
    assert expected in one(f"{body}\n", dram=0x2000)


@pytest.mark.parametrize("text", ["TABLE 0", "VECTOR 0, 0, table"])
def test_a_table_needs_a_core_that_has_one(text):
    assert "needs a core with table=true." in one(f"{text}\n", MACHINE.model_copy(update={"table": False}))


def test_a_vector_must_not_read_its_own_results():
    shifted = f"{GIVEN}VECTOR 0, 1, scratchpad\nSYNC\nHALT"
    assert one(shifted) == (
        "line 4 (VECTOR 0, 1, scratchpad) reads activation words 1 to 3 after writing them itself: split it by a "
        "SYNC vector."
    )
    assert found(shifted.replace("VECTOR 0, 1", "SET SOURCE_X, -1\nSET DEST_X, -1\nVECTOR 3, 4")) == []


def test_undefined_lanes_of_the_second_source_are_tracked():
    body = f"SET LOAD_COUNT0, 3\nLOAD 0, 0\nSET LOAD_COUNT0, 2\nLOAD 0, 1024\n{ROW}SYNC\n"
    stored = f"{body}VECTOR 0, 8, 0, scratchpad, multiply, weights\nSYNC\nSTORE 0, 32\nHALT"
    assert "(STORE 0x0, 0x20) reads activation word 8, which" in one(stored.replace("SYNC\nSTORE", f"{THREE}\nSTORE"))
    assert found(stored.replace("SYNC\nSTORE", f"{THREE.replace('3', '2')}\nSTORE")) == []


def test_programs_given_as_bytes_are_checked():
    program = Program.parse("STORE 0x0, 0x0\n")
    assert len(program.encode()) == 16
    with pytest.raises(ProgramError, match=r"line 1 \(STORE 0x0, 0x0\) is rejected: a count is 0\."):
        assemble(program, MACHINE)
    assert assemble(Program.parse("HALT"), MACHINE) == Program.parse("HALT").encode()


def test_the_number_of_reported_problems_is_limited():
    assert len(found("".join(f"STORE 0x0, {16 * n}\n" for n in range(30)))) == 20
