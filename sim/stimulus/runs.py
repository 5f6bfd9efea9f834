"""Executions of an accelerator: input and result of its bench."""

from dataclasses import dataclass, field

import numpy as np

from .resets import Interruptible

LIMIT = 10_000_000
"""Cycles after which an execution is stopped, unless it has another limit."""


@dataclass
class Run(Interruptible):
    """Execution from `entry`, with the image `dram`.

    `latency`: cycles from an address to its first beat; `stall`: cycles of 256 in which each bus channel pauses;
    `fault`: (first, last, code), addresses that return a bus error; `fault_beat`: (n, code), a beat that returns
    a bus error. After `limit` cycles the execution is stopped, which the golden model does not reproduce. `stop`:
    write `control.stop` this many cycles after the start; with `watch`, DRAM must not change after the interrupt.
    `base`: bus address of the image's first byte, from which `entry` and `fault` count. `seed` other than 0: responses
    of registers are stalled. `trace`: record the changes of `busy`. With `golden` the golden model runs too, and DRAM
    and registers are compared. `most`: upper bounds of counters, by name.
    """

    dram: np.ndarray
    entry: int = 0
    latency: int = 20
    stall: int = 0
    fault: tuple[int, int, int] | None = None
    fault_beat: tuple[int, int] | None = None
    limit: int = LIMIT
    stop: int | None = None
    watch: bool = False
    trace: bool = False
    golden: bool = True
    base: int = 0
    seed: int = 0
    most: dict[str, int] = field(default_factory=dict)
    facts: dict = field(default_factory=dict)

    @property
    def start(self) -> int:
        """Bus address of the entry."""
        return self.base + self.entry & 0xFFFF_FFFF


@dataclass
class RunResult:
    """Result of an execution. `error`, `detail` and `at` as in the registers; `cut`: the limit was reached.

    `counters` by name, `pending` the units with work left when it was cut, `changes` (cycle, busy) as traced; `seconds`
    from start to interrupt. `status` is that at the interrupt; `samples`: (cycle, instruction) during the execution.
    """

    dram: np.ndarray
    error: int
    detail: int
    at: int
    counters: dict[str, int]
    pending: int
    cut: bool
    seconds: float
    changes: list[tuple[int, int]]
    status: int = 1
    samples: list[tuple[int, int]] = field(default_factory=list)


def window(rng: np.random.Generator, number: int, size: int) -> int:
    """Base of the DRAM of a case: each address bit in turn, the end of the address space, or anywhere; every fifth is
    0. A multiple of 64 KiB."""
    unit = 1 << 16
    last = (1 << 32) // unit - -(-size // unit)
    return unit * (0, 1 << number // 2 % 16, last, int(rng.integers(last + 1)), 1 << (number // 2 + 8) % 16)[number % 5]
