"""Claims of Bit Fusion (H. Sharma et al., ISCA 2018): throughput by precision, and area of spatial fusion."""

from functools import cache, partial

import numpy as np

from ...hw.mac.fused_multiply import BRICKS, FusedMultiply
from ...hw.mac.fusion_temporal import TemporalLane
from ...hw.mac.fusion_unit import FusionUnit
from ...sim.golden.fusion_unit import Mode
from ...sim.stimulus.fusion_unit import sampled
from ..synth import gate_count as gates
from .claim import Claim
from .measuring import simulated

WORDS = 64
"""Number of words per mode."""
RATES = {2: 16.0, 4: 4.0, 8: 1.0, 16: 0.25}
"""Products per Fusion Unit and cycle by bits of both operands."""


@cache
def rates() -> dict[int, float]:
    """Products per cycle of a Fusion Unit on RTL, from the first result to the last, by bits of both operands."""
    modes = [Mode(bits, bits) for bits in RATES]
    rng = np.random.default_rng(1)
    outcome = simulated("fusion_unit", FusionUnit(), [sampled(mode, rng, WORDS) for mode in modes])
    return {
        mode.a_bits: mode.values * (WORDS - 1) / (cycles[-1] - cycles[0])
        for mode, cycles in zip(modes, outcome.output_cycles, strict=True)
    }


def area_ratio() -> float:
    """Transistors of sixteen serial BitBricks with shifter, adder and register, relative to sixteen fused ones."""
    width = FusedMultiply.members(FusedMultiply.Parameters())["product"].shape.width
    fused = gates.count(FusedMultiply(product_register=True), "fused_multiply")
    lane = gates.count(TemporalLane(acc_width=width), "temporal_lane")
    return BRICKS * lane.transistors / fused.transistors


CLAIMS = (
    *(
        Claim(
            paper="bitfusion",
            text=f"Products of {bits} x {bits} bits per Fusion Unit and cycle: {published:g}.",
            published=published,
            unit="products/cycle",
            stated=f"{published:g} per unit and cycle (section III: bricks fused in space up to 8 bits, then in time)",
            band=(published, published),
            reason="A count of cycles: it must be exact.",
            measure=partial(lambda bits: rates()[bits], bits),
        )
        for bits, published in RATES.items()
    ),
    Claim(
        paper="bitfusion",
        text="Sixteen serial BitBricks with shifters, adders and registers need 3.5 times the area of a Fusion Unit.",
        published=3.5,
        unit="x the area",
        stated="3.5 x: 4,905 against 1,394 um2 in 45 nm (section III)",
        band=(2.8, 4.2),
        reason="Transistors of synthesised gates instead of area with wires, and the unit here has one more level of "
        "adders, for weights of 16 bits: 20 % to each side.",
        measure=area_ratio,
    ),
)
