"""The router: flits from input ports to output ports, over virtual channels that are booked by packets."""

from typing import Literal

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field, model_validator

from ..bundle import Bundle, Lanes
from ..component import Component, Parameters, place
from ..memory.scratchpad import RoundRobin
from .route import Flit, bits, route
from .topology import Topology, topology

DISTRIBUTED = {"ram_style": "distributed", "no_rw_check": 1}


class FlitParameters(Parameters):
    """What all parts of a network share."""

    width: int = Field(64, ge=1, le=1024, description="data bits of a flit")
    depth: int = Field(4, ge=2, le=16, description="flits that each VC buffers at each input")

    @model_validator(mode="after")
    def _power(self):
        if self.depth & (self.depth - 1):
            raise ValueError(f"depth={self.depth}: depth must be 2, 4, 8 or 16.")
        return self


class LinkParameters(FlitParameters):
    """The same, within one network."""

    network: Topology


class NetworkParameters(FlitParameters):
    """The same, of a network that is described."""

    topology: Literal["ring", "mesh", "torus", "crossbar", "bus", "fat_tree"] = Field(
        "torus", description="how routers are linked"
    )
    k: int = Field(4, ge=1, le=64, description="nodes of a ring or row; fat_tree: links down of a router")
    l: int = Field(4, ge=1, le=64, description="rows; fat_tree: levels; ring: 1")  # noqa: E741
    vcs: int = Field(2, ge=1, le=8, description="virtual channels of a link")
    latency: int = Field(1, ge=1, le=2, description="cycles a hop")

    @model_validator(mode="after")
    def _network(self):
        _ = self.network
        return self

    @property
    def network(self) -> Topology:
        return topology(self.topology, self.k, self.l, self.vcs)


class Router(Component):
    """Wormhole router of `network.ports` ports and `network.vcs` virtual channels (VCs).

    A flit comes at input port p if `i_valid[p]` has a bit: the VC in which it is buffered. It says which output port
    and VC it takes here (`go`, `vc`), and leaves with what it takes at the next router, which follows from its header
    and `position`: the way is looked up one router ahead. A packet's first flit books the VC at its output until its
    last has passed; flits of packets on other VCs may come between. `i_credit[p]` has a bit for each VC in which a
    flit has left its buffer: senders know `depth` places at first. What leaves at `o` counts on the same from
    `o_credit`.

    Latency: `latency` cycles from being written into this buffer to being written into the next. With 1 the choice and
    the way through the multiplexers are one cycle, with 2 a register is between. Initiation interval 1: each input and
    each output passes a flit a cycle. A credit is back after latency + 2 cycles, so a VC with depth >= latency + 2
    passes a flit every cycle.

    Each input offers one of its VCs, each output takes one of the inputs, both in turn. A flit has its turn if there is
    room behind the output and, if it is a packet's first, its VC there is free. From then on it leaves within ports - 1
    cycles in which its input offers it; each other VC of its input comes before it once at most.

    Back-pressure: credits. No input but `position` reaches an output within a cycle: flits are buffered and credits
    counted first.

    Area grows with ports x vcs x depth x flit (buffers, distributed memory), and with the turns that packets can take
    (`Topology.turns`) x flit: the multiplexers. Which turns there are is known, so x inputs cost y outputs, but not the
    reverse.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapters 16 to 19;
    VCs fixed for each pair of nodes: K. S. Shim et al., Static virtual channel allocation in oblivious routing, 2009.
    """

    unit = "flit"

    class Parameters(NetworkParameters):
        pass

    @staticmethod
    def members(p):
        n = p.network
        flits, each = Lanes(Flit(n, p.width), n.ports), n.ports * n.vcs
        return {
            "position": In(route(n).position),
            "i": In(flits),
            "i_valid": In(Lanes(n.vcs, n.ports)),
            "i_credit": Out(each),
            "o": Out(flits),
            "o_valid": Out(each),
            "o_credit": In(Lanes(n.vcs, n.ports)),
        }

    @property
    def latency(self) -> int:
        return self.p.latency

    @property
    def peak(self) -> int:
        return self.p.network.ports

    def elaborate(self, platform):
        m = Module()
        p, n = self.p, self.p.network
        leads = [tuple(o for o in range(n.ports) if i in n.turns[o]) for i in range(n.ports)]  # outputs of each input
        inputs, outputs = {}, {}
        for i in range(n.ports):
            if leads[i]:
                parameters = {"network": n, "width": p.width, "depth": p.depth, "latency": p.latency, "leads": leads[i]}
                inputs[i] = place(m, platform, f"input{i}", RouterInput, **parameters)
        for o in range(n.ports):
            if n.turns[o]:
                vcs = 1 if o in n.exits else n.vcs
                parameters = {"inputs": len(n.turns[o]), "vcs": vcs, "link_vcs": n.vcs, "depth": p.depth}
                outputs[o] = place(m, platform, f"output{o}", RouterOutput, **parameters)

        for i, port in inputs.items():
            m.d.comb += [
                port.position.eq(self.position),
                port.flit.eq(self.i[i]),
                port.valid.eq(self.i_valid[i]),
                port.free.as_value().eq(Cat(_each(outputs[o].free, n.vcs) for o in leads[i])),
                port.room.as_value().eq(Cat(_each(outputs[o].room, n.vcs) for o in leads[i])),
                port.grant.eq(Cat(outputs[o].grant[n.turns[o].index(i)] for o in leads[i])),
            ]
        for o, port in outputs.items():
            offers = [inputs[i] for i in n.turns[o]]
            m.d.comb += [
                port.request.eq(Cat(inputs[i].request[leads[i].index(o)] for i in n.turns[o])),
                port.vc.as_value().eq(Cat(offer.vc for offer in offers)),
                port.last.eq(Cat(offer.last for offer in offers)),
                port.credit.eq(self.o_credit[o]),
            ]
            valid, grant = port.sent, port.grant
            if p.latency == 2:
                valid, grant = Signal(len(valid), name=f"valid{o}"), Signal(len(grant), name=f"grant{o}")
                m.d.sync += [valid.eq(port.sent), grant.eq(port.grant)]
            m.d.comb += self.o[o].as_value().eq(choose(grant, [offer.o.as_value() for offer in offers]))
            m.d.comb += self.o_valid[o * n.vcs : (o + 1) * n.vcs].eq(valid)
        m.d.comb += self.i_credit.eq(Cat(inputs[i].credit if i in inputs else Const(0, n.vcs) for i in range(n.ports)))
        return m


class RouterInput(Component):
    """An input port: its VCs' buffers, of which it offers one flit a cycle.

    What decides of the first flit of each VC stands in registers. `request` has a bit for the output (of `leads`, those
    that can be reached) that the offered flit asks for, `vc` and `last` go with it; `grant` has a bit for the output
    that takes it. `room` tells for each output and VC whether the next buffer has room, `free` whether besides no
    packet has booked the VC. `o` is the flit as it leaves, `latency` - 1 cycles later.

    Area: vcs x depth flits of distributed memory.
    """

    class Parameters(LinkParameters):
        latency: int
        leads: tuple[int, ...]

    @staticmethod
    def members(p):
        n, outputs = p.network, len(p.leads)
        return {
            "position": In(route(n).position),
            "flit": In(Flit(n, p.width)),
            "valid": In(n.vcs),
            "credit": Out(n.vcs),
            "free": In(Lanes(n.vcs, outputs)),
            "room": In(Lanes(n.vcs, outputs)),
            "request": Out(outputs),
            "vc": Out(bits(n.vcs)),
            "last": Out(1),
            "grant": In(outputs),
            "o": Out(Flit(n, p.width)),
        }

    def elaborate(self, platform):
        m = Module()
        p, n = self.p, self.p.network
        way, outputs = route(n), len(p.leads)
        count, pointer = n.vcs, bits(p.depth)
        kept = Bundle({"data": p.width, "src": bits(n.nodes), "header": way.header})
        store = Memory(shape=kept.size, depth=p.depth << (count - 1).bit_length(), init=[], attrs=DISTRIBUTED)
        m.submodules.store = store
        write = store.write_port()
        read = store.read_port(domain="comb")
        vcs = [
            place(m, platform, f"vc{v}", FrontOfQueue, outputs=outputs, vcs=count, depth=p.depth) for v in range(count)
        ]
        go = Cat(self.flit.go[o] for o in p.leads)
        for v, queue in enumerate(vcs):
            m.d.comb += [queue.push.eq(self.valid[v]), queue.i.eq(Cat(go, self.flit.vc, self.flit.last))]
        filled = Signal(pointer, name="filled")
        m.d.comb += [
            filled.eq(choose(self.valid, [queue.tail for queue in vcs])),
            write.addr.eq(Cat(filled, _index(self.valid)) if count > 1 else filled),
            write.data.eq(Cat(self.flit.data, self.flit.src, self.flit.header)),
            write.en.eq(self.valid.any()),
        ]

        ready = Signal(count)  # VCs whose first flit may go
        fronts = [(q.o[:outputs], q.o[outputs:-1], q.o[-1]) for q in vcs]
        for v, ((wants, vc, _), queue) in enumerate(zip(fronts, vcs, strict=True)):
            open_ = [_pick(Mux(queue.first, self.free[o], self.room[o]), vc, count) for o in range(outputs)]
            m.d.comb += ready[v].eq(queue.there & (wants & Cat(open_)).any())
        offer = ready
        if count > 1:
            turn = place(m, platform, "turn", RoundRobin, ports=count, held=True)
            m.d.comb += [turn.request.eq(ready), turn.done.eq(self.grant.any())]
            offer = turn.grant
        wanted, start = Signal(outputs), Signal(pointer)
        m.d.comb += [
            wanted.eq(choose(offer, [wants for wants, _, _ in fronts])),
            start.eq(choose(offer, [queue.head for queue in vcs])),
            self.request.eq(wanted),
            self.vc.eq(choose(offer, [vc for _, vc, _ in fronts])),
            self.last.eq(choose(offer, [last for _, _, last in fronts])),
        ]
        for v, queue in enumerate(vcs):
            m.d.comb += queue.pop.eq(offer[v] & self.grant.any())
        m.d.sync += self.credit.eq(Cat(queue.pop for queue in vcs))

        address = Cat(start, _index(offer)) if count > 1 else start
        leaves = [address, wanted, self.vc, self.last]
        if p.latency == 2:
            late = [Signal(len(value), name=f"late{n}", reset_less=True) for n, value in enumerate(leaves)]
            m.d.sync += [signal.eq(value) for signal, value in zip(late, leaves, strict=True)]
            leaves = late
        address, wanted, vc, last = leaves
        found = Signal(kept)
        m.d.comb += [read.addr.eq(address), found.as_value().eq(read.data)]
        steps = [
            way.step(m, self.position, o, vc, found.header)
            if o in {port for _, port in n.links}
            else (Const(0), Const(0))
            for o in p.leads
        ]
        m.d.comb += [
            self.o.data.eq(found.data),
            self.o.last.eq(last),
            self.o.src.eq(found.src),
            self.o.header.eq(found.header),
            self.o.go.eq(choose(wanted, [step for step, _ in steps])),
            self.o.vc.eq(choose(wanted, [step for _, step in steps])),
        ]
        return m


class FrontOfQueue(Component):
    """What a VC's buffer says of the way of its flits: a ring in memory, whose first row is in a register.

    `push` adds `i` (output, VC, last), `pop` removes the first, `o`, which is `there` or not; `first` if it starts a
    packet. `head` and `tail` are the places of the first flit and of the next that comes, for the data beside.
    """

    class Parameters(Parameters):
        outputs: int
        vcs: int
        depth: int

    @staticmethod
    def members(p):
        size, pointer = p.outputs + bits(p.vcs) + 1, bits(p.depth)
        return {
            "i": In(size),
            "push": In(1),
            "pop": In(1),
            "o": Out(size),
            "there": Out(1),
            "first": Out(1, init=1),
            "head": Out(pointer),
            "tail": Out(pointer),
        }

    def elaborate(self, platform):
        m = Module()
        m.submodules.ring = ring = Memory(shape=len(self.i), depth=self.p.depth, init=[], attrs=DISTRIBUTED)
        write = ring.write_port()
        read = ring.read_port(domain="comb")
        second = Signal(len(self.head), init=1)  # the place after the first
        more = Signal()
        m.d.comb += [
            write.addr.eq(self.tail),
            write.data.eq(self.i),
            write.en.eq(self.push),
            read.addr.eq(second),
            more.eq(self.there & (second != self.tail)),
        ]
        m.d.sync += self.tail.eq(self.tail + self.push)
        with m.If(self.pop):
            m.d.sync += [self.head.eq(second), second.eq(second + 1), self.first.eq(self.o[-1])]
        with m.If(self.pop | ~self.there):
            m.d.sync += [self.there.eq(more | self.push), self.o.eq(Mux(more, read.data, self.i))]
        return m


class RouterOutput(Component):
    """An output port: it takes the flit of one input in a cycle, books VCs for packets and counts what has room.

    `request` and `grant` have a bit for each input; `sent` has a bit for the VC on which the granted one's flit goes.
    Places in the next buffer are counted as a row of `depth` bits, filled from below.
    """

    class Parameters(Parameters):
        inputs: int
        vcs: int
        depth: int
        link_vcs: int

    @staticmethod
    def members(p):
        return {
            "request": In(p.inputs),
            "vc": In(Lanes(bits(p.link_vcs), p.inputs)),
            "last": In(p.inputs),
            "credit": In(p.vcs),
            "grant": Out(p.inputs),
            "sent": Out(p.vcs),
            "free": Out(p.vcs),
            "room": Out(p.vcs),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        if p.inputs > 1:
            turn = place(m, platform, "turn", RoundRobin, ports=p.inputs)
            m.d.comb += [turn.request.eq(self.request), self.grant.eq(turn.grant)]
        else:
            m.d.comb += self.grant.eq(self.request)
        last = (self.grant & self.last).any()
        for v in range(p.vcs):
            on = Cat((self.vc[i] == v) if p.vcs > 1 else Const(1) for i in range(p.inputs))
            booked, places = Signal(name=f"booked{v}"), Signal(p.depth, name=f"places{v}", init=-1)
            m.d.comb += [
                self.sent[v].eq((self.grant & on).any()),
                self.room[v].eq(places[0]),
                self.free[v].eq(places[0] & ~booked),
            ]
            with m.If(self.sent[v]):
                m.d.sync += booked.eq(~last)
            with m.If(self.sent[v] ^ self.credit[v]):
                m.d.sync += places.eq(Mux(self.credit[v], Cat(1, places[:-1]), places[1:]))
        return m


def choose(select, values):
    """The one of the values that `select` has a bit for."""
    chosen = 0
    for n, value in enumerate(values):
        chosen |= Mux(select[n], value, 0)
    return chosen


def _index(one_hot):
    """The number of the only bit that is set."""
    size = bits(len(one_hot))
    return Cat(Cat(bit for n, bit in enumerate(one_hot) if n >> b & 1).any() for b in range(size))


def _pick(values, index, count: int):
    return values.bit_select(index, 1) if count > 1 else values[0]


def _each(bit, count: int):
    """One VC's state, for all."""
    return bit if len(bit) == count else bit.replicate(count)
