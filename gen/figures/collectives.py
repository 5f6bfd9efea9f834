"""Figures of the collectives: cycles against bytes, and comparison with the bandwidth bound of the links."""

import numpy as np

from ...hw.collective.collective import Collective
from ...sim.golden.collective import OPERATIONS, Call, bound
from ...sim.runner.simulate import simulate
from ...sim.stimulus.collective import rows_of, sweep
from ..verilog.verilog import generate
from .section import Section, percent

SIDES = (4, 8)
KIBIBYTES = (4, 8, 16, 32, 64)
TOGETHER = (("all_to_all", "reduce_scatter", "all_reduce"), ("reduce", "all_gather", "broadcast"))
"""Groups of operations that run in sequence on the same data. An operation that makes all nodes equal is last, because
it would hide errors of later ones."""


def cycles() -> Section:
    """Cycles of every collective at every size, on the generated Verilog."""
    section = Section(
        "Collectives: cycles and message size",
        "Torus, four links of 64 bits per node, int32, generated Verilog; from the last node's call to the last "
        "status, agreement included. Random data; all memories are compared after each row of operations, and cycles "
        "are asserted exactly. Bytes are the whole message of a node. Bound: words that the most loaded link must "
        "carry (golden.collective.bound). alpha + beta x bytes is the least-squares line through the five sizes.",
        [
            "torus",
            "collective",
            *(f"{count} KiB" for count in KIBIBYTES),
            "alpha, cycles",
            "beta, cycles per KiB",
            "bound at 64 KiB",
            "bound / measured",
        ],
    )
    for side in SIDES:
        parts = 64 * 1024 // 32
        design = generate("collective", Collective(k=side, l=side, rows=3 * parts))
        p, rng = design.parameters, np.random.default_rng(7)
        calls = [[(op, rows_of(p, op, 1024 * n), 1) for op in ops for n in KIBIBYTES] for ops in TOGETHER]
        outcome, _ = simulate(design, [sweep(p, each, rng) for each in calls])
        if outcome.mismatches:
            raise RuntimeError(outcome.examples[0])
        measured = dict(zip((call for each in calls for call in each), outcome.case_cycles, strict=True))
        for op in OPERATIONS:
            counts = [measured[op, rows_of(p, op, 1024 * n), 1] for n in KIBIBYTES]
            beta, alpha = np.polyfit(KIBIBYTES, counts, 1)
            least = bound(Call(OPERATIONS.index(op), 1, rows_of(p, op, 64 * 1024), 0), side, side)
            section.rows.append(
                [
                    f"{side} x {side}",
                    op.replace("_", "-"),
                    *counts,
                    f"{alpha:.1f}",
                    f"{beta:.2f}",
                    round(least),
                    percent(least / counts[-1]),
                ]
            )
    return section
