"""Network on chip with built-in traffic generators and checkers, for simulation or for a board."""

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle, Lanes
from ..component import Component, place
from ..stream.packet import join
from .noc import ERRORS, Noc
from .parameters import NetworkParameters
from .route import bits, choose
from .traffic import TrafficCounts, TrafficNode, TrafficSettings, fixed


class NocTraffic(Component):
    """Network on chip with a source of random packets and a checker of all arriving packets at each node.

    Settings are inputs and may change at any time, except `seed`, which must not change after reset: see
    `hw.noc.traffic.TrafficSettings`. `load` is in packets per node and cycle, times 2^16. Patterns: 0 uniform,
    1 tornado, 2 transpose, 3 bit complement, 4 hot spot, 5 neighbour. `select` is a node, whose counts are at the
    outputs two cycles later: see `hw.noc.traffic.TrafficCounts`; `errors` counts the packets that the network rejected
    there. `links` counts the flits that left the router with the same number at each port, port 0 in the low bits (that
    is the node's own router if each node has one; 0 if there is no such router).

    Latency: the network's, from the cycle in which a packet is the first in its source's backlog to that in which its
    last flit leaves. `cycles` includes the time in the backlog, too.
    Initiation interval: one flit per cycle at each node.

    Back-pressure: packets that are due while the backlog of their source is full are not generated, and are counted as
    `blocked`.

    Area: the network (`noc`), and a few hundred LUT per node, which grow with width.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapters 3 and 23.
    """

    unit = "flit"

    class Parameters(NetworkParameters):
        width: int = Field(64, ge=32, le=1024, description="data bits of a flit")
        counters: int = Field(32, ge=0, le=64, description="bits of the counters of each router's flits; 0: none")

    @staticmethod
    def members(p):
        members = {"seed": In(32)} | {name: In(field.width) for name, field in TrafficSettings()}
        members |= {"select": In(bits(p.network.nodes))} | {name: Out(field.shape) for name, field in TrafficCounts()}
        members["errors"] = Out(ERRORS)
        if p.counters:
            members["links"] = Out(Lanes(p.counters, p.network.ports))
        return members

    @property
    def latency(self) -> int:
        """Latency of the network."""
        return Noc(**dict(self.p)).described().latency

    @property
    def peak(self) -> int:
        return self.p.network.nodes

    def elaborate(self, platform):
        m = Module()
        p, n = self.p, self.p.network
        noc = place(m, platform, "noc", Noc, **dict(p))
        settings = Signal(TrafficSettings())
        m.d.comb += [settings[name].eq(getattr(self, name)) for name, _ in TrafficSettings()]
        shown = Bundle({"counts": TrafficCounts(), "errors": ERRORS, "links": p.counters * n.ports})
        shows = []
        for number in range(n.nodes):
            node = place(m, platform, f"node{number}", TrafficNode, network=n, width=p.width, depth=p.depth)
            m.d.comb += [
                node.node.eq(number),
                node.pattern_dests.eq(node.pattern_dests.shape().const(fixed(n, number))),
                node.seed.eq(self.seed),
                node.settings.eq(settings),
            ]
            join(m, node.o, getattr(noc, f"node{number}_in"))
            join(m, getattr(noc, f"node{number}_out"), node.i)
            links = getattr(noc, f"router{number}_flits") if p.counters and number < n.routers else Const(0, 0)
            shows.append(Cat(node.counts, getattr(noc, f"node{number}_errors"), links))
        show, select = Signal(shown, name="show"), Signal(n.nodes, name="selected")
        m.d.sync += [select.eq(1 << self.select), show.as_value().eq(choose(select, shows))]
        m.d.comb += [getattr(self, name).eq(show.counts[name]) for name, _ in TrafficCounts()]
        m.d.comb += self.errors.eq(show.errors)
        if p.counters:
            m.d.comb += self.links.as_value().eq(show.links)
        return m
