"""How far packets go, and what the busiest link of a network allows."""

from collections import Counter

from .topology.graphs import Topology


def average_hops(network: Topology) -> float:
    """Links that a packet passes on average, if each node sends to each, itself included."""
    links = sum(len(channels) - 1 for channels in network.paths.values())
    return links / network.nodes**2


def saturation(network: Topology) -> float:
    """Flits that each node can send in a cycle if the busiest link carries one in each, with uniform destinations, the
    node itself included: an upper bound, that of the node's own ports (1) not counted."""
    load = Counter(
        (router, port)
        for channels in network.paths.values()
        for router, port, _ in channels
        if (router, port) in network.links
    )
    return network.nodes / max(load.values()) if load else float("inf")
