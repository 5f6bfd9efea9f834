"""Stimulus of the AXI4 memory: reads and writes of several masters on one memory."""

from dataclasses import dataclass, field

import numpy as np

BLOCK = 256
"""Size in bytes of the blocks of memory assigned to the masters in turn: each reads and writes its own."""


@dataclass
class AxiBurst:
    """Burst in beats of 2^`size` bytes: `data` is written, or `length` bytes are read."""

    address: int
    size: int
    data: bytes | None = None
    length: int = 0


@dataclass
class AxiMemoryCase:
    """Accesses of each master, in sequence; and the pauses of each channel."""

    masters: list[list[AxiBurst]]
    pauses: dict[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def alone_reads(self) -> bool:
        """One burst of reads, of the first master, without pauses: the cycle laws hold exactly."""
        first, *others = self.masters
        return not any(self.pauses.values()) and not any(others) and [each.data for each in first] == [None]


def random_cases(parameters: dict, count: int, seed: int, *, most: int = 12) -> list[AxiMemoryCase]:
    """Seeded random bursts; every fourth case without pauses."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters, rng, number, most) for number in range(count)]


def _random_case(p: dict, rng: np.random.Generator, number: int, most: int) -> AxiMemoryCase:
    pauses: dict[str, float] = dict(
        zip(("aw", "w", "b", "ar", "r"), rng.choice([0.0, 0.3, 0.8], 5).tolist(), strict=True)
    )
    masters = [[_access(p, rng, master) for _ in range(rng.integers(1, most))] for master in range(p["masters"])]
    if number % 8 == 0:
        width = p["data_width"] // 8
        masters = [[AxiBurst(0, width.bit_length() - 1, length=BLOCK)], *([] for _ in masters[1:])]
    return AxiMemoryCase(masters, pauses if number % 4 else {}, seed=int(rng.integers(2**31)))


def _access(p: dict, rng: np.random.Generator, master: int) -> AxiBurst:
    width = p["data_width"] // 8
    blocks = p["bytes"] // BLOCK // p["masters"]
    few = min(blocks, 3) if rng.random() < 0.7 else blocks  # most access the same rows
    block = BLOCK * (int(rng.integers(few)) * p["masters"] + master)
    size = int(rng.choice([width.bit_length() - 1, int(rng.integers(width.bit_length()))]))
    start = int(rng.integers(BLOCK))
    length = int(rng.choice([1, int(rng.integers(1, BLOCK - start + 1)), BLOCK - start]))
    if rng.random() < 0.1:
        block += p["bytes"]
    if rng.random() < 0.5:
        return AxiBurst(block + start, size, rng.integers(0, 256, length, dtype=np.uint8).tobytes())
    return AxiBurst(block + start, size, length=length)
