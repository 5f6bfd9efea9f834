"""Link between neighbours: sender with credits, receiver with a buffer."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters
from ..noc.route import bits
from ..noc.vc_queue_head import DISTRIBUTED


class LinkReceiver(Component):
    """Link receiver: a buffer of `depth` words, a power of two; the sender counts the free words.

    `data` is written if `valid`. `word` is the oldest word while `word_valid` is high; `pop` removes it.

    Latency 1, initiation interval 1. `credit` follows `pop` one cycle later. Area: depth x width bits of distributed
    memory, two counters.
    """

    class Parameters(Parameters):
        width: int
        depth: int

    @staticmethod
    def members(p):
        return {
            "data": In(p.width),
            "valid": In(1),
            "credit": Out(1),
            "word": Out(p.width),
            "word_valid": Out(1),
            "pop": In(1),
        }

    def elaborate(self, platform):
        m = Module()
        m.submodules.ring = ring = Memory(shape=self.p.width, depth=self.p.depth, init=[], attrs=DISTRIBUTED)
        write = ring.write_port()
        read = ring.read_port(domain="comb")
        following = Signal(bits(self.p.depth), init=1)  # the address after the read address
        m.d.comb += [write.data.eq(self.data), write.en.eq(self.valid), self.word.eq(read.data)]
        m.d.sync += [write.addr.eq(write.addr + self.valid), self.credit.eq(self.pop)]
        with m.If(self.pop):
            m.d.sync += [read.addr.eq(following), following.eq(following + 1)]
        with m.If(self.pop | ~self.word_valid):
            m.d.sync += self.word_valid.eq(self.valid | (self.word_valid & (following != write.addr)))
        return m


class LinkSender(Component):
    """Link sender: counter of the free words in the receiver. `space` is high while there is at least one; `reserve`
    reserves one, `credit` returns one. Latency 1."""

    class Parameters(Parameters):
        depth: int

    @staticmethod
    def members(p):
        return {"reserve": In(1), "credit": In(1), "space": Out(1)}

    def elaborate(self, platform):
        m = Module()
        credits = Signal(range(self.p.depth + 1), init=self.p.depth)
        m.d.comb += self.space.eq(credits != 0)
        with m.If(self.reserve ^ self.credit):
            m.d.sync += credits.eq(Mux(self.credit, credits + 1, credits - 1))
        return m
