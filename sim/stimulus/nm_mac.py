"""Stimulus of the N:M multiply-accumulate: random groups, legal and illegal, with pauses."""

from dataclasses import dataclass

import numpy as np

from ..golden.nm_mac import pattern
from .illegal_places import corrupt, kinds
from .resets import Interruptible
from .systolic import draw


@dataclass
class NmMacCase(Interruptible):
    """Sequence of packets (a, kept, places), as `golden.nm_mac.dot` accepts them; and the pauses of the streams."""

    packets: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0


LIMIT = 1 << 16
"""Modulus of `illegal`."""
LONG = 5
"""Number of the case, of every forty, in which `illegal` reaches its greatest value."""


def random_cases(parameters: dict, count: int, seed: int, *, packets: int = 24) -> list[NmMacCase]:
    """Seeded random packets of 1 to 20 groups: every fourth case has no pauses, every third illegal groups, of
    all kinds in turn; every fortieth begins with a packet of 2^16 - 1 illegal groups."""
    rng = np.random.default_rng(seed)
    n, m = pattern(parameters["sparsity"])
    turn, cases = kinds(n), []
    for number in range(count):
        made = []
        for _ in range(int(rng.integers(1, packets + 1))):
            groups = int(rng.choice([1, 1, 2, int(rng.integers(1, 21))]))
            kind = ("uniform", "extremes", "sparse")[int(rng.integers(3))]
            a, kept = (
                draw(rng, parameters[f"{name}_format"], (groups, lanes), kind) for name, lanes in (("a", m), ("w", n))
            )
            places = np.sort(rng.permuted(np.tile(np.arange(m), (groups, 1)), axis=1)[:, :n], axis=1)
            if number % 3 == 2:
                places = corrupt(rng, places, rng.random(groups) < 0.2, m, turn)
            made.append((a, kept, places))
        if number % 40 == LONG:
            a, kept = (np.resize(values, (LIMIT - 1, values.shape[1])) for values in (a, kept))
            made = [(a, kept, np.full(kept.shape, m - 1)), *made]
        gap, stall = rng.choice([0.0, 0.1, 0.5], 2) * (number % 4 != 0)
        if number % 4 == 3:  # the output buffer is full most of the time
            gap, stall = 0.0, 0.98
        cases.append(NmMacCase(made, float(gap), float(stall), int(rng.integers(2**31))))
    return cases
