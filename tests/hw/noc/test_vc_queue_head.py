"""Queue head: route of the first flit, for any order of flits that enter and leave."""

import random
from collections import deque

import pytest
from amaranth.sim import Simulator

from systola.hw.noc.vc_queue_head import VcQueueHead

OUTPUTS, VCS, DEPTH = (2, 2, 1), 2, 4
"""The third output is an exit: it has one VC."""


def target(output: int, vc: int) -> int:
    return 1 << (sum(OUTPUTS[:output]) + (vc if OUTPUTS[output] > 1 else 0))


def words(output: int, vc: int, last: int, mark: int) -> int:
    return 1 << output | vc << 3 | last << 4 | mark << 5


@pytest.mark.parametrize("mark", [0, 3])
def test_flits_reach_the_head_in_order(mark):
    queue, rng = VcQueueHead(outputs=OUTPUTS, vcs=VCS, depth=DEPTH, mark=mark), random.Random(mark)

    async def bench(ctx):
        flits, first, taken, came = deque(), True, 0, 0
        for cycle in range(600):
            assert ctx.get(queue.target) == (target(*flits[0][:2]) if flits else 0)
            if flits:
                assert ctx.get(queue.last) == flits[0][2]
                assert ctx.get(queue.first) == first
                assert ctx.get(queue.head) == taken % DEPTH
                if mark:
                    assert ctx.get(queue.mark) == flits[0][3]
            assert ctx.get(queue.tail) == came % DEPTH
            busy = 0.9 if cycle // 100 % 2 else 0.4
            push, pop = len(flits) < DEPTH and rng.random() < busy, bool(flits) and rng.random() < 0.6
            flit = rng.randrange(3), rng.randrange(VCS), rng.randrange(2), rng.randrange(1 << mark)
            ctx.set(queue.push, push)
            ctx.set(queue.pop, pop)
            ctx.set(queue.i, words(*flit))
            await ctx.tick()
            if pop:
                first, taken = bool(flits.popleft()[2]), taken + 1
            if push:
                flits.append(flit)
                came += 1
        assert taken > 200

    run(queue, bench)


def test_a_flit_to_several_outputs_remains_until_the_last_accepts_it():
    queue = VcQueueHead(outputs=OUTPUTS, vcs=VCS, depth=DEPTH, multicast=True)

    async def bench(ctx):
        ctx.set(queue.i, 0b111 | 1 << 3 | 1 << 4)
        ctx.set(queue.push, 1)
        await ctx.tick()
        ctx.set(queue.push, 0)
        left = target(0, 1) | target(1, 1) | target(2, 0)
        for output in (1, 2):
            assert ctx.get(queue.target) == left
            ctx.set(queue.served, target(output, 1))
            await ctx.tick()
            left &= ~target(output, 1)
        assert ctx.get(queue.target) == left == target(0, 1)
        ctx.set(queue.served, left)
        ctx.set(queue.pop, 1)
        await ctx.tick()
        assert ctx.get(queue.target) == 0

    run(queue, bench)


def run(queue, bench):
    simulator = Simulator(queue)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
