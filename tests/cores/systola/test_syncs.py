"""Insertion of SYNCs."""

import numpy as np
import pytest

from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa
from systola.sim.golden.isa import InstructionWord, Opcode
from systola.sim.stimulus.cores.systola.syncs import synchronised

P = SystolaParameters.check(
    size=4, activation_bytes=1024, weight_bytes=1024, accumulators=64, data_width=32
).model_dump()
ONE = """
    SET LOAD_COUNT0, 4
    SET LOAD_COUNT1, 1
    SET LOAD_COUNT2, 1
    SET LOAD_BUS_STRIDE0, 1
    SET LOAD_LOCAL_STRIDE0, 1
    SET STORE_COUNT0, 4
    SET STORE_COUNT1, 1
    SET STORE_COUNT2, 1
    SET STORE_BUS_STRIDE0, 1
    SET STORE_LOCAL_STRIDE0, 1
    SET COUNT_X, 1
    SET COUNT_Y, 1
    SET WINDOW_X, 1
    SET WINDOW_Y, 1
    SET POINTS_X, 1
    SET POINTS_Y, 1
"""


class Never:
    """A random source that inserts no extra SYNC."""

    def random(self):
        return 1.0


def codes(text: str) -> list[InstructionWord]:
    code = Program.parse(f"{ONE}{text}\nHALT").encode()
    return [isa.decode(code[at : at + 16]) for at in range(0, len(code), 16)]


@pytest.mark.parametrize(
    ("text", "syncs"),
    [
        ("LOAD 0, 0\nSTORE 64, 4", []),
        ("LOAD 0, 0\nSTORE 64, 0", [1]),
        ("STORE 64, 0\nLOAD 64, 8", [2]),
        ("STORE 64, 0\nLOAD 0, 0", [2]),
        ("LOAD 0, 1024\nWEIGHTS 0, 1\nMATMUL 0, 0", [1]),
        ("WEIGHTS 0, 1\nMATMUL 0, 0\nLOAD 0, 1024\nLOAD 0, 0", [4]),
        ("WEIGHTS 0, 1\nMATMUL 0, 0\nVECTOR 0, 1", [8]),
        ("VECTOR 0, 1\nVECTOR 1, 2, scratchpad", [16]),
        ("VECTOR 0, 1\nVECTOR 0, 1", []),
        ("QUANT_CHANNEL 0, low=0, high=0\nTABLE 0\nLOAD 0, 1024", [16]),
        ("LOAD 0, 1024\nVECTOR 0, 1, 0, scratchpad, multiply, weights\nLOAD 0, 1028", [1]),
        ("LOAD 0, 1024\nVECTOR 0, 1, 2, scratchpad, multiply\nLOAD 0, 12", []),
        ("VECTOR 0, 1, 0, add, weights\nLOAD 0, 1024", [16]),
        ("VECTOR 0, 1, 0, multiply\nLOAD 0, 0", [16]),
        ("LOOP 2\nLOAD 0, r1\nSTORE 64, 4\nEND r1+4", [2, 1]),
    ],
)
def test_a_sync_names_the_unit_of_the_conflict(text, syncs):
    result = synchronised(P, Never(), codes(text))
    assert [code.flags for code in result if code.opcode == Opcode.SYNC] == syncs
    assert [code for code in result if code.opcode != Opcode.SYNC] == codes(text)


def test_no_sync_for_the_array_while_two_tiles_wait():
    program = codes("WEIGHTS 0, 1\nWEIGHTS 0, 1\nMATMUL 0, 0\nMATMUL 0, 0")
    for seed in range(200):
        ahead = 0
        for code in synchronised(P, np.random.default_rng(seed), program):
            ahead += (code.opcode == Opcode.WEIGHTS) - (code.opcode == Opcode.MATMUL)
            assert ahead < 2 or code.opcode != Opcode.SYNC or not code.flags & (4 | 8)
