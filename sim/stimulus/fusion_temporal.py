"""Stimulus of the serial multipliers made of the Fusion Unit's BitBricks: random products."""

import numpy as np

from ..golden.fusion_unit import BRICKS, MODES
from .fusion_unit import FusionUnitCase, pauses, values


def random_cases(parameters: dict, count: int, seed: int) -> list[FusionUnitCase]:
    """Seeded random products for the temporal design, sixteen of a mode at a time."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        modes = [MODES[n] for n in rng.integers(len(MODES), size=int(rng.integers(1, 12)))]
        a, w = (np.stack([values(rng, mode, side, (BRICKS,)) for mode in modes]) for side in "aw")
        cases.append(FusionUnitCase(a, w, modes, *pauses(rng, number)))
    return cases
