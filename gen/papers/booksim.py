"""Figures of BookSim 2 (N. Jiang et al., ISPASS 2013): where networks on chip saturate, and hops of their packets."""

from functools import cache, partial

from ...hw.noc.noc_traffic import NocTraffic
from ...sim.stimulus.noc_traffic import case
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import checked

SIDE, DEPTH = 8, 8
BEFORE, MEASURED = 500, 2000
"""Cycles in which each load is under way before it is measured, and while it is."""
IDLE = 0.02
LOADS = {"torus": (0.5, 0.55, 0.6, 0.65), "mesh": (0.25, 0.3, 0.35, 0.4)}
"""Loads that are tried, in flits per node and cycle."""
PUBLISHED = {("torus", 4): 0.52, ("torus", 2): 0.25, ("mesh", 2): 0.30}
"""The last stable load by topology and virtual channels."""
QUICK = ("torus", 4)
"""The network that is always measured; each takes minutes to compile."""
CAPACITY = {"torus": 1.0, "mesh": 0.5}
"""Load at which the links of the bisection are always busy: 8 / k and 4 / k."""
APART = SIDE**2 / (SIDE**2 - 1)
"""All pairs of nodes over those of two different nodes."""
HOPS = {"torus": 2 * SIDE / 4 * APART, "mesh": 2 * (SIDE**2 - 1) / (3 * SIDE) * APART}
"""Mean distance of two different nodes: k / 4, or (k^2 - 1) / (3 k), in each dimension."""


@cache
def results(kind: str, vcs: int) -> list[tuple[bool, float]]:
    """Whether each load is stable on RTL, and its mean latency in cycles; the first is :data:`IDLE`.

    A load is stable if no source's backlog was full and 99 % of the packets arrived. Every word is checked.
    """
    component = NocTraffic(topology=kind, k=SIDE, l=SIDE, vcs=vcs, depth=DEPTH, width=32)
    cases = [case("uniform", load, before=BEFORE, measured=MEASURED) for load in (IDLE, *LOADS[kind])]
    _, found = checked(generate("noc_traffic", component), cases, keep=True)
    return [
        (
            not any(result["refused"]) and sum(result["flits"]) > 0.99 * sum(result["timed"]),
            sum(result["cycles"]) / max(1, sum(result["timed"])),
        )
        for result in found
    ]


def saturation(kind: str, vcs: int) -> float:
    """The last load before the first that is not stable; 0 if none is stable."""
    last = 0.0
    for load, (stable, _) in zip((IDLE, *LOADS[kind]), results(kind, vcs), strict=True):
        if not stable:
            break
        last = load
    return last


def hops(kind: str, vcs: int) -> float:
    """Mean latency of an almost idle network, without the source's router and the flit itself."""
    return results(kind, vcs)[0][1] - 2


CLAIMS = (
    *(
        Claim(
            paper="booksim",
            text=f"A {kind} of 8 x 8 with {vcs} VCs saturates at {published} under uniform traffic.",
            published=published,
            unit="flits/node/cycle",
            stated=f"{published} (BookSim 2: dimension order, packets of one flit, buffers of {DEPTH})",
            band=(published * 0.95, CAPACITY[kind]),
            reason="Same network and buffers. BookSim's router takes six cycles per hop and holds a buffer place for "
            "longer. Here it takes one cycle, so a higher load is right, up to what the bisection carries. Loads are "
            "tried in steps of 0.05.",
            measure=partial(saturation, kind, vcs),
            slow=(kind, vcs) != QUICK,
        )
        for (kind, vcs), published in PUBLISHED.items()
    ),
    *(
        Claim(
            paper="booksim",
            text=f"Packets of uniform traffic in a {kind} of 8 x 8 take {HOPS[kind]:.2f} hops on average.",
            published=HOPS[kind],
            unit="hops",
            stated=f"{HOPS[kind]:.2f} hops ({law} in each dimension, never to the source itself)",
            band=(HOPS[kind] * 0.97, HOPS[kind] * 1.06),
            reason="Latency at a load of 0.02 with one cycle per hop. A few packets wait for others, which adds up to "
            "6 %; the mean of random packets varies by 1 %.",
            measure=partial(hops, kind, vcs),
            slow=(kind, vcs) != QUICK,
        )
        for (kind, vcs), law in ((QUICK, "k / 4"), (("mesh", 2), "(k^2 - 1) / (3 k)"))
    ),
)
