"""Whether the packets of a network can wait for each other in a circle."""

from ..component import ParameterError


def check(network):
    """Raise `ParameterError` if packets of the network can wait for each other in a circle.

    A packet holds a channel while it waits for the next of its way. If the graph of all these pairs has no cycle, no
    packet waits for itself; since each pair has one way, a cycle can really close. A flit to many nodes is a packet of
    its own: it holds the place where it stands, and nothing behind the outputs that have already taken it.

    Source: W. J. Dally and C. L. Seitz, Deadlock-free message routing in multiprocessor interconnection networks, IEEE
    Trans. Computers, 1987.
    """
    if cycle := find_cycle(network):
        ways = [f"{router} to {network.links[router, port][0]} on VC {vc}" for router, port, vc in cycle]
        count = f"{network.vcs} VC{'s' * (network.vcs > 1)}"
        raise ParameterError(
            f"vcs={network.vcs}: a {network} with {count} can deadlock, as packets on "
            f"the links {', '.join(ways)} may all wait for the next, and the last for the first."
        )


def find_cycle(network) -> list[tuple[int, int, int]]:
    """A cycle of channels that each wait for the next; empty if there is none."""
    after = network.dependencies
    done: set = set()
    for first in sorted(after):
        if first in done:
            continue
        todo, trail, places = [(first, iter(sorted(after[first])))], [first], {first: 0}
        while todo:
            channel, others = todo[-1]
            other = next(others, None)
            if other is None:
                todo.pop()
                trail.pop()
                del places[channel]
                done.add(channel)
            elif other in places:
                return trail[places[other] :]
            elif other not in done:
                places[other] = len(trail)
                trail.append(other)
                todo.append((other, iter(sorted(after.get(other, ())))))
    return []
