"""Figures of BookSim 2 (N. Jiang et al., ISPASS 2013): saturation loads of networks on chip, and hops of packets."""

from functools import cache, partial

from ...hw.noc.noc_traffic import NocTraffic
from ...sim.stimulus.noc_traffic import case
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import checked

SIDE, DEPTH = 8, 8
BEFORE, MEASURED = 500, 2000
"""Warm-up cycles before the measurement of each load, and cycles of the measurement."""
IDLE = 0.02
LOADS = {"torus": (0.5, 0.55, 0.6, 0.65), "mesh": (0.25, 0.3, 0.35, 0.4)}
"""Measured loads, in flits per node and cycle."""
PUBLISHED = {("torus", 4): 0.52, ("torus", 2): 0.25, ("mesh", 2): 0.30}
"""Last stable load by topology and number of virtual channels."""
QUICK = ("torus", 4)
"""Network that is always measured; the others only with slow claims, because each takes minutes to compile."""
CAPACITY = {"torus": 1.0, "mesh": 0.5}
"""Load at which the links of the bisection are always busy: 8 / k and 4 / k."""
APART = SIDE**2 / (SIDE**2 - 1)
"""Number of all pairs of nodes relative to that of pairs of different nodes."""
HOPS = {"torus": 2 * SIDE / 4 * APART, "mesh": 2 * (SIDE**2 - 1) / (3 * SIDE) * APART}
"""Mean distance of two different nodes: per dimension k / 4 in a torus, (k^2 - 1) / (3 k) in a mesh."""


@cache
def results(kind: str, vcs: int) -> list[tuple[bool, float]]:
    """For each load on RTL: whether it is stable, and its mean latency in cycles. The first load is :data:`IDLE`.

    A load is stable if the backlog of no source was full and 99 % of the packets arrived. Every word is checked.
    """
    component = NocTraffic(topology=kind, k=SIDE, l=SIDE, vcs=vcs, depth=DEPTH, width=32)
    cases = [case("uniform", load, before=BEFORE, measured=MEASURED) for load in (IDLE, *LOADS[kind])]
    _, found = checked(generate("noc_traffic", component), cases, keep=True)
    return [
        (
            not any(result["blocked"]) and sum(result["flits"]) > 0.99 * sum(result["timed"]),
            sum(result["cycles"]) / max(1, sum(result["timed"])),
        )
        for result in found
    ]


def saturation(kind: str, vcs: int) -> float:
    """Highest load below the first unstable one; 0 if none is stable."""
    last = 0.0
    for load, (stable, _) in zip((IDLE, *LOADS[kind]), results(kind, vcs), strict=True):
        if not stable:
            break
        last = load
    return last


def hops(kind: str, vcs: int) -> float:
    """Mean number of hops: latency of an almost idle network, without the router of the source and the flit itself."""
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
            "longer. Here it takes one cycle, so a higher load is right, up to the capacity of the bisection. Loads "
            "are tried in steps of 0.05.",
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
