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
    random = seeds(count, seed)
    node = np.arange(count)
    pattern = PATTERNS[settings.pattern]
    goals = np.array([goal(pattern, *shape, n) if settings.pattern else 0 for n in range(count)])
    rows = []
    for cycle in range(end):
        if cycle >= begin:
            made = _bits(random, 0, 16) < settings.load
            anybody = _bits(random, 16, 16) * (count - 1) >> 16
            anybody += anybody >= node
            dest = np.where((settings.pattern == 0) | (_bits(random, 32, 8) < settings.background), anybody, goals)
            dest = np.where(_bits(random, 48, 8) < settings.bad, node, dest)
            some = _bits(random, 40, 8) * settings.length >> 8
            flits = 1 + (some if settings.vary else np.full(count, settings.length - 1))
            rows.append(np.stack([np.full(count, cycle), node, dest, flits])[:, made])
        random = following(random)
    return Offered(*(np.concatenate(rows, axis=1) if rows else np.zeros((4, 0), int)))


def _bits(random: np.ndarray, low: int, size: int) -> np.ndarray:
    return (random >> np.uint64(low) & np.uint64((1 << size) - 1)).astype(int)
