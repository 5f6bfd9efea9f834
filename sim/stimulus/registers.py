"""Stimulus of the registers: reads and writes of software, legal and illegal."""

from dataclasses import dataclass, field

import numpy as np

from .rotation import Rotation


@dataclass
class RegistersCase:
    """Writes (address, data, strobe) and reads (address), each in order; and the pauses of each channel.

    `changes` is the probability that the hardware inputs change in a cycle. `cut`: a reset occurs in this cycle,
    regardless of outstanding accesses.
    """

    writes: list[tuple[int, int, int]]
    reads: list[int]
    pauses: dict[str, float] = field(default_factory=dict)
    changes: float = 1.0
    cut: int | None = None
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not any(self.pauses.values())


def random_cases(parameters: dict, count: int, seed: int, *, accesses: int = 40) -> list[RegistersCase]:
    """Seeded random accesses: every fourth case runs without pauses, and every sixth is cut by a reset. Words without a
    register, and the addresses within a word, are accessed in turn."""
    rng, rotation = np.random.default_rng(seed), Rotation()
    return [_random_case(parameters["map"], rng, rotation, number, accesses) for number in range(count)]


def _random_case(map: dict, rng: np.random.Generator, rotation: Rotation, number: int, accesses: int) -> RegistersCase:
    offsets = [register["offset"] for register in map["registers"]]
    end = 1 << max(3, max(offsets).bit_length())
    free = [address for address in range(0, end, 4) if address not in offsets] or offsets
    few = [int(rng.choice(offsets)) for _ in range(2)]  # in some cases reads and writes often coincide

    def address(direction: str) -> int:
        kind = rng.integers(4)
        legal = few[rng.integers(2)] if kind < 2 else int(rng.choice(offsets))
        base = legal if kind < 3 else rotation.next(direction, free)
        return base + (rotation.next(f"{direction} within", (1, 2, 3)) if rng.random() < 0.15 else 0)

    def data() -> int:
        return (0, 2**32 - 1, 1 << int(rng.integers(32)), int(rng.integers(2**32)))[rng.integers(4)]

    writes = [
        (address("write"), data(), 15 if rng.random() < 0.4 else int(rng.integers(16)))
        for _ in range(rng.integers(1, accesses))
    ]
    reads = [address("read") for _ in range(rng.integers(1, accesses))]
    pauses: dict[str, float] = dict(zip(("aw", "w", "b", "ar", "r"), rng.choice([0.0, 0.1, 0.5, 0.9], 5), strict=True))
    return RegistersCase(
        writes,
        reads,
        pauses={} if number % 4 == 0 else pauses,
        changes=float(rng.choice([0.02, 0.3, 1.0])),
        cut=int(rng.integers(2, 30)) if number % 6 == 5 else None,
        seed=int(rng.integers(2**31)),
    )
