"""Stimulus of the processing element: random operands of any format, partial sums, tables and modes of formats."""

from dataclasses import dataclass, field

import numpy as np

from ..golden import operands
from ..golden.pe import lanes
from .resets import Interruptible, chosen
from .systolic import draw


@dataclass
class PeCase(Interruptible):
    """Sequence of tiles (A, W, psums), codes or integers as (beats, lanes); and the pauses of each stream.

    ws: W has one beat and psums has one number for each of A; os: W has as many beats as A and psums is empty.
    `users` and `tables` by (tile, stream) as in `stimulus.systolic`.
    """

    tiles: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0
    users: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)
    tables: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 8) -> list[PeCase]:
    """Seeded random tiles: every fourth case runs without pauses, some tiles hold only extreme values."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, tiles) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int, most: int) -> PeCase:
    case = PeCase([], seed=int(rng.integers(2**31)))
    for tile in range(int(rng.integers(1, most + 1))):
        length = int(rng.choice([1, 2, 3, int(rng.integers(1, 20))]))
        kind = ("uniform", "extremes", "uniform", "sparse")[int(rng.integers(4))]
        matrices = []
        for name, beats in (("a", length), ("w", 1 if p["dataflow"] == "ws" else length)):
            format = p[f"{name}_format"]
            matrices.append(draw(rng, format, (beats, lanes(format)), kind))
            if format == "codebook":
                if rng.random() < 0.5 or (tile == 0 and chosen(number)):  # a reset keeps no table
                    case.tables[tile, name] = draw(rng, "int16", (1, operands.ENTRIES), kind)
            elif choices := operands.users(format):
                case.users[tile, name] = rng.integers(choices, size=beats)
        width = p["acc_width"]
        psums = rng.integers(-(1 << width - 1), 1 << width - 1, length) if p["dataflow"] == "ws" else np.zeros(0, int)
        case.tiles.append((*matrices, psums))
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 4) * (number % 4 != 0)
    case.gaps, case.stall = dict(zip(("a", "w", "psum"), gaps.tolist(), strict=False)), float(gaps[3])
    return case
