"""Network interface: wide packets to flits and back."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import enum, stream
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle
from ..component import Component, Parameters, place
from ..stream.packet import join
from ..stream.spill import StreamSpill
from .noc import Incoming, Outgoing
from .route import bits
from .vc_queue_head import DISTRIBUTED


class SendError(enum.Enum, shape=2):
    """Reason why a packet was not sent."""

    OWN = 0
    UNREACHABLE = 1
    TOO_LONG = 2


class SendStatus(Bundle):
    """Status of a packet that was not sent."""

    def __init__(self, nodes: int):
        super().__init__({"error": SendError, "dest": bits(nodes)})


class NetworkInterface(Component):
    """Network interface of a node: converts packets of wide beats to flits of a `noc`, and back.

    `send` accepts packets (dest, valid in the first beat; last; data of `flits` x `width` bits), and `receive` returns
    them (src, last, data). `o` and `i` connect to the node's streams `node<i>_in` and `node<i>_out`; a beat is `flits`
    flits, the low bits first. `node` is the node's own number.

    A packet is sent when it has arrived completely, so a source that pauses blocks no channel of the network. A packet
    to the node itself, to a number of `nodes` or more, or of more than `longest` beats is not sent, and `status`
    reports its destination and the reason; all others are sent in order. A received packet whose last flit is in the
    middle of a beat is padded with zeros.

    Latency: a packet's first flit is valid 1 cycle after its last beat was accepted, and a beat is valid 1 cycle after
    its last flit was accepted. Initiation interval: one flit per cycle in both directions.

    Back-pressure: `send` is ready if there is space, and no status is pending. There is no combinational path from an
    input to an output.

    Area: 2 `longest` beats of distributed memory, rounded up to a power of two, and three beats of flip-flops.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, chapter 20.
    """

    unit = "flit"

    class Parameters(Parameters):
        nodes: int = Field(16, ge=2, le=64, description="nodes of the network")
        width: int = Field(64, ge=1, le=1024, description="data bits of a flit")
        flits: int = Field(4, ge=1, le=16, description="flits of a beat")
        longest: int = Field(16, ge=1, le=64, description="beats of the longest packet")

    @staticmethod
    def members(p):
        wide = p.flits * p.width
        return {
            "node": In(bits(p.nodes)),
            "send": In(stream.Signature(Outgoing(p.nodes, wide))),
            "status": Out(stream.Signature(SendStatus(p.nodes))),
            "o": Out(stream.Signature(Outgoing(p.nodes, p.width))),
            "i": In(stream.Signature(Incoming(p.nodes, p.width))),
            "receive": Out(stream.Signature(Incoming(p.nodes, wide))),
        }

    @property
    def latency(self) -> int:
        """Latency from a packet's last beat to its first flit."""
        return 1

    @property
    def peak(self) -> int:
        return 2

    def elaborate(self, platform):
        m = Module()
        self._send(m)
        self._receive(m, platform)
        return m

    def _send(self, m):
        p, beat = self.p, self.send.payload
        depth = 1 << (2 * p.longest - 1).bit_length()
        rows = Memory(shape=beat.shape().size, depth=depth, init=[], attrs=DISTRIBUTED)
        m.submodules.rows = rows
        write = rows.write_port()
        read = rows.read_port(domain="comb")
        # Pointers modulo twice the ring's size: write, end of the last complete packet, read.
        tail, committed, head = (Signal(range(2 * depth), name=name) for name in ("tail", "committed", "head"))
        dest, latched = (Signal(bits(p.nodes), name=name) for name in ("dest", "latched"))
        first, dropping = Signal(name="first", init=1), Signal(name="dropping")
        error, reason, rejected = (
            Signal(SendError, name="error"),
            Signal(SendError, name="reason"),
            Signal(name="rejected"),
        )
        taken = Signal(name="taken")
        m.d.comb += [
            taken.eq(self.send.valid & self.send.ready),
            dest.eq(Mux(first, beat.dest, latched)),
            self.send.ready.eq(((tail - head)[: len(tail)] != depth) & ~self.status.valid),
            write.addr.eq(tail),
            write.data.eq(Cat(dest, beat.last, beat.data)),
            write.en.eq(taken),
            error.eq(reason),
            rejected.eq(dropping),
        ]
        used = (tail - committed)[: len(tail)]
        with m.If(first & (beat.dest == self.node)):
            m.d.comb += [error.eq(SendError.OWN), rejected.eq(1)]
        with m.Elif(first & (beat.dest >= p.nodes)):
            m.d.comb += [error.eq(SendError.UNREACHABLE), rejected.eq(1)]
        with m.Elif(~dropping & (used == p.longest)):
            m.d.comb += [error.eq(SendError.TOO_LONG), rejected.eq(1)]
        with m.If(taken):
            m.d.sync += [first.eq(beat.last), latched.eq(dest), dropping.eq(rejected & ~beat.last), reason.eq(error)]
            with m.If(rejected):
                m.d.sync += tail.eq(committed)
            with m.Else():
                m.d.sync += tail.eq(tail + 1)
                with m.If(beat.last):
                    m.d.sync += committed.eq(tail + 1)
        with m.If(taken & rejected & beat.last):
            m.d.sync += [
                self.status.valid.eq(1),
                self.status.payload.error.eq(error),
                self.status.payload.dest.eq(dest),
            ]
        with m.Elif(self.status.ready):
            m.d.sync += self.status.valid.eq(0)

        row, part = Signal(Outgoing(p.nodes, p.flits * p.width), name="row"), Signal(bits(p.flits), name="part_out")
        ends = Signal(name="beat_ends")
        m.d.comb += [
            read.addr.eq(head),
            row.as_value().eq(read.data),
            ends.eq(part == p.flits - 1),
            self.o.valid.eq(head != committed),
            self.o.payload.dest.eq(row.dest),
            self.o.payload.last.eq(row.last & ends),
            self.o.payload.data.eq(row.data.word_select(part, p.width)),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += part.eq(Mux(ends, 0, part + 1))
            with m.If(ends):
                m.d.sync += head.eq(head + 1)

    def _receive(self, m, platform):
        p, flit = self.p, self.i.payload
        beats = place(m, platform, "beats", StreamSpill, payload=self.receive.payload.shape())
        part, filled = Signal(bits(p.flits), name="part_in"), Signal(p.flits * p.width, name="filled")
        data, ends, taken = Signal.like(filled, name="data"), Signal(name="ends"), Signal(name="flit_taken")
        m.d.comb += [
            self.i.ready.eq(beats.i.ready),
            taken.eq(self.i.valid & self.i.ready),
            ends.eq(flit.last | (part == p.flits - 1)),
            data.eq(filled),
            data.word_select(part, p.width).eq(flit.data),
            beats.i.valid.eq(self.i.valid & ends),
            beats.i.payload.src.eq(flit.src),
            beats.i.payload.last.eq(flit.last),
            beats.i.payload.data.eq(data),
        ]
        with m.If(taken):
            m.d.sync += [part.eq(Mux(ends, 0, part + 1)), filled.eq(Mux(ends, 0, data))]
        join(m, beats.o, self.receive)
