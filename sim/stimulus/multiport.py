"""Stimulus of the multi-port memory: accesses for its bench, and random ones."""

from dataclasses import dataclass

import numpy as np

from ..golden.multiport import Accesses
from .resets import Interruptible


@dataclass
class MultiportCase(Interruptible):
    """Requests of each port, and its pauses."""

    ports: list[Accesses]
    gaps: list[float]
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not any(self.gaps)


def random_cases(parameters: dict, count: int, seed: int) -> list[MultiportCase]:
    """Seeded random accesses: every fourth case runs without pauses; ports often access the same few addresses."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int) -> MultiportCase:
    length = int(rng.integers(4, 60))
    kind = rng.integers(4)
    few = rng.integers(p["depth"], size=(1, 2, 4, 64)[kind])
    common = rng.choice(few, length)
    # Same address sequence at all ports, each delayed by some steps: all distances of 0 to 3 cycles, between any two
    # ports.
    together = rng.random() < 0.3
    ports = []
    for _ in range(p["ports"]):
        addr = np.roll(common, int(rng.integers(4))) if together else rng.choice(few, length)
        write = (rng.random(length) < rng.choice([0.2, 0.5, 0.8])).astype(int)
        write[-1] = 0  # every port has a result to compare
        shape = (length, p["width"] // 8)
        strobe = (rng.random(shape) < rng.choice([0.0, 0.5, 1.0], p=[0.1, 0.5, 0.4])).astype(np.uint8)
        ports.append(Accesses(addr, write, rng.integers(256, size=shape, dtype=np.uint8), strobe))
    gaps = rng.choice([0.0, 0.1, 0.5, 0.9], p["ports"]) * (number % 4 != 0)
    return MultiportCase(ports, gaps.tolist(), int(rng.integers(2**31)))
