"""Delays, and the triangles of delays at the edges of an array."""

from typing import Literal

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place

DelayStyle = Literal["memory", "registers"]
SHORTEST_MEMORY = 4
"""Fewer cycles than this are cheaper as flip-flops than as memory with its counter."""


class Delay(Component):
    """o[t + cycles] = i[t], a word of `width` bits.

    Latency `cycles` (0 or more), initiation interval 1; what comes out in the first `cycles` cycles is unspecified.
    Area: width x cycles bits, as flip-flops or, with style "memory", as a ring in distributed memory.
    """

    class Parameters(Parameters):
        width: int
        cycles: int
        style: DelayStyle

    @staticmethod
    def members(p):
        return {"i": In(p.width), "o": Out(p.width)}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        if p.cycles == 0:
            m.d.comb += self.o.eq(self.i)
        elif p.style == "memory" and p.cycles >= SHORTEST_MEMORY:
            m.submodules.ring = ring = Memory(shape=p.width, depth=p.cycles, init=[])
            read, write = ring.read_port(domain="comb"), ring.write_port()
            place_ = Signal(range(p.cycles), reset_less=True)
            m.d.sync += place_.eq(place_ + 1)
            with m.If(place_ == p.cycles - 1):
                m.d.sync += place_.eq(0)
            m.d.comb += [
                read.addr.eq(place_), self.o.eq(read.data),
                write.addr.eq(place_), write.data.eq(self.i), write.en.eq(1),
            ]
        else:
            stages = Signal(p.width * p.cycles, reset_less=True)
            m.d.sync += stages.eq(Cat(self.i, stages))
            m.d.comb += self.o.eq(stages[-p.width:])
        return m


class Skew(Component):
    """Lane n is delayed by n cycles: o[n][t + n] = i[n][t].

    Latency n for lane n, initiation interval 1. Built by halves: the upper lanes share one wide delay and are then
    skewed among themselves. Area: count x (count - 1) / 2 words of `width` bits.
    """

    class Parameters(Parameters):
        width: int
        count: int
        style: DelayStyle

    @staticmethod
    def members(p):
        return {"i": In(data.ArrayLayout(p.width, p.count)), "o": Out(data.ArrayLayout(p.width, p.count))}

    def elaborate(self, platform):
        m = Module()
        width, count, style = self.p.width, self.p.count, self.p.style
        if count == 1:
            m.d.comb += self.o.eq(self.i)
            return m
        half = 1 << (count - 1).bit_length() - 1
        i, o = self.i.as_value(), self.o.as_value()
        upper = place(m, platform, "delay", Delay, width=width * (count - half), cycles=half, style=style)
        m.d.comb += upper.i.eq(i[half * width:])
        for name, size, source, sink in (
            ("lower", half, i[:half * width], o[:half * width]),
            ("upper", count - half, upper.o, o[half * width:]),
        ):
            if size == 1:
                m.d.comb += sink.eq(source)
            else:
                child = place(m, platform, name, Skew, width=width, count=size, style=style)
                m.d.comb += [child.i.as_value().eq(source), sink.eq(child.o.as_value())]
        return m
