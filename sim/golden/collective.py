"""What collectives leave in the nodes' memories, and how they end: written from what they promise, knowing nothing of
engines.

A memory is nodes x rows x lanes x elements, int64. A lane is a way round one of the rings through all nodes; what
stands in it only ever meets what stands in the same lane of other nodes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce as fold

import numpy as np

from . import integer

OPERATIONS = ("broadcast", "reduce", "all_reduce", "all_gather", "reduce_scatter", "all_to_all")
OK, OPERATION, ROOT, LENGTH, RANGE, MISSING, DIFFERENT = range(7)
ROOTED = ("broadcast", "reduce")


@dataclass(frozen=True)
class Call:
    """What a node asks for. `op` is a number below 8, of which the first six are :data:`OPERATIONS`."""

    op: int
    root: int
    rows: int
    base: int

    @property
    def name(self) -> str:
        return OPERATIONS[self.op]


def ring_paths(k: int, l: int) -> list[list[int]]:  # noqa: E741
    """For each lane the nodes in the order in which it passes them: node (x, y) is y k + x.

    On a ring (l = 1) there are two: up and down. On a torus there are four, each ring up and down. A ring moves by +1
    in x or y. Let g = gcd(k, l): ring 0 moves in x where (x + y) mod g < a, ring 1 where it is not, with the least a
    for which both pass all nodes.
    """
    if l == 1:
        return [list(range(k)), list(range(k))[::-1]]
    g = math.gcd(k, l)
    for a in range(1, g):
        found = []
        for ring in range(2):
            x = y = 0
            path = []
            for _ in range(k * l):
                path.append(y * k + x)
                if ((x + y) % g < a) == (ring == 0):
                    x = (x + 1) % k
                else:
                    y = (y + 1) % l
            found += [path, path[::-1]]
        if all(len(set(path)) == k * l for path in found):
            return found
    raise ValueError(f"there are no two such rings on {k} x {l}")


def rows_needed(call: Call, k: int, l: int) -> int:  # noqa: E741
    """Rows of memory from the base on: an all-to-all has a source and a result, and on a torus what is between."""
    if call.name in ROOTED:
        return call.rows
    return k * l * call.rows * (1 if call.name != "all_to_all" else 2 if l == 1 else 3)


def refusal(call: Call, k: int, l: int, rows: int) -> int:  # noqa: E741
    """Why a node with `rows` rows of memory refuses a call by itself; OK if it does not."""
    if call.op >= len(OPERATIONS):
        return OPERATION
    if call.name in ROOTED and call.root >= k * l:
        return ROOT
    if call.rows == 0:
        return LENGTH
    return RANGE if call.base + rows_needed(call, k, l) > rows else OK


def statuses(calls: Mapping[int, Call], k: int, l: int, rows: int) -> dict[int, int]:  # noqa: E741
    """How each call ends, if the calls of all other nodes never come."""
    codes = {node: refusal(call, k, l, rows) for node, call in calls.items()}
    waiting = [calls[node] for node, code in codes.items() if code == OK]
    asked = {(call.op, call.rows, call.root if call.name in ROOTED else 0) for call in waiting}
    end = MISSING if len(waiting) < k * l else DIFFERENT if len(asked) > 1 else OK
    return {node: code or end for node, code in codes.items()}


def after(memory: np.ndarray, calls: Mapping[int, Call], k: int, l: int, bits: int) -> np.ndarray:  # noqa: E741
    """The memory after a collective that ended with OK; -1 row for row where nothing is promised: see `promised`."""
    memory = memory.copy()
    count = len(memory)
    call = calls[0]
    rows, name = call.rows, call.name
    extent = rows if name in ROOTED else rows * count
    message = np.stack([memory[node, calls[node].base :][:extent] for node in range(count)])
    result = message.copy()
    parts = message.reshape(count, -1, rows, *message.shape[2:])  # node, part, row, lane, element
    for lane, path in enumerate(ring_paths(k, l)):
        if name == "broadcast":
            result[:, :, lane] = message[call.root, :, lane]
        elif name == "reduce":
            result[call.root, :, lane] = total([message[n, :, lane] for n in behind(path, call.root)], bits)
        elif name == "all_gather":
            result[:, :, lane] = np.concatenate([parts[n, n, :, lane] for n in range(count)])
        elif name in ("all_reduce", "reduce_scatter"):
            for n in range(count):
                one = total([parts[other, n, :, lane] for other in behind(path, n)], bits)
                where = slice(n * rows, (n + 1) * rows)
                result[slice(None) if name == "all_reduce" else n, where, lane] = one
    for node in range(count):
        base = calls[node].base
        if name == "all_to_all":
            memory[node, base + extent :][:extent] = parts[:, node].reshape(result[node].shape)
        else:
            memory[node, base:][:extent] = result[node]
    return memory


def promised(call: Call, k: int, l: int, rows: int) -> np.ndarray:  # noqa: E741
    """For each row whether it is said what it holds: on a torus an all-to-all leaves something behind its result."""
    known = np.ones(rows, bool)
    if call.name == "all_to_all" and l > 1:
        known[call.base + 2 * k * l * call.rows :][: k * l * call.rows] = False
    return known


def behind(path: list[int], node: int) -> list[int]:
    """The nodes of a way, from the one that comes after `node` to `node` itself: the order in which it adds."""
    at = path.index(node) + 1
    return path[at:] + path[:at]


def total(parts: list[np.ndarray], bits: int) -> np.ndarray:
    """((p0 + p1) + p2) + ..., modulo 2^bits."""
    return fold(lambda a, b: integer.wrap(a + b, bits), parts)


def words(call: Call, k: int, l: int) -> int:  # noqa: E741
    """Words that all links carry together, at least: the bound of a collective is these through all links at once."""
    count, lanes = k * l, 2 if l == 1 else 4
    if call.name in ROOTED:
        return (count - 1) * call.rows * lanes
    if call.name == "all_to_all":
        hops = sum(min(d, k - d) for d in range(k)) * l + sum(min(d, l - d) for d in range(l)) * k
        return count * hops * call.rows * lanes
    return count * (count - 1) * call.rows * lanes * (2 if call.name == "all_reduce" else 1)


def bound(call: Call, k: int, l: int) -> float:  # noqa: E741
    """Cycles that no schedule can beat, if each link carries a word in each.

    Broadcast and reduce: each node but one takes, or gives, the whole message, through its own links. All-to-all: the
    links of the longer dimension carry the most.
    """
    lanes = 2 if l == 1 else 4
    if call.name in ROOTED:
        return call.rows
    if call.name == "all_to_all":
        longest = max(k, l)
        mean = sum(min(d, longest - d) for d in range(longest)) / longest
        return k * l * call.rows * lanes * mean / 2
    return words(call, k, l) / (k * l * lanes)


SEGMENT = 8
"""Rows that go round together; the last of a part, 7 to 14 of them, if there are as many."""
LEAST = SEGMENT - 1
HOP = 2
"""Cycles from node to node."""


def segments(rows: int) -> list[int]:
    """How the rows of a part are divided."""
    sizes = []
    while rows:
        sizes.append(rows if rows < 2 * SEGMENT - 1 else SEGMENT)
        rows -= sizes[-1]
    return sizes


def law(call: Call, k: int, l: int) -> tuple[int, bool]:  # noqa: E741
    """Cycles from the last node's call to the last status, and whether they are exact or the most.

    They are what links carry, by way of the fullest; the first words' way through engine and hops; and the agreement,
    twice the way from node 0 to the last. An all-to-all of few rows waits for its schedule here and there.
    """
    count, rows, name = k * l, call.rows, call.name
    begin = 8 + 2 * (k + l - 2)
    if name in ROOTED:
        return begin + 8 + HOP * (count - 1) + rows, True
    if name == "all_to_all":
        return begin + _all_to_all(rows, k, l), rows >= 2 * LEAST
    slots = (count - 1) * (2 if name == "all_reduce" else 1) + (name == "reduce_scatter")
    body = slots * max(rows, HOP)
    if name != "reduce_scatter":  # the last segment arrives
        sizes = segments(rows)
        body += max(sizes[-2:]) + (rows <= HOP)
    elif rows < HOP:
        body -= HOP - rows
    return begin + body + (9 if name == "all_gather" else 10), True


def _all_to_all(rows: int, k: int, l: int) -> int:  # noqa: E741
    """Each pass takes as long as its longer dimension; a segment to the node d away goes d hops, and the last hop goes
    with the first of the next segment."""
    total = 0
    dimensions = [(k, l), (l, k)] if l > 1 else [(k, l)]
    for second in range(len(dimensions)):
        for reverse in range(2):
            spans = []
            for size, groups in dimensions:
                own = rows if not (reverse or second) else 0
                span, before = max(own, LEAST if own else 0), 0
                for d in [*range(1, size // 2 + 1)] * groups:
                    half = size % 2 == 0 and d == size // 2
                    part = (rows - rows // 2 if reverse else rows // 2) if half else rows
                    for segment in (max(each, LEAST) for each in segments(part)):
                        span += max(segment, before) + (d - 1) * segment
                        before = segment
                spans.append(span + before)
            total += max(spans) + (8 if not (reverse or second) else 11)
    return total
