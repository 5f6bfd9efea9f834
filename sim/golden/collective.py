"""Golden model of the collectives: the nodes' memories afterwards and the status of each call. It is written from the
specification, independently of the engines.

A memory is nodes x rows x lanes x elements, int64. A lane is one direction around one of the rings through all nodes.
Data in a lane is only ever combined with data in the same lane of other nodes.
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
    """Call issued by a node. `op` is a number below 8, of which the first six are :data:`OPERATIONS`."""

    op: int
    root: int
    rows: int
    base: int

    @property
    def name(self) -> str:
        return OPERATIONS[self.op]


def ring_paths(k: int, l: int) -> list[list[int]]:  # noqa: E741
    """Nodes of each lane in the order in which the lane passes them: node (x, y) is y k + x.

    On a ring (l = 1) there are two lanes: up and down. On a torus there are four, each ring up and down. A ring moves
    by +1 in x or y. Let g = gcd(k, l): ring 0 moves in x where (x + y) mod g < a, ring 1 elsewhere, with the least a
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
    """Rows of memory from the base on: an all-to-all has a source, a result and, on a torus, an intermediate area."""
    if call.name in ROOTED:
        return call.rows
    return k * l * call.rows * (1 if call.name != "all_to_all" else 2 if l == 1 else 3)


def rejection(call: Call, k: int, l: int, rows: int) -> int:  # noqa: E741
    """Error code for which a node with `rows` rows of memory rejects a call without consulting other nodes; OK if it
    accepts."""
    if call.op >= len(OPERATIONS):
        return OPERATION
    if call.name in ROOTED and call.root >= k * l:
        return ROOT
    if call.rows == 0:
        return LENGTH
    return RANGE if call.base + rows_needed(call, k, l) > rows else OK


def statuses(calls: Mapping[int, Call], k: int, l: int, rows: int) -> dict[int, int]:  # noqa: E741
    """Status of each call, if no other node calls."""
    codes = {node: rejection(call, k, l, rows) for node, call in calls.items()}
    waiting = [calls[node] for node, code in codes.items() if code == OK]
    requested = {(call.op, call.rows, call.root if call.name in ROOTED else 0) for call in waiting}
    end = MISSING if len(waiting) < k * l else DIFFERENT if len(requested) > 1 else OK
    return {node: code or end for node, code in codes.items()}


def after(memory: np.ndarray, calls: Mapping[int, Call], k: int, l: int, bits: int) -> np.ndarray:  # noqa: E741
    """Memory after a collective that ended with OK. Rows whose contents are undefined are given by `defined_rows`."""
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
            result[call.root, :, lane] = total([message[n, :, lane] for n in addition_order(path, call.root)], bits)
        elif name == "all_gather":
            result[:, :, lane] = np.concatenate([parts[n, n, :, lane] for n in range(count)])
        elif name in ("all_reduce", "reduce_scatter"):
            for n in range(count):
                one = total([parts[other, n, :, lane] for other in addition_order(path, n)], bits)
                where = slice(n * rows, (n + 1) * rows)
                result[slice(None) if name == "all_reduce" else n, where, lane] = one
    for node in range(count):
        base = calls[node].base
        if name == "all_to_all":
            memory[node, base + extent :][:extent] = parts[:, node].reshape(result[node].shape)
        else:
            memory[node, base:][:extent] = result[node]
    return memory


def defined_rows(call: Call, k: int, l: int, rows: int) -> np.ndarray:  # noqa: E741
    """Mask of the rows whose contents are defined: on a torus an all-to-all leaves intermediate data after its
    result."""
    known = np.ones(rows, bool)
    if call.name == "all_to_all" and l > 1:
        known[call.base + 2 * k * l * call.rows :][: k * l * call.rows] = False
    return known


def addition_order(path: list[int], node: int) -> list[int]:
    """Nodes of a lane from the successor of `node` to `node` itself: the order of addition."""
    at = path.index(node) + 1
    return path[at:] + path[:at]


def total(parts: list[np.ndarray], bits: int) -> np.ndarray:
    """Sum ((p0 + p1) + p2) + ..., modulo 2^bits."""
    return fold(lambda a, b: integer.wrap(a + b, bits), parts)


def words(call: Call, k: int, l: int) -> int:  # noqa: E741
    """Minimum number of words over all links; divided by the number of links, it bounds the cycles of a collective."""
    count, lanes = k * l, 2 if l == 1 else 4
    if call.name in ROOTED:
        return (count - 1) * call.rows * lanes
    if call.name == "all_to_all":
        hops = sum(min(d, k - d) for d in range(k)) * l + sum(min(d, l - d) for d in range(l)) * k
        return count * hops * call.rows * lanes
    return count * (count - 1) * call.rows * lanes * (2 if call.name == "all_reduce" else 1)


def bound(call: Call, k: int, l: int) -> float:  # noqa: E741
    """Lower bound in cycles for any schedule, if each link carries one word per cycle.

    Broadcast and reduce: each node but one receives, or sends, the whole message through its own links. All-to-all: the
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
"""Rows of a segment; the last segment of a part has 7 to 14 rows, or all rows of a shorter part."""
LEAST = SEGMENT - 1
HOP = 2
"""Cycles from node to node."""


def segments(rows: int) -> list[int]:
    """Division of the rows of a part into segments."""
    sizes = []
    while rows:
        sizes.append(rows if rows < 2 * SEGMENT - 1 else SEGMENT)
        rows -= sizes[-1]
    return sizes


def law(call: Call, k: int, l: int) -> tuple[int, bool]:  # noqa: E741
    """Cycles from the last node's call to the last status, and whether they are exact (True) or an upper bound (False).

    They are the sum of the words on the fullest link; the latency of the first words through engine and hops; and the
    agreement, twice the distance from node 0 to the last. An all-to-all of few rows occasionally waits for its
    schedule.
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
    """Cycles of the passes of an all-to-all. Each pass takes as long as its longer dimension. A segment to the node at
    distance d takes d hops, and its last hop overlaps with the first of the next segment."""
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
