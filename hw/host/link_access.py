"""Word accesses of the link to its two buses."""

from amaranth.hdl import Const, Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from pydantic import Field

from ..bundle import Bundle
from ..bus.axi import Axi4, AxiLite, Response
from ..component import Component, Parameters

WORD = 4
"""Bytes of a word."""
WORDS = 64
"""Maximum number of words of an access."""
INCR = 1

ACCESS = Bundle({"write": 1, "registers": 1, "addr": 32, "count": range(WORDS + 1)})
"""`count` words from byte address `addr` on, of memory or of registers."""
DATA = Bundle({"word": 8 * WORD})
DONE = Bundle({"resp": 2})


class LinkAccess(Component):
    """Bus accesses of the link: to memory one INCR burst of words on a bus that may be wider; to registers one by one.

    `go` starts an access; its words are then taken from `write_data`, or leave by `read_data`. `done` returns the first
    response other than OKAY, if any; the next `go` is accepted after that.

    Latency 2 from `go` to an address, 0 from a bus to `read_data` and from `write_data` to a bus. Initiation interval:
    one memory word per cycle, 4 cycles per register. Back-pressure on every stream; the paths between `write_data`,
    `read_data` and the buses are combinational. Area: the access, and multiplexers of a word.

    Source: ARM IHI 0022.
    """

    class Parameters(Parameters):
        data_width: int = Field(32, description="bits of the memory's bus")
        memory_width: int = Field(32, description="bits of a memory address")
        register_width: int = Field(16, description="bits of a register address")

    @staticmethod
    def members(p):
        return {
            "go": In(stream.Signature(ACCESS)),
            "write_data": In(stream.Signature(DATA)),
            "read_data": Out(stream.Signature(DATA)),
            "done": Out(stream.Signature(DONE)),
            "memory": Out(Axi4(p.memory_width, p.data_width)),
            "registers": Out(AxiLite(p.register_width)),
        }

    def elaborate(self, platform):
        m = Module()
        lanes = self.p.data_width // (8 * WORD)
        access = Signal(ACCESS, reset_less=True)
        lane = Signal(range(max(2, lanes)), reset_less=True)  # index of the current word in a beat
        resp = Signal(2, reset_less=True)
        issue_address = Signal()
        reads = Signal()
        writes = Signal()
        accept_response = Signal()
        remaining = Signal(access.count.shape(), reset_less=True)
        last = remaining == 1

        w_ready = Signal()
        r_valid = Signal()
        b_valid = Signal()
        response = Signal(2)
        for bus, selected in ((self.memory, ~access.registers), (self.registers, access.registers)):
            # An address is issued independently of the data: a slave may wait for the data first.
            for channel, kind in ((bus.ar, ~access.write), (bus.aw, access.write)):
                m.d.comb += channel.payload.addr.eq(access.addr)
                with m.If(issue_address & selected & kind):
                    m.d.sync += channel.valid.eq(1)
                with m.Elif(channel.ready):
                    m.d.sync += channel.valid.eq(0)
            m.d.comb += [
                bus.w.valid.eq(selected & writes & self.write_data.valid),
                bus.r.ready.eq(selected & reads & self.read_data.ready),
                bus.b.ready.eq(selected & accept_response),
            ]
            with m.If(selected):
                m.d.comb += [
                    w_ready.eq(bus.w.ready),
                    r_valid.eq(bus.r.valid),
                    b_valid.eq(bus.b.valid),
                    response.eq(Mux(access.write, bus.b.payload.resp, bus.r.payload.resp)),
                ]
        for channel in (self.memory.ar, self.memory.aw):
            burst = {"len": access.count - 1, "size": WORD.bit_length() - 1, "burst": INCR}
            m.d.comb += [channel.payload[field].eq(value) for field, value in burst.items()]
        found = self.memory.r.payload.data
        strobe = Const(2**WORD - 1, WORD * lanes)
        if lanes > 1:
            found, strobe = found.word_select(lane, 8 * WORD), strobe << (WORD * lane)
        m.d.comb += [
            self.memory.w.payload.data.eq(self.write_data.payload.word.replicate(lanes)),
            self.memory.w.payload.strb.eq(strobe),
            self.memory.w.payload.last.eq(last),
            self.registers.w.payload.data.eq(self.write_data.payload.word),
            self.registers.w.payload.strb.eq(15),
            self.read_data.payload.word.eq(Mux(access.registers, self.registers.r.payload.data, found)),
            self.read_data.valid.eq(reads & r_valid),
            self.write_data.ready.eq(writes & w_ready),
            self.done.payload.resp.eq(resp),
        ]

        moves = Signal()
        responded = Signal()
        m.d.comb += [
            moves.eq((self.read_data.valid & self.read_data.ready) | (self.write_data.valid & self.write_data.ready)),
            responded.eq((self.read_data.valid & self.read_data.ready) | (accept_response & b_valid)),
        ]
        with m.If(moves):
            m.d.sync += [remaining.eq(remaining - 1), lane.eq(lane + 1)]
        with m.If(responded & (resp == Response.OKAY)):
            m.d.sync += resp.eq(response)
        with m.If(responded & access.registers):
            m.d.sync += access.addr.eq(access.addr + WORD)
        with m.FSM():
            with m.State("idle"):
                m.d.comb += self.go.ready.eq(1)
                with m.If(self.go.valid):
                    m.d.sync += [
                        access.eq(self.go.payload),
                        remaining.eq(self.go.payload.count),
                        lane.eq(self.go.payload.addr[2:]),
                        resp.eq(Response.OKAY),
                    ]
                    m.next = "address"
            with m.State("address"):
                m.d.comb += issue_address.eq(1)
                with m.If(access.write):
                    m.next = "write"
                with m.Else():
                    m.next = "read"
            with m.State("read"):
                m.d.comb += reads.eq(1)
                with m.If(moves & (access.registers | last)):
                    with m.If(last):
                        m.next = "done"
                    with m.Else():
                        m.next = "address"
            with m.State("write"):
                m.d.comb += writes.eq(1)
                with m.If(moves & (access.registers | last)):
                    m.next = "response"
            with m.State("response"):
                m.d.comb += accept_response.eq(1)
                with m.If(b_valid):
                    with m.If(remaining == 0):
                        m.next = "done"
                    with m.Else():
                        m.next = "address"
            with m.State("done"):
                m.d.comb += self.done.valid.eq(1)
                with m.If(self.done.ready):
                    m.next = "idle"
        return m
