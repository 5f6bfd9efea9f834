"""Stimulus of the accumulator memory: tiles for its bench, and random tiles."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..golden import integer
from ..golden.accumulator import AccumulatorTile
from .resets import Interruptible


@dataclass
class AccumulatorCase(Interruptible):
    """Consecutive tiles, and the pauses of each stream."""

    tiles: list[AccumulatorTile]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.stall and not any(self.gaps.values())


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 5) -> list[AccumulatorCase]:
    """Seeded random tiles: every fourth case runs without pauses, some hold only extreme values."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, tiles) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int, tiles: int) -> AccumulatorCase:
    chosen = [_tile(p, rng) for _ in range(int(rng.integers(1, tiles + 1)))]
    for before, after in pairwise(chosen):
        if rng.random() < 0.5:  # the same address, in the other half
            after.addr[0], after.accumulate[0] = before.addr[-1], 1
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
    stall = float(gaps[2]) if p["buffer"] != 0 else 0.0
    return AccumulatorCase(
        chosen, {"row": float(gaps[0]), "read": float(gaps[1])}, stall, seed=int(rng.integers(2**31))
    )


def _tile(p: dict, rng: np.random.Generator) -> AccumulatorTile:
    rows = int(rng.choice([1, 2, 3, int(rng.integers(4, 40))], p=[0.1, 0.1, 0.1, 0.7]))
    low, high = integer.limits(f"int{p['in_width']}")
    shape = (rows, p["cols"])
    if rng.random() < 0.4:
        # Runs of one sign per lane reach the limit and leave it again.
        run = int(rng.choice([8, 40]))
        signs = rng.integers(2, size=(1 + rows // run, p["cols"])).repeat(run, axis=0)[:rows]
        data = np.where(signs, high, low)
    else:
        data = rng.integers(low, high, shape, endpoint=True)
    addr = addresses(rng, p["depth"], rows)
    accumulate = (rng.random(rows) < rng.choice([0.5, 0.9, 1.0])).astype(int)
    # Mostly addresses written before, so that every row is observed; and some that were not.
    reads = np.concatenate([rng.permutation(np.unique(addr)), rng.integers(p["depth"], size=int(rng.integers(1, 5)))])
    return AccumulatorTile(data, addr, accumulate, reads[-int(rng.integers(1, len(reads) + 1)) :])


def addresses(rng: np.random.Generator, depth: int, rows: int) -> np.ndarray:
    """Addresses of rows: anywhere, one address, few at fixed distances, few at random, or consecutive ones."""
    kind = rng.integers(5)
    if kind == 0:
        return rng.integers(depth, size=rows)
    if kind == 1:
        return np.full(rows, rng.integers(depth))
    few = rng.permutation(depth)[: int(rng.integers(2, 6))]  # each recurs after 2 to 5 rows
    if kind == 2:
        return np.resize(few, rows)
    if kind == 3:
        return rng.choice(few, rows)
    return (np.arange(rows) + rng.integers(depth)) % depth
