"""Wormhole router with virtual channels."""

import functools
import operator

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle, Lanes
from ..component import Component, place
from ..stream.matrix_arbiter import MatrixArbiter
from .parameters import GridParameters, LinkParameters
from .reduction import ReductionJoin, add
from .route import Flit, bits, choose, index, route
from .router_output import RouterOutput
from .topology.graphs import Topology
from .vc_queue_head import DISTRIBUTED, VcQueueHead


class Router(Component):
    """Wormhole router of a network's node, with virtual channels (VCs).

    A flit arrives at input port p if `i_valid[p]` has a bit set: that of the VC in which it is buffered. It carries its
    output port and VC at this router (`go`, `vc`), and leaves with those at the next router, which follow from its
    header and `position`: routes are computed one router ahead (look-ahead routing). A packet's first flit allocates
    the VC at its output until its last flit has passed; flits of packets on other VCs may interleave. `i_credit[p]` has
    one bit per VC, high when a flit has left its buffer: senders start with `depth` credits. The credits of flits sent
    at `o` return on `o_credit`.

    Latency: `latency` cycles from the write into this buffer to the write into the next. With 1 the arbitration and the
    multiplexers take one cycle, with 2 there is a register between them. Initiation interval 1: each input and each
    output passes one flit per cycle. A credit can be used again latency + 2 cycles after a flit has used it, if the
    next router does not delay that flit, so a VC with depth >= latency + 2 passes one flit per cycle.

    Each input selects one of its VCs, each VC of an output one of the packets, and each output one of its VCs, always
    the least recently served one. A flit may be sent if the next buffer has space and, if it is a packet's first, its
    VC there is free. While a packet waits, at most vcs (vcs - 1) n + n - 1 others pass on the output and VC that it
    waits for, regardless of other traffic; n is the largest number of inputs that lead to one output.

    With two `rounds`, an input whose flit was not granted offers one of another VC in the same cycle, to outputs that
    have not granted any. A request granted in either round gets the lowest priority in both, so the bound is the same;
    the clock is slower.

    With `multicast`, `go` may have several bits: the flit, a separate packet, leaves by each of those outputs once, in
    the same cycle by all that accept it, and stays at the front of its buffer until the last has accepted it. The bound
    on waiting holds for packets to one node.

    With `reduction`, flits on the highest VC are added: an output waits until each of the inputs that it adds at this
    `position` has a flit for the same root at the front. It accepts all of them in one cycle, and sends one flit with
    the sum of their words of 32 bits, modulo 2^32. At each of these inputs such a flit precedes packets, but of the
    cycles in which one of the input's packets is ready, no two in succession are used for sums. So at most
    2 vcs (vcs - 1) n others, sums included, pass on the output and VC that a packet waits for.

    Back-pressure: credits. Only `position` reaches an output combinationally: flits are buffered and credits counted
    first.

    Area grows with ports x vcs x depth x flit (buffers, distributed memory), and with the turns that packets can take
    (`Topology.turns`) x flit: the multiplexers. The turns are known at elaboration: an input in x needs multiplexer
    inputs at the outputs in y, but not the reverse.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapters 16 to 19;
    VCs fixed for each pair of nodes: K. S. Shim et al., Static virtual channel allocation in oblivious routing, 2009.
    """

    unit = "flit"

    class Parameters(GridParameters):
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
        reachable = [
            tuple(o for o in range(n.ports) if i in n.turns[o]) for i in range(n.ports)
        ]  # outputs of each input
        inputs, outputs = {}, {}
        for i in range(n.ports):
            if reachable[i]:
                parameters = {name: getattr(p, name) for name in ("network", "width", "depth", "latency", "rounds")}
                parameters["reachable"] = reachable[i]
                inputs[i] = place(m, platform, f"input{i}", RouterInput, **parameters)
        for o in range(n.ports):
            if n.turns[o]:
                parameters = {
                    "inputs": len(n.turns[o]),
                    "vcs": vcs_of(n, [o])[0],
                    "depth": p.depth,
                    "sums": n.reduction,
                    "rounds": p.rounds,
                }
                outputs[o] = place(m, platform, f"output{o}", RouterOutput, **parameters)

        for i, port in inputs.items():
            if n.reduction:
                m.d.comb += port.sums.eq(Cat(outputs[o].sum for o in reachable[i]))
            m.d.comb += [
                port.position.eq(self.position),
                port.flit.eq(self.i[i]),
                port.valid.eq(self.i_valid[i]),
                port.space.eq(Cat(outputs[o].space for o in reachable[i])),
                port.allocated.eq(Cat(outputs[o].allocated for o in reachable[i])),
                port.accepted.eq(Cat(outputs[o].grant[n.turns[o].index(i)] for o in reachable[i])),
            ]
            if p.rounds == 2:
                m.d.comb += [
                    port.idle.eq(Cat(outputs[o].idle for o in reachable[i])),
                    port.accepted2.eq(Cat(outputs[o].grant2[n.turns[o].index(i)] for o in reachable[i])),
                ]
        for o, port in outputs.items():
            offers = [inputs[i] for i in n.turns[o]]
            for name in ("request", "request2")[: p.rounds]:
                requests = []
                for i in n.turns[o]:
                    before = sum(len(outputs[other].space) for other in reachable[i] if other < o)
                    requests.append(getattr(inputs[i], name)[before:][: len(port.space)])
                m.d.comb += getattr(port, name).as_value().eq(Cat(requests))
            m.d.comb += [port.last.eq(Cat(offer.last for offer in offers)), port.credit.eq(self.o_credit[o])]
            if n.reduction:
                self._join(m, platform, o, port, offers)
            valid, grant = port.sent, port.grant
            if p.rounds == 2:
                grant = grant | port.grant2
            if p.latency == 2:
                arbitrated = [valid, grant]
                valid, grant = Signal(len(valid), name=f"valid{o}"), Signal(len(grant), name=f"grant{o}")
                m.d.sync += [valid.eq(arbitrated[0]), grant.eq(arbitrated[1])]
            flits = [offer.o.as_value() for offer in offers]
            if n.multicast:  # each output has its own next step
                flits = [_with_go(m, offer, reachable[i].index(o)) for i, offer in zip(n.turns[o], offers, strict=True)]
            if n.reduction:
                chosen = Cat(add(grant, flits, p.width), choose(grant, [flit[p.width :] for flit in flits]))
            else:
                chosen = choose(grant, flits)
            m.d.comb += self.o[o].as_value().eq(chosen)
            m.d.comb += self.o_valid[o * n.vcs : (o + 1) * n.vcs].eq(valid)
        m.d.comb += self.i_credit.eq(Cat(inputs[i].credit if i in inputs else Const(0, n.vcs) for i in range(n.ports)))
        return m

    def _join(self, m, platform, o: int, port, offers: list):
        """Drive an output's reduction inputs: which inputs it adds here, and whether all of them have a flit for it."""
        n = self.p.network
        root = 0 if o in n.exits else len(offers[0].root)  # a flit that leaves at an exit is at its root
        join = place(m, platform, f"join{o}", ReductionJoin, inputs=len(offers), root=root)
        mask = route(n).reduction_inputs(self.position)
        indices = [[other for other in range(n.ports) if i in n.turns[other]].index(o) for i in n.turns[o]]
        m.d.comb += [
            join.adds.eq(Cat(mask[i] for i in n.turns[o])),
            join.waiting.eq(Cat(offer.waiting[output] for output, offer in zip(indices, offers, strict=True))),
            join.passed.eq(Cat(offer.passed for offer in offers)),
            port.adds.eq(join.adds),
            port.joined.eq(join.joined),
        ]
        if root:
            m.d.comb += join.roots.as_value().eq(Cat(offer.root for offer in offers))


def _with_go(m, offer, output: int):
    """Return the offer of an input, with the output bits that follow from the given output."""
    flit = Signal.like(offer.o, name="flit")
    m.d.comb += [flit.eq(offer.o), flit.go.eq(offer.steps[output])]
    return flit.as_value()


class RouterInput(Component):
    """Router input: the buffers of its VCs, of which it offers one flit per cycle.

    The control bits of the first flit of each VC are in registers: `request` has one bit per output and VC, in the
    order of `reachable`, the reachable outputs (the VCs of the first, those of the second ...; exits have one).
    `accepted` has one bit per output that accepts the flit. `space` has one bit per output and VC, high if the next
    buffer has space; `allocated` marks those with a packet in progress. `o` is the flit as it leaves, `latency` - 1
    cycles later. With multicast, `request` and `accepted` may have several bits, and `steps` has `go` for each output.

    With reduction, the highest VC carries flits to be added. `waiting` marks the output of its first flit, and `root`
    is that flit's destination. The flit makes no request: it leaves before all packets when its output has raised its
    bit of `sums`. `passed` is high if a packet has priority instead: one is ready, and in the last cycle in which one
    was ready a flit to be added has left.

    With two rounds, an input without a grant offers the flit of another VC to an output that is `idle` after the first
    round: `request2`, `accepted2`.

    Area: vcs x depth flits of distributed memory.
    """

    class Parameters(LinkParameters):
        latency: int
        rounds: int = 1
        reachable: tuple[int, ...]

    @staticmethod
    def members(p):
        n, targets = p.network, sum(vcs_of(p.network, p.reachable))
        members = {
            "position": In(route(n).position),
            "flit": In(Flit(n, p.width)),
            "valid": In(n.vcs),
            "credit": Out(n.vcs),
            "space": In(targets),
            "allocated": In(targets),
            "request": Out(targets),
            "last": Out(1),
            "accepted": In(len(p.reachable)),
            "o": Out(Flit(n, p.width)),
        }
        if p.rounds == 2:
            members |= {"idle": In(len(p.reachable)), "request2": Out(targets), "accepted2": In(len(p.reachable))}
        if n.multicast:
            members |= {"steps": Out(Lanes(n.ports, len(p.reachable)))}
        if n.reduction:
            members |= {"waiting": Out(len(p.reachable)), "sums": In(len(p.reachable))}
            members |= {"root": Out(bits(n.k) + bits(n.l)), "passed": Out(1)}
        return members

    def elaborate(self, platform):
        m = Module()
        p, n = self.p, self.p.network
        routing = route(n)
        count, pointer = n.vcs, bits(p.depth)
        kept = Bundle({"data": p.width, "src": bits(n.nodes), "header": routing.header})
        store = Memory(shape=kept.size, depth=p.depth << (count - 1).bit_length(), init=[], attrs=DISTRIBUTED)
        m.submodules.store = store
        write = store.write_port()
        read = store.read_port(domain="comb")
        shape = {"outputs": vcs_of(n, p.reachable), "vcs": count, "depth": p.depth, "multicast": n.multicast}
        packets = vcs = [place(m, platform, f"vc{v}", VcQueueHead, **shape) for v in range(n.plain)]
        if n.reduction:
            shape |= {"outputs": (1,) * len(p.reachable), "multicast": False, "mark": len(self.root)}
            vcs = [*packets, place(m, platform, f"vc{n.plain}", VcQueueHead, **shape)]
        go = Cat(self.flit.go[o] for o in p.reachable)
        for v, queue in enumerate(vcs):
            root = Cat(self.flit.header.x, self.flit.header.y) if v == n.plain else []
            m.d.comb += [queue.push.eq(self.valid[v]), queue.i.eq(Cat(go, self.flit.vc, self.flit.last, root))]
        filled = Signal(pointer, name="filled")
        m.d.comb += [
            filled.eq(choose(self.valid, [queue.tail for queue in vcs])),
            write.addr.eq(Cat(filled, index(self.valid)) if count > 1 else filled),
            write.data.eq(Cat(self.flit.data, self.flit.src, self.flit.header)),
            write.en.eq(self.valid.any()),
        ]

        ready = Signal(n.plain, name="ready")  # VCs whose first flit may be sent
        accepted = self.accepted.any()
        targets = [queue.target for queue in packets]
        for v, queue in enumerate(packets):
            blocked = Mux(queue.first, self.allocated, 0)
            sendable = queue.target & self.space & ~blocked
            if n.multicast:
                targets[v] = Signal.like(self.request, name=f"sendable{v}")
                m.d.comb += targets[v].eq(sendable)
            m.d.comb += ready[v].eq(sendable.any())
        offer, first = ready, Signal(name="sum_granted") if n.reduction else Const(0)
        if n.plain > 1:
            order = {"rule": "least_recent", "held": True, "rounds": p.rounds}
            arbiter = place(m, platform, "arbiter", MatrixArbiter, count=n.plain, **order)
            m.d.comb += [arbiter.request.eq(ready), arbiter.accepted.eq(accepted & ~first if n.reduction else accepted)]
            offer = arbiter.grant
        if n.reduction:
            waiting = vcs[-1].target
            m.d.comb += [first.eq((waiting & self.sums).any()), self.waiting.eq(waiting), self.root.eq(vcs[-1].mark)]
            sum_was_sent = Signal(name="sum_was_sent")  # a sum was sent in the last cycle in which a packet was ready
            m.d.comb += self.passed.eq(sum_was_sent & ready.any())
            with m.If(ready.any()):
                m.d.sync += sum_was_sent.eq(first)
            offer = Cat(Mux(first, 0, offer), first)
        m.d.comb += self.request.eq(choose(offer, targets))
        request = self.request
        if p.rounds == 2:
            retry, granted = Signal(n.plain, name="retry"), self.accepted.any()
            idle = Cat(bit.replicate(size) for bit, size in zip(self.idle, vcs_of(n, p.reachable), strict=True))
            m.d.comb += [
                *(retry[v].eq(ready[v] & (target & idle).any() & ~granted) for v, target in enumerate(targets)),
                arbiter.request2.eq(retry),
                arbiter.accepted2.eq(self.accepted2.any()),
                self.request2.eq(choose(arbiter.grant2, targets)),
            ]
            accepted = accepted | self.accepted2.any()
            offer, request = Mux(granted, offer, arbiter.grant2), Mux(granted, request, self.request2)
        start, last = Signal(pointer, name="start"), Signal(name="ends")
        m.d.comb += [
            start.eq(choose(offer, [queue.head for queue in vcs])),
            last.eq(choose(offer, [queue.last for queue in vcs])),
            self.last.eq(last),
        ]
        if n.multicast:
            served = Signal.like(self.request, name="served")
            sizes = zip(self.accepted, vcs_of(n, p.reachable), strict=True)
            m.d.comb += served.eq(self.request & Cat(bit.replicate(size) for bit, size in sizes))
        for v, queue in enumerate(vcs):
            done = accepted
            if n.multicast and v < n.plain:
                m.d.comb += queue.served.eq(Mux(offer[v], served, 0))
                done = ~(queue.target & ~served).any()
            m.d.comb += queue.pop.eq(offer[v] & done)
        m.d.sync += self.credit.eq(Cat(queue.pop for queue in vcs))

        target = Signal.like(self.request, name="target")
        m.d.comb += target.eq(request)
        if n.reduction:
            outputs = Cat(
                Cat(Const(0, size - 1), bit) for size, bit in zip(vcs_of(n, p.reachable), waiting, strict=True)
            )
            m.d.comb += target.eq(request | Mux(first, outputs, 0))
        header = [Cat(start, index(offer)) if count > 1 else start, target, last]
        if p.latency == 2:
            delayed = [Signal(len(value), name=f"delayed{n}", reset_less=True) for n, value in enumerate(header)]
            m.d.sync += [signal.eq(value) for signal, value in zip(delayed, header, strict=True)]
            header = delayed
        address, target, last = header
        selected, accepted_vcs, low = [], [], 0
        for size in vcs_of(n, p.reachable):
            part = target[low : low + size]
            selected.append(part.any())
            accepted_vcs.append(index(part))
            low += size
        vc = Signal(bits(n.vcs), name="vc")
        m.d.comb += vc.eq(functools.reduce(operator.or_, accepted_vcs))
        found = Signal(kept)
        m.d.comb += [read.addr.eq(address), found.as_value().eq(read.data)]
        steps = [
            routing.step(m, self.position, o, vc, found.header)
            if o in {port for _, port in n.links}
            else (Const(0), Const(0))
            for o in p.reachable
        ]
        if n.multicast:
            m.d.comb += self.steps.as_value().eq(Cat(Cat(step, Const(0, n.ports))[: n.ports] for step, _ in steps))
        m.d.comb += [
            self.o.data.eq(found.data),
            self.o.last.eq(last),
            self.o.src.eq(found.src),
            self.o.header.eq(found.header),
            self.o.go.eq(choose(selected, [step for step, _ in steps])),
            self.o.vc.eq(choose(selected, [step for _, step in steps])),
        ]
        return m


def vcs_of(network: Topology, outputs) -> tuple[int, ...]:
    """Return the number of VCs of each output: exits have one."""
    return tuple(1 if o in network.exits else network.vcs for o in outputs)
