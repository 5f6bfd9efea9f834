"""Golden model of the sources of `noc_traffic`: cycle, source and destination of each packet, from seed and settings
alone."""

from dataclasses import dataclass

import numpy as np

from .noc import PATTERNS, goal, nodes


@dataclass(frozen=True)
class TrafficSettings:
    """Values of the ports with these names, unencoded."""

    pattern: int = 0
    load: int = 0
    length: int = 1
    vary: int = 0
    background: int = 0
    bad: int = 0
    stall: int = 0


@dataclass(frozen=True)
class Offered:
    """Packets in the order in which they are created, one array each: cycle, source, destination, flits."""

    cycle: np.ndarray
    source: np.ndarray
    dest: np.ndarray
    flits: np.ndarray


def seeds(count: int, seed: int) -> np.ndarray:
    """Random number of each node in the first cycle."""
    bits = max(1, (count - 1).bit_length())
    return np.array([seed | node << 32 | 1 << (32 + bits) for node in range(count)], np.uint64)


def following(random: np.ndarray) -> np.ndarray:
    """Next random numbers: Marsaglia's xorshift of 64 bits, with 13, 7 and 17."""
    random = random ^ random << np.uint64(13)
    random = random ^ random >> np.uint64(7)
    return random ^ random << np.uint64(17)


def offered(shape: tuple[str, int, int], seed: int, settings: TrafficSettings, begin: int, end: int) -> Offered:
    """Packets created from cycle `begin` until before `end` if no backlog is full. Cycle 0 has the first random
    number."""
    count = nodes(*shape)
    random = np.empty((max(end, 1), count), np.uint64)
    random[0] = seeds(count, seed)
    for n in range(1, end):
        random[n] = following(random[n - 1])
    random = random[begin:end]
    node = np.broadcast_to(np.arange(count), random.shape)
    cycle = np.broadcast_to(np.arange(begin, begin + len(random))[:, None], random.shape)
    made = _bits(random, 0, 16) < settings.load
    anybody = _bits(random, 16, 16) * (count - 1) >> 16
    anybody += anybody >= node
    goals = [goal(PATTERNS[settings.pattern], *shape, n) if settings.pattern else 0 for n in range(count)]
    dest = np.where((settings.pattern == 0) | (_bits(random, 32, 8) < settings.background), anybody, goals)
    dest = np.where(_bits(random, 48, 8) < settings.bad, node, dest)
    flits = 1 + (
        _bits(random, 40, 8) * settings.length >> 8 if settings.vary else np.full_like(dest, settings.length - 1)
    )
    return Offered(cycle[made], node[made], dest[made], flits[made])


def _bits(random: np.ndarray, low: int, size: int) -> np.ndarray:
    return (random >> np.uint64(low) & np.uint64((1 << size) - 1)).astype(int)
