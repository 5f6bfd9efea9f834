"""Figures of the network on chip: latency against load, what is stable, how busy links are, and what it costs."""

from ...hw.noc.noc_traffic import NocTraffic
from ...sim.simulate import simulate
from ...sim.workloads.loads import case
from ..verilog import Design, generate
from .section import Section, step

SIDE = 8
LOADS = (0.02, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
BEFORE, MEASURED = 3000, 8000
"""Cycles in which each load is under way before it is measured, and while it is."""
BACKGROUND = 0.875
"""Share of packets that go to any node, where the others go to one."""

PATTERNS = {
    "uniform": {},
    "tornado": {},
    "transpose": {},
    "bit complement": {},
    "hot spot": {"background": BACKGROUND},
}
BOOKSIM = {("torus", 2): 0.25, ("torus", 4): 0.52, ("torus", 8): 0.65, ("mesh", 2): 0.30, ("mesh", 4): 0.40}
"""Last stable loads of BookSim 2 with uniform traffic, measured apart from this."""
CURVES = [
    *(("torus", vcs, "uniform") for vcs in (2, 4, 8)),
    *(("torus", 4, pattern) for pattern in PATTERNS if pattern != "uniform"),
    *(("mesh", vcs, "uniform") for vcs in (2, 4)),
    *(("mesh", 4, pattern) for pattern in PATTERNS if pattern != "uniform"),
]


def _design(kind: str, vcs: int) -> Design:
    return generate("noc_traffic", NocTraffic(topology=kind, k=SIDE, l=SIDE, vcs=vcs, depth=8, width=32))


def _run(design: Design, pattern: str, loads) -> list[dict]:
    """What each load came to: `made`, `accepted`, in flits a node and cycle, mean `latency` and that of the `slowest`;
    `stable` if no backlog was ever full and what arrived is what was made, within 1 %."""
    cases = [case(pattern, load, before=BEFORE, measured=MEASURED, **PATTERNS[pattern]) for load in loads]
    outcome, results = simulate(design, cases, keep=True)
    if outcome.mismatches:
        raise RuntimeError(outcome.examples[0])
    points = []
    for load, result in zip(loads, results, strict=True):
        accepted = sum(result["flits"]) / MEASURED / SIDE**2
        timed = max(1, sum(result["timed"]))
        points.append(
            {
                "load": load,
                "accepted": accepted,
                "latency": sum(result["cycles"]) / timed,
                "slowest": max(result["slowest"]),
                "stable": not any(result["refused"]) and accepted > 0.99 * sum(result["timed"]) / MEASURED / SIDE**2,
                "links": result["links"],
                "cycles": outcome.cycles,
                "seconds": outcome.seconds,
            }
        )
    return points


def latency() -> Section:
    """Mean latency against offered load, for each network and pattern."""
    section = Section(
        "Network on chip: mean latency against offered load",
        f"{SIDE} x {SIDE} nodes, packets of one flit, buffers of 8 flits, generated Verilog; cycles from when a packet "
        f"is made until it has arrived, waiting at its source included; every word is checked. {MEASURED:,} cycles "
        f"measured after {BEFORE:,}. Loads are flits that a node makes in a cycle; no figure: not stable, that is, "
        "the 64 places of some source's backlog were full, or less arrived than was made. Hot spot: "
        f"{1 - BACKGROUND:.1%} of all packets go to one node, the others to any.",
        ["network", "VCs", "pattern", *map(str, LOADS)],
    )
    for kind, vcs, pattern in CURVES:
        step(f"{kind}, {vcs} VCs, {pattern}")
        points = _run(_design(kind, vcs), pattern, LOADS)
        section.rows.append([kind, vcs, pattern, *(f"{p['latency']:.1f}" if p["stable"] else None for p in points)])
    return section
