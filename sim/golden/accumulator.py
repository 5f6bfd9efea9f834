"""Golden model of the accumulator memory: sums of exact integers, and the cycles in which rows and reads are
accepted."""

from dataclasses import dataclass

import numpy as np

SETTLE = 4
"""Cycles from the last row of a half to the first read of it."""


@dataclass
class AccumulatorTile:
    """Input of one half: rows `data` (int64, rows x lanes) to addresses `addr`, added where `accumulate` is 1 and
    overwriting the stored row elsewhere; then reads at addresses `reads`."""

    data: np.ndarray
    addr: np.ndarray
    accumulate: np.ndarray
    reads: np.ndarray


class AccumulatorMemory:
    """Contents of the two halves since power-up: M[addr, :] = accumulate * M[addr, :] + data, in the order of
    arrival."""

    def __init__(self, cols: int, acc_width: int, depth: int, overflow: str, double_buffer: bool):
        self.width, self.overflow = acc_width, overflow
        self.halves = [np.zeros((depth, cols), np.int64) for _ in range(2 if double_buffer else 1)]
        self.turn = 0

    def reset(self):
        """Start with the first half again; the contents stay."""
        self.turn = 0

    def run(self, tile: AccumulatorTile) -> np.ndarray:
        """Fill the next half and read it: int64, reads x lanes."""
        half = self.halves[self.turn]
        self.turn = (self.turn + 1) % len(self.halves)
        for data, addr, accumulate in zip(tile.data, tile.addr, tile.accumulate, strict=True):
            exact = data.astype(object) + (half[addr].astype(object) if accumulate else 0)
            half[addr] = self._fit(exact)
        return half[tile.reads]

    def _fit(self, exact: np.ndarray) -> np.ndarray:
        low, high = -(2 ** (self.width - 1)), 2 ** (self.width - 1) - 1
        if self.overflow == "saturate":
            return np.clip(exact, low, high)
        return (exact - low) % 2**self.width + low


def cycles(sizes: list[tuple[int, int]], halves: int) -> tuple[list[int], list[int]]:
    """Cycles in which rows, and reads, are accepted when no stream ever pauses, counted from the first row.

    `sizes` has the numbers of rows and of reads for each tile. A tile's rows follow the previous tile's rows once the
    reads have freed its half. Its reads follow the previous tile's reads once its rows have settled.
    """
    rows, reads, freed = [], [], []
    for number, (filling, draining) in enumerate(sizes):
        start = rows[-1] + 1 if rows else 0
        if number >= halves:
            start = max(start, freed[number - halves] + 1)
        rows += range(start, start + filling)
        start = max(rows[-1] + SETTLE, reads[-1] + 1 if reads else 0)
        reads += range(start, start + draining)
        freed.append(reads[-1])
    return rows, reads
