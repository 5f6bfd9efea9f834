"""Addresses, steps and registers of random operations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa
from systola.sim.golden.addresses import AddressSequence
from systola.sim.golden.isa import InstructionWord, Opcode
from systola.sim.stimulus.cores.systola.arena import Arena, Part
from systola.sim.stimulus.cores.systola.operations import Writer, has_raw_hazard, stepping

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.lists(st.tuples(st.integers(1, 6), st.integers(-9, 9)), min_size=1, max_size=4))
def test_a_box_stays_in_its_arena(seed, loops):
    arena = Arena(100, 40)
    part = arena.fit(np.random.default_rng(seed), *loops)
    at = AddressSequence(0, tuple(loops)).addresses().astype(np.int32)
    if part is None:
        assert at.max() - at.min() >= 40
        return
    for value in (part.value, part.value - part.down, part.value + part.up):
        assert value + at.min() >= 100
        assert value + at.max() < 140
    assert part.down + part.up == 39 - (at.max() - at.min())


@given(seeds, st.integers(0, 50), st.integers(0, 50), st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_steps_stay_in_their_room(seed, down, up, times):
    strides = stepping(np.random.default_rng(seed), Part(0, down, up), times)
    moved = AddressSequence(0, tuple(zip(times, strides, strict=True))).addresses().astype(np.int32)
    assert moved.min() >= -down
    assert moved.max() <= up


@pytest.mark.parametrize(
    ("reads", "writes", "expected"),
    [
        (AddressSequence(0, ((4, 1),)), AddressSequence(0, ((4, 1),)), False),
        (AddressSequence(0, ((4, 1),)), AddressSequence(1, ((4, 1),)), True),
        (AddressSequence(1, ((4, 1),)), AddressSequence(0, ((4, 1),)), False),
        (AddressSequence(0, ((4, 1), (2, 3))), AddressSequence(0, ((4, 1),)), False),
        (AddressSequence(0, ((4, 1), (2, -1))), AddressSequence(0, ((4, 1),)), True),
    ],
)
def test_raw_hazards_within_an_operation(reads, writes, expected):
    assert has_raw_hazard(reads, writes) == expected


def test_registers_hold_the_tracked_values():
    writer = Writer(SystolaParameters.check().model_dump(), np.random.default_rng(3))
    writer.fill()
    for _ in range(30):
        writer.random_operation()
        check = [InstructionWord(Opcode.SYNC, 0, (name, 0, 0), (0, 0, 0)) for name in range(16)]
        codes = [*writer.codes, *check, InstructionWord(Opcode.HALT)]
        seen = [o.a for o in isa.issue(codes.__getitem__, 1 << 20, 1 << 20) if o.op == Opcode.SYNC]
        assert seen == writer.registers
