"""Routes of packets through networks, written from docs/concepts/noc.md, and the hop at each router."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from .noc import nodes

Shape = tuple[str, int, int, int]
"""Topology, k, l, VCs."""


@dataclass(frozen=True)
class Hop:
    """Hop of a packet: it enters a router by port `enters` on VC `on`, and leaves by port `leaves` on VC `to`."""

    router: int
    enters: int
    on: int
    leaves: int
    to: int


@dataclass(frozen=True)
class Route:
    """Hops of a packet and its routing header: (value, bits) of each field, the lowest first."""

    header: tuple[tuple[int, int], ...]
    hops: tuple[Hop, ...]


def bits(count: int) -> int:
    return max(1, (count - 1).bit_length())


def ports(shape: Shape) -> int:
    """Ports of each router."""
    topology, k, l, _ = shape  # noqa: E741
    if topology == "fat_tree":
        return 2 * k if l > 1 else k
    return {"ring": 3, "crossbar": k * l, "bus": k * l + 1}.get(topology, 5)


def route(shape: Shape, source: int, destination: int) -> Route:
    """Route between two different nodes."""
    topology, k, l, vcs = shape  # noqa: E741
    count = nodes(topology, k, l)
    lane = destination % vcs
    if topology == "crossbar":
        return Route((), (Hop(0, source, lane, destination, 0),))
    if topology == "bus":
        hops = Hop(0, source, lane, count, lane), Hop(1, count, lane, destination, 0)
        return Route(((destination, bits(count)),), hops)
    return _tree(k, l, lane, source, destination) if topology == "fat_tree" else _grid(shape, source, destination)


def _grid(shape: Shape, source: int, destination: int) -> Route:
    topology, k, l, vcs = shape  # noqa: E741
    at, to = [source % k, source // k], [destination % k, destination // k]
    lane = sum(to) % vcs
    tie = sum(at)
    channels, header = [], [(to[0], bits(k))]
    for axis, size in enumerate((k, l)):
        up = to[axis] > at[axis]
        if topology != "mesh":
            distance = (to[axis] - at[axis]) % size
            up = 2 * distance < size or (2 * distance == size and (tie + to[1 - axis]) % 2 == 0)
        crosses = (to[axis] < at[axis]) if up else (to[axis] > at[axis])
        vc = lane % max(1, vcs // 2) if crosses else lane
        if axis:
            header += [(to[1], bits(l)), (int(up), 1), (vc, bits(vcs))]
        while at[axis] != to[axis]:
            channels.append((at[1] * k + at[0], 1 + 2 * axis + (not up), vc))
            following = at[axis] + (1 if up else -1)
            if not 0 <= following < size:
                vc += vcs // 2
            at[axis] = following % size
    channels.append((destination, 0, 0))
    hops, enters, on = [], 0, lane
    for router, leaves, vc in channels:
        hops.append(Hop(router, enters, on, leaves, vc))
        enters, on = (0, 2, 1, 4, 3)[leaves], vc
    return Route(tuple(header if l > 1 else header[:1]), tuple(hops))


def _tree(k: int, l: int, lane: int, source: int, destination: int) -> Route:  # noqa: E741
    digit = lambda number, place: number // k**place % k  # noqa: E731
    row = k ** (l - 1)
    top = next(level for level in range(l) if source // k ** (level + 1) == destination // k ** (level + 1))
    level, index, enters, hops = 0, source // k, source % k, []
    for rising in (True, False):
        while level != (top if rising else 0):
            place = level if rising else level - 1
            goal = digit(destination, level)
            hops.append(Hop(level * row + index, enters, lane, goal + k * rising, lane))
            enters = digit(index, place) + k * (not rising)
            index += (goal - digit(index, place)) * k**place
            level += 1 if rising else -1
    hops.append(Hop(index, enters, lane, destination % k, 0))
    return Route(((destination, bits(k**l)), (top, bits(l))), tuple(hops))


def cycles(flits: int, latency: int, *, outputs: int) -> int:
    """Bound of the cycles from the first flit in to the last flit out, if nothing pauses and buffers are deep enough,
    where `flits` pass the busiest port. Exact for a single packet. With several outputs, flits may wait for another
    one at the head of its queue: such a queue passes at least 2 - sqrt(2) = 0.586 flits per cycle (Karol, Hluchyj and
    Morgan, 1987)."""
    return flits + latency if outputs == 1 else round(flits / (2 - 2**0.5)) + latency + 4


@cache
def through(shape: Shape) -> dict[int, list[tuple[int, int, Route, int]]]:
    """Routes through each router: source, destination, the whole route, and the index of the hop."""
    count = nodes(*shape[:3])
    passing = defaultdict(list)
    for source in range(count):
        for destination in range(count):
            if source != destination:
                found = route(shape, source, destination)
                for number, hop in enumerate(found.hops):
                    passing[hop.router].append((source, destination, found, number))
    return dict(passing)


def most_passed(shape: Shape) -> int:
    """Upper bound of the packets that pass on the output and VC for which another packet waits, before that one
    passes."""
    leading = defaultdict(set)
    for passing in through(shape).values():
        for _, _, found, number in passing:
            leading[found.hops[number].leaves].add(found.hops[number].enters)
    inputs, vcs = max(map(len, leading.values())), shape[3]
    return (vcs - 1) * inputs * vcs + inputs - 1
