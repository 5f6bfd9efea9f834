"""Stimulus of one router: packets that pass it on their routes through a network."""

from dataclasses import dataclass, replace

import numpy as np

from ..golden.router import Hop, Route, Shape, through
from .resets import Interruptible


@dataclass(frozen=True)
class RouterPacket:
    """Packet at the router: source node, route and words; `hop` is the index of the router in the route."""

    source: int
    route: Route
    hop: int
    words: tuple[int, ...]

    @property
    def current_hop(self) -> Hop:
        return self.route.hops[self.hop]

    @property
    def following(self) -> Hop | None:
        return self.route.hops[self.hop + 1] if self.hop + 1 < len(self.route.hops) else None


@dataclass
class RouterCase(Interruptible):
    """Packets at a router, in the order of arrival at each input and VC; the probability of a pause of an input, and of
    a credit delayed by another cycle."""

    router: int
    packets: list[RouterPacket]
    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0

    @property
    def idle_free(self) -> bool:
        return not self.gap and not self.stall


def shape_of(parameters: dict) -> Shape:
    """Shape of the network for packets: with reduction the highest VC is not available to them."""
    shape = tuple(parameters[name] for name in ("topology", "k", "l", "vcs"))
    return (*shape[:3], shape[3] - parameters["reduction"])


def packets(parameters: dict, router: int, count: int, rng: np.random.Generator, longest: int, leaves=None):
    """Random packets that pass the router; with `leaves`, only those that leave by that port."""
    passing = list(through(shape_of(parameters))[router])
    if leaves is not None:
        passing = [each for each in passing if each[2].hops[each[3]].leaves == leaves]
    chosen = []
    for _ in range(count):
        source, _, route, hop = passing[int(rng.integers(len(passing)))]
        length = int(rng.integers(longest)) + 1
        size = -(-parameters["width"] // 8)
        words = [int.from_bytes(rng.bytes(size), "little") & (1 << parameters["width"]) - 1 for _ in range(length)]
        chosen.append(RouterPacket(source, route, hop, tuple(words)))
    return chosen


def random_cases(parameters: dict, count: int, seed: int) -> list[RouterCase]:
    """Seeded random cases: any router, packets of up to 6 flits; in a third all packets leave by one port, half have
    gaps and delayed credits. Every eighth is a single packet, whose cycles are exact."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        passing = through(shape_of(parameters))
        router = int(rng.choice(sorted(passing)))
        leaves = None
        if number % 3 == 2:
            leaves = passing[router][0][2].hops[passing[router][0][3]].leaves
        many, longest = (1, 6) if number % 8 == 4 else (120, int(rng.choice([1, 2, 6])))
        case = RouterCase(router, packets(parameters, router, many, rng, longest, leaves))
        if number % 8 == 4:  # of every length
            case.packets = [replace(each, words=(each.words * 6)[: 6 - number // 8 % 6]) for each in case.packets]
        case.seed = int(rng.integers(1 << 31))
        if number % 2:
            case.gap, case.stall = float(rng.choice([0.0, 0.5])), float(rng.choice([0.0, 0.3, 0.9]))
        cases.append(case)
    return cases
