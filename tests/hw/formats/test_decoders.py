"""Decoders of a stream: one per lane, one cycle of latency; beats of a table are not forwarded."""

import numpy as np
from amaranth.sim import Simulator

from systola.hw.formats.decoders import Decoders
from systola.hw.formats.names import find
from systola.sim.golden import operands


def _run(name: str, lanes: int, beats: list[tuple[list[int], int]]) -> tuple[list[list[int]], list[int]]:
    """The outputs for beats (codes, user), as bits, with their cycles."""
    dut = Decoders(format=find(name), count=lanes)
    seen, cycles = [], []

    async def put(ctx):
        for codes, user in beats:
            ctx.set(dut.i.payload.data, codes)
            if find(name).decoder_parameters.user:
                ctx.set(dut.i.payload.user, user)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
        ctx.set(dut.i.valid, 0)

    async def receive(ctx):
        ctx.set(dut.o.ready, 1)
        for cycle in range(len(beats) + 3):
            if ctx.get(dut.o.valid):
                seen.append([ctx.get(lane) for lane in dut.o.payload.data])
                cycles.append(cycle)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(put)
    simulator.add_testbench(receive, background=False)
    simulator.run()
    return seen, cycles


def test_integers_pass_through_a_register():
    seen, cycles = _run("int8", 3, [([1, -2, 3], 0), ([-128, 0, 127], 0)])
    assert seen == [[1, -2, 3], [-128, 0, 127]]
    assert cycles == [1, 2]


def test_tables_arrive_with_the_codes():
    rng = np.random.default_rng(1)
    tables = rng.integers(-(1 << 15), 1 << 15, (2, 3, operands.ENTRIES))
    codes = rng.integers(0, 16, (2, 40, 3))
    beats, expected = [], []
    for table, some in zip(tables, codes, strict=True):
        beats += [(part, 1) for part in operands.table_beats(table).tolist()] + [(row, 0) for row in some.tolist()]
        expected += operands.decode("codebook", some, np.zeros(40, int), table).tolist()
    seen, cycles = _run("codebook", 3, beats)
    assert seen == expected
    assert cycles[0] == operands.ENTRIES * 4 + 1
    assert cycles[40] - cycles[39] == operands.ENTRIES * 4 + 1
