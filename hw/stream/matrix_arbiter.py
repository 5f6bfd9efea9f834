"""Matrix arbiter: one priority bit per pair of requesters, no carry chain between requesters."""

from typing import Literal

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib.wiring import In, Out

from ..component import Component, Parameters

Rule = Literal["round_robin", "least_recent"]


class MatrixArbiter(Component):
    """Grant one of `count` requesters: grant[i] = request[i] and no request[j] that has priority over i.

    `rule` is the update of the priorities after a grant:

    - `round_robin`: the order is cyclic and starts after the requester granted last. A requester that keeps requesting
      is granted after at most `count` - 1 grants to others.
    - `least_recent`: the requester granted last moves to the end of the order. Between two grants of a requester,
      each other one is granted at most once while it waits, also if it does not request in every cycle.

    Without `held`, every grant updates the priorities. With `held`, a grant updates them only if `accepted` is high;
    otherwise it is repeated while the requests stay the same. With two `rounds` (least recent only), `request2` is a
    second set of requests with the same priorities, granted by `grant2`. If both grants are accepted in one cycle, the
    requester of the second round precedes that of the first in the new order.

    Latency 0, initiation interval 1. Area: count x (count - 1) / 2 flip-flops, and as many gates per round.

    Source: W. J. Dally and B. Towles, Principles and Practices of Interconnection Networks, 2004, section 18.5.
    """

    class Parameters(Parameters):
        count: int
        rule: Rule
        held: bool = False
        rounds: int = 1

    @staticmethod
    def members(p):
        members = {}
        for n in ("", "2")[: p.rounds]:
            accepted = {f"accepted{n}": In(1)} if p.held else {}
            members |= {f"request{n}": In(p.count)} | accepted | {f"grant{n}": Out(p.count)}
        return members

    def elaborate(self, platform):
        m = Module()
        p, each = self.p, range(self.p.count)
        # later[i, j]: j has priority over i; for j < i it is ~later[j, i]
        later = {(i, j): Signal(name=f"later_{i}_{j}") for i in each for j in each if i < j}
        for n in ("", "2")[: p.rounds]:
            request, grant = getattr(self, f"request{n}"), getattr(self, f"grant{n}")
            for i in each:
                ahead = [request[j] & ~later[j, i] for j in each if j < i]
                ahead += [request[j] & later[i, j] for j in each if j > i]
                m.d.comb += grant[i].eq(request[i] & ~Cat(ahead).any())
        for n in reversed(("", "2")[: p.rounds]):
            request, grant = getattr(self, f"request{n}"), getattr(self, f"grant{n}")
            with m.If(getattr(self, f"accepted{n}") if p.held else request.any()):
                for (i, j), bit in later.items():
                    if p.rule == "round_robin":
                        m.d.sync += bit.eq(grant[i:j].any())
                    else:
                        m.d.sync += bit.eq((bit | grant[i]) & ~grant[j])
        return m
