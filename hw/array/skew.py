"""Skew: triangular delays at the edges of an array."""

from amaranth.hdl import Cat, Module
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..stream.delay import Delay, DelayStyle


class Skew(Component):
    """Skew: lane n is delayed by n cycles: o[n][t + n] = i[n][t]; by count - 1 - n if `reverse`.

    Latency as stated, initiation interval 1. Built recursively: the later half of the lanes shares one wide delay and
    is then skewed within itself. Area: count x (count - 1) / 2 words of `width` bits.
    """

    class Parameters(Parameters):
        width: int
        count: int
        style: DelayStyle
        reverse: bool = False

    step = 1
    """Cycles from a lane to the next one."""

    @staticmethod
    def members(p):
        return {"i": In(Lanes(p.width, p.count)), "o": Out(Lanes(p.width, p.count))}

    def elaborate(self, platform):
        m = Module()
        p = self.p
        if p.count == 1:
            m.d.comb += self.o.eq(self.i)
            return m
        early = 1 << (p.count - 1).bit_length() - 1  # lanes without the common delay
        late = p.count - early
        cycles = early * self.step
        delay = place(m, platform, "delay", Delay, width=p.width * late, cycles=cycles, style=p.style)
        parts = [("early", early), ("late", late)]
        sources, outputs, start = {}, [], 0
        for name, count in reversed(parts) if p.reverse else parts:
            sources[name] = self.i.as_value()[start * p.width : (start + count) * p.width]
            start += count
        m.d.comb += delay.i.eq(sources["late"])
        sources["late"] = delay.o
        for name, count in reversed(parts) if p.reverse else parts:
            output = sources[name]
            if count > 1:
                child = place(m, platform, name, type(self), **dict(p) | {"count": count})
                m.d.comb += child.i.as_value().eq(output)
                output = child.o.as_value()
            outputs.append(output)
        m.d.comb += self.o.as_value().eq(Cat(outputs))
        return m


class SteppedSkew(Skew):
    """Skew as :class:`Skew`, with `step` cycles from a lane to the next one."""

    class Parameters(Skew.Parameters):
        step: int

    @property
    def step(self) -> int:
        return self.p.step
