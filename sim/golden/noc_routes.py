"""Golden model of routes in a network on chip: the flits that leave each port of each router.

Ports of a grid: 0 node, 1 east, 2 west, 3 south, 4 north. Crossbar: one per node. Bus: one per node, and the shared
link last. Fat tree: k down, then k up. Ties in a ring or torus: see docs/concepts/noc.md.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from .noc import Sent, nodes, receivers

Channel = tuple[int, int]
"""Router and output port."""
ENTRY = -1
"""Port number that denotes the entry of a node, in a channel (node, ENTRY)."""


def route(topology: str, k: int, l: int, source: int, dest: int) -> list[Channel]:  # noqa: E741
    """Channels of a packet to one node, from its source's router to its exit: one per router."""
    if topology == "crossbar":
        return [(0, dest)]
    if topology == "bus":
        return [(0, k * l), (1, dest)]
    if topology == "fat_tree":
        return _tree(k, l, source, dest)
    at, to, sizes = [source % k, source // k], (dest % k, dest // k), (k, l)
    ties = at[0] + at[1] + to[1], at[0] + at[1] + to[0]
    channels = []
    for axis, (target, size, tie) in enumerate(zip(to, sizes, ties, strict=True)):
        rising = target > at[axis]
        if topology != "mesh":
            twice = 2 * ((target - at[axis]) % size)
            rising = twice < size or (twice == size and tie % 2 == 0)
        while at[axis] != target:
            channels.append((at[1] * k + at[0], 2 * axis + (1 if rising else 2)))
            at[axis] = (at[axis] + (1 if rising else -1)) % size
    return [*channels, (dest, 0)]


def _tree(k: int, l: int, source: int, dest: int) -> list[Channel]:  # noqa: E741
    digits = [dest // k**n % k for n in range(l)]
    top = next(n for n in range(l) if source // k ** (n + 1) == dest // k ** (n + 1))
    index, channels = source // k, []
    for level in range(top):
        channels.append((level * k ** (l - 1) + index, k + digits[level]))
        index += (digits[level] - index // k**level % k) * k**level
    for level in range(top, 0, -1):
        channels.append((level * k ** (l - 1) + index, digits[level]))
        index += (digits[level] - index // k ** (level - 1) % k) * k ** (level - 1)
    return [*channels, (index, digits[0])]


def interval(
    topology: str,
    k: int,
    l: int,  # noqa: E741
    vcs: int,
    source: int,
    dest: int,
    senders: Mapping[int, int] | None = None,
) -> int:
    """Upper bound of the interval of service, in flits: flits that leave the exit of `dest` from one of `source`
    (excluded) to its next one (included), if all `senders` always have packets of one flit for `dest`. By default these
    are all other nodes. The value of a sender is the number of VCs on which it sends: more than 1 if it also sends to
    other nodes, on routes that share no channel with any to `dest`.

        interval = product over the channels of the route of n (v (v - 1) + 1)

    n is the number of channels, the node's entry included, that lead to the channel. v is the number of VCs on which
    one of them carries packets: at most `vcs`, and 1 if each carries packets of one source only. While a packet waits,
    at most n (v (v - 1) + 1) - 1 others pass, because each arbiter grants the least recently served requester.
    """
    if senders is None:
        senders = {node: 1 for node in range(nodes(topology, k, l)) if node != dest}
    paths = {node: route(topology, k, l, node, dest) for node in senders}
    before: dict[Channel, Counter[Channel]] = {}  # channel to the number of sources on each that leads to it
    for node, channels in paths.items():
        for previous, channel in pairwise([(node, ENTRY), *channels]):
            before.setdefault(channel, Counter())[previous] += senders[node] if previous == (node, ENTRY) else 1
    found = 1
    for channel in paths[source]:
        v = min(vcs, max(before[channel].values()))
        found *= len(before[channel]) * (v * (v - 1) + 1)
    return found


def flits(topology: str, k: int, l: int, sent: Sent) -> Counter[Channel]:  # noqa: E741
    """Flits that leave each channel. A flit to a rectangle crosses each channel of its tree once: along the row of its
    source, then up and down the columns. Packets to be added are not included.
    """
    found: Counter[Channel] = Counter()
    for source, packets in sent.items():
        for packet in packets:
            if not packet.reduce:
                kind = "mesh" if packet.many else topology
                goals = receivers(packet, source, nodes(topology, k, l), k)
                crossed = {channel for goal in goals for channel in route(kind, k, l, source, goal)}
                found.update(dict.fromkeys(crossed, len(packet.words)))
    return found
