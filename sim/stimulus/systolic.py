"""Stimulus of the matrix engines: tiles for their benches, and random ones."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..golden import integer, operands, systolic
from .resets import Interruptible, chosen


@dataclass
class SystolicCase(Interruptible):
    """Sequence of tiles: pairs (A, W); and the pauses of each stream.

    A tile holds integers, or the codes of a format. By (tile, stream): `users` is transferred with its beats, one
    number or one for each beat; `tables` (lanes, 16) precedes it. See `golden.operands`.
    """

    tiles: list[tuple[np.ndarray, Any]]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0
    users: dict[tuple[int, str], int | np.ndarray] = field(default_factory=dict)
    tables: dict[tuple[int, str], np.ndarray] = field(default_factory=dict)

    @property
    def idle_free(self) -> bool:
        return not self.stall and not any(self.gaps.values())


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 4) -> list[SystolicCase]:
    """Seeded random tiles that fit the engine: every fourth case runs without pauses, some hold only extreme values."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, tiles) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int, tiles: int) -> SystolicCase:
    dataflow, rows, cols = p.get("dataflow", "ws"), p["rows"], p["cols"]
    pairs, users, tables = [], {}, {}
    for tile in range(int(rng.integers(1, tiles + 1))):
        length = int(rng.integers(1, 3 * rows + 2))
        shapes = {
            "ws": ((length, rows), (rows, cols)),
            "os": ((rows, length), (length, cols)),
            "is": ((cols, rows), (rows, length)),
        }[dataflow]
        kind = ("uniform", "extremes", "uniform", "sparse")[int(rng.integers(4))]
        pairs.append(
            tuple(draw(rng, p[f"{name}_format"], shape, kind) for name, shape in zip("aw", shapes, strict=True))
        )
        for name, matrix in zip("aw", systolic.beats(dataflow, *pairs[-1]), strict=True):
            choices = operands.users(p[f"{name}_format"])
            if p[f"{name}_format"] == "codebook":
                if rng.random() < 0.5 or (tile == 0 and chosen(number)):  # a reset keeps no table
                    tables[tile, name] = draw(rng, "int16", (matrix.shape[1], operands.ENTRIES), kind)
            elif choices:
                users[tile, name] = rng.integers(choices, size=len(matrix) if rng.random() < 0.3 else None)
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
    stall = gaps[2] if p["buffer"] != 0 else 0.0
    return SystolicCase(pairs, {"a": gaps[0], "w": gaps[1]}, stall, int(rng.integers(2**31)), users, tables)


def draw(rng: np.random.Generator, name: str, shape: tuple[int, ...], kind: str = "uniform") -> np.ndarray:
    """Random values, or codes, of a format: "uniform", only "extremes", or "sparse" (mostly zero)."""
    if operands.is_integer(name):
        low, high = integer.limits(name)
        ends = [low, low, high, -1 if low else 0]
    else:
        low, high = 0, (1 << operands.bits(name)) - 1
        ends = [high >> 1, high, (high >> 1) + 1, 0]
    if kind == "extremes":
        return rng.choice(np.array(ends), shape)
    values = rng.integers(low, high, shape, endpoint=True)
    return values * (rng.random(shape) < 0.1) if kind == "sparse" else values
