"""Target queue: the accumulator rows of results still in the array, for engines in which rows may wait."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...component import Component, Parameters


class TargetQueue(Component):
    """Target queue: o = the oldest word written with `write` and not yet removed by `pop`.

    Latency 2 from `write` to `o`, so a word must not be removed earlier; at most `depth` words are in the queue, and
    neither limit is checked. Initiation interval 1. Area: width x depth bits of distributed memory, one register of
    `width` bits, two counters.
    """

    class Parameters(Parameters):
        width: int
        depth: int

    @staticmethod
    def members(p):
        return {"i": In(p.width), "write": In(1), "pop": In(1), "o": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        m.submodules.words = words = Memory(shape=p.width, depth=p.depth, init=[])
        write, read = words.write_port(), words.read_port(domain="comb")
        first, end = Signal(range(p.depth)), Signal(range(p.depth))
        after = Signal(range(p.depth))
        oldest = Signal(p.width, reset_less=True)
        m.d.comb += [
            after.eq(_next(first, p.depth)),
            write.addr.eq(end),
            write.data.eq(self.i),
            write.en.eq(self.write),
            read.addr.eq(Mux(self.pop, after, first)),
            self.o.eq(oldest),
        ]
        m.d.sync += [first.eq(read.addr), oldest.eq(read.data)]
        with m.If(self.write):
            m.d.sync += end.eq(_next(end, p.depth))
        return m


def _next(place, depth: int):
    return Mux(place == depth - 1, 0, place + 1)
