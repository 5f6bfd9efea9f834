"""Routes of flits that are added towards one node: a reversed multicast tree. Plain Python, as `hw.noc.topology`."""

from collections import defaultdict
from itertools import pairwise


def path(network, node: int, root: int) -> list[tuple[int, int, int]]:
    """Return the channels from a node to the root, its exit included: along the row, then the column, no wrap-around.

    The VC of each link is the highest one, which packets do not use.
    """
    (x, y), (to_x, to_y) = network.at(node), network.at(root)
    channels, router = [], node
    while (x, y) != (to_x, to_y):
        port = (1 if to_x > x else 2) if x != to_x else (3 if to_y > y else 4)
        channels.append((router, port, network.plain))
        router = network.links[router, port][0]
        x, y = network.at(router)
    return [*channels, (router, 0, 0)]


def pairs(network, root: int) -> set[tuple]:
    """Return each channel of the tree to a root with the one before it (None at a node)."""
    paths = [path(network, node, root) for node in range(network.nodes)]
    return {pair for channels in paths for pair in pairwise([None, *channels])}


def joins(network, root: int) -> dict[tuple[int, int, int], frozenset[int]]:
    """Return for each channel of the tree to a root the inputs of its router from which flits are added there."""
    found = defaultdict(set)
    for before, channel in pairs(network, root):
        found[channel].add(network.links[before[:2]][1] if before else 0)
    return {channel: frozenset(inputs) for channel, inputs in found.items()}
