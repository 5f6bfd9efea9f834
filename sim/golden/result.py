"""Result of the golden model of an accelerator: `run(parameters, dram, entry, limit, faults, base) -> GoldenResult`.

`dram` holds the bus addresses from `base`, a multiple of 4096, on; `entry` and `faults` count from it. Beats beyond it,
and those that touch one of `faults`, tuples (first address, last address, AXI response), end in a bus error. After
`limit` instructions or descriptors the model stops.
"""

from typing import NamedTuple

import numpy as np


class GoldenResult(NamedTuple):
    """State after an execution.

    `error` is 0 after a regular end, an error code of the accelerator otherwise, None at the limit; `at` is the
    instruction or descriptor at which it ended. `counters` has those hardware counters that do not depend on timing.
    `uncertain` marks bytes of `dram` whose contents are undefined after an error: they may or may not have been
    written.
    """

    dram: np.ndarray
    error: int | None
    at: int
    counters: dict[str, int]
    uncertain: np.ndarray
