"""An arbiter that no one waits at for long."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class RoundRobin(Component):
    """Of the ports that `request`, `grant` one: the first after the one that was granted last, cyclically.

    Latency 0. Whoever keeps requesting is granted after at most `ports` - 1 others. With `held`, a grant counts only if
    it is `done`, and is given again otherwise. Area: a flip-flop for each pair of ports, which says who of the two
    comes first; so no port waits for a chain of others.
    """

    class Parameters(Parameters):
        ports: int
        held: bool = False

    @staticmethod
    def members(p):
        return {"request": In(p.ports), "grant": Out(p.ports)} | ({"done": In(1)} if p.held else {})

    def elaborate(self, platform):
        m = Module()
        ports = range(self.p.ports)
        # turned[i, j]: j comes before i, since one from i on and before j was granted last
        turned = {(i, j): Signal(name=f"turned_{i}_{j}") for i in ports for j in ports if i < j}
        for i in ports:
            earlier = [self.request[j] & ~turned[j, i] for j in ports if j < i]
            later = [self.request[j] & turned[i, j] for j in ports if j > i]
            m.d.comb += self.grant[i].eq(self.request[i] & ~Cat(earlier, later).any())
        with m.If(self.done if self.p.held else self.request.any()):
            m.d.sync += [turn.eq(self.grant[i:j].any()) for (i, j), turn in turned.items()]
        return m
