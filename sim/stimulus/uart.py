"""Stimulus of the UART: bytes in both directions, on an imperfect wire."""

from dataclasses import dataclass, field

import numpy as np

from .resets import Interruptible


@dataclass
class UartCase(Interruptible):
    """Bytes to send (`sent`), with the probability of a gap before each; bytes received (`received`), each with its
    preceding pause in cycles, in bits that are longer than nominal by `drift`. `glitches`: spikes of one cycle in the
    pauses; `broken`: bytes that arrive without a stop bit; `breaks`: cycles during which the wire is low before a byte.
    With `low` the case starts with a reset, at whose end the wire is low, for `low` cycles. `slow`: the received bytes
    are accepted after pauses in which others may arrive and are lost."""

    sent: list[int]
    gap: float
    received: list[int]
    pauses: list[int]
    drift: float = 0.0
    glitches: bool = False
    broken: frozenset[int] = frozenset()
    breaks: dict[int, int] = field(default_factory=dict)
    low: int | None = None
    slow: bool = False
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.gap


def random_cases(parameters: dict, count: int, seed: int, *, most: int = 12) -> list[UartCase]:
    """Seeded random bytes; every fourth case sends without gaps."""
    rng = np.random.default_rng(seed)
    return [_random_case(parameters["divisor"], rng, number, most) for number in range(count)]


def _random_case(divisor: int, rng: np.random.Generator, number: int, most: int) -> UartCase:
    def some() -> list[int]:
        return rng.choice([0, 255, 0x55, *rng.integers(0, 256, 5)], int(rng.integers(1, most))).tolist()

    received = some()
    slack = (0.5 - 1 / divisor) / 9.5 * 0.8  # the synchroniser reduces the half bit by one cycle
    broken = frozenset(np.flatnonzero(rng.random(len(received)) < 0.1).tolist()) if number % 3 == 0 else frozenset()
    lengths = [divisor * 10, divisor * 11, divisor * 20, divisor * 62, int(rng.integers(1, divisor * 70))]
    breaks = {n: int(rng.choice(lengths)) for n in range(len(received)) if number % 3 == 1 and rng.random() < 0.3}
    return UartCase(
        some(),
        gap=float(rng.choice([0.05, 0.5])) if number % 4 else 0.0,
        received=received,
        pauses=[int(rng.choice([0, 1, divisor, 3 * divisor])) for _ in received],
        drift=float(rng.choice([0.0, -slack, slack])),
        glitches=bool(number % 2),
        broken=broken,
        breaks=breaks,
        low=int(rng.choice([0, 1, divisor, *lengths])) if number % 5 == 2 else None,
        slow=number % 4 == 2,
        seed=int(rng.integers(2**31)),
    )
