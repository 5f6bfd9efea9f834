"""Stimulus of the collectives: initial contents of the nodes, the calls, and the nodes that do not call."""

from dataclasses import dataclass

import numpy as np

from ..golden import integer
from ..golden.collective import OPERATIONS, ROOTED, Call, rows_needed, statuses
from .resets import Interruptible

MISTAKES = 7  # kinds of wrong calls


@dataclass
class CollectiveCase(Interruptible):
    """Rows that are written to memory from `start` on (nodes x rows x elements), and a sequence of collectives: the
    calls of those nodes that call.

    `reads` are the rows that are compared afterwards. `gap` and `stall` are those of all streams.
    """

    start: int
    data: np.ndarray
    rounds: list[dict[int, Call]]
    reads: range
    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0


def sweep(parameters: dict, calls: list[tuple[str, int, int]], rng: np.random.Generator) -> CollectiveCase:
    """Sequence of collectives without pauses, (operation, rows, root) each, on random data from row 0 on."""
    p = parameters
    requested = [Call(OPERATIONS.index(op), root, rows, 0) for op, rows, root in calls]
    filled = max(call.rows * (1 if call.name in ROOTED else p["k"] * p["l"]) for call in requested)
    needed = max(rows_needed(call, p["k"], p["l"]) for call in requested)
    rounds = [dict.fromkeys(range(p["k"] * p["l"]), call) for call in requested]
    return CollectiveCase(0, _data(p, rng, filled), rounds, range(needed), seed=int(rng.integers(2**31)))


def rows_of(parameters: dict, op: str, count: int) -> int:
    """Rows of a call for a message of `count` bytes per node: the whole of it, or, where nodes have parts, one part.
    Raises `ValueError` if the bytes are not whole rows."""
    lanes = 2 if parameters["l"] == 1 else 4
    unit = lanes * parameters["width"] // 8 * (1 if op in ROOTED else parameters["k"] * parameters["l"])
    if count % unit:
        raise ValueError(f"{count} bytes are not a multiple of {unit} bytes")
    return count // unit


def random_cases(parameters: dict, count: int, seed: int) -> list[CollectiveCase]:
    """Seeded random sequences of collectives, with and without pauses; every fourth case begins with three mistakes.

    Mistakes are used in turn, so that twelve cases contain each of :data:`MISTAKES` kinds.
    """
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int) -> CollectiveCase:
    nodes = p["k"] * p["l"]
    rounds = [_right(p, rng, (number + n) % len(OPERATIONS)) for n in range(int(rng.integers(1, 4)))]
    if number % 4 == 3:
        rounds[:0] = [_wrong(p, rng, rounds[0], (3 * (number // 4) + n) % MISTAKES) for n in range(3)]
    gap, stall = (float(rng.choice([0.0, 0.5, 0.9])) if number % 2 else 0.0 for _ in range(2))
    rows = min(p["rows"], 3 * nodes * 4)
    start = int(rng.integers(p["rows"] - rows + 1))
    reads = range(p["rows"]) if p["rows"] <= 256 else range(start, start + rows)
    return CollectiveCase(start, _data(p, rng, rows), rounds, reads, gap, stall, seed=int(rng.integers(2**31)))


def _right(p: dict, rng: np.random.Generator, op: int) -> dict[int, Call]:
    """Collective that fits the memory, from the smallest on; bases differ between nodes."""
    nodes = p["k"] * p["l"]
    most = p["rows"] // rows_needed(Call(op, 0, 1, 0), p["k"], p["l"])
    if not most:  # the memory is too small for this operation
        return _right(p, rng, 0)
    rows = int(rng.choice([1, 2, 1 + int(rng.integers(most)), 1 + int(rng.integers(min(most, 24))), most]))
    rows, root = min(rows, most), int(rng.integers(nodes))
    spare = p["rows"] - rows_needed(Call(op, 0, rows, 0), p["k"], p["l"])
    return {n: Call(op, root, rows, int(rng.choice([0, spare, int(rng.integers(spare + 1))]))) for n in range(nodes)}


def _wrong(p: dict, rng: np.random.Generator, right: dict[int, Call], mistake: int) -> dict[int, Call]:
    """Collective in which one node does not call, or issues a different call: one of :data:`MISTAKES` kinds."""
    nodes, call = len(right), right[0]
    odd = int(rng.integers(nodes))
    candidates = [
        None,
        Call(call.op, call.root, 0, 0),
        Call(call.op, call.root, (1 << p["rows"].bit_length()) - 1, call.base),
        Call(6, call.root, call.rows, call.base),
        Call(0, (1 << (nodes - 1).bit_length()) - 1, call.rows, call.base),
        Call((call.op + 1) % len(OPERATIONS), call.root, 1, 0),
        Call(call.op, (call.root + 1) % nodes, call.rows, right[odd].base),
    ]
    calls = right | {odd: candidates[mistake]}
    calls = {node: call for node, call in calls.items() if call is not None}
    # If the changed call happens to be correct, only the first nodes call.
    return calls if any(statuses(calls, p["k"], p["l"], p["rows"]).values()) else {0: call}


def _data(p: dict, rng: np.random.Generator, rows: int) -> np.ndarray:
    """Random elements; every eighth row has extreme values."""
    low, high = integer.limits(p["format"])
    lanes = 2 if p["l"] == 1 else 4
    shape = (p["k"] * p["l"], rows, lanes * p["width"] // integer.width(p["format"]))
    extremes = rng.choice([low, high, -1, 0], shape)
    return np.where(rng.random((*shape[:2], 1)) < 0.125, extremes, rng.integers(low, high, shape, endpoint=True))
