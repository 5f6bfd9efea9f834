"""Stimulus of the array of Fusion Units: given products, cut into tiles, and random tiles."""

from dataclasses import dataclass, field

import numpy as np

from ..golden.fusion_unit import MODES, Mode
from . import gemm, systolic
from .fusion_unit import values


@dataclass
class FusionArrayCase(systolic.SystolicCase):
    """Tiles as for every array, and the mode of each."""

    modes: list[Mode] = field(default_factory=list)


def random_cases(parameters: dict, count: int, seed: int, *, most: int = 4) -> list[FusionArrayCase]:
    """Seeded random tiles, each of a random mode: every fourth case runs without pauses."""
    rng = np.random.default_rng(seed)
    rows, cols = parameters["rows"], parameters["cols"]
    cases = []
    for number in range(count):
        modes = [MODES[n] for n in rng.integers(len(MODES), size=int(rng.integers(1, most + 1)))]
        pairs = []
        for mode in modes:
            length, inner = int(rng.integers(1, 2 * rows + 2)), rows * mode.values
            pairs.append((values(rng, mode, "a", (length, inner)), values(rng, mode, "w", (inner, cols))))
        gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
        stall = float(gaps[2]) if parameters["buffer"] != 0 else 0.0
        seed = int(rng.integers(2**31))
        cases.append(FusionArrayCase(pairs, {"a": float(gaps[0]), "w": float(gaps[1])}, stall, seed, modes=modes))
    return cases


def product_case(a: np.ndarray, w: np.ndarray, mode: Mode, rows: int, cols: int) -> FusionArrayCase:
    """Product of any size, cut into tiles; `gemm.assemble` with rows * mode.values assembles its results."""
    pairs = gemm.tiles(a, w, rows * mode.values, cols)
    return FusionArrayCase(pairs, modes=[mode] * len(pairs))
