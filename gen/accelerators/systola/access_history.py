"""Who reads and writes what in the memories that a program uses, operation by operation."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ....hw.cores.systola.isa import Unit

PAGE = 1 << 16


class Access(NamedTuple):
    """Cells of a memory that a unit reads or writes: `cells` is an index of [row, lane]."""

    memory: "Memory"
    unit: Unit
    writes: bool
    cells: tuple


class Memory:
    """For each cell whether it was ever written, and the last operation of each of its users that touched it.

    `users`: the units that read it or write it, as (unit, writes).
    """

    def __init__(self, rows: int, lanes: int, users: Iterable[tuple[Unit, bool]]):
        self.written = np.zeros((rows, lanes), bool)
        self.last = {user: np.full((rows, lanes), -1, np.int32) for user in users}

    def conflict(self, access: Access, done: dict[Unit, int]) -> tuple[int, tuple[int, int]] | None:
        """The newest operation that may not have finished with one of the cells, and the rows it is about.

        `done`: the operations of each unit, up to this one, are complete. A unit is in order with itself, but for
        VECTOR, which may read before what it did last is written.
        """
        for (unit, writes), last in self.last.items():
            ordered = unit == access.unit and not (unit == Unit.VECTOR and writes and not access.writes)
            if ordered or not (writes or access.writes):
                continue
            seen = last[access.cells]
            if seen.size and (newest := int(seen.max())) > done[unit]:
                return newest, self.span(access.cells, seen == newest)
        return None

    def touch(self, access: Access, operation: int):
        self.last[access.unit, access.writes][access.cells] = operation

    def writer(self, cells: tuple, which: np.ndarray) -> int:
        """The newest operation that wrote one of those cells, -1 if there is none."""
        return max(int(last[cells][which].max(initial=-1)) for (_, writes), last in self.last.items() if writes)

    def span(self, cells: tuple, which: np.ndarray) -> tuple[int, int]:
        """The first and the last row of those cells."""
        rows = np.asarray(cells[0])
        rows = rows[which] if which.ndim == rows.ndim else rows[which.any(axis=1)]
        return int(rows.min()), int(rows.max())


class Dram(Memory):
    """All of DRAM, as pages that come to be where something is touched. A cell is a byte: (page, byte in it)."""

    def __init__(self, users: Iterable[tuple[Unit, bool]]):
        super().__init__(0, PAGE, users)
        self.slots: dict[int, int] = {}

    def cells(self, addresses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        addresses = addresses.astype(np.int64)
        pages, inverse = np.unique(addresses // PAGE, return_inverse=True)
        slots = np.array([self.slots.setdefault(page, len(self.slots)) for page in pages.tolist()], np.int64)
        for user, last in self.last.items():
            if len(self.slots) > len(last):
                more = np.full((2 * len(self.slots) - len(last), PAGE), -1, np.int32)
                self.last[user] = np.concatenate([last, more])
        return slots[inverse], addresses % PAGE

    def span(self, cells, which):
        pages = np.array(list(self.slots))
        addresses = pages[cells[0][which]] * PAGE + cells[1][which]
        return int(addresses.min()), int(addresses.max())
