"""Routing logic: the routes of `hw.noc.topology`, from a router's position and a packet's header."""

from functools import cache

from amaranth.hdl import Cat, Const, Mux, Signal

from ..bundle import Bundle
from .topology.base import Topology
from .topology.bus import BusTopology
from .topology.crossbar import CrossbarTopology
from .topology.fat_tree import FatTreeTopology
from .topology.grid import GridTopology


def bits(count: int) -> int:
    """Return the bits of a number below `count`, at least one."""
    return max(1, (count - 1).bit_length())


class Flit(Bundle):
    """Flit: a word, whether it ends its packet, the packet's source and its remaining route.

    `go` has one bit per output port of the router that receives it, `vc` is the VC there.
    """

    def __init__(self, network: Topology, width: int):
        fields = {"data": width, "last": 1, "src": bits(network.nodes), "header": route(network).header}
        super().__init__(fields | {"go": network.ports, "vc": bits(network.vcs)})


class Route:
    """`Topology.start` and `Topology.step` in hardware.

    `position` is the layout of a router's position, `place` its value for a router. `header` is the layout of the
    routing information in each flit. Methods add statements to the module passed to them. Outputs are one-hot, one bit
    per port.
    """

    def __init__(self, network: Topology):
        self.network = network
        self.position, self.header = Bundle(self.position_fields()), Bundle(self.header_fields())

    def position_fields(self) -> dict:
        return {"unused": 1}

    def header_fields(self) -> dict:
        return {}

    def place(self, router: int) -> dict:
        return {"unused": 0}

    def lane(self, m, destination):
        """Return the VC that a source uses for its packets."""
        return _table(m, "lane", destination, [self.network.lane(node) for node in range(self.network.nodes)])

    def start(self, m, position, source, destination, lane):
        """Return (go, vc, header fields) at the source's router; `lane` is that of the destination."""
        raise NotImplementedError

    def step(self, m, position, port: int, vc, header):
        """Return (go, vc) at the router that `port` leads to; at ports of `Topology.exits`, vc is undefined."""
        raise NotImplementedError


class GridRoute(Route):
    """Position: the router's coordinates. Header: those of the destination, and the port and VC after the turn into y.

    With multicast also whether it is a `multicast` flit: then x, y is the last node, `low_x`, `low_y` the first.
    """

    def position_fields(self):
        return {"x": bits(self.network.k)} | ({"y": bits(self.network.l)} if self.network.l > 1 else {})

    def header_fields(self):
        turn = {"down": 1, "turn_vc": bits(self.network.vcs)} if self.network.l > 1 else {}
        multicast_fields = {"low_x": bits(self.network.k), "low_y": bits(self.network.l), "multicast": 1}
        multicast_fields = multicast_fields if self.network.multicast else {}
        return self.position_fields() | turn | multicast_fields

    def place(self, router):
        return dict(zip(self.position_fields(), self.network.at(router), strict=False))

    def start(self, m, position, source, destination, lane):
        n = self.network
        nodes = [n.at(node) for node in range(n.nodes)]
        to_x = _table(m, "to_x", destination, [x for x, _ in nodes])
        to_y = _table(m, "to_y", destination, [y for _, y in nodes]) if n.l > 1 else Const(0, 1)
        y = position.y if n.l > 1 else Const(0, 1)
        low = _table(m, "lower_lane", destination, [n.lane(node) % n.lower for node in range(n.nodes)])
        odd = position.x[0] ^ y[0]
        east, x_vc = self._enter(m, "x", position.x, to_x, n.k, odd ^ to_y[0], lane, low)
        if n.l == 1:
            return Cat(0, east, ~east), x_vc, {"x": to_x}
        south, y_vc = self._enter(m, "y", y, to_y, n.l, odd ^ to_x[0], lane, low)
        move = Signal(name="move_x")
        m.d.comb += move.eq(position.x != to_x)
        go = Cat(Const(0, 1), move & east, move & ~east, ~move & south, ~move & ~south)
        return go, Mux(move, x_vc, y_vc), {"x": to_x, "y": to_y, "down": south, "turn_vc": y_vc}

    def spread(self, m, position, low, high, lane):
        """Return (go, header fields) at the source of a flit on VC `lane` to all nodes (x, y) from `low` to `high`."""
        fields = {
            "x": high[0],
            "y": high[1],
            "turn_vc": lane,
            "low_x": low[0],
            "low_y": low[1],
            "multicast": Const(1, 1),
        }
        return self._fork(0, position.x, position.y, fields), fields

    def _fork(self, port: int, x, y, header):
        """Return the outputs of `Topology.fork`."""
        column = Const(1, 1) if port > 2 else (header["low_x"] <= x) & (x <= header["x"])
        row = (header["low_y"] <= y) & (y <= header["y"])
        return Cat(
            column & row if port > 0 else Const(0, 1),
            x < header["x"] if port in (0, 1) else Const(0, 1),
            x > header["low_x"] if port in (0, 2) else Const(0, 1),
            column & (y < header["y"]) if port != 4 else Const(0, 1),
            column & (y > header["low_y"]) if port != 3 else Const(0, 1),
        )

    def start_reduction(self, position, root):
        """Return (go, header fields) at a reduction flit's source, as `hw.noc.reduction_tree`; `root` is (x, y)."""
        (x, y), (to_x, to_y) = (position.x, position.y), root
        column, south, north = to_x == x, to_y > y, to_y < y
        go = Cat(column & (to_y == y), to_x > x, to_x < x, column & south, column & north)
        return go, {"x": to_x, "y": to_y, "down": south, "turn_vc": Const(self.network.plain, bits(self.network.vcs))}

    def reduction_inputs(self, position):
        """Return one bit per input: whether a node is connected there without a wrap-around link, so that flits of sums
        can arrive."""
        x, y, (last_x, last_y) = position.x, position.y, (self.network.k - 1, self.network.l - 1)
        return Cat(Const(1, 1), x != last_x, x != 0, y != last_y, y != 0)

    def corner(self, m, name: str, node):
        """Return a node's coordinates."""
        places = [self.network.at(each) for each in range(self.network.nodes)]
        return tuple(_table(m, f"{name}_{axis}", node, [at[n] for at in places]) for n, axis in enumerate("xy"))

    def _enter(self, m, name: str, here, target, size: int, odd, lane, low):
        """Return whether a packet rises in a dimension, and its VC there."""
        above, up = Signal(name=f"above_{name}"), Signal(name=f"up_{name}")
        m.d.comb += above.eq(target > here)
        if self.network.wraps:
            distance = Signal(bits(size) + 1, name=f"distance_{name}")
            m.d.comb += distance.eq(Mux(above | (target == here), target - here, target - here + size))
            m.d.comb += up.eq((2 * distance < size) | ((2 * distance == size) & ~odd))
        else:
            m.d.comb += up.eq(above)
        return up, Mux(above ^ up, low, lane)  # it crosses the dateline: up to a lower number, or down to a higher

    def step(self, m, position, port, vc, header):
        n = self.network
        along, size = ("x", n.k) if port < 3 else ("y", n.l)
        here, end, step = (position[along], size - 1, 1) if port % 2 else (position[along], 0, -1)
        edge, target, arrived = Signal(name=f"edge{port}"), Signal(len(here), name=f"target{port}"), Signal()
        m.d.comb += [
            edge.eq(here == end),
            target.eq(Mux(edge, size - 1 - end, here + step)),
            arrived.eq(header[along] == target),
        ]
        straight = Mux(edge, vc + n.plain // 2, vc)[: len(vc)] if n.wraps else vc
        go = [~arrived & (port == other) for other in range(n.ports)]
        go[0] = arrived
        if port < 3 and n.l > 1:
            level = Signal(name=f"level{port}")
            m.d.comb += level.eq(header.y == position.y)
            go[0], go[3], go[4] = arrived & level, arrived & ~level & header.down, arrived & ~level & ~header.down
            straight = Mux(arrived, header.turn_vc, straight)
        if n.multicast:
            x, y = (target, position.y) if along == "x" else (position.x, target)
            return Mux(header.multicast, self._fork(port, x, y, header), Cat(go)), straight
        return Cat(go), straight


class CrossbarRoute(Route):
    """Single router: the route is complete at the start."""

    def start(self, m, position, source, destination, lane):
        return _one_hot(destination, self.network.ports), Const(0, 1), {}


class BusRoute(Route):
    """Header: the destination."""

    def header_fields(self):
        return {"to": bits(self.network.nodes)}

    def start(self, m, position, source, destination, lane):
        return Const(1 << self.network.nodes, self.network.ports), lane, {"to": destination}

    def step(self, m, position, port, vc, header):
        return _one_hot(header.to, self.network.ports), vc


class FatTreeRoute(Route):
    """Position: the router's level. Header: the destination, and the level at which the packet turns."""

    def position_fields(self):
        return {"level": bits(self.network.l)}

    def header_fields(self):
        return {"to": bits(self.network.nodes), "top": bits(self.network.l)}

    def place(self, router):
        return {"level": router // self.network.row}

    def start(self, m, position, source, destination, lane):
        n = self.network
        top = Signal(bits(n.l))
        for level in reversed(range(n.l)):
            below = bits(n.k) * (level + 1)
            with m.If(source[below:] == destination[below:]):
                m.d.comb += top.eq(level)
        go = self._ports(m, destination[: bits(n.k)], top != 0)
        return go, Mux(top != 0, lane, 0), {"to": destination, "top": top}

    def step(self, m, position, port, vc, header):
        n = self.network
        up = port >= n.k
        digits = [header.to[bits(n.k) * level :][: bits(n.k)] for level in range(n.l)]
        digit = Const(0, bits(n.k))
        for level in range(n.l):
            if 0 <= (following := level + (1 if up else -1)) < n.l:
                digit = Mux(position.level == level, digits[following], digit)
        if up:
            return self._ports(m, digit, header.top > position.level + 1), vc
        return self._ports(m, digit, Const(0)), Mux(position.level == 1, 0, vc)

    def _ports(self, m, digit, rises):
        down = _one_hot(digit, self.network.k)
        return Cat(Mux(rises, 0, down), Mux(rises, down, 0)) if self.network.l > 1 else down


@cache
def route(network: Topology) -> Route:
    """Return the routing logic of a network."""
    kinds = {
        GridTopology: GridRoute,
        CrossbarTopology: CrossbarRoute,
        BusTopology: BusRoute,
        FatTreeTopology: FatTreeRoute,
    }
    return kinds[type(network)](network)


def _one_hot(number, count: int):
    return (Const(1, 1) << number)[:count]


def _table(m, name: str, index, values: list[int]):
    """Return values[index], as a signal with that name."""

    def part(values, bit):
        if len(set(values)) == 1:
            return Const(values[0], width)
        half = 1 << bit
        low, high = values[:half], values[half:]
        if high in ([], low):
            return part(low, bit - 1)
        return Mux(index[bit], part(high, bit - 1), part(low, bit - 1))

    width = bits(max(values) + 1)
    found = Signal(width, name=name)
    m.d.comb += found.eq(part(values, len(index) - 1))
    return found


def choose(select, values):
    """Return the one of the values that `select` marks."""
    chosen = 0
    for n, value in enumerate(values):
        chosen |= Mux(select[n], value, 0)
    return chosen


def index(one_hot):
    """Return the index of the only bit that is set."""
    size = bits(len(one_hot))
    return Cat(Cat(bit for n, bit in enumerate(one_hot) if n >> b & 1).any() for b in range(size))
