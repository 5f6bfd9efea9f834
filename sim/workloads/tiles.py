"""Tiles for a matrix engine: what its benches run, and random ones."""

from dataclasses import dataclass, field

import numpy as np

from ..golden import integer


@dataclass
class Case:
    """Tiles that go through one after the other: pairs (A, W); and how much each stream pauses."""

    tiles: list[tuple[np.ndarray, np.ndarray]]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.stall and not any(self.gaps.values())


def random_cases(parameters: dict, count: int, seed: int, *, tiles: int = 4) -> list[Case]:
    """Seeded random tiles that fit the engine: every fourth case runs without pauses, some hold only extreme values."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, tiles) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int, tiles: int) -> Case:
    dataflow, rows, cols = p.get("dataflow", "ws"), p["rows"], p["cols"]
    pairs = []
    for _ in range(int(rng.integers(1, tiles + 1))):
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
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
    stall = gaps[2] if p["buffer"] != 0 else 0.0
    return Case(pairs, {"a": gaps[0], "w": gaps[1]}, stall, seed=int(rng.integers(2**31)))


def draw(rng: np.random.Generator, name: str, shape: tuple[int, ...], kind: str = "uniform") -> np.ndarray:
    """Random values of a format: "uniform", only "extremes", or "sparse" (mostly zero)."""
    low, high = integer.limits(name)
    if kind == "extremes":
        return rng.choice(np.array([low, low, high, -1 if low else 0]), shape)
    values = rng.integers(low, high, shape, endpoint=True)
    return values * (rng.random(shape) < 0.1) if kind == "sparse" else values
