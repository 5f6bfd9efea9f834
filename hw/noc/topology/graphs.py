"""Networks as plain descriptions: routers, links, and the way of every packet; and whether they can deadlock.

A packet's way is decided at its source, so that routers have little to decide: `start` gives the first output and a
header, `step` the output at the next router. Each names a virtual channel (VC), too. A pair of nodes has one way on one
VC of each link, so its packets stay in order. `hw.noc.route` is the same in hardware.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise

from ...component import ParameterError
from .. import reduction_tree as gather
from .deadlock import check

KINDS = ("ring", "mesh", "torus", "crossbar", "bus", "fat_tree")
MOST = 64
"""Nodes of the largest network."""


@dataclass(frozen=True)
class Topology:
    """A network of `kind` and size `k` x `l`, with `vcs` virtual channels on each link, perhaps with `multicast`
    or `reduction`.

    A channel is (router, output port, VC). A node sends into the router and port `entry(node)`, and receives from
    `exit(node)`: there VC 0 alone is used, so that packets come whole.
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
        """VCs below this are for packets; with reduction one is left, for flits that are added on their way."""
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
        """The router and port that an output leads to; None if it leads to none."""
        raise NotImplementedError

    def lane(self, destination: int) -> int:
        """The VC in which a source hands its packets to its router, and any VC of a route that is free to choose.

        Packets of one destination share it, so that a destination that is slow blocks no other VC.
        """
        return destination % self.plain

    def start(self, source: int, destination: int) -> tuple[int, int, tuple]:
        """Output port and VC at the source's router, and what the packet carries of its way."""
        raise NotImplementedError

    def step(self, router: int, port: int, vc: int, header: tuple) -> tuple[int, int]:
        """Output port and VC at the router that the output `port` of `router` leads to."""
        raise NotImplementedError

    @cached_property
    def exits(self) -> frozenset[int]:
        """Ports that lead to nodes only, whatever the router."""
        return frozenset(self.exit(node)[1] for node in range(self.nodes)) - {port for _, port in self.links}

    @cached_property
    def links(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Every (router, port) that leads to another (router, port)."""
        outputs = ((router, port) for router in range(self.routers) for port in range(self.ports))
        return {output: end for output in outputs if (end := self.link(*output)) is not None}

    def path(self, source: int, destination: int) -> list[tuple[int, int, int]]:
        """The channels of a packet's way, that to the destination included: one for each router it passes."""
        router = self.entry(source)[0]
        port, vc, header = self.start(source, destination)
        channels = [(router, port, vc)]
        while (router, port) != self.exit(destination):
            port, vc = self.step(router, port, vc, header)
            router = self.link(router, channels[-1][1])[0]
            channels.append((router, port, vc))
            if len(channels) > 2 * self.routers + 2:
                raise RuntimeError(f"{self}: no way from {source} to {destination}")
        return channels

    @cached_property
    def paths(self) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
        """The way of every pair of different nodes."""
        pairs = ((s, d) for s in range(self.nodes) for d in range(self.nodes) if s != d)
        return {pair: self.path(*pair) for pair in pairs}

    @cached_property
    def trees(self) -> list[tuple[tuple[int, int, int] | None, tuple[int, int, int]]]:
        """The ways of all packets to many nodes: each channel, and the one before it (None at the source)."""
        return []

    @cached_property
    def sums(self) -> set[tuple[tuple[int, int, int] | None, tuple[int, int, int]]]:
        """The same, of all flits that are added on their way."""
        roots = range(self.nodes if self.reduction else 0)
        return {each for root in roots for each in gather.pairs(self, root)}

    @cached_property
    def dependencies(self) -> dict[tuple[int, int, int], set[tuple[int, int, int]]]:
        """For each channel those that a packet which holds it may wait for."""
        after: dict[tuple, set] = {}
        ways = (pair for way in self.paths.values() for pair in pairwise(way))
        for here, there in [*ways, *self.trees, *self.sums]:
            if here is not None:
                after.setdefault(here, set()).add(there)
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


class Grid(Topology):
    """Ring, mesh and torus: x first, then y, each by the shorter way. Node (x, y) is number y k + x.

    Ports: 0 node, 1 east (+x), 2 west, 3 south (+y), 4 north; a ring has the first three. Where both ways round are
    equally long, the packet goes by the rising one if the sum of its source's coordinates and of its destination's
    coordinate in the other dimension is even: so half of all pairs do.

    Dateline: a packet that will cross the link between the ends of a row or column uses lower VCs up to that link and
    on it, and upper ones after. One that will not may use any. So no VC of a ring waits for itself.
    """

    @property
    def ports(self) -> int:
        return 3 if self.kind == "ring" else 5

    @property
    def wraps(self) -> bool:
        return self.kind != "mesh"

    def at(self, node: int) -> tuple[int, int]:
        """Coordinates of a node."""
        return node % self.k, node // self.k

    def link(self, router, port):
        if port == 0:
            return None
        x, y = self.at(router)
        dx, dy = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))[port]
        end = (x + dx) % self.k, (y + dy) % self.l
        if end == (x, y) or (not self.wraps and end != (x + dx, y + dy)):
            return None
        return end[1] * self.k + end[0], (0, 2, 1, 4, 3)[port]

    def lane(self, destination):
        return sum(self.at(destination)) % self.plain

    def start(self, source, destination):
        (x, y), (to_x, to_y) = self.at(source), self.at(destination)
        x_port, x_vc = self._enter(1, x, to_x, self.k, x + y + to_y, destination)
        y_port, y_vc = self._enter(3, y, to_y, self.l, x + y + to_x, destination)
        header = (to_x, to_y, y_port, y_vc)
        return (x_port, x_vc, header) if x != to_x else (y_port, y_vc, header)

    def _enter(self, rising: int, here: int, there: int, size: int, tie: int, destination: int) -> tuple[int, int]:
        """Port and VC with which a packet enters a dimension."""
        up = there > here
        if self.wraps:
            way = (there - here) % size
            up = 2 * way < size or (2 * way == size and tie % 2 == 0)
        crosses = there < here if up else there > here
        lane = self.lane(destination)
        return (rising if up else rising + 1), (lane % self.lower if crosses else lane)

    def step(self, router, port, vc, header):
        to_x, to_y, y_port, y_vc = header
        x, y = self.at(self.link(router, port)[0])
        if self._is_dateline(router, port):
            vc += self.plain // 2
        if port in (1, 2) and x == to_x:
            port, vc = y_port, y_vc
        if (x, y) == (to_x, to_y):
            return 0, 0
        return port, vc

    def fork(self, port: int, router: int, low: tuple[int, int], high: tuple[int, int]) -> list[int]:
        """Outputs at `router` of a flit to all nodes from `low` to `high`, which came through output `port` of the
        router before, or from the node (0).

        It goes along its source's row, and from there up and down the columns. It never goes round, so it needs no
        dateline, and keeps its VC.
        """
        x, y = self.at(router)
        column = port > 2 or low[0] <= x <= high[0]
        ways = {
            0: port > 0 and column and low[1] <= y <= high[1],
            1: port in (0, 1) and x < high[0],
            2: port in (0, 2) and x > low[0],
            3: port != 4 and column and y < high[1],
            4: port != 3 and column and y > low[1],
        }
        return [output for output, goes in ways.items() if goes]

    def tree(self, source: int, low: tuple[int, int], high: tuple[int, int], vc: int) -> list[tuple]:
        """The channels of a flit to all nodes from `low` to `high`, each with the one before it."""
        todo, found = [(source, 0, None)], []
        for router, port, before in todo:
            for output in self.fork(port, router, low, high):
                channel = router, output, vc if output else 0
                found.append((before, channel))
                if output:
                    todo.append((self.links[router, output][0], output, channel))
        return found

    @cached_property
    def trees(self):
        """Those to all nodes, on every VC: every other is a part of one."""
        sources = range(self.nodes if self.multicast else 0)
        end = self.k - 1, self.l - 1
        return [each for s in sources for vc in range(self.plain) for each in self.tree(s, (0, 0), end, vc)]

    def _is_dateline(self, router: int, port: int) -> bool:
        x, y = self.at(router)
        return self.wraps and (x == self.k - 1, x == 0, y == self.l - 1, y == 0)[port - 1]


class Crossbar(Topology):
    """One router for all nodes: node n is at port n."""

    @property
    def routers(self) -> int:
        return 1

    @property
    def ports(self) -> int:
        return self.nodes

    def entry(self, node):
        return 0, node

    def link(self, router, port):
        return None

    def start(self, source, destination):
        return destination, 0, (destination,)


class Bus(Topology):
    """One link that all share: router 0 collects from the nodes, router 1 gives to them; the last port is the link."""

    @property
    def routers(self) -> int:
        return 2

    @property
    def ports(self) -> int:
        return self.nodes + 1

    def entry(self, node):
        return 0, node

    def exit(self, node):
        return 1, node

    def link(self, router, port):
        return (1, self.nodes) if (router, port) == (0, self.nodes) else None

    def start(self, source, destination):
        return self.nodes, self.lane(destination), (destination,)

    def step(self, router, port, vc, header):
        return header[0], 0


class FatTree(Topology):
    """A k-ary tree of l levels, as wide at its root as at its leaves: k^l nodes, k^(l-1) routers in each level.

    Ports: k down, then k up. A packet goes up as long as its destination is not below, by the port that is the
    destination's digit of that level, and then down by its digits: each root passes on packets of its own destinations
    only. Its VC is the same all the way.
    """

    @property
    def nodes(self) -> int:
        return self.k**self.l

    @property
    def row(self) -> int:
        """Routers of a level."""
        return self.k ** (self.l - 1)

    @property
    def routers(self) -> int:
        return self.l * self.row

    @property
    def ports(self) -> int:
        return 2 * self.k if self.l > 1 else self.k

    def entry(self, node):
        return node // self.k, node % self.k

    def link(self, router, port):
        level, index = divmod(router, self.row)
        up = port >= self.k
        if level == (self.l - 1 if up else 0):
            return None
        digit = level if up else level - 1  # of the index: it becomes the port, and was the port at the other end
        weight = self.k**digit
        was = index // weight % self.k
        other = index + (port % self.k - was) * weight
        return (level + (1 if up else -1)) * self.row + other, was + (0 if up else self.k)

    def start(self, source, destination):
        level = next(n for n in range(self.l) if source // self.k ** (n + 1) == destination // self.k ** (n + 1))
        port, vc = self._at(0, True, self.lane(destination), (destination, level))
        return port, vc, (destination, level)

    def step(self, router, port, vc, header):
        up = port >= self.k
        return self._at(router // self.row + (1 if up else -1), up, vc, header)

    def _at(self, level: int, rising: bool, vc: int, header: tuple) -> tuple[int, int]:
        destination, top = header
        digit = destination // self.k**level % self.k
        if rising and level < top:
            return self.k + digit, vc
        return digit, vc if level else 0


@cache
def topology(
    kind: str,
    k: int,
    l: int = 1,  # noqa: E741
    vcs: int = 2,
    multicast: bool = False,
    reduction: bool = False,
) -> Topology:
    """The network of that description, checked. Raises `ParameterError` if there is no such network, or a deadlock."""
    if kind not in KINDS:
        raise ParameterError(f"topology={kind}: topology must be {', '.join(KINDS[:-1])} or {KINDS[-1]}.")
    if kind == "ring" and l != 1:
        raise ParameterError(f"l={l}: a ring has l=1, and k nodes.")
    if kind == "fat_tree" and k not in (2, 4, 8):
        raise ParameterError(f"k={k}: a fat_tree's k must be 2, 4 or 8.")
    for name in ["multicast"] * multicast + ["reduction"] * reduction:
        if kind not in ("mesh", "torus") or min(k, l) < 2:
            raise ParameterError(f"{name}=True: only a mesh or torus of 2 x 2 or more has it, not a {kind} {k} x {l}.")
    if reduction and vcs < (least := 3 if kind == "torus" else 2):
        raise ParameterError(
            f"vcs={vcs}: with reduction, vcs of a {kind} must be an integer from {least} to 8: the highest is for sums."
        )
    classes = {"crossbar": Crossbar, "bus": Bus, "fat_tree": FatTree}
    built = classes.get(kind, Grid)(kind, k, l, vcs, multicast, reduction)
    most = {"crossbar": 16, "bus": 15}.get(kind, MOST)
    if not 2 <= built.nodes <= most:
        raise ParameterError(f"k={k}, l={l}: a {kind} of {built.nodes} nodes is not from 2 to {most}.")
    check(built)
    return built
