"""Claims of SCALE-Sim (A. Samajdar et al., ISPASS 2020): cycles of systolic arrays, weight and output stationary."""

from functools import cache, partial

import numpy as np

from ...hw.array.systolic import Systolic
from ...sim.stimulus import gemm
from ...sim.stimulus.systolic import SystolicCase, draw
from .claim import Claim
from .measuring import simulated

SIDE = 16
SIZE = 64
"""M = N = K of the whole product."""
FLOWS = {"ws": "weight stationary", "os": "output stationary"}
FOLD = 2 * SIDE + SIDE + SIZE - 2
"""Cycles of one fold in the analytical model, 2 R + C + T - 2: load or drain of R rows, and T beats through R x C."""
REGISTERS = 8
"""Cycles of registers that the model does not include: operands, products, the swap of weights, the result buffer."""
PRODUCT = {"ws": 1759, "os": 1503}
"""Cycles of SCALE-Sim 3.0 for 64 x 64 x 64 with operands on chip: sixteen folds in sequence, for the output stationary
array without their drain."""


@cache
def cycles(flow: str) -> tuple[int, int]:
    """Cycles of one fold and of the whole product on RTL, from the first operand to the last result, inclusive."""
    rng = np.random.default_rng(1)
    m, n = (SIZE, SIDE) if flow == "ws" else (SIDE, SIDE)
    k = SIDE if flow == "ws" else SIZE
    shapes = ((m, k, n), (SIZE, SIZE, SIZE))
    cases = [
        SystolicCase(gemm.tiles(draw(rng, "int8", (m, k)), draw(rng, "int8", (k, n)), SIDE, SIDE, flow))
        for m, k, n in shapes
    ]
    fold, product = simulated("systolic", Systolic(rows=SIDE, cols=SIDE, dataflow=flow), cases).case_cycles
    return fold, product


def measured(flow: str, which: int) -> int:
    """Measured cycles of the fold (`which` = 0) or of the product (1)."""
    return cycles(flow)[which]


CLAIMS = (
    *(
        Claim(
            paper="scale_sim",
            text=f"One fold of {SIZE} beats on {SIDE} x {SIDE}, {title}, takes {FOLD} cycles.",
            published=FOLD,
            unit="cycles",
            stated=f"{FOLD} cycles (analytical model, 2 R + C + T - 2)",
            band=(FOLD, FOLD + REGISTERS),
            reason="The model has no registers around the cells. Operands, products, the swap of weights and the "
            f"result buffer have up to {REGISTERS} here.",
            measure=partial(measured, flow, 0),
        )
        for flow, title in FLOWS.items()
    ),
    *(
        Claim(
            paper="scale_sim",
            text=f"A product of {SIZE}^3 on {SIDE} x {SIDE}, {FLOWS[flow]}, takes {PRODUCT[flow]} cycles.",
            published=PRODUCT[flow],
            unit="cycles",
            stated=f"{PRODUCT[flow]} cycles (SCALE-Sim 3.0)",
            band=(SIZE**3 // SIDE**2, PRODUCT[flow]),
            reason="SCALE-Sim runs folds one after the other. Here loads and drains overlap with the tile in use, so "
            f"fewer cycles are right, down to {SIZE**3 // SIDE**2} with all multipliers always busy.",
            measure=partial(measured, flow, 1),
        )
        for flow in FLOWS
    ),
)
