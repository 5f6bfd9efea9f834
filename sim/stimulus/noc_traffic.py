"""Stimulus of the network with traffic generators: settings of the sources and the durations of the phases."""

from dataclasses import dataclass, field

import numpy as np

from ..golden.noc import PATTERNS
from ..golden.noc_traffic import TrafficSettings

WRAPS = 66_000
"""Cycles of a case with more packets of each pair than the sequence numbers of 16 bits can count."""
FULL = 40
"""Number of random cases from which on they contain the long case, and the one that loses packets."""


@dataclass
class NocTrafficCase:
    """Settings, and the cycles before, during and after the measurement in which packets are created.

    `lost`: the case is begun for these cycles, and a reset loses the packets that are in the network. The sequence
    numbers continue, so the marks of all later words are wrong: only the last case may lose packets.
    """

    settings: TrafficSettings = field(default_factory=TrafficSettings)
    seed: int = 1
    before: int = 1000
    measured: int = 2000
    after: int = 500
    lost: int = 0

    @property
    def whole(self) -> bool:
        """Whether the measurement includes all cycles, until the network is empty."""
        return not (self.before or self.after)


def case(
    pattern: str, load: float, *, length: int = 1, vary: bool = False, stall: float = 0.0, **other
) -> NocTrafficCase:
    """Pattern at a load in flits per node and cycle; exits that are not ready with probability `stall`."""
    mean = (length + 1) / 2 if vary else length
    share = {name: round(256 * other.pop(name, 0.0)) for name in ("background", "bad")}
    settings = TrafficSettings(
        PATTERNS.index(pattern), round((1 << 16) * load / mean), length, int(vary), stall=round(256 * stall), **share
    )
    return NocTrafficCase(settings, **other)


def random_cases(parameters: dict, count: int, seed: int) -> list[NocTrafficCase]:
    """Seeded random cases: every pattern, any load, packets of up to 16 flits; half of them with stalls and packets to
    illegal destinations. Every eighth has few packets, whose cycles are exact if no two overlap; every fourth is
    measured until the network is empty. Of :data:`FULL` cases or more, the last but two has sources whose backlogs are
    full, the last but one exceeds the sequence numbers, and the last loses packets."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        hard = {}
        if number % 2:
            hard = {"stall": float(rng.choice([0.1, 0.5, 0.9])), "bad": float(rng.choice([0.0, 0.02, 0.1, 0.9]))}
        cases.append(
            case(
                PATTERNS[number % len(PATTERNS)],
                0.0005 if number % 8 == 2 else float(rng.choice([0.02, 0.1, 0.3, 1.0])),
                length=int(rng.choice([1, 1, 4, 16])),
                vary=bool(rng.integers(2)),
                background=float(rng.choice([0.0, 0.3, 0.7])),
                seed=int(rng.integers(1 << 32)),
                before=0 if number % 4 == 0 else 100,
                measured=3000 if number % 8 == 2 else 400,
                after=0 if number % 4 == 0 else 50,
                **hard,
            )
        )
    if count >= FULL:
        whole = {"before": 0, "after": 0}
        cases[-3] = case("uniform", 8.0, length=16, measured=600, seed=seed, **whole)
        cases[-2] = case("neighbour", 1.0, measured=WRAPS, seed=seed, **whole)
        cases[-1] = case("neighbour", 1.0, measured=200, lost=100, seed=seed, **whole)
    return cases
