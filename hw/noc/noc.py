"""Network on chip: routers in a selectable topology, with an input and an output stream per node."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle, Lanes
from ..component import Component, place
from ..stream.packet import join
from .parameters import GridParameters, LinkParameters
from .route import Flit, bits, route
from .router import Router
from .vc_queue_head import DISTRIBUTED

ERRORS = 8
"""Bits of a counter of dropped packets."""


class Outgoing(Bundle):
    """Payload from a node: a word, whether it ends its packet, and, in the packet's first beat, the destination.

    With multicast also `to`: the packet goes to all nodes of the rectangle that `dest` begins and `to` ends. With
    reduction also `reduce`: it is added to those of all other nodes along the route to `dest`.
    """

    def __init__(self, nodes: int, width: int, multicast: bool = False, reduction: bool = False):
        to = {"to": bits(nodes)} if multicast else {}
        to |= {"reduce": 1} if reduction else {}
        super().__init__({"dest": bits(nodes)} | to | {"last": 1, "data": width})


class Incoming(Bundle):
    """Payload to a node: a word, whether it ends its packet, and the number of its source."""

    def __init__(self, nodes: int, width: int):
        super().__init__({"src": bits(nodes), "last": 1, "data": width})


class Noc(Component):
    """Network on chip: packets of any length between all nodes, over routers with virtual channels.

    Node i sends through `node<i>_in` (dest, valid in a packet's first beat; last, high in its last; data, `width`
    bits) and receives through `node<i>_out` (src, last, data). Every packet arrives once, whole (packets at an exit do
    not interleave), unchanged, and in the order in which its source sent packets to that destination. A packet to the
    node itself or to a nonexistent node is accepted and dropped; `node<i>_errors` counts these up to 255. With
    `counters`, `router<r>_flits` counts the flits that left router r at each of its ports, port 0 in the low bits.

    `topology` is a ring of k nodes, a mesh or torus of k x l (node y k + x at (x, y)), a crossbar (one router) or bus
    (one link) of k x l nodes, or a fat_tree of k^l. Routes are fixed for each pair of nodes, shortest, and free of
    deadlock: the channel dependency graph is searched for cycles when parameters are checked.

    With `multicast`, a packet goes to all nodes (x, y) of the rectangle from `dest`, its least x and y, to `to`, its
    greatest, but not to its source; if they are the same, to that one node. Each beat to a rectangle arrives as a
    separate packet; all packets that a source sends to rectangles stay in order, but those to a single node may
    overtake them. A packet to a rectangle that ends before it begins, or beyond the network, is dropped and counted.

    With `reduction`, packets with `reduce` set are added on their way to `dest`. All k l nodes, `dest` included, must
    send such packets to the same nodes, in the same order and of the same lengths. From their beats x_i node `dest`
    receives one packet of one beat

        data = sum over i of x_i, in each of the width / 32 lanes of 32 bits, modulo 2^32; src = dest

    in the order in which they were sent; exact, independently of the routes. Routers add, and the highest VC is
    reserved for sums. A sum, and all sums after it, wait for the last node to send its beat. A node with `depth` beats
    waiting at its own router is stalled meanwhile, also for other packets; packets of other nodes are not delayed.
    `to` is ignored with `reduce`. A packet with `reduce` and `dest` beyond the network is dropped and counted.

    Latency: without other traffic, hops x `latency` + length cycles from the acceptance of a packet's first beat to
    its last beat at the exit, where hops counts the routers that it passes. Initiation interval 1.

    Back-pressure: an exit that stalls blocks its packets in the network, and eventually all packets on the same
    channels. Each VC has its own buffers, and packets to one destination use the same VC where several are possible.
    There is no combinational path from an input to an output.

    Area: one router (see there) per node (fat_tree: l k^(l-1), crossbar: 1, bus: 2), and depth flits at each exit.
    All routers are instances of one module; their positions are inputs.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004. Fat trees:
    F. Petrini and M. Vanneschi, k-ary n-trees: high performance networks for massively parallel architectures, 1997.
    """

    unit = "flit"

    class Parameters(GridParameters):
        counters: int = Field(0, ge=0, le=64, description="bits of the counters of each router's flits; 0: none")

    @staticmethod
    def members(p):
        members, nodes = {}, p.network.nodes
        for node in range(nodes):
            members[f"node{node}_in"] = In(stream.Signature(Outgoing(nodes, p.width, p.multicast, p.reduction)))
            members[f"node{node}_out"] = Out(stream.Signature(Incoming(nodes, p.width)))
            members[f"node{node}_errors"] = Out(ERRORS)
        for router in range(p.network.routers if p.counters else 0):
            members[f"router{router}_flits"] = Out(Lanes(p.counters, p.network.ports))
        return members

    @property
    def latency(self) -> int:
        """Latency of a packet of one beat between adjacent nodes."""
        network = self.p.network
        return min(len(channels) for channels in network.paths.values()) * self.p.latency + 1

    @property
    def peak(self) -> int:
        return self.p.network.nodes

    def elaborate(self, platform):
        m = Module()
        p, n = self.p, self.p.network
        routing, flit = route(n), Flit(n, p.width)
        shared = {"network": n, "width": p.width, "depth": p.depth}
        described = {name: value for name, value in p if name in Router.Parameters.model_fields}
        routers = [place(m, platform, f"router{r}", Router, **described) for r in range(n.routers)]
        arriving = {}  # (router, input port) to flit, valid
        leaving = {}  # (router, output port) to returned credits
        for (router, port), end in n.links.items():
            arriving[end] = routers[router].o[port], _vcs(routers[router].o_valid, port, n.vcs)
            leaving[router, port] = _vcs(routers[end[0]].i_credit, end[1], n.vcs)
        for node in range(n.nodes):
            router, port = n.entry(node)
            entry = place(m, platform, f"entry{node}", Entry, **shared)
            arriving[router, port] = entry.flit, entry.valid
            errors = getattr(self, f"node{node}_errors")
            m.d.comb += [
                entry.position.eq(routing.position.const(routing.place(router))),
                entry.node.eq(node),
                entry.credit.eq(_vcs(routers[router].i_credit, port, n.vcs)),
                errors.eq(entry.errors),
            ]
            join(m, getattr(self, f"node{node}_in"), entry.i)
            router, port = n.exit(node)
            exit_ = place(m, platform, f"exit{node}", Exit, **shared)
            m.d.comb += [exit_.flit.eq(routers[router].o[port]), exit_.valid.eq(routers[router].o_valid[port * n.vcs])]
            leaving[router, port] = exit_.credit
            join(m, exit_.o, getattr(self, f"node{node}_out"))
        nothing = Const(0, flit.size), Const(0, n.vcs)
        for r, router in enumerate(routers):
            flits, valids = zip(*(arriving.get((r, port), nothing) for port in range(n.ports)), strict=True)
            credits = [leaving.get((r, port), Const(0)) for port in range(n.ports)]
            m.d.comb += [
                router.position.eq(routing.position.const(routing.place(r))),
                router.i.as_value().eq(Cat(flits)),
                router.i_valid.as_value().eq(Cat(valids)),
                router.o_credit.as_value().eq(Cat(Cat(credit, Const(0, n.vcs))[: n.vcs] for credit in credits)),
            ]
            if p.counters:
                flits = getattr(self, f"router{r}_flits")
                passed = [_vcs(router.o_valid, port, n.vcs).any() for port in range(n.ports)]
                m.d.sync += [flits[port].eq(flits[port] + one) for port, one in enumerate(passed)]
        return m


class Entry(Component):
    """Entry of a node's packets into its router: each becomes flits with a route, or is dropped and counted.

    Ready if every VC of the router's input has space, so that it depends on no input. Latency 0.
    Area: a packet's route in registers, a counter of `depth` bits per VC.
    """

    class Parameters(LinkParameters):
        pass

    @staticmethod
    def members(p):
        n = p.network
        return {
            "position": In(route(n).position),
            "node": In(bits(n.nodes)),
            "i": In(stream.Signature(Outgoing(n.nodes, p.width, n.multicast, n.reduction))),
            "flit": Out(Flit(n, p.width)),
            "valid": Out(n.vcs),
            "credit": In(n.vcs),
            "errors": Out(ERRORS),
        }

    def elaborate(self, platform):
        m = Module()
        p, n = self.p, self.p.network
        routing = route(n)
        beat, to = self.i.payload, self.i.payload.dest
        lane = routing.lane(m, to)
        go, vc, header = routing.start(m, self.position, self.node, to, lane)
        illegal = (to == self.node) | ((to >= n.nodes) if n.nodes & (n.nodes - 1) else 0)
        if n.multicast:
            multicast, end = Signal(name="multicast"), beat.to
            low, high = routing.corner(m, "low", to), routing.corner(m, "high", end)
            own = routing.lane(m, self.node)
            go_many, spread = routing.spread(m, self.position, low, high, own)
            go, vc, lane = Mux(multicast, go_many, go), Mux(multicast, own, vc), Mux(multicast, own, lane)
            header = {name: Mux(multicast, value, header.get(name, 0)) for name, value in spread.items()} | {
                "down": header["down"]
            }
            beyond = (to >= n.nodes) | (end >= n.nodes) | (low[0] > high[0]) | (low[1] > high[1])
            m.d.comb += multicast.eq(end != to)
            illegal = Mux(multicast, beyond, illegal)
        if n.reduction:
            go_sum, added = routing.start_reduction(self.position, routing.corner(m, "root", to))
            go, vc, lane = Mux(beat.reduce, go_sum, go), Mux(beat.reduce, n.plain, vc), Mux(beat.reduce, n.plain, lane)
            header = {name: Mux(beat.reduce, added.get(name, 0), value) for name, value in header.items()}
            illegal = Mux(beat.reduce, (to >= n.nodes) if n.nodes & (n.nodes - 1) else 0, illegal)
        layout = {"go": n.ports, "vc": bits(n.vcs), "header": routing.header, "lane": bits(n.vcs), "illegal": 1}
        layout = Bundle(layout | ({"src": bits(n.nodes), "sum": 1} if n.reduction else {}))
        computed, latched, current = (Signal(layout, name=name) for name in ("computed", "latched", "current"))
        last = beat.last | current.header.multicast if n.multicast else beat.last
        if n.reduction:
            m.d.comb += [computed.src.eq(Mux(beat.reduce, to, self.node)), computed.sum.eq(beat.reduce)]
            last |= current.sum
        first = Signal(init=1)
        accepted = Signal()
        m.d.comb += [
            computed.go.eq(go),
            computed.vc.eq(vc),
            [computed.header[name].eq(value) for name, value in header.items()],
            computed.lane.eq(lane),
            computed.illegal.eq(illegal),
            current.as_value().eq(Mux(first, computed, latched)),
            accepted.eq(self.i.valid & self.i.ready),
            self.flit.data.eq(beat.data),
            self.flit.last.eq(last),
            self.flit.src.eq(current.src if n.reduction else self.node),
            self.flit.header.eq(current.header),
            self.flit.go.eq(current.go),
            self.flit.vc.eq(current.vc),
        ]
        with m.If(accepted):
            m.d.sync += [first.eq(beat.last), latched.eq(current)]
        with m.If(accepted & first & computed.illegal & (self.errors != (1 << ERRORS) - 1)):
            m.d.sync += self.errors.eq(self.errors + 1)
        spaces = []
        for v in range(n.vcs):
            credits = Signal(p.depth, name=f"credits{v}", init=-1)
            m.d.comb += self.valid[v].eq(accepted & ~current.illegal & (current.lane == v))
            with m.If(self.valid[v] ^ self.credit[v]):
                m.d.sync += credits.eq(Mux(self.credit[v], Cat(1, credits[:-1]), credits[1:]))
            spaces.append(credits[0])
        m.d.comb += self.i.ready.eq(Cat(spaces).all())
        return m


class Exit(Component):
    """Exit of a node's packets: a buffer of `depth` flits, whose free words the router counts. Latency 1."""

    class Parameters(LinkParameters):
        pass

    @staticmethod
    def members(p):
        n = p.network
        return {
            "flit": In(Flit(n, p.width)),
            "valid": In(1),
            "credit": Out(1),
            "o": Out(stream.Signature(Incoming(n.nodes, p.width))),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        layout = self.o.payload.shape()
        m.submodules.ring = ring = Memory(shape=layout.size, depth=p.depth, init=[], attrs=DISTRIBUTED)
        write = ring.write_port()
        read = ring.read_port(domain="comb")
        following = Signal(bits(p.depth), init=1)  # the address after the read address
        pop = Signal()
        m.d.comb += [
            write.data.eq(Cat(self.flit.src, self.flit.last, self.flit.data)),
            write.en.eq(self.valid),
            self.o.payload.as_value().eq(read.data),
            pop.eq(self.o.valid & self.o.ready),
        ]
        m.d.sync += [write.addr.eq(write.addr + self.valid), self.credit.eq(pop)]
        with m.If(pop):
            m.d.sync += [read.addr.eq(following), following.eq(following + 1)]
        with m.If(pop | ~self.o.valid):
            m.d.sync += self.o.valid.eq(self.valid | (self.o.valid & (following != write.addr)))
        return m


def _vcs(bits_, port: int, vcs: int):
    """Return a port's bits of a word that has one bit per VC of each port."""
    return bits_[port * vcs : (port + 1) * vcs]
