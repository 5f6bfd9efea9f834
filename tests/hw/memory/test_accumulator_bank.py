"""Accumulators: sums at addresses given by the writer, and concurrent reads."""

import random

import numpy as np
from amaranth.sim import Simulator

from systola.hw.memory.accumulator_bank import AccumulatorBank

ROWS, COLS = 16, 3


def run(rows, reads, *, concurrent=False):
    """Rows, one per cycle, and (cycle, address) reads. Returns the values read, with their cycles."""
    memory = AccumulatorBank(cols=COLS, in_width=12, rows=ROWS)
    found = []

    async def write(ctx):
        for addr, accumulate, data in rows:
            payload = memory.row.payload
            ctx.set(memory.row.valid, 1)
            ctx.set(payload.addr, addr)
            ctx.set(payload.accumulate, accumulate)
            for c, value in enumerate(data):
                ctx.set(payload.data[c], int(value))
            await ctx.tick()
        ctx.set(memory.row.valid, 0)

    async def read(ctx):
        if not concurrent:
            await ctx.tick().repeat(len(rows) + 4)
        for addr in reads:
            ctx.set(memory.read.valid, 1)
            ctx.set(memory.read.payload.addr, addr)
            await ctx.tick().until(memory.read.ready)
        ctx.set(memory.read.valid, 0)

    async def receive(ctx):
        ctx.set(memory.out.ready, 1)
        for cycle in range(len(rows) + len(reads) + 40):
            _, _, valid, data = await ctx.tick().sample(memory.out.valid, memory.out.payload.data.as_value())
            if valid:
                lanes = [data >> 32 * c & 0xFFFFFFFF for c in range(COLS)]
                found.append((cycle, np.array(lanes, np.uint32).view(np.int32).tolist()))

    simulator = Simulator(memory)
    simulator.add_clock(1e-6)
    for bench in (write, read, receive):
        simulator.add_testbench(bench, background=bench is not receive)
    simulator.run()
    return found


def test_rows_accumulate_at_any_distance():
    rng = random.Random(1)
    golden = np.zeros((ROWS, COLS), np.int64)
    rows = [(addr, 0, [0] * COLS) for addr in range(ROWS)]
    for _ in range(300):
        addr = rng.choice([3, 3, 4, 5, 12, rng.randrange(ROWS)])
        rows.append((addr, rng.random() < 0.9, [rng.randrange(-2048, 2048) for _ in range(COLS)]))
    for addr, accumulate, data in rows:
        golden[addr] = accumulate * golden[addr] + data
    found = run(rows, range(ROWS))
    assert [sums for _, sums in found] == golden.tolist()
    cycles = [cycle for cycle, _ in found]
    assert cycles == list(range(cycles[0], cycles[0] + ROWS))  # one per cycle


def test_reads_of_the_other_half_never_wait():
    rows = [(n % 8, 1, [1] * COLS) for n in range(100)]
    found = run(rows, [8 + n % 8 for n in range(50)], concurrent=True)
    cycles = [cycle for cycle, _ in found]
    assert cycles == list(range(cycles[0], cycles[0] + 50))


def test_reads_of_the_same_half_wait_for_rows_that_accumulate():
    rows = [(n % 8, 1, [1] * COLS) for n in range(40)]
    found = run(rows, [3], concurrent=True)
    assert found[0][0] > 40
    assert found[0][1] == [5] * COLS
