"""Instruction fetch: whole blocks, ahead of use, kept while a loop can return to them."""

import pytest
from amaranth.sim import Simulator

from systola.hw.cores.systola.isa import ISA, Op
from systola.hw.issue.fetch import BLOCK, InstructionFetch

BYTES = ISA.bytes


def run(
    instructions, *, data_width=64, depth=32, address=0, latency=5, oldest=lambda filled: filled, bad=None, cycles=900
):
    """Fetch a program. Returns the bursts, the final fill level, and the words of the ring."""
    fetch = InstructionFetch(isa=ISA, depth=depth, data_width=data_width)
    memory = b"".join(word.to_bytes(BYTES, "little") for word in instructions).rjust(
        address + BYTES * len(instructions), b"\0"
    )
    bursts, state = [], {}
    queue = []

    async def bench(ctx):
        ctx.set(fetch.go, 1)
        ctx.set(fetch.address, address)
        ctx.set(fetch.ar.ready, 1)
        size = data_width // 8
        for cycle in range(cycles):
            ctx.set(fetch.oldest, oldest(ctx.get(fetch.filled)))
            if queue and queue[0][0] <= cycle:
                _, at, last = queue.pop(0)
                ctx.set(fetch.r.valid, 1)
                ctx.set(fetch.r.payload.data, int.from_bytes(memory[at : at + size], "little"))
                ctx.set(fetch.r.payload.last, last)
                ctx.set(fetch.r.payload.resp, 2 * (at == bad))
            else:
                ctx.set(fetch.r.valid, 0)
            _, _, valid, payload = await ctx.tick().sample(fetch.ar.valid, fetch.ar.payload)
            if valid:
                bursts.append((payload.addr, payload.len + 1))
                queue.extend(
                    (cycle + latency, payload.addr + size * n, n == payload.len) for n in range(payload.len + 1)
                )
        state.update({name: ctx.get(getattr(fetch, name)) for name in ("filled", "bus_error", "buffer_full", "idle")})
        words = []
        for index in range(max(0, state["filled"] - depth), state["filled"]):
            ctx.set(fetch.index, index)
            ctx.set(fetch.read, 1)
            await ctx.tick()
            words.append(ctx.get(fetch.word))
        state["words"] = words

    simulator = Simulator(fetch)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return bursts, state


def program(count):
    return [(n + 1) << 64 | Op.SYNC for n in range(count - 1)] + [Op.HALT]


@pytest.mark.parametrize("data_width", [32, 64, 128])
@pytest.mark.parametrize("skip", [0, 1, 7])
def test_a_program_is_read_block_by_block(data_width, skip):
    code = program(50)
    bursts, state = run(code, data_width=data_width, address=0x1000 + BYTES * skip)
    assert state["filled"] == 50
    assert state["words"] == code[-32:]
    beats = BYTES * 8 // data_width
    assert bursts[0] == (0x1000 + BYTES * skip, (BLOCK - skip) * beats)
    assert all(addr % (BLOCK * BYTES) == 0 and count == BLOCK * beats for addr, count in bursts[1:])


def test_nothing_is_read_far_after_halt():
    bursts, state = run([*program(5), *[0] * 100])
    assert state["filled"] == 5
    assert len(bursts) <= 3
    assert state["idle"]


def test_blocks_that_can_be_needed_are_kept():
    _, state = run(program(100), oldest=lambda filled: min(filled, 3))
    assert state["filled"] == 32
    assert state["buffer_full"]


def test_a_bus_error_counts_only_at_its_address():
    _, state = run(program(40), bad=BYTES * 9)
    assert (state["filled"], state["bus_error"]) == (9, 1)
