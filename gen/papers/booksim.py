"""Figures of BookSim 2 (N. Jiang et al., ISPASS 2013): where networks on chip saturate, and hops of their packets."""

from functools import cache, partial

from ...hw.noc.noc_traffic import NocTraffic
from ...sim.workloads.loads import case
from ..verilog import generate
from .claim import Claim
from .measuring import checked

SIDE, DEPTH = 8, 8
BEFORE, MEASURED = 1000, 4000
"""Cycles in which each load is under way before it is measured, and while it is."""
IDLE = 0.02
LOADS = {"torus": (0.45, 0.5, 0.55, 0.6, 0.65, 0.7), "mesh": (0.25, 0.3, 0.35, 0.4)}
"""Loads that are tried, in flits per node and cycle."""
VCS = {"torus": 4, "mesh": 2}
PUBLISHED = {"torus": 0.52, "mesh": 0.30}
CAPACITY = {"torus": 1.0, "mesh": 0.5}
"""Load at which the links of the bisection are always busy: 8 / k and 4 / k."""
HOPS = {"torus": 4 * 64 / 63, "mesh": 2 * 63 / 24 * 64 / 63}
"""Mean distance of two different nodes of 8 x 8: k / 4, or (k^2 - 1) / (3 k), in each dimension."""


@cache
def results(kind: str) -> list[tuple[bool, float]]:
    """Whether each load is stable on RTL, and its mean latency in cycles; the first is :data:`IDLE`.

    A load is stable if no source's backlog was full and 99 % of the packets arrived. Every word is checked.
    """
    component = NocTraffic(topology=kind, k=SIDE, l=SIDE, vcs=VCS[kind], depth=DEPTH, width=32)
    cases = [case("uniform", load, before=BEFORE, measured=MEASURED) for load in (IDLE, *LOADS[kind])]
    _, found = checked(generate("noc_traffic", component), cases, keep=True)
    return [
        (
            not any(result["refused"]) and sum(result["flits"]) > 0.99 * sum(result["timed"]),
            sum(result["cycles"]) / max(1, sum(result["timed"])),
        )
        for result in found
    ]


def saturation(kind: str) -> float:
    """The last load before the first that is not stable; 0 if none is stable."""
    last = 0.0
    for load, (stable, _) in zip((IDLE, *LOADS[kind]), results(kind), strict=True):
        if not stable:
            break
        last = load
    return last


def hops(kind: str) -> float:
    """Mean latency of an almost idle network without the cycles of the source's and the destination's router."""
    return results(kind)[0][1] - 2


CLAIMS = (
    *(
        Claim(
            paper="booksim",
            text=f"A {kind} of 8 x 8 with {VCS[kind]} VCs saturates at {PUBLISHED[kind]} under uniform traffic.",
            published=PUBLISHED[kind],
            unit="flits/node/cycle",
            stated=f"{PUBLISHED[kind]} (BookSim 2: dimension order, packets of one flit, buffers of {DEPTH})",
            band=(PUBLISHED[kind] * 0.95, CAPACITY[kind]),
            reason="Same network and buffers. BookSim's router takes six cycles per hop and holds a buffer place for "
            "longer. Here it takes one cycle, so a higher load is right, up to what the bisection carries. Loads are "
            "tried in steps of 0.05.",
            measure=partial(saturation, kind),
        )
        for kind in LOADS
    ),
    *(
        Claim(
            paper="booksim",
            text=f"Packets of uniform traffic in a {kind} of 8 x 8 take {hops_of:.2f} hops on average.",
            published=hops_of,
            unit="hops",
            stated=f"{hops_of:.2f} hops ({law} in each dimension, never to the source itself)",
            band=(hops_of * 0.97, hops_of * 1.06),
            reason="Latency at a load of 0.02 with one cycle per hop. A few packets wait for others, which adds up to "
            "6 %; the mean of random packets varies by 1 %.",
            measure=partial(hops, kind),
        )
        for (kind, hops_of), law in zip(HOPS.items(), ("k / 4", "(k^2 - 1) / (3 k)"), strict=True)
    ),
)
