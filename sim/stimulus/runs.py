"""Executions of an accelerator: input and result of its bench."""

from dataclasses import dataclass, field

import numpy as np

LIMIT = 10_000_000
"""Cycles after which an execution is stopped, unless it has another limit."""


@dataclass
class Run:
    """Execution from `entry`, with the image `dram` from address 0 on.

    `latency`: cycles from an address to its first beat; `stall`: cycles of 256 in which each bus channel pauses;
    `fault`: (first, last, code), addresses that answer with a bus error; `fault_beat`: (n, code), a beat that answers
    with a bus error. After `limit` cycles the execution is stopped, which the golden model does not reproduce. `stop`:
    write `control.stop` this many cycles after the start; with `watch`, DRAM must not change after the interrupt.
    `trace`: record the changes of `busy`. With `golden` the golden model runs too, and DRAM and registers are compared.
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
    facts: dict = field(default_factory=dict)


@dataclass
class RunResult:
    """Result of an execution. `error`, `detail` and `at` as in the registers; `cut`: the limit was reached.

    `counters` by name, `pending` the units with work left when it was cut, `changes` (cycle, busy) as traced; `seconds`
    from start to interrupt.
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
