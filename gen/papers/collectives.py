"""Claims about collectives (R. Thakur et al., IJHPCA 19(1), 2005: collective communication in MPICH)."""

from functools import cache, partial

import numpy as np

from ...hw.collective.collective import Collective
from ...sim.stimulus.collective import rows_of, sweep
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import checked

SIDES = 4, 2
NODES = SIDES[0] * SIDES[1]
BYTES = 32
"""Bytes per cycle of the four 64-bit links of a node."""
KIBIBYTES = (4, 8)
"""Two sizes of a node's message in KiB. The slope between them is the cost per KiB, without the start-up latency."""
MOVED = {
    "all_reduce": 2 * (NODES - 1) / NODES,
    "all_gather": (NODES - 1) / NODES,
    "reduce_scatter": (NODES - 1) / NODES,
}
"""Number of transfers of each byte of a message over the links of a node."""
TOGETHER = (("reduce_scatter", "all_reduce"), ("all_gather",))
"""Operations in sequence on the same data. An operation that makes all nodes equal is last, because it would hide the
errors of later ones."""
BANDS = {
    "all_reduce": (1.01, "Two sizes on RTL, without start and end: links carry a word in every cycle, within 1 %."),
    "all_gather": (1.01, "Two sizes on RTL, without start and end: links carry a word in every cycle, within 1 %."),
    "reduce_scatter": (
        NODES / (NODES - 1),
        "The engine takes N instead of N - 1 slots: the last slot returns the sum. It is one slot above the bound.",
    ),
}


@cache
def slopes() -> dict[str, float]:
    """Cycles per KiB on RTL by operation; all memories are compared."""
    design = generate("collective", Collective(k=SIDES[0], l=SIDES[1], rows=1024 * max(KIBIBYTES) // BYTES))
    p, rng = design.parameters, np.random.default_rng(7)
    calls = [[(op, rows_of(p, op, 1024 * size), 0) for op in ops for size in KIBIBYTES] for ops in TOGETHER]
    outcome, _ = checked(design, [sweep(p, each, rng) for each in calls])
    cycles = iter(outcome.case_cycles)
    small, large = KIBIBYTES
    found = {}
    for op in (op for ops in TOGETHER for op in ops):
        first, second = next(cycles), next(cycles)
        found[op] = (second - first) / (large - small)
    return found


CLAIMS = tuple(
    Claim(
        paper="collectives",
        text=f"{op.replace('_', '-').capitalize()} of N nodes moves each byte {moved} times, at the rate of the links.",
        published=1024 / BYTES * share,
        unit="cycles/KiB",
        stated=f"{1024 / BYTES * share:g} cycles/KiB: {moved}, N = {NODES}, {BYTES} bytes per cycle (bandwidth bound)",
        band=(1024 / BYTES * share, 1024 / BYTES * share * BANDS[op][0]),
        reason=BANDS[op][1],
        measure=partial(lambda op: slopes()[op], op),
    )
    for (op, share), moved in zip(MOVED.items(), ("2 (N - 1) / N", "(N - 1) / N", "(N - 1) / N"), strict=True)
)
