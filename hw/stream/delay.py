"""Delay line: a word delayed by a fixed number of cycles."""

from typing import Literal

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters, place
from .buffer import SLICE

DelayStyle = Literal["memory", "registers"]
SHORTEST_MEMORY = 2
"""Delays below this number of cycles are cheaper as flip-flops than as memory with its counter."""


class Delay(Component):
    """Delay line: o[t + cycles] = i[t], a word of `width` bits.

    Latency `cycles` (0 or more), initiation interval 1; the output is unspecified in the first `cycles` cycles.
    Area: width x cycles bits, as flip-flops or, with style "memory" and 2 cycles or more, as a ring in memory.
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
        elif p.width > SLICE:
            for start in range(0, p.width, SLICE):
                part = slice(start, min(p.width, start + SLICE))
                place(
                    m,
                    platform,
                    f"slice{start}",
                    Delay,
                    {"i": self.i[part], "o": self.o[part]},
                    width=part.stop - part.start,
                    cycles=p.cycles,
                    style=p.style,
                )
        elif p.style == "memory" and p.cycles >= SHORTEST_MEMORY:
            m.submodules.ring = ring = Memory(shape=p.width, depth=p.cycles, init=[])
            read = ring.read_port(domain="comb")
            write = ring.write_port()
            index = Signal(range(p.cycles))  # reset, since nothing else leads out of an unknown state
            m.d.sync += index.eq(Mux(index == p.cycles - 1, 0, index + 1))
            m.d.comb += [
                read.addr.eq(index),
                self.o.eq(read.data),
                write.addr.eq(index),
                write.data.eq(self.i),
                write.en.eq(1),
            ]
        else:
            stages = Signal(p.width * p.cycles, reset_less=True)
            m.d.sync += stages.eq(Cat(self.i, stages))
            m.d.comb += self.o.eq(stages[-p.width :])
        return m
