"""A single lane: random slots, links that stall at random, and a golden lane in NumPy."""

import random

from amaranth.sim import Simulator

from systola.hw.collective.lane import IntegerSum, Lane, reduction
from systola.hw.collective.rings import CollectiveParameters

P = {"topology": "ring", "k": 2, "l": 1, "width": 16, "format": "int8", "rows": 64}
MASK = 0xFFFF


def _add(a: int, b: int) -> int:
    return (a + b & 0xFF) | ((a >> 8) + (b >> 8) & 0xFF) << 8


def _slots(rng: random.Random, count: int) -> list[dict]:
    """Of every kind that schedules contain."""
    kinds = [
        {"send_rows": 1, "read": 1, "push": 1},
        {"receive_rows": 1, "send_rows": 1, "read": 1, "add": 1, "pop": 1, "push": 1},
        {"receive_rows": 1, "send_rows": 1, "read": 1, "add": 1, "pop": 1, "push": 1, "write": 1},
        {"receive_rows": 1, "send_rows": 1, "read": 1, "add": 1, "pop": 1, "write": 1},
        {"receive_rows": 1, "send_rows": 1, "pop": 1, "push": 1, "write": 1},
        {"receive_rows": 1, "send_rows": 1, "pop": 1, "push": 1},
        {"receive_rows": 1, "pop": 1, "write": 1},
        {"receive_rows": 1, "send_rows": 1, "read": 1, "write": 1},  # a copy
        {
            "receive_rows": 2,
            "send_rows": 3,
            "read": 1,
            "pop": 1,
            "push": 1,
            "write": 1,
        },  # the last of one, the first of the next
    ]
    slots = []
    for n in range(count):
        rows = rng.randint(1, 6)
        slot = dict(kinds[n % len(kinds)])
        for side in ("receive_rows", "send_rows"):
            slot[side] = slot.get(side, 0) * rows if slot.get(side, 0) < 2 else rng.randint(1, 8)
        slot["read_addr"], slot["write_addr"] = rng.randrange(24), 32 + rng.randrange(24)
        slots.append(slot)
    return slots


def _golden(slots: list[dict], memory: list[int], words: list[int]) -> list[int]:
    """The words that leave by the link; memory is changed."""
    incoming, out = iter(words), []
    for s in slots:
        for n in range(max(s["receive_rows"], s["send_rows"])):
            receives, sends = n < s["receive_rows"], n < s["send_rows"]
            read = memory[s["read_addr"] + n] if sends and s.get("read") else None
            popped = next(incoming) if receives and s.get("pop") else None
            both = _add(popped, read) if s.get("add") else None
            if sends and s.get("push"):
                out.append(both if both is not None else read if read is not None else popped)
            if receives and s.get("write"):
                memory[s["write_addr"] + n] = both if both is not None else popped if popped is not None else read
    return out


def test_slots_are_executed_under_any_stalls_of_links():
    rng = random.Random(3)
    slots = _slots(rng, 60)
    memory = [rng.getrandbits(16) for _ in range(64)]
    words = [rng.getrandbits(16) for _ in range(sum(s["receive_rows"] for s in slots if s.get("pop")))]
    expected_memory = list(memory)
    expected = _golden(slots, expected_memory, words)
    lane = Lane(**P)
    sent, found = [], []

    async def bench(ctx):
        for addr, word in enumerate(memory):
            ctx.set(lane.host_addr, addr)
            ctx.set(lane.host_data, word)
            ctx.set(lane.host_strobe, 0b11)
            await ctx.tick()
        ctx.set(lane.host_strobe, 0)
        todo, left, last = list(slots), list(words), 0
        while todo or last < 8:
            if todo:
                ctx.set(lane.slots.payload, todo[0])
            ctx.set(lane.slots.valid, bool(todo))
            there = bool(left) and rng.random() < 0.6
            ctx.set(lane.word_valid, there)
            ctx.set(lane.word, left[0] if there else rng.getrandbits(16))
            ctx.set(lane.space, rng.random() < 0.6)
            if ctx.get(lane.pop):
                assert there
                left.pop(0)
            assert not ctx.get(lane.reserve) or ctx.get(lane.space)
            if ctx.get(lane.valid):
                sent.append(ctx.get(lane.out))
            if todo and ctx.get(lane.slots.ready):
                todo.pop(0)
            last = 0 if ctx.get(lane.busy) else last + 1
            await ctx.tick()
        assert not left
        for addr in range(64 + 2):  # one address per cycle, its word two cycles later
            ctx.set(lane.host_addr, addr)
            if addr >= 2:
                found.append(ctx.get(lane.found))
            await ctx.tick()

    simulator = Simulator(lane)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert sent == expected
    assert found == expected_memory


def test_slots_that_add():
    assert reduction(CollectiveParameters(**P)) == (IntegerSum, {"width": 16, "element": 8})
