"""Runs of programs on a core, and the files in which its stage finds and leaves them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

LIMIT = 10_000_000
"""Cycles after which a program is stopped, unless a run says otherwise."""


@dataclass
class Run:
    """A program that lies in DRAM: the image of it from address 0 on, and the program's address.

    `latency`: cycles from an address to its first beat; `stall`: in so many of 256 cycles each bus channel pauses;
    `fault`: (first, last, code), addresses that answer with an error of the bus. After `limit` cycles the program is
    stopped. `trace`: record who was busy when. With `golden` the golden model runs too and DRAM is compared.
    """

    dram: np.ndarray
    program: int = 0
    latency: int = 20
    stall: int = 0
    fault: tuple[int, int, int] | None = None
    limit: int = LIMIT
    trace: bool = False
    golden: bool = True


@dataclass
class Ran:
    """What became of it. `error` and `pc` as the core's registers have them; `cut` says that the limit was reached.

    `counters` by name, `pending` the units that had not ended when it was cut, `changes` (cycle, busy) as traced;
    `seconds` from start to interrupt.
    """

    dram: np.ndarray
    error: int
    detail: int
    pc: int
    counters: dict[str, int]
    pending: int
    cut: bool
    seconds: float
    changes: list[tuple[int, int]]


def save_memory(path: Path, dram: np.ndarray, width: int):
    """Write memory as Verilog reads it: a word of `width` bytes a line, its last byte first."""
    words = dram.reshape(-1, width)[:, ::-1]
    path.write_text("\n".join(row.tobytes().hex() for row in words))


def load_memory(path: Path, size: int) -> np.ndarray:
    """The bytes of a memory that Verilog wrote."""
    with path.open() as file:
        lines = (line.strip() for line in file if not line.startswith(("//", "@")))
        words = [bytes.fromhex(line)[::-1] for line, _ in zip(lines, range(size), strict=False) if line]
    return np.frombuffer(b"".join(words), np.uint8)[:size]


def load_changes(path: Path) -> list[tuple[int, int]]:
    """(cycle, busy) as the stage recorded them."""
    with path.open() as file:
        return [(int(cycle), int(busy, 16)) for cycle, busy in (line.split() for line in file)]
