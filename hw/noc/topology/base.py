"""Networks as plain descriptions: routers, links, and the route of every packet; and the check for deadlocks.

A packet's route is computed at its source, to keep routers simple: `start` returns the first output and a header,
`step` the output at the next router. Both return a virtual channel (VC), too. A pair of nodes has one route on one VC
of each link, so its packets stay in order. `hw.noc.route` is the same in hardware.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from .. import reduction_tree


@dataclass(frozen=True)
class Topology:
    """A network of `kind` and size `k` x `l`, with `vcs` virtual channels per link, optionally with `multicast` or
    `reduction`.

    A channel is (router, output port, VC). A node sends into the router and port `entry(node)`, and receives from
    `exit(node)`: only VC 0 is used there, so that packets arrive whole.
    """

    kind: str
    k: int
    l: int = 1  # noqa: E741
    vcs: int = 2
    multicast: bool = False
    reduction: bool = False

    def __str__(self):
        return f"{self.kind} {self.k} x {self.l}"

    @property
    def nodes(self) -> int:
        return self.k * self.l

    @property
    def routers(self) -> int:
        return self.nodes

    @property
    def ports(self) -> int:
        """Ports of a router."""
        raise NotImplementedError

    @property
    def plain(self) -> int:
        """VCs below this are for packets; with reduction the highest one is reserved for flits to be added."""
        return self.vcs - self.reduction

    @property
    def lower(self) -> int:
        """VCs below this are for packets that have yet to cross a dateline."""
        return max(1, self.plain // 2)

    def entry(self, node: int) -> tuple[int, int]:
        return node, 0

    def exit(self, node: int) -> tuple[int, int]:
        return self.entry(node)

    def link(self, router: int, port: int) -> tuple[int, int] | None:
        """Return the router and port that an output leads to; None if it is not connected."""
        raise NotImplementedError

    def lane(self, destination: int) -> int:
        """Return the VC in which a source sends its packets to its router, and the VC of a route with a free choice.

        Packets of one destination share it, so that a slow destination blocks no other VC.
        """
        return destination % self.plain

    def start(self, source: int, destination: int) -> tuple[int, int, tuple]:
        """Return output port and VC at the source's router, and the routing information in the packet's header."""
        raise NotImplementedError

    def step(self, router: int, port: int, vc: int, header: tuple) -> tuple[int, int]:
        """Return output port and VC at the router that the output `port` of `router` leads to."""
        raise NotImplementedError

    @cached_property
    def exits(self) -> frozenset[int]:
        """Ports that lead to nodes only, in every router."""
        return frozenset(self.exit(node)[1] for node in range(self.nodes)) - {port for _, port in self.links}

    @cached_property
    def links(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Every (router, port) that leads to another (router, port)."""
        outputs = ((router, port) for router in range(self.routers) for port in range(self.ports))
        return {output: end for output in outputs if (end := self.link(*output)) is not None}

    def path(self, source: int, destination: int) -> list[tuple[int, int, int]]:
        """Return the channels of a packet's route, including that to the destination: one per router it passes."""
        router = self.entry(source)[0]
        port, vc, header = self.start(source, destination)
        channels = [(router, port, vc)]
        while (router, port) != self.exit(destination):
            port, vc = self.step(router, port, vc, header)
            router = self.link(router, channels[-1][1])[0]
            channels.append((router, port, vc))
            if len(channels) > 2 * self.routers + 2:
                raise RuntimeError(f"{self}: no route from {source} to {destination}")
        return channels

    @cached_property
    def paths(self) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
        """Routes of all pairs of different nodes."""
        pairs = ((s, d) for s in range(self.nodes) for d in range(self.nodes) if s != d)
        return {pair: self.path(*pair) for pair in pairs}

    @cached_property
    def trees(self) -> list[tuple[tuple[int, int, int] | None, tuple[int, int, int]]]:
        """Routes of all multicast packets: each channel, and the one before it (None at the source)."""
        return []

    @cached_property
    def sums(self) -> set[tuple[tuple[int, int, int] | None, tuple[int, int, int]]]:
        """Routes of all reduction flits: each channel, and the one before it (None at the source)."""
        roots = range(self.nodes if self.reduction else 0)
        return {each for root in roots for each in reduction_tree.pairs(self, root)}

    @cached_property
    def dependencies(self) -> dict[tuple[int, int, int], set[tuple[int, int, int]]]:
        """For each channel those that a packet which holds it may wait for."""
        after: dict[tuple, set] = {}
        successions = (pair for channels in self.paths.values() for pair in pairwise(channels))
        for channel, following in [*successions, *self.trees, *self.sums]:
            if channel is not None:
                after.setdefault(channel, set()).add(following)
        return after

    @cached_property
    def turns(self) -> tuple[tuple[int, ...], ...]:
        """For each output port, the input ports from which packets go there, in any router."""
        used = [set() for _ in range(self.ports)]
        for (source, _), channels in self.paths.items():
            arriving = self.entry(source)[1]
            for router, port, _ in channels:
                used[port].add(arriving)
                arriving = self.links.get((router, port), (None, None))[1]
        for before, (_, port, _) in [*self.trees, *self.sums]:
            used[port].add(self.links[before[:2]][1] if before else 0)
        return tuple(tuple(sorted(inputs)) for inputs in used)
