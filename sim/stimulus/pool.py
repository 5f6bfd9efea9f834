"""Stimulus of the pool: images for its bench, and random ones."""

from dataclasses import dataclass, field

import numpy as np

from ..golden import integer
from .resets import Interruptible


@dataclass
class PoolCase(Interruptible):
    """Sequence of images, height x width x channels, int64."""

    images: list[np.ndarray]
    gaps: dict[str, float] = field(default_factory=dict)
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.stall and not any(self.gaps.values())


def random_cases(parameters: dict, count: int, seed: int) -> list[PoolCase]:
    """Seeded random images from the smallest size on: every fourth case without pauses, some of extreme values. Every
    eighth begins with an image of the greatest width."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int) -> PoolCase:
    images = [_image(p, rng) for _ in range(int(rng.integers(1, 5)))]
    if number % 8 == 4:
        low, high = integer.limits(p["format"])
        images[0] = rng.integers(low, high, (p["window_height"], p["max_width"], p["cols"]), endpoint=True)
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], 3) * (number % 4 != 0)
    stall = float(gaps[2]) if p["buffer"] != 0 else 0.0
    return PoolCase(images, {"x": float(gaps[0]), "size": float(gaps[1])}, stall, seed=int(rng.integers(2**31)))


def _image(p: dict, rng: np.random.Generator) -> np.ndarray:
    least = max(2, p["window_width"])
    width = int(rng.choice([least, min(p["max_width"], least + int(rng.integers(9))), min(p["max_width"], 40)]))
    height = p["window_height"] + int(rng.integers(7))
    low, high = integer.limits(p["format"])
    shape = (height, width, p["cols"])
    if rng.random() < 0.3:
        return rng.choice([low, high], shape)
    return rng.integers(low, high, shape, endpoint=True)
