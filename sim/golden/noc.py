"""Golden model of the network on chip: delivered packets and latency bounds. It is written from the specification,
independently of the routers.

Between two nodes packets keep their order; packets of different pairs may arrive in any order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PATTERNS = ("uniform", "tornado", "transpose", "bit complement", "hot spot", "neighbour")


@dataclass(frozen=True)
class Packet:
    """Words for a node; with `to`, for all nodes of the rectangle from `dest` to `to`; with `reduce`, to be added to
    those of all other nodes en route to `dest`."""

    dest: int
    words: tuple[int, ...]
    to: int | None = None
    reduce: bool = False

    @property
    def many(self) -> bool:
        return self.to not in (None, self.dest) and not self.reduce

    @property
    def end(self) -> int:
        """Last node of the rectangle; `dest` where there is none."""
        return self.dest if self.to is None or not self.many else self.to


Sent = Mapping[int, Sequence[Packet]]
"""Packets sent by each node, in order."""


def nodes(topology: str, k: int, l: int) -> int:  # noqa: E741
    return k**l if topology == "fat_tree" else k * l


def goal(pattern: str, topology: str, k: int, l: int, source: int) -> int:  # noqa: E741
    """Destination of a node's packets in a pattern other than "uniform"; never the node itself.

    Where the pattern leads to the node itself, the packets are addressed to the next. On a network without coordinates,
    a row of nodes counts as one.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapter 3.
    """
    count = nodes(topology, k, l)
    if topology not in ("mesh", "torus"):
        k, l = count, 1  # noqa: E741
    x, y = source % k, source // k
    if pattern == "tornado":  # almost half of each dimension
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

    A packet is dropped if its destination does not exist or is the source, or if a rectangle ends before it begins. The
    source does not receive its own packet to a rectangle around it. A packet to be added may be addressed to its own
    node.
    """
    end = packet.end
    if max(packet.dest, end) >= count:
        return []
    if not packet.many:
        return [packet.dest] if packet.dest != source or packet.reduce else []
    rows, columns = (range(low, high + 1) for low, high in zip(divmod(packet.dest, k), divmod(end, k), strict=True))
    return [node for y in rows for x in columns if (node := y * k + x) != source]


def deliveries(sent: Sent, count: int, k: int) -> dict[tuple[int, int, bool], list[tuple[int, ...]]]:
    """Words of the packets of each (source, node, whether multicast), in order: each word of a multicast packet arrives
    as a packet of its own, and each sum as one of its destination."""
    found: dict[tuple[int, int, bool], list[tuple[int, ...]]] = {}
    for source, packets in sent.items():
        for packet in packets:
            if packet.reduce:
                continue
            arrivals = [(word,) for word in packet.words] if packet.many else [packet.words]
            for node in receivers(packet, source, count, k):
                found.setdefault((source, node, packet.many), []).extend(arrivals)
    for node, word in sums(sent, count):
        found.setdefault((node, node, False), []).append((word,))
    return found


def sums(sent: Sent, count: int) -> list[tuple[int, int]]:
    """Sums of `count` nodes, each as (receiving node, word), in the order in which it was issued:

        word = sum over nodes i of word_i, in each lane of 32 bits, modulo 2^32

    Raises `ValueError` if the nodes do not issue as many sums, to the same nodes in the same order: the network then
    stalls and no result is defined.
    """
    issued = []
    for node in range(count):
        packets = [packet for packet in sent.get(node, []) if packet.reduce and packet.dest < count]
        issued.append([(packet.dest, word) for packet in packets for word in packet.words])
    roots = [[root for root, _ in each] for each in issued]
    if any(each != roots[0] for each in roots):
        raise ValueError(f"nodes issue sums to different nodes, or in different orders: {roots}")
    found = []
    for root, *others in ((each[0][0], *(word for _, word in each)) for each in zip(*issued, strict=True)):
        size = 4 * max(1, -(-max(others).bit_length() // 32))
        lanes = np.array([np.frombuffer(word.to_bytes(size, "little"), "<u4") for word in others])
        found.append((root, int.from_bytes(lanes.sum(axis=0, dtype=np.uint32).astype("<u4").tobytes(), "little")))
    return found


def dropped(packets: Sequence[Packet], source: int, count: int, k: int) -> int:
    return sum(not receivers(packet, source, count, k) for packet in packets)


def hops(topology: str, k: int, l: int, source: int, destination: int) -> int:  # noqa: E741
    """Routers on the shortest path: those of the source and the destination, and between them."""
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
    """Routers to the farthest of a packet's nodes, or, for a sum, from the farthest. Neither uses the wrap-around of a
    torus."""
    if packet.reduce:
        return max(hops("mesh", k, l, node, packet.dest) for node in range(k * l))
    goals = receivers(packet, source, nodes(topology, k, l), k)
    kind = "mesh" if packet.many else topology
    return max(hops(kind, k, l, source, goal) for goal in goals)


def zero_load(hops, latency: int, length):
    """Cycles from a packet's first beat at its source to its last at its destination, with no other traffic."""
    return hops * latency + length


def mean_hops(topology: str, k: int, l: int) -> float:  # noqa: E741
    """Average number of routers that a packet passes, over all pairs of different nodes with equal probability."""
    count = nodes(topology, k, l)
    pairs = [(a, b) for a in range(count) for b in range(count) if a != b]
    return float(np.mean([hops(topology, k, l, a, b) for a, b in pairs]))


def slowest(flits: int, longest: int, latency: int, depth: int) -> int:
    """Upper bound of the cycles in which `flits` arrive on any routes, if no stream ever pauses and the longest route
    has `longest` routers.

    At any time at least one flit is not blocked by others, and so advances. A VC of `depth` places passes `depth` flits
    in the latency + 2 cycles in which a credit returns; each flit crosses each router with at most this delay.
    """
    return (flits + 4) * longest * max(latency, -(-(latency + 2) // depth)) + longest * latency
