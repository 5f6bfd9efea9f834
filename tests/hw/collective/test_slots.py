"""Schedules of all nodes, executed in NumPy: they match the golden model, and no link deadlocks."""

from collections import deque

import numpy as np
import pytest
from amaranth.sim import Simulator

from systola.hw.collective.rings import LINK_DEPTH, CollectiveOp, rings
from systola.hw.collective.slots import SlotSchedule
from systola.sim.golden import collective as golden


def _orders(p: dict, op: CollectiveOp, rows: int, root: int):
    """(node, ring, pass, order) for all nodes: the inputs of their engines."""
    r = rings(p["topology"], p["k"], p["l"])
    passes = [(b, s) for s in range(r.count) for b in range(2)] if op == CollectiveOp.ALL_TO_ALL else [(0, 0)]
    for node in range(r.nodes):
        for ring in range(r.count):
            after = r.after(ring, node)
            before = next(n for n in range(r.nodes) if r.after(ring, n) == node)
            for number, (reverse, second) in enumerate(passes):
                yield (
                    (node, ring, number),
                    {
                        "op": op,
                        "rows": rows,
                        "base": 0,
                        "own_part": node * rows,
                        "whole": r.nodes * rows,
                        "step_x": rows,
                        "round_x": rows * (r.k - 1),
                        "step_y": rows * r.k,
                        "round_y": rows * r.k * (r.l - 1),
                        "reverse": reverse,
                        "second": second,
                        "root": node == root,
                        "chain_first": (before == root) | (after == root) << 1,
                        "chain_last": (after == root) | (before == root) << 1,
                    },
                )


def _slots(p: dict, orders) -> dict:
    """The slots of each order, from all engines in turn in one simulation."""
    r = rings(p["topology"], p["k"], p["l"])
    schedule, slots = SlotSchedule(**p), {}

    async def bench(ctx):
        ctx.set(schedule.slots.ready, 1)
        for key, order in orders:
            node, ring, _ = key
            x, y = node % r.k, node // r.k
            ctx.set(schedule.axis, ring)
            ctx.set(schedule.position, {"x": x, "y": y, "sum": (x + y) % r.period})
            ctx.set(schedule.order, order)
            ctx.set(schedule.start, 1)
            await ctx.tick()
            ctx.set(schedule.start, 0)
            slots[key] = []
            while ctx.get(schedule.busy):
                if ctx.get(schedule.slots.valid):
                    payload = schedule.slots.payload
                    slots[key].append({name: ctx.get(payload[name]) for name, _ in payload.shape()})
                await ctx.tick()

    simulator = Simulator(schedule)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return slots


def _carry_out(p: dict, op: CollectiveOp, slots: dict, memory: np.ndarray) -> np.ndarray:
    """Each lane executes its words in order, as far as words and places on its links permit.

    A pass of a node ends with that of its last lane.
    """
    r = rings(p["topology"], p["k"], p["l"])
    memory, links = memory.copy(), {}
    passes = 1 + max(number for _, _, number in slots)

    def neighbour(node, dimension, up):
        x, y, d = node % r.k, node // r.k, 1 if up else -1
        return (y + d) % r.l * r.k + x if dimension else y * r.k + (x + d) % r.k

    def way(node, ring, lane, number):
        """(node from which words arrive, links in and out by sender, dimension and direction)"""
        if op == CollectiveOp.ALL_TO_ALL:
            up, dimension = not (lane ^ (number % 2)), ring ^ (number // 2)
            return (neighbour(node, dimension, not up), dimension, up), (node, dimension, up)
        after, before = r.after(ring, node), next(n for n in range(r.nodes) if r.after(ring, n) == node)
        forth, back = ((before, node), (node, after)) if not lane else ((after, node), (node, before))
        return ("ring", ring, lane, *forth), ("ring", ring, lane, *back)

    def work(node, ring, lane, number):
        came, goes = (links.setdefault(link, deque()) for link in way(node, ring, lane, number))
        column = memory[node, :, 2 * ring + lane]
        for s in slots[node, ring, number]:
            for n in range(max(s["receive_rows"], s["send_rows"])):
                receives, sends = n < s["receive_rows"], n < s["send_rows"]
                pop, push = receives and s[f"pop{lane}"], sends and s[f"push{lane}"]
                while (pop and not came) or (push and len(goes) == LINK_DEPTH):
                    yield
                read = column[s[f"read_addr{lane}"] + n].copy() if sends and s["read"] else None
                word = came.popleft() if pop else None
                total = word + read if s["add"] and pop else None
                if push:
                    goes.append(total if total is not None else read if read is not None else word)
                if receives and s["write"]:
                    kept = total if total is not None else word if word is not None else read
                    column[s[f"write_addr{lane}"] + n] = kept

    def node_work(node):
        for number in range(passes):
            lanes = [work(node, ring, lane, number) for ring in range(r.count) for lane in range(2)]
            while lanes:
                lanes = [each for each in lanes if next(each, "done") != "done"]
                yield

    nodes, rounds = [node_work(node) for node in range(r.nodes)], 0
    while nodes:
        nodes = [each for each in nodes if next(each, "done") != "done"]
        rounds += 1
        assert rounds < 20000, "nothing moves"
    assert not any(links.values())
    return memory


SLOW = (("ring", 5, 1), ("ring", 2, 1), ("torus", 3, 3), ("torus", 4, 2))


@pytest.mark.parametrize(
    "shape",
    [
        ("torus", 2, 2),
        *(pytest.param(shape, marks=pytest.mark.slow) for shape in SLOW),
    ],
    ids=lambda shape: "-".join(map(str, shape)),
)
def test_schedules_of_all_nodes_fit_together(shape):
    topology, k, l = shape  # noqa: E741
    count, lanes = k * l, 2 if l == 1 else 4
    p = {"topology": topology, "k": k, "l": l, "rows": 3 * count * 20, "width": 32}
    rng = np.random.default_rng(2)
    memory = rng.integers(-1000, 1000, (count, p["rows"], lanes, 1))
    todo = [(op, rows, int(rng.integers(count))) for op in CollectiveOp for rows in (1, 17)]
    for op, rows, root in todo:
        slots = _slots(p, _orders(p, op, rows, root))
        call = golden.Call(int(op), root, rows, 0)
        expected = golden.after(memory, dict.fromkeys(range(count), call), k, l, 32)
        known = golden.defined_rows(call, k, l, p["rows"])
        assert np.array_equal(_carry_out(p, op, slots, memory)[:, known], expected[:, known]), (op.name, rows)
