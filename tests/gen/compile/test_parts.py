"""Parts of the scheduler: boxes, fragments in a memory, address sequences, tiles, steps, SYNCs."""

import pytest

from systola.gen.accelerators.systola.block_runs import Block, block_runs
from systola.gen.accelerators.systola.emitter import Action, Emitter, MemoryAccess, Space
from systola.gen.accelerators.systola.program import Reg, Unit
from systola.gen.accelerators.systola.tiling_search import even, ramp
from systola.gen.compile.allocator import DoesNotFit, ScratchpadAllocator
from systola.gen.compile.boxes import Box, Dimension, element
from systola.gen.compile.layers import gemm
from systola.gen.compile.pipelining import ORDERS, arrange
from systola.gen.compile.tiling import Chunk, Tiling, phases, tiles
from systola.hw.cores.systola.isa import Op
from systola.hw.cores.systola.parameters import SystolaParameters
from systola.sim.golden import isa


def test_contiguous_dimensions_become_one():
    image = Box(0, 0, (Dimension(64, 1, 1), Dimension(58, 64, 64, 1, 1), Dimension(10, 56 * 64, 58 * 64, 1, 0)))
    row, rows = image.coalesced().dimensions
    assert (row.count, row.before, row.after) == (58 * 64, 64, 64)
    assert rows == image.dimensions[2]
    assert element(row) == 3
    assert image.hull == (0, 580 * 64)


def test_padding_inside_a_row_is_not_merged():
    rows = Box(0, 0, (Dimension(16, 1, 1, 0, 13), Dimension(8, 3, 16)))
    assert len(rows.coalesced().dimensions) == 2
    assert rows.bus_hull == (0, 7 * 3 + 3)


def test_the_fragment_with_the_farthest_use_is_evicted():
    memory, uses = ScratchpadAllocator(0, 30), {"a": 5, "b": 9, "c": 7}
    for key in uses:
        memory.place(key, 10, (), uses.get)
    assert memory.place("d", 10, ("a",), uses.get) == 10
    assert memory.find("b") is None
    with pytest.raises(DoesNotFit):
        memory.place("e", 20, ("a", "d", "c"), uses.get)


def test_sequences_become_loops():
    taps = [Block(ky * 40 + x, ky * 12 + x, 16) for ky in range(3) for x in range(12)]
    (run,) = block_runs(taps)
    assert run.levels == ((3, 40, 12), (12, 1, 1))
    assert len(block_runs([Block(0, 0, 16), Block(1, 16, 4), Block(7, 20, 16), Block(8, 36, 4)])) == 4


NEST = [(3, {Reg(1): 100, Reg(2): 1}), (1, {Reg(1): 7}), (4, {Reg(1): 5})]


def weights(emitter):
    emitter.program.weights(Reg(1), Reg(2))
    return {}


def operands_of_weights(program):
    """Operands of all WEIGHTS that a program executes."""
    codes = [isa.decode(instruction.encode()) for instruction in program.instructions]
    steps = isa.issue(lambda pc: codes[pc], 4096, 1000)
    return [(operation.a, operation.b) for operation in steps if operation.op == Op.WEIGHTS]


@pytest.mark.parametrize(("length", "loops"), [(10, 3), (11, 2 * 2), (13, 2 * 3)])
def test_a_nest_is_unrolled_from_outside_until_its_loops_fit(length, loops):
    """A buffer of 32 has room for a loop of 16: each of the three adds its LOOP and its END to the instructions."""

    def body(emitter):
        for _ in range(length):
            emitter.program.weights(Reg(1), Reg(2))
        return {}

    programs = []
    for instructions in (4096, 32):
        emitter = Emitter(SystolaParameters(instructions=instructions))
        emitter.nest([(2, {Reg(1): 9}), *NEST], body)
        emitter.program.halt()
        programs.append(emitter.program)
    looped, unrolled = programs
    assert [sum(each.op == Op.LOOP for each in program.instructions) for program in programs] == [3, loops]
    assert len(operands_of_weights(looped)) == 2 * 3 * 4 * length
    assert operands_of_weights(looped) == operands_of_weights(unrolled)


def test_registers_step_through_a_nest_in_order():
    emitter, one, two = Emitter(SystolaParameters()), Reg(1), Reg(2)
    moved = emitter.nest(NEST, weights)
    assert moved == {one: 300, two: 3}
    ends = [each for each in emitter.program.instructions if each.op == Op.END]
    assert [(r.number, r.immediate) for r in ends[0].operands if r.number] == [(1, 5)]
    assert [(r.number, r.immediate) for r in ends[1].operands if r.number] == [(1, 80), (2, 1)]


def test_tiles_cover_the_result_once():
    layer = gemm(100, 32, 50, 0, 1, 2, 3)
    for first in (True, False):
        tiling = Tiling(1, 1, 30, 32, (Chunk((0, 1), (0, 32)),), first, 64, taper=2)
        points = [
            (x, f) for tile in tiles(layer, tiling) for x in range(*tile.points.columns) for f in range(*tile.filters)
        ]
        assert len(points) == len(set(points)) == 100 * 50


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_does_all_steps_once_and_in_time(order):
    tiling = Tiling(1, 1, 30, 32, (Chunk((0, 1), (0, 16)), Chunk((0, 1), (16, 32))), True, 16)
    layer = gemm(100, 32, 50, 0, 1, 2, 3)
    work = phases(layer, tiling)
    loaded, computed, ready, stored = {}, {}, {}, {}
    for number, step in enumerate(arrange(work, order)):
        loaded |= dict.fromkeys(step.load, number)
        if step.compute is not None:
            computed[step.compute] = number
        ready |= dict.fromkeys((*step.requantise, *step.after), number)
        stored |= dict.fromkeys(step.store, number)
    assert list(loaded) == list(computed) == list(range(len(work)))
    assert list(ready) == list(stored) == list(range(len(tiles(layer, tiling))))
    assert all(loaded[phase] < computed[phase] for phase in computed)
    assert all(ready[tile] < stored[tile] for tile in stored)


def test_a_sync_names_the_units_with_conflicts():
    emitter = Emitter(SystolaParameters())

    def action(*accesses):
        return Action(list(accesses), lambda emitter: None)

    load = MemoryAccess(Unit.LOAD, Space.LOCAL, 0, 100, write=True)
    fetch = MemoryAccess(Unit.FETCH, Space.LOCAL, 50, 60)
    sums = MemoryAccess(Unit.ARRAY, Space.SUMS, 0, 8, write=True)
    emitter.step([action(load)])
    emitter.step([action(fetch, sums)])
    assert [s.flags for s in emitter.program.instructions] == [Unit.LOAD]
    emitter.step([action(load)])
    assert emitter.program.instructions[-1].flags == Unit.FETCH
    emitter.step([action(MemoryAccess(Unit.VECTOR, Space.SUMS, 4, 6))])
    assert emitter.program.instructions[-1].flags == Unit.ARRAY
    emitter.step([action(MemoryAccess(Unit.STORE, Space.LOCAL, 200, 300))])
    assert len(emitter.program) == 3


def test_parts_are_even_and_ramps_are_complete():
    assert [even(100, most) for most in (128, 64, 30)] == [100, 50, 25]
    for total in range(1, 70):
        for start in (1, 2, 4):
            for growth in (1.0, 1.3, 2.0):
                for down in (False, True):
                    parts = ramp(total, start, growth, 9, down)
                    assert sum(parts) == total
                    assert all(0 < part <= 9 for part in parts)
