"""Performance counters of an accelerator."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Bundle
from ..component import Component, Parameters

WIDTH = 32
"""Bits of a counter; it wraps."""


class Counters(Component):
    """count[name] += events[name] in every cycle in which `enable` is high; 0 after `clear`.

    Latency 2 from an event to its count; initiation interval 1. No back-pressure. Area: 32 flip-flops and an adder for
    each counter, and a register for each event, so that no path of the engine ends in a counter.
    """

    class Parameters(Parameters):
        bits: tuple[tuple[str, int], ...]

    @staticmethod
    def members(p):
        return {
            "enable": In(1),
            "clear": In(1),
            "events": In(Bundle(dict(p.bits))),
            "counts": Out(Bundle({name: WIDTH for name, _ in p.bits})),
        }

    def elaborate(self, platform):
        m = Module()
        events = Signal(self.events.shape())
        m.d.sync += events.as_value().eq(Mux(self.enable, self.events.as_value(), 0))
        for name, _ in self.p.bits:
            count = Signal(WIDTH, name=f"count_{name}")
            m.d.sync += count.eq(Mux(self.clear, 0, count + events[name]))
            m.d.comb += self.counts[name].eq(count)
        return m
