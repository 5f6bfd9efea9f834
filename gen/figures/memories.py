"""Figures of the on-chip memories: bank conflicts, and area of ports and banks."""

from typing import Any

import numpy as np

from ...hw.component import Component
from ...hw.memory.multiport import Multiport
from ...hw.memory.scratchpad import Scratchpad
from ...hw.memory.split_scratchpad import SplitScratchpad
from ...sim.golden.scratchpad import expected_rate
from ...sim.runner.simulate import simulate
from ...sim.stimulus import gemm_traffic
from ...sim.stimulus.scratchpad import ScratchpadCase, stride, uniform
from ..synth.synth import synthesise
from ..verilog.verilog import generate
from .section import Section, percent, step

LENGTH = 5000
"""Number of accesses per port in a measurement of the rate."""


def conflicts() -> Section:
    """Accesses per cycle by ports, banks and pattern, on the generated Verilog."""
    section = Section(
        "Scratchpad: accesses per cycle",
        f"Generated Verilog, {LENGTH:,} reads per port. Every port always has a request, and every word is compared. "
        "Accesses are counted while all ports are busy. The theory is a Markov chain over the occupancy of the banks "
        "(sim/golden/scratchpad.py), which is exact for uniformly random addresses.",
        ["ports", "banks", "pattern", "accesses/cycle", "theory", "difference"],
    )
    for ports, banks in ((2, 2), (4, 2), (4, 4), (4, 8), (4, 16), (8, 8)):
        component = Scratchpad(ports=ports, banks=banks, width=32, depth=2048, counters=0)
        design = generate("scratchpad", component)
        p, rng = design.parameters, np.random.default_rng(7)
        patterns: dict[str, tuple[ScratchpadCase, float]] = {
            "uniform random": (uniform(p, rng, LENGTH, kind="reads"), expected_rate(ports, banks))
        }
        if ports == banks:
            patterns["stride 1"] = stride(p, LENGTH), float(min(ports, banks))
            apart = [port * 512 // ports for port in range(ports)]
            patterns["stride 1, all from one bank"] = stride(p, LENGTH, starts=apart), float(min(ports, banks))
            patterns["one bank"] = _one_bank(p), 1.0
        outcome, results = simulate(design, [case for case, _ in patterns.values()], keep=True)
        if outcome.mismatches:
            raise RuntimeError(outcome.examples[0])
        for (pattern, (_, theory)), result in zip(patterns.items(), results, strict=True):
            rate = _rate([cycles for _, cycles in result.values()])
            section.rows.append([ports, banks, pattern, f"{rate:.3f}", f"{theory:.3f}", f"{rate / theory - 1:+.2%}"])
    return section


def _one_bank(p: dict) -> ScratchpadCase:
    case = stride(p, LENGTH)
    return ScratchpadCase(
        {
            port: [type(r)(r.addr * p["banks"] % p["depth"]) for r in requests]
            for port, requests in case.requests.items()
        }
    )


def _rate(ports: list[list[int]]) -> float:
    """Responses per cycle from the time when all ports are active until the first port has its last response."""
    begin = max(cycles[0] for cycles in ports) + 100
    end = min(cycles[-1] for cycles in ports)
    return sum(begin <= cycle < end for cycles in ports for cycle in cycles) / (end - begin)


SPLITS: dict[str, dict[str, Any]] = {
    "data": {"ports": "2", "banks": "2,4,2", "shares": "1,2,1"},
    "function": {"ports": "3,2,1", "banks": "4,2,2", "shares": "2,1,1"},
    "stage": {"ports": "3,2", "banks": "4", "shares": "1,1"},
}
"""Parameters of the splits of 2048 words in eight banks."""

WHOLE = {"ports": 4, "banks": 8, "width": 32, "depth": 2048}


def _split(by: str) -> SplitScratchpad:
    return SplitScratchpad(by=by, width=32, depth=2048, **SPLITS[by])


def traffic() -> Section:
    """Cycles lost by the traffic of a matrix product on a single and on split scratchpads."""
    section = Section(
        "Single or split scratchpads: traffic of a matrix product",
        "32 x 16 by 16 x 32 on an array of 8 x 4, weight stationary: inputs and weights are read and results written, "
        "while a DMA engine fills and empties the other halves. 2,048 words in eight banks, in one scratchpad or "
        "split. Every word is compared. A lost cycle is one in which a request of a port was not granted.",
        ["memory", "ports", "banks", "accesses", "cycles", "accesses/cycle", "lost cycles", "lost per access"],
    )
    trace = gemm_traffic.traffic(32, 16, 32, rows=8, cols=4, width=32)
    designs: list[tuple[str, Component]] = [("whole", Scratchpad(**WHOLE))]
    designs += [(f"split by {by}", _split(by)) for by in SPLITS]
    for title, component in designs:
        whole = isinstance(component, Scratchpad)
        design = generate("scratchpad" if whole else "split_scratchpad", component)
        case = (gemm_traffic.unified if whole else gemm_traffic.split)(design.parameters, trace)
        outcome, results = simulate(design, [case], keep=True)
        if outcome.mismatches:
            raise RuntimeError(outcome.examples[0])
        sizes = [component.p] if whole else [component.p.part(name) for name in component.p.parts]
        lost = sum(_lost(accepted) for accepted, _ in results[0].values())
        section.rows.append(
            [
                title,
                sum(part.ports for part in sizes),
                sum(part.banks for part in sizes),
                outcome.work,
                outcome.cycles,
                f"{outcome.work / outcome.cycles:.2f}",
                lost,
                f"{lost / outcome.work:.3f}",
            ]
        )
    return section


def _lost(accepted: list[int]) -> int:
    """Lost cycles of a port that always has a request: cycles in which no request of the port was accepted."""
    return accepted[-1] - accepted[0] + 1 - len(accepted) if accepted else 0


def area() -> Section:
    """Cells and clock frequency by ports and banks."""
    section = Section(
        "Memories: area and clock frequency",
        "2,048 words of 32 bits (64 Kbit, at least four DP16KD) on ECP5 85k (speed grade 6), Yosys and nextpnr out of "
        "context, median Fmax of five seeds. The responses of scratchpads can be stalled, those of multi-port "
        "memories cannot. The last two columns give the increase over half the ports or, for rows with more banks, "
        "over half the banks.",
        ["memory", "ports", "banks", "LUT4-eq", "FF", "BRAM", "Fmax MHz (median)", "seeds", "LUT4-eq +", "BRAM +"],
    )
    pads = [(ports, 4) for ports in (1, 2, 4, 8)] + [(4, banks) for banks in (2, 8, 16)]
    designs: list[tuple[str, int, int | None, Component]] = [
        ("scratchpad", ports, banks, Scratchpad(ports=ports, banks=banks, width=32, depth=2048, counters=0))
        for ports, banks in pads
    ]
    designs += [("multiport", ports, None, Multiport(ports=ports, width=32, depth=2048)) for ports in (1, 2, 4)]
    for by in SPLITS:
        component = _split(by)
        parts = [component.p.part(name) for name in component.p.parts]
        designs.append(
            (f"split by {by}", sum(part.ports for part in parts), sum(part.banks for part in parts), component)
        )
    reports = {}
    for title, ports, banks, component in designs:
        name = {"scratchpad": "scratchpad", "multiport": "multiport"}.get(title, "split_scratchpad")
        report = reports[title, ports, banks] = synthesise(component, name, progress=step)
        fewer = (title, ports // 2, banks), (title, ports, banks // 2 if banks else None)
        half = next((reports[key] for key in fewer if key in reports), None)
        section.rows.append(
            [
                title,
                ports,
                banks,
                report.lut4_equivalents,
                report.ffs,
                report.brams,
                f"{report.fmax_mhz['median']:.1f}",
                " ".join(f"{mhz:.0f}" for mhz in report.fmax_mhz["seeds"]),
                percent(report.lut4_equivalents / half.lut4_equivalents - 1) if half else None,
                percent(report.brams / half.brams - 1) if half else None,
            ]
        )
    return section
