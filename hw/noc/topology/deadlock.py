"""Deadlock check: search for cycles in the channel dependency graph."""

from graphlib import CycleError, TopologicalSorter

from ...component import ParameterError
from .. import reduction_tree


def check(network):
    """Raise `ParameterError` if packets of the network can deadlock.

    A packet holds a channel while it waits for the next one of its route. If the graph of all these pairs has no cycle,
    no packet waits for itself; since each pair has a single route, every cycle is a possible deadlock. A multicast flit
    is a separate packet: it holds the buffer in which it is stored, but no channel of outputs that have already
    accepted it.

    A reduction flit also waits for the other flits of its sum. They arrive, provided that all nodes issue sums in the
    same order. Each buffer of a channel that is reserved for sums then holds flits in that order, if outputs join the
    same inputs for every root. Consider the earliest outstanding sum. A flit ahead of one of its flits, in the same
    buffer or in the next, would belong to an earlier sum: so there is none, and each of its flits reaches its join.
    Joins wait only for those that feed them, up a tree. It is therefore sufficient that the trees close no cycle, that
    they share no link's channel with packets, and that joins do not depend on the root.

    Source: W. J. Dally and C. L. Seitz, Deadlock-free message routing in multiprocessor interconnection networks, IEEE
    Trans. Computers, 1987.
    """
    _check_sums(network)
    if cycle := find_cycle(network):
        links = [f"{router} to {network.links[router, port][0]} on VC {vc}" for router, port, vc in cycle]
        count = f"{network.vcs} VC{'s' * (network.vcs > 1)}"
        raise ParameterError(
            f"vcs={network.vcs}: a {network} with {count} can deadlock, as packets on "
            f"the links {', '.join(links)} may all wait for the next, and the last for the first."
        )


def _check_sums(network):
    sums = {channel for _, channel in network.sums if channel[:2] in network.links}
    links = [*network.paths.values(), [channel for _, channel in network.trees]]
    if shared := sums & {channel for channels in links for channel in channels}:
        router, port, vc = min(shared)
        raise ParameterError(
            f"reduction=True: a {network} can deadlock, as packets use VC {vc} of the link {router} to "
            f"{network.links[router, port][0]}, which must be for sums alone."
        )
    inputs: dict = {}
    for root in range(network.nodes if network.reduction else 0):
        for channel, joined in sorted(reduction_tree.joins(network, root).items(), key=lambda item: item[0]):
            if inputs.setdefault(channel, joined) != joined:
                raise ParameterError(
                    f"reduction=True: a {network} can deadlock, as router {channel[0]} adds other inputs at its port "
                    f"{channel[1]} for node {root} than for others."
                )


def find_cycle(network) -> list[tuple[int, int, int]]:
    """Return a cycle of channels that each wait for the next; empty if there is none."""
    waits = {channel: sorted(others) for channel, others in sorted(network.dependencies.items())}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        return error.args[1][:0:-1]
    return []
