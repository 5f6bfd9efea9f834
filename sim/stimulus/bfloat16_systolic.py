"""Stimulus of the bfloat16 matrix engine: tiles of random codes, including the corner cases of the arithmetic."""

import numpy as np

from ..golden.formats import bfloat16
from .systolic import SystolicCase

CORNERS = np.array([0x0000, 0x0001, 0x007F, 0x0080, 0x0081, 0x3F80, 0x3F81, 0x7F7F, 0x7F80, 0x7F81, 0x7FC0, 0x7FFF])
"""Zero, subnormals, the smallest normals, ones, the largest normal, infinity, NaN: each with both signs."""
KINDS = ("near", "near", "cancelling", "tiny", "any", "corners")


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 4) -> list[SystolicCase]:
    """Seeded random tiles that fit the engine: every fourth case runs without pauses, every fifth has sums that lose 4
    to 23 leading bits."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, tiles) for number in range(count)]


def draw(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    """Random codes: "near" 1, often "cancelling", "tiny" with subnormal products, "any", or "corners"."""
    if kind == "near":
        return bfloat16.encode(rng.normal(size=shape))
    if kind == "cancelling":
        return bfloat16.encode(rng.integers(-3, 4, shape) * 2.0 ** rng.choice([0, 12], shape, p=[0.9, 0.1]))
    if kind == "tiny":
        return bfloat16.encode(rng.normal(size=shape) * 2.0 ** rng.integers(-75, -60, shape))
    if kind == "corners":
        return rng.choice(CORNERS, shape) | rng.integers(2, size=shape) << 15
    return rng.integers(1 << bfloat16.bits, size=shape)


def vanishing(rng: np.random.Generator, length: int, rows: int, cols: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes of A and W, near 1: of each four products the second is large, and the third cancels it."""
    a, w = rng.normal(size=(length, rows)), rng.normal(size=(rows, cols))
    w[1::4] *= 2.0 ** rng.integers(4, 24)
    pairs = len(w[2::4])
    a[:, 2::4], w[2::4] = a[:, 1::4][:, :pairs], -w[1::4][:pairs]
    return bfloat16.encode(a), bfloat16.encode(w)


def _random_case(p: dict, rng: np.random.Generator, number: int, tiles: int) -> SystolicCase:
    rows, cols = p["rows"], p["cols"]
    pairs = []
    for _ in range(int(rng.integers(1, tiles + 1))):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        length = int(rng.integers(1, 3 * rows + 2))
        if number % 5 == 2:
            pairs.append(vanishing(rng, length, rows, cols))
        else:
            pairs.append((draw(rng, (length, rows), kind), draw(rng, (rows, cols), kind)))
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
    stall = float(gaps[2]) if p["buffer"] != 0 else 0.0
    return SystolicCase(pairs, {"a": float(gaps[0]), "w": float(gaps[1])}, stall, seed=int(rng.integers(2**31)))
