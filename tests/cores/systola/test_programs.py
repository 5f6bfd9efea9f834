"""Random programs: legal, with every instruction, and with results."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa
from systola.sim.golden.cores.systola import run
from systola.sim.golden.isa import ErrorCode, Opcode, Setting
from systola.sim.stimulus.cores.systola.mistakes import mistakes
from systola.sim.stimulus.cores.systola.programs import directed_cases, image, random_cases, random_program
from systola.sim.stimulus.dma import DRAM_BYTES
from systola.sim.stimulus.runs import Run

MACHINES = [
    {},
    {"size": 4, "activation_bytes": 1024, "weight_bytes": 1024, "accumulators": 64, "data_width": 32},
    {"size": 8, "format": "uint8", "rounding": "single", "dims": 2, "table": False, "instructions": 64},
    {"size": 64, "activation_bytes": 1024, "weight_bytes": 1024, "accumulators": 32, "dims": 4, "instructions": 32},
]


@pytest.mark.parametrize("parameters", MACHINES, ids=["16", "4", "8", "64"])
def test_programs_are_legal_and_leave_results(parameters):
    machine = SystolaParameters.check(**parameters)
    p = machine.model_dump()
    rng = np.random.default_rng(1)
    for _ in range(3):
        codes = random_program(p, rng)
        program = Program.decode(b"".join(map(isa.encode, codes)))
        assert check(program, machine, dram=DRAM_BYTES) == []
        dram = image(p, rng, codes, DRAM_BYTES)
        result = run(p, dram, DRAM_BYTES)
        assert (result.error, result.at) == (ErrorCode.NONE, len(codes) - 1)
        assert (result.dram != dram).sum() > 64
        assert result.counters["rows"] > 0


def test_every_instruction_and_setting_is_used():
    p = SystolaParameters.check(dims=4).model_dump()
    rng = np.random.default_rng(1)
    codes = [code for _ in range(16) for code in random_program(p, rng)]
    assert {code.opcode for code in codes} == set(Opcode)
    assert {code.flags for code in codes if code.opcode == Opcode.SET} == set(Setting)
    assert {code.flags for code in codes if code.opcode == Opcode.MATMUL} == {0, 1, 2, 3}
    vectors = [code.flags for code in codes if code.opcode == Opcode.VECTOR]
    assert all(any(flags >> bit & 1 for flags in vectors) for bit in range(6))
    assert len(set(vectors)) > 20


def result(p: dict, case: Run):
    return run(p, case.dram, case.entry, faults=[case.fault] if case.fault else [], base=case.base)


def test_forty_cases_have_every_error_of_every_instruction_and_reach_all_addresses():
    p = SystolaParameters.check(**MACHINES[1]).model_dump()
    cases = random_cases(p, 40, 1)
    wanted = {(error, codes[-1].opcode) for error, codes in mistakes(p) if error != ErrorCode.OPCODE}
    found = set()
    for case in cases[1::2]:
        ended = result(p, case)
        at = case.entry + isa.BYTES * ended.at
        word = case.dram[at : at + isa.BYTES].tobytes()
        found.add((ended.error, isa.decode(word).opcode if len(word) == isa.BYTES else None))
    assert {(error, opcode) for error, opcode in found if error != ErrorCode.FETCH} >= wanted
    assert (ErrorCode.FETCH, None) in found
    assert ErrorCode.OPCODE in {error for error, _ in found}
    assert max(result(p, case).at for case in cases[8::10]) >= 2048
    assert all(len({case.base >> bit & 1 for case in cases}) == 2 for bit in range(16, 32))


def test_cases_depend_on_the_seed_and_some_have_mistakes():
    p = SystolaParameters.check(**MACHINES[1]).model_dump()
    cases, again, other = random_cases(p, 5, 3), random_cases(p, 5, 3), random_cases(p, 5, 4)
    assert all((a.dram == b.dram).all() and a.entry == b.entry for a, b in zip(cases, again, strict=True))
    assert not all(len(a.dram) == len(b.dram) and (a.dram == b.dram).all() for a, b in zip(cases, other, strict=True))
    results = [result(p, case) for case in cases]
    assert [n for n, each in enumerate(results) if each.error != ErrorCode.NONE] == [1, 3]
    assert all(len(case.dram) % 16 == 0 for case in cases)
    assert {case.stall for case in cases} > {0}


def test_directed_cases_end_with_every_error():
    p = SystolaParameters.check(**MACHINES[1]).model_dump()
    errors = {run(p, case.dram, case.entry).error for case in directed_cases(p, 1)}
    assert errors == set(ErrorCode) - {ErrorCode.ABORTED}
