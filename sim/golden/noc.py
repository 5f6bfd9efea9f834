"""What a network on chip delivers, and how soon: written from what it promises, knowing nothing of its routers.

Between two nodes packets keep their order; nothing is promised between packets of different pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PATTERNS = ("uniform", "tornado", "transpose", "bit complement", "hot spot", "neighbour")


@dataclass(frozen=True)
class Packet:
    """Words for a node; with `to`, for all nodes of the rectangle from `dest` to `to`."""

    dest: int
    words: tuple[int, ...]
    to: int | None = None

    @property
    def many(self) -> bool:
        return self.to not in (None, self.dest)


Sent = Mapping[int, Sequence[Packet]]
"""What each node sends, in order."""


def nodes(topology: str, k: int, l: int) -> int:  # noqa: E741
    return k**l if topology == "fat_tree" else k * l


def goal(pattern: str, topology: str, k: int, l: int, source: int) -> int:  # noqa: E741
    """Where a node's packets go in a pattern but "uniform"; never to itself.

    Where the pattern leads to the node itself they go to the next. On a network without coordinates, a row of nodes
    counts as one.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapter 3.
    """
    count = nodes(topology, k, l)
    if topology not in ("mesh", "torus"):
        k, l = count, 1  # noqa: E741
    x, y = source % k, source // k
    if pattern == "tornado":  # almost half way round each dimension
        to = (y + (l - 1) // 2) % l * k + (x + (k - 1) // 2) % k
    elif pattern == "transpose":  # column and row exchanged; the number's halves where there is one row
        bits = max(1, (count - 1).bit_length()) // 2
        turned = source >> bits | (source & (1 << bits) - 1) << ((count - 1).bit_length() - bits)
        to = x * k + y if k == l else turned % count
    elif pattern == "bit complement":
        to = count - 1 - source
    elif pattern == "hot spot":
        to = count // 2
    else:  # neighbour
        to = y * k + (x + 1) % k
    return to if to != source else (source + 1) % count


def receivers(packet: Packet, source: int, count: int, k: int) -> list[int]:
    """Nodes where a packet of `source` arrives, of `count` in rows of `k`; none if it is dropped.

    That is so if it goes to a node that there is not, or to the source itself; or if a rectangle ends before it begins.
    The source gets nothing of what it sends to a rectangle around it.
    """
    end = packet.to if packet.many else packet.dest
    if max(packet.dest, end) >= count:
        return []
    if not packet.many:
        return [packet.dest] if packet.dest != source else []
    rows, columns = (range(low, high + 1) for low, high in zip(divmod(packet.dest, k), divmod(end, k), strict=True))
    return [node for y in rows for x in columns if (node := y * k + x) != source]


def deliveries(sent: Sent, count: int, k: int) -> dict[tuple[int, int, bool], list[tuple[int, ...]]]:
    """The words of the packets of each (source, node, whether to many), in order: each word of a packet to many nodes
    arrives as a packet of its own."""
    found: dict[tuple[int, int, bool], list[tuple[int, ...]]] = {}
    for source, packets in sent.items():
        for packet in packets:
            come = [(word,) for word in packet.words] if packet.many else [packet.words]
            for node in receivers(packet, source, count, k):
                found.setdefault((source, node, packet.many), []).extend(come)
    return found


def dropped(packets: Sequence[Packet], source: int, count: int, k: int) -> int:
    return sum(not receivers(packet, source, count, k) for packet in packets)


def hops(topology: str, k: int, l: int, source: int, destination: int) -> int:  # noqa: E741
    """Routers on the shortest way: those of the source and the destination, and between them."""
    if topology == "crossbar":
        return 1
    if topology == "bus":
        return 2
    if topology == "fat_tree":  # up to the lowest common ancestor and down again
        levels = next(n for n in range(l) if source // k ** (n + 1) == destination // k ** (n + 1))
        return 2 * levels + 1
    apart = [abs(source % k - destination % k), abs(source // k - destination // k)]
    if topology != "mesh":
        apart = [min(d, size - d) for d, size in zip(apart, (k, l), strict=True)]
    return sum(apart) + 1


def farthest(topology: str, k: int, l: int, source: int, packet: Packet) -> int:  # noqa: E741
    """Routers to the last of a packet's nodes. Packets to many never go round a torus."""
    goals = receivers(packet, source, nodes(topology, k, l), k)
    kind = "mesh" if packet.many else topology
    return max(hops(kind, k, l, source, goal) for goal in goals)


def zero_load(hops: int, latency: int, length: int) -> int:
    """Cycles from a packet's first beat at its source to its last at its destination, if it is the only one."""
    return hops * latency + length


def mean_hops(topology: str, k: int, l: int) -> float:  # noqa: E741
    """Routers that a packet passes on average, if every pair of different nodes is as likely."""
    count = nodes(topology, k, l)
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
    return float(np.mean([hops(topology, k, l, a, b) for a, b in pairs]))


def slowest(flits: int, longest: int, latency: int, depth: int) -> int:
    """Cycles in which `flits` have arrived whatever way they take, if no stream ever pauses and the longest way has
    `longest` routers.

    As long as there are flits one of them is not held up by others, and so advances. A VC of `depth` places passes
    `depth` flits in the latency + 2 cycles in which a credit comes back; each flit crosses each router at most so late.
    """
    return (flits + 4) * longest * max(latency, -(-(latency + 2) // depth)) + longest * latency
