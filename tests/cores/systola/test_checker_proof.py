"""Validation of the checker: an accepted program has the same result at any speed of the units.

Each unit executes a command at any time before the next SYNC for it, and its reads may precede its writes by any time.
The former contents of the memories must not affect the results.
"""

from collections import deque

import numpy as np
import pytest

from systola.gen.accelerators.systola.checker import check
from systola.gen.accelerators.systola.program import Program
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa
from systola.sim.golden.cores.systola import Core
from systola.sim.golden.isa import InstructionWord, Opcode, Unit
from systola.sim.stimulus.cores.systola.programs import image, random_program
from systola.sim.stimulus.dma import DRAM_BYTES

MACHINE = SystolaParameters.check(
    size=4, activation_bytes=1024, weight_bytes=1024, accumulators=64, data_width=32, instructions=128
)
P = MACHINE.model_dump()
UNITS = {
    Opcode.LOAD: Unit.LOAD,
    Opcode.STORE: Unit.STORE,
    Opcode.WEIGHTS: Unit.FETCH,
    Opcode.MATMUL: Unit.ARRAY,
    Opcode.QUANT: Unit.VECTOR,
    Opcode.QUANT_CHANNEL: Unit.VECTOR,
    Opcode.TABLE: Unit.VECTOR,
    Opcode.VECTOR: Unit.VECTOR,
}


class Shuffled:
    """A core whose units start and complete their commands in order, at arbitrary times."""

    def __init__(self, dram: np.ndarray, rng: np.random.Generator):
        self.core, self.rng = Core(P, dram.copy()), rng
        for memory in (self.core.local, self.core.accumulators, self.core.table):
            memory[...] = rng.integers(0, 256, memory.shape)
        self.waits = {unit: deque() for unit in Unit}
        self.begun = {unit: deque() for unit in Unit}

    def run(self, codes: list[InstructionWord]) -> np.ndarray:
        for o in isa.issue(lambda pc: codes[pc], P["instructions"], 1 << 20):
            units = Unit(o.flags) if o.op == Opcode.SYNC else isa.ALL
            if o.op in UNITS:
                self.waits[UNITS[o.op]].append(o)
                for unit in self.rng.permutation(list(Unit)).tolist():
                    for _ in range(int(self.rng.choice([0, 0, 1, 3]))):
                        self.step(Unit(unit), bool(self.rng.integers(2)))
            else:
                for unit in Unit:
                    self.until(unit, units)
        return self.core.dram

    def until(self, unit: Unit, units: Unit):
        """All commands of this unit that a SYNC of `units` waits for; FETCH is the reads of the array."""
        reads = unit & units or (unit in (Unit.FETCH, Unit.ARRAY) and units & (Unit.FETCH | Unit.ARRAY))
        while reads and self.waits[unit]:
            self.step(unit, True)
        while unit & units and self.begun[unit]:
            self.step(unit, False)

    def step(self, unit: Unit, begins: bool):
        if begins and self.waits[unit]:
            o = self.waits[unit].popleft()
            if o.op == Opcode.MATMUL:
                while self.core.used is None and not self.core.tiles:
                    self.step(Unit.FETCH, True)
            self.begun[unit].append(self.core.begin(o))
        elif self.begun[unit]:
            self.begun[unit].popleft()()


def drawn(seed: int, keep: float) -> tuple[list[InstructionWord], np.ndarray]:
    """A program without some of its SYNCs, and its DRAM."""
    rng = np.random.default_rng(seed)
    codes = [c for c in random_program(P, rng, 8) if c.opcode != Opcode.SYNC or rng.random() < keep]
    return codes, image(P, rng, codes, DRAM_BYTES)


def accepted(codes: list[InstructionWord]) -> bool:
    return not check(Program.decode(b"".join(map(isa.encode, codes))), MACHINE, dram=DRAM_BYTES)


def results(codes: list[InstructionWord], dram: np.ndarray, orders: int) -> list[np.ndarray]:
    return [Shuffled(dram, np.random.default_rng(order)).run(codes) for order in range(orders)]


@pytest.mark.parametrize("seed", range(12))
def test_an_accepted_program_has_one_result(seed):
    codes, dram = drawn(seed, 1.0 if seed % 3 == 0 else 0.9)
    outcomes = results(codes, dram, 4)
    same = all((outcome == outcomes[0]).all() for outcome in outcomes)
    assert same or not accepted(codes)


def test_hazards_are_observable():
    """Programs without any SYNC are rejected, and many have more than one result."""
    shown = 0
    for seed in range(6):
        codes, dram = drawn(seed, 0.0)
        assert not accepted(codes)
        outcomes = results(codes, dram, 4)
        shown += any((outcome != outcomes[0]).any() for outcome in outcomes)
    assert shown >= 3
