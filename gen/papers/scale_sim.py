"""Claims of SCALE-Sim (A. Samajdar et al., ISPASS 2020): cycles of systolic arrays, weight and output stationary."""

from functools import cache, partial

import numpy as np

from ...hw.array.systolic import Systolic
from ...sim.workloads import gemm
from ...sim.workloads.tiles import Case, draw
from .claim import Claim
from .measuring import simulated

SIDE = 16
SIZE = 64
"""M = N = K of the whole product."""
FLOWS = {"ws": "weight stationary", "os": "output stationary"}
FOLD = {"ws": 110, "os": 94}
"""Cycles of one fold with a streamed dimension of 64: 2 R + C + 64 - 2 with the load of R rows of weights, and
R + C + 64 - 2 with the drain of R rows of results."""
PRODUCT = {"ws": 1759, "os": 1503}
"""SCALE-Sim 3.0, run for 64 x 64 x 64 with operands on chip: sixteen folds, one after the other."""


@cache
def cycles(flow: str) -> tuple[int, int]:
    """Cycles of one fold and of the whole product on RTL, from the first operand to the last result, both counted."""
    rng = np.random.default_rng(1)
    m, n = (SIZE, SIDE) if flow == "ws" else (SIDE, SIDE)
    k = SIDE if flow == "ws" else SIZE
    shapes = ((m, k, n), (SIZE, SIZE, SIZE))
    cases = [
        Case(gemm.tiles(draw(rng, "int8", (m, k)), draw(rng, "int8", (k, n)), SIDE, SIDE, flow)) for m, k, n in shapes
    ]
    fold, product = simulated("systolic", Systolic(rows=SIDE, cols=SIDE, dataflow=flow), cases).case_cycles
    return fold, product


def measured(flow: str, which: int) -> int:
    """0 the fold, 1 the product."""
    return cycles(flow)[which]


def _command(flow: str) -> str:
    return f"systola sim systolic -p dataflow={flow}"


CLAIMS = (
    *(
        Claim(
            paper="scale_sim",
            text=f"One fold of {SIZE} beats on {SIDE} x {SIDE}, {FLOWS[flow]}, takes {FOLD[flow]} cycles.",
            published=FOLD[flow],
            unit="cycles",
            stated=f"{FOLD[flow]} cycles (analytical model: {law})",
            band=(FOLD[flow], FOLD[flow] + 6),
            reason="The model has no registers around the cells. Here operands, products and the buffer of results "
            "have up to six.",
            measure=partial(measured, flow, 0),
            command=_command(flow),
        )
        for flow, law in (("ws", "2 R + C + M - 2"), ("os", "R + C + K - 2, then the drain"))
    ),
    *(
        Claim(
            paper="scale_sim",
            text=f"A product of {SIZE}^3 on {SIDE} x {SIDE}, {FLOWS[flow]}, takes {PRODUCT[flow]} cycles.",
            published=PRODUCT[flow],
            unit="cycles",
            stated=f"{PRODUCT[flow]} cycles (SCALE-Sim 3.0)",
            band=(SIZE**3 // SIDE**2, PRODUCT[flow]),
            reason="SCALE-Sim runs folds one after the other. Here loads and drains overlap with the tile in use, so fewer "
            f"cycles are right, down to {SIZE**3 // SIDE**2} with all multipliers always busy.",
            measure=partial(measured, flow, 1),
            command=_command(flow),
        )
        for flow in FLOWS
    ),
)
