"""Output port of a router: arbitration, VC allocation and credit counters."""

import functools
import operator

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ..bundle import Lanes
from ..component import Component, Parameters, place
from ..stream.matrix_arbiter import MatrixArbiter
from .route import choose


class RouterOutput(Component):
    """Router output: accepts the flit of one input per cycle, allocates VCs to packets and counts credits.

    `request` has one bit per VC of each input, at most one of each input's high; `grant` has one bit per input, `sent`
    one per VC: that of the granted flit. The packets of each VC are arbitrated, and at the same time the VCs of the
    link. The free words of the next buffer are counted in unary, in a shift register of `depth` bits per VC: `space` is
    its lowest bit.

    With `sums`, the output accepts reduction flits from all inputs that it `adds` in one cycle, once they have
    `joined`. `sum` is high if they have, the next buffer has space, and no packet is in progress on that VC; then these
    inputs offer their flits. A sum is arbitrated like one packet: on a link as the highest VC, at an exit as one more
    input.

    With two rounds, an output that is `idle` after the first grants one of the requests in `request2`, by `grant2`.
    """

    class Parameters(Parameters):
        inputs: int
        vcs: int
        depth: int
        sums: bool = False
        rounds: int = 1

    @staticmethod
    def members(p):
        more = {"adds": In(p.inputs), "joined": In(1), "sum": Out(1)} if p.sums else {}
        if p.rounds == 2:
            more |= {"idle": Out(1), "request2": In(Lanes(p.vcs, p.inputs)), "grant2": Out(p.inputs)}
        return more | {
            "request": In(Lanes(p.vcs, p.inputs)),
            "last": In(p.inputs),
            "credit": In(p.vcs),
            "grant": Out(p.inputs),
            "sent": Out(p.vcs),
            "allocated": Out(p.vcs),
            "space": Out(p.vcs),
        }

    def elaborate(self, platform):
        m = Module()
        p = self.p
        dedicated = p.sums and p.vcs > 1  # the highest VC is for sums
        rounds = ("", "2")[: p.rounds]  # suffix of names in each round
        order = {"rule": "least_recent", "held": True, "rounds": p.rounds}
        requests = [
            [Cat(getattr(self, f"request{n}")[i][v] for i in range(p.inputs)) for v in range(p.vcs)] for n in rounds
        ]
        if p.sums:
            m.d.comb += self.sum.eq(self.joined & self.space[-1] & ~self.allocated[-1])
            requests[0][-1] = self.sum if dedicated else Cat(requests[0][-1], self.sum)
        sent = [Cat(request.any() for request in each) for each in requests]
        if p.rounds == 2:
            m.d.comb += self.idle.eq(~sent[0].any())
        if p.vcs > 1:
            arbiter = place(m, platform, "arbiter", MatrixArbiter, count=p.vcs, **order)
            for n, each in zip(rounds, sent, strict=True):
                m.d.comb += [getattr(arbiter, f"request{n}").eq(each), getattr(arbiter, f"accepted{n}").eq(1)]
            sent = [getattr(arbiter, f"grant{n}") for n in rounds]
        m.d.comb += self.sent.eq(functools.reduce(operator.or_, sent))
        sent[0] = self.sent if p.rounds == 1 else sent[0]
        grants = [[] for _ in rounds]
        for v in range(p.vcs):
            picks, credits = [each[v] for each in requests], Signal(p.depth, name=f"credits{v}", init=-1)
            if dedicated and v == p.vcs - 1:
                picks = [self.adds]
            elif len(picks[0]) > 1:
                first = place(m, platform, f"first{v}", MatrixArbiter, count=len(picks[0]), **order)
                for n, request, served in zip(rounds, picks, sent, strict=True):
                    m.d.comb += getattr(first, f"request{n}").eq(request)
                    m.d.comb += getattr(first, f"accepted{n}").eq(served[v] & ~self.allocated[v])
                picks = [getattr(first, f"grant{n}") for n in rounds]
                if p.sums and not dedicated:
                    picks = [picks[0][:-1] | Mux(picks[0][-1], self.adds, 0)]
            for grant, pick in zip(grants, picks, strict=True):
                grant.append(pick)
            pick = picks[0] if p.rounds == 1 else Mux(sent[1][v], picks[1], picks[0])
            m.d.comb += self.space[v].eq(credits[0])
            with m.If(self.sent[v]):
                m.d.sync += self.allocated[v].eq(~(pick & self.last).any())
            with m.If(self.sent[v] ^ self.credit[v]):
                m.d.sync += credits.eq(Mux(self.credit[v], Cat(1, credits[:-1]), credits[1:]))
        for n, served, picks in zip(rounds, sent, grants, strict=True):
            m.d.comb += getattr(self, f"grant{n}").eq(choose(served, picks))
        return m
