"""Analysis of a network: average distance, and the throughput bound of its busiest link."""

from collections import Counter

from .topology.graphs import Topology


def average_hops(network: Topology) -> float:
    """Return the average number of links that a packet passes with uniform destinations, the node itself included."""
    links = sum(len(channels) - 1 for channels in network.paths.values())
    return links / network.nodes**2


def saturation(network: Topology) -> float:
    """Return the flits that each node can send per cycle if the busiest link carries one in each cycle, with uniform
    destinations, the node itself included: an upper bound. The bound of the node's own ports (1) is not included."""
    load = Counter(
        (router, port)
        for channels in network.paths.values()
        for router, port, _ in channels
        if (router, port) in network.links
    )
    return network.nodes / max(load.values()) if load else float("inf")
