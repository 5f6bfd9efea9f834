"""What the golden model of an accelerator returns: `run(parameters, dram, entry, limit, faults) -> GoldenResult`.

`dram` holds the addresses from 0 on; beats beyond it, and those that touch one of `faults`, tuples (first address, last
address, AXI response), end in a bus error. After `limit` instructions or descriptors the model gives up.
"""

from typing import NamedTuple

import numpy as np


class GoldenResult(NamedTuple):
    """State after an execution.

    `error` is 0 after a regular end, an error code of the accelerator otherwise, None at the limit; `at` is the
    instruction or descriptor at which it ended. `counters` has those hardware counters that do not depend on timing.
    `uncertain` marks bytes of `dram` of which only the bus knows, after an error, whether they were written.
    """

    dram: np.ndarray
    error: int | None
    at: int
    counters: dict[str, int]
    uncertain: np.ndarray
