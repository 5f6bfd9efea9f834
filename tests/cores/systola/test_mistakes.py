"""Mistakes of programs: each stops the core with its error at its last instruction, and the checker reports it too."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program, ProgramError
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa
from systola.sim.golden.cores.systola import run
from systola.sim.golden.isa import ErrorCode, InstructionWord, Opcode
from systola.sim.stimulus.cores.systola.mistakes import WAIT, broken, extremes, mistakes
from systola.sim.stimulus.cores.systola.programs import image
from systola.sim.stimulus.dma import DRAM_BYTES

MACHINES = [SystolaParameters.check(), SystolaParameters.check(size=4, data_width=32, dims=2, format="uint8")]
HALT = InstructionWord(Opcode.HALT)


def golden(parameters: dict, codes: list[InstructionWord], entry: int, fault=None):
    dram = image(parameters, np.random.default_rng(1), codes, DRAM_BYTES)
    return run(parameters, dram, entry, 10_000, [fault] if fault else [])


@pytest.mark.parametrize("machine", MACHINES, ids=["16", "4"])
def test_each_mistake_stops_with_its_error(machine):
    p = machine.model_dump()
    for error, codes in mistakes(p):
        result = golden(p, [*codes, WAIT, HALT], DRAM_BYTES)
        assert (result.error, result.at) == (error, len(codes) - 1), codes
        try:
            program = Program.decode(b"".join(map(isa.encode, [*codes, HALT])))
        except ProgramError:
            assert error == ErrorCode.OPCODE
        else:
            assert check(program, machine, dram=DRAM_BYTES), program.text()


@pytest.mark.parametrize("machine", MACHINES, ids=["16", "4"])
def test_extreme_values_stop_or_are_limited(machine):
    """Sizes and ends beyond the limits stop; a stride beyond its range has no effect on a single row."""
    p = machine.model_dump()
    errors = [golden(p, [*codes, WAIT, HALT], DRAM_BYTES).error for codes in extremes(p)]
    assert errors == [ErrorCode.DESCRIPTOR, ErrorCode.DESCRIPTOR, 0, 0, ErrorCode.RANGE, ErrorCode.RANGE]


def test_every_error_of_a_program_occurs():
    p = MACHINES[0].model_dump()
    made = set()
    for turn in range(len(mistakes(p)) + 3):
        codes, entry, fault = broken(p, np.random.default_rng(turn), [WAIT, WAIT, HALT], DRAM_BYTES, turn)
        result = golden(p, codes, entry, fault)
        made.add((result.error, fault is not None))
        assert result.at < len(codes)
    assert made == {(error, False) for error in set(ErrorCode) - {ErrorCode.NONE, ErrorCode.ABORTED}} | {
        (ErrorCode.FETCH, True)
    }
