"""Figures of the network on chip: latency against load, link utilisation, generation time, area of the router."""

import time

from ...hw.noc.noc import Noc
from ...hw.noc.noc_traffic import NocTraffic
from ...hw.noc.router import Router
from ...sim.golden.noc import mean_hops, zero_load
from ...sim.runner.simulate import simulate
from ...sim.stimulus.noc_traffic import NocTrafficCase, case
from ..synth.synth import synthesise
from ..verilog.verilog import Design, generate
from .section import Section, step

SIDE = 8
NAMES = {"": "-", "rounds": "two rounds"}
"""Names of router options in the table."""
LOADS = (0.02, 0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
BEFORE, MEASURED = 2000, 6000
"""Warm-up cycles before the measurement of each load, and cycles of the measurement."""
BACKGROUND = 0.875
"""Share of packets to random nodes in the hot-spot pattern; the others go to one node."""

PATTERNS = {
    "uniform": {},
    "tornado": {},
    "transpose": {},
    "bit complement": {},
    "hot spot": {"background": BACKGROUND},
}
BOOKSIM = {("torus", 2): 0.25, ("torus", 4): 0.52, ("torus", 8): 0.65, ("mesh", 2): 0.30, ("mesh", 4): 0.40}
"""Last stable loads of BookSim 2 with uniform traffic, measured separately."""
LINKS = {"uniform": 0.3, "transpose": 0.1}
"""Patterns for the link utilisation, with loads that are stable on every network."""
CURVES = [
    *(("torus", vcs, 1, "uniform") for vcs in (2, 4, 8)),
    *(("torus", vcs, 2, "uniform") for vcs in (4, 8)),
    *(("torus", 4, 1, pattern) for pattern in PATTERNS if pattern != "uniform"),
    *(("mesh", vcs, 1, "uniform") for vcs in (2, 4)),
    *(("mesh", 4, 1, pattern) for pattern in PATTERNS if pattern != "uniform"),
]
"""Network, VCs, arbitration rounds per cycle, pattern."""


def _design(kind: str, vcs: int, rounds: int = 1) -> Design:
    return generate("noc_traffic", NocTraffic(topology=kind, k=SIDE, l=SIDE, vcs=vcs, depth=8, width=32, rounds=rounds))


def _run(design: Design, cases: list[NocTrafficCase]) -> tuple[list[dict], float]:
    """Simulate cases; return the counters of each case, and the simulated cycles per second."""
    outcome, results = simulate(design, cases, keep=True)
    if outcome.mismatches:
        raise RuntimeError(outcome.examples[0])
    return results, outcome.cycles / outcome.seconds


def _mean(result: dict) -> float:
    """Mean latency."""
    return sum(result["cycles"]) / max(1, sum(result["timed"]))


def _is_stable(result: dict) -> bool:
    return not any(result["blocked"]) and sum(result["flits"]) > 0.99 * sum(result["timed"])


def loads() -> Section:
    """Mean latency against offered load, for each network and pattern."""
    section = Section(
        "Network on chip: mean latency and offered load",
        f"{SIDE} x {SIDE} nodes, packets of one flit, buffers of 8 flits, generated Verilog. Latency in cycles from "
        "the generation of a packet to its arrival, including the wait at its source; every word is checked. "
        f"{MEASURED:,} cycles measured after {BEFORE:,} cycles of warm-up. Loads are in flits per node and cycle. An "
        "empty cell is an unstable load: the backlog of a source reached its limit of 64 packets, or fewer flits "
        f"arrived than were generated. Hot spot: {1 - BACKGROUND:.1%} of all packets go to one node, the others to a "
        "random node. Zero load: number of routers plus one flit, for uniform traffic. Rounds: arbitration rounds per "
        "cycle. BookSim 2 has the same buffers and six cycles per hop.",
        ["network", "VCs", "rounds", "pattern", "zero load", "last stable load", "BookSim", *map(str, LOADS)],
    )
    for kind, vcs, rounds, pattern in CURVES:
        step(f"{kind}, {vcs} VCs, {rounds} rounds, {pattern}")
        cases = [case(pattern, load, before=BEFORE, measured=MEASURED, **PATTERNS[pattern]) for load in LOADS]
        results, _ = _run(_design(kind, vcs, rounds), cases)
        stable = [_is_stable(result) for result in results]
        last = max(load for load, is_ in zip(LOADS, stable, strict=True) if is_)
        uniform = pattern == "uniform"
        section.rows.append(
            [
                kind,
                vcs,
                rounds,
                pattern,
                f"{mean_hops(kind, SIDE, SIDE) + zero_load(0, 1, 1):.2f}" if uniform else None,
                last,
                BOOKSIM[kind, vcs] if uniform else None,
                *(f"{_mean(r):.1f}" if is_ else None for r, is_ in zip(results, stable, strict=True)),
            ]
        )
    return section


def links() -> Section:
    """Utilisation of each link."""
    section = Section(
        "Network on chip: link utilisation",
        "The same networks with 4 VCs, "
        + " and ".join(f"{pattern} traffic at {load} flits per node and cycle" for pattern, load in LINKS.items())
        + ". For each node the percentage of cycles in which its links to the east, west, south and north carry a "
        "flit.",
        ["network", "pattern", "y", *(f"x = {x}" for x in range(SIDE))],
    )
    for kind in ("torus", "mesh"):
        for pattern, load in LINKS.items():
            step(f"{kind}, {pattern}")
            (result,), _ = _run(_design(kind, 4), [case(pattern, load, before=0, measured=4000, after=0)])
            for y in range(SIDE):
                row = result["links"][y * SIDE : (y + 1) * SIDE]
                cells = [" ".join(str(round(count / 40)) for count in ports[1:]) for ports in row]
                section.rows.append([kind, pattern, y, *cells])
    return section


def chip() -> Section:
    """Time to generate a large network, and its simulation speed."""
    section = Section(
        "Network on chip: generation and simulation",
        "8 x 8 torus, flits of 64 bits, 2 VCs, buffers of 4 flits, without and with endpoints that generate traffic; "
        "the latter simulated in Verilator with uniform traffic, without Python in the loop. Times depend on the "
        "machine.",
        ["design", "modules", "Verilog, kB", "generated, s", "simulated, cycles/s"],
    )
    for title, component in (
        ("noc", Noc(k=SIDE, l=SIDE)),
        ("noc_traffic, 32-bit flits", NocTraffic(k=SIDE, l=SIDE, width=32, counters=0)),
    ):
        step(title)
        started = time.perf_counter()
        design = generate(title.split(",")[0], component)
        seconds, speed = time.perf_counter() - started, None
        if design.name == "noc_traffic":
            _, speed = _run(design, [case("uniform", 0.3, before=0, measured=20000, after=0)])
        size = round(len(design.verilog) / 1000)
        section.rows.append([title, design.modules, size, f"{seconds:.1f}", speed and f"{speed:,.0f}"])
    return section


def router() -> Section:
    """Cells and clock frequency of one router."""
    section = Section(
        "Router: area and clock frequency",
        "Router of a 4 x 4 torus: 5 ports, flits of 64 bits, ECP5 85k, out of context, median Fmax of five seeds. "
        "LUT4 equivalents include the distributed memory of the buffers.",
        ["VCs", "flits per VC", "cycles per hop", "option", "LUT4", "LUT4 equivalents", "FF", "Fmax, MHz"],
    )
    sizes = [(2, 4, 1, ""), (2, 4, 2, ""), (2, 8, 1, ""), (4, 4, 1, ""), (2, 4, 1, "multicast"), (2, 4, 2, "multicast")]
    sizes += [(3, 4, 1, ""), (3, 4, 1, "reduction"), (3, 4, 2, "reduction")]
    sizes += [(2, 4, 1, "rounds"), (8, 4, 1, ""), (8, 4, 1, "rounds")]
    for vcs, depth, latency, also in sizes:
        step(f"router, {vcs} VCs, depth {depth}, latency {latency} {also}")
        options = {"rounds": 2} if also == "rounds" else {also: True} if also else {}
        component = Router(vcs=vcs, depth=depth, latency=latency, **options)
        report = synthesise(component, "router").to_dict()
        cells = [report[key] for key in ("luts", "lut4_equivalents", "ffs")]
        section.rows.append([vcs, depth, latency, NAMES.get(also, also), *cells, f"{report['fmax_mhz']['median']:.1f}"])
    return section
