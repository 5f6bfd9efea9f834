"""Who goes first of those who ask."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class LeastRecent(Component):
    """Of those that `request`, `grant` the one whose last grant that was `taken` is longest ago.

    Latency 0. Whoever waits is passed by each other at most once, also if he does not ask in every cycle; turns in a
    circle do not promise that. Area: a flip-flop for each pair, which says who of the two comes first.
    """

    class Parameters(Parameters):
        count: int

    @staticmethod
    def members(p):
        return {"request": In(p.count), "taken": In(1), "grant": Out(p.count)}

    def elaborate(self, platform):
        m = Module()
        each = range(self.p.count)
        # later[i, j]: j comes before i
        later = {(i, j): Signal(name=f"later_{i}_{j}") for i in each for j in each if i < j}
        for i in each:
            ahead = [self.request[j] & ~later[j, i] for j in each if j < i]
            ahead += [self.request[j] & later[i, j] for j in each if j > i]
            m.d.comb += self.grant[i].eq(self.request[i] & ~Cat(ahead).any())
        with m.If(self.taken):
            m.d.sync += [bit.eq((bit | self.grant[i]) & ~self.grant[j]) for (i, j), bit in later.items()]
        return m
