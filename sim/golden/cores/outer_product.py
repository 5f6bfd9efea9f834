"""Golden model of `outer_product`: a chain of descriptors, each a product of int8 matrices with sums in int32.

A descriptor has five little-endian words: depth (low half, in units of 16 products) and rows (high half, in units of
4), then the addresses of A, W, Y and of the next descriptor, 0 after the last one. Everything is aligned to 64 bytes:

    Y[4 b + r, c] = sum over k of A[4 b + r, k] W[k, c],  k < 16 depth, b < rows, r, c < 4

A and Y lie in blocks of 4 rows, A's blocks column by column, Y's row by row; W lies row by row.
"""

from collections.abc import Iterable

import numpy as np

from ..result import GoldenResult

SIZE, BEATS = 4, 16
BYTES = 4 * BEATS
WORDS = 5
OK, DESCRIPTOR, BUS = 0, 1, 2


class _Stop(Exception):
    pass


def run(
    parameters: dict,
    dram: np.ndarray,
    entry: int = 0,
    limit: int = 10**6,
    faults: Iterable[tuple[int, int, int]] = (),
    base: int = 0,
) -> GoldenResult:
    """Execute the descriptors that begin at `entry`; see :class:`.GoldenResult`. `dram` holds the bus addresses from
    `base` on; `entry` and `faults` count from it."""
    memory = dram.copy()
    ranges = [*((first, last) for first, last, _ in faults), (len(dram), 1 << 33)]
    counters = {"columns": 0, "descriptors": 0}

    def bad(low: int, size: int) -> np.ndarray:
        """Mask of the words of `size` bytes from `low` on whose bus response is an error."""
        words = low + 4 * np.arange(size // 4)
        return np.any([(words + 3 >= first) & (words <= last) for first, last in ranges], axis=0)

    def read(low: int, size: int) -> np.ndarray:
        if bad(low, size).any():
            raise _Stop
        return memory[low : low + size]

    at, address = 0, entry // BYTES * BYTES
    try:
        while True:
            if at >= limit:
                return GoldenResult(memory, None, at, counters, np.zeros(len(dram), bool))
            sizes, a, w, y, following = read(address, BYTES)[: 4 * WORDS].view("<u4").tolist()
            depth, rows = sizes & 0xFFFF, sizes >> 16
            if not (
                0 < depth <= parameters["depth"] // BEATS
                and rows
                and not any(each % BYTES for each in (a, w, y, following))
            ):
                return GoldenResult(memory, DESCRIPTOR, at, counters, np.zeros(len(dram), bool))
            k = BEATS * depth
            a, w, y, chained = (place - base & 0xFFFF_FFFF for place in (a, w, y, following))
            weights = read(w, SIZE * k).view(np.int8).reshape(k, SIZE).astype(np.int64)
            for block in range(rows):
                columns = read(a + SIZE * k * block, SIZE * k).view(np.int8).reshape(k, SIZE).astype(np.int64)
                counters["columns"] += k
                _write(memory, y + BYTES * block, columns.T @ weights, bad)
            counters["descriptors"] += 1
            if not following:
                return GoldenResult(memory, OK, at, counters, np.zeros(len(dram), bool))
            at, address = at + 1, chained
    except _Stop:
        return GoldenResult(memory, BUS, at, counters, np.zeros(len(dram), bool))


def _write(memory: np.ndarray, low: int, sums: np.ndarray, bad):
    """Write a block of Y; words whose bus response is an error are not written."""
    failed = bad(low, BYTES)
    words = sums.astype("<i4").reshape(-1)
    for n in np.flatnonzero(~failed):
        memory[low + 4 * n : low + 4 * n + 4] = words[n : n + 1].view(np.uint8)
    if failed.any():
        raise _Stop
