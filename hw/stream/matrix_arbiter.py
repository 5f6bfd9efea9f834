"""Who goes first of those who ask."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters


class LeastRecent(Component):
    """Of those that `request`, `grant` the one whose last grant that was `taken` is longest ago.

    With two `rounds`, those who then still ask do so by `request2`, and `grant2` is of them, if `taken2`.

    Latency 0. Whoever waits is passed by each other at most once, also if he does not ask in every cycle; turns in a
    circle do not promise that. Area: a flip-flop for each pair, which says who of the two comes first.
    """

    class Parameters(Parameters):
        count: int
        rounds: int = 1

    @staticmethod
    def members(p):
        again = {"request2": In(p.count), "taken2": In(1), "grant2": Out(p.count)} if p.rounds == 2 else {}
        return {"request": In(p.count), "taken": In(1), "grant": Out(p.count)} | again

    def elaborate(self, platform):
        m = Module()
        each = range(self.p.count)
        # later[i, j]: j comes before i
        later = {(i, j): Signal(name=f"later_{i}_{j}") for i in each for j in each if i < j}
        rounds = [(self.request, self.taken, self.grant)]
        if self.p.rounds == 2:
            rounds.append((self.request2, self.taken2, self.grant2))
        for request, _, grant in rounds:
            for i in each:
                ahead = [request[j] & ~later[j, i] for j in each if j < i]
                ahead += [request[j] & later[i, j] for j in each if j > i]
                m.d.comb += grant[i].eq(request[i] & ~Cat(ahead).any())
        for _, taken, grant in reversed(rounds):
            with m.If(taken):
                m.d.sync += [bit.eq((bit | grant[i]) & ~grant[j]) for (i, j), bit in later.items()]
        return m
