"""Access history of the memories of a program: the units that read and wrote each cell, operation by operation."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ....hw.cores.systola.isa import ISA
from ....hw.issue.isa_numbers import UnitSet
from ....sim.golden.addresses import AddressSequence

PAGE = 1 << 16


def rows_of(sequence: AddressSequence) -> slice | np.ndarray:
    """Rows of an address sequence as an index: a slice, which NumPy accesses without a copy, if they have one stride.

    The sequence must not wrap.
    """
    progression = _progression(sequence.loops)
    if progression is None:
        return sequence.addresses()
    count, stride = progression
    return slice(sequence.first, sequence.first + (count - 1) * stride + 1, stride)


@lru_cache(maxsize=4096)
def _progression(loops: tuple[tuple[int, int], ...]) -> tuple[int, int] | None:
    """Count and stride of nested loops that together have one ascending stride; None if they do not."""
    total, step = 1, 1
    for count, stride in reversed(loops):
        if count == 1:
            continue
        if stride <= 0 or (total > 1 and stride != total * step):
            return None
        total, step = total * count, step if total > 1 else stride
    return total, step


class CellAccess(NamedTuple):
    """Cells of a memory that a unit reads or writes: `cells` is an index of [row, lane]."""

    memory: "MemoryHistory"
    unit: UnitSet
    writes: bool
    cells: tuple


class MemoryHistory:
    """Access history of one memory: per cell a written flag and the last operation of each user.

    `newest` is the last operation of each user on any cell: if it is complete, no cell needs to be compared.

    `name` is the name of the memory in the instruction set, which lists its users: the units that read or write it.
    """

    def __init__(self, name: str, rows: int, lanes: int):
        self.name = name
        self.written = np.zeros((rows, lanes), bool)
        self.last = {user: np.full((rows, lanes), -1, np.int32) for user in ISA.users(name)}
        self.newest = dict.fromkeys(self.last, -1)

    def conflict(self, access: CellAccess, done: dict[UnitSet, int]) -> tuple[int, UnitSet, tuple[int, int]] | None:
        """Newest operation that may still access one of the cells, its unit, and the rows concerned; None if none may.

        `done`: number of the last operation of each unit that is known to be complete.
        """
        for (unit, writes), last in self.last.items():
            if not (writes or access.writes) or (unit == access.unit and ISA.ordered(unit, writes, access.writes)):
                continue
            if self.newest[unit, writes] <= done[unit]:
                continue
            seen = last[access.cells]
            if seen.size and (newest := int(seen.max())) > done[unit]:
                return newest, unit, self.span(access.cells, seen == newest)
        return None

    def touch(self, access: CellAccess, operation: int):
        user = access.unit, access.writes
        self.last[user][access.cells] = operation
        self.newest[user] = operation

    def writer(self, cells: tuple, which: np.ndarray) -> int:
        """Newest operation that wrote one of the selected cells, -1 if there is none."""
        return max(int(last[cells][which].max(initial=-1)) for (_, writes), last in self.last.items() if writes)

    def span(self, cells: tuple, which: np.ndarray) -> tuple[int, int]:
        """First and last row of the selected cells."""
        rows = np.r_[cells[0]]
        rows = rows[which] if which.ndim == rows.ndim else rows[which.any(axis=1)]
        return int(rows.min()), int(rows.max())


class DramHistory(MemoryHistory):
    """Access history of DRAM, with pages allocated on first access. A cell is a byte: (page, byte in it)."""

    def __init__(self, name: str):
        super().__init__(name, 0, PAGE)
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
