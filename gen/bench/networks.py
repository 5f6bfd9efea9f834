"""Figures of the network on chip: what it accepts."""

import numpy as np

from ...hw.noc.noc import Noc
from ...sim.simulate import simulate
from ...sim.workloads.traffic import accepted, traffic
from ..verilog import generate
from .section import Section

PACKETS = 400
PATTERNS = (("uniform", 1), ("uniform", 4), ("tornado", 1), ("transpose", 1), ("bit complement", 1), ("neighbour", 1))
NETWORKS = {
    "torus, 2 VCs": {"topology": "torus", "vcs": 2},
    "torus, 4 VCs": {"topology": "torus", "vcs": 4},
    "torus, 2 VCs, latency 2": {"topology": "torus", "vcs": 2, "latency": 2},
    "mesh, 2 VCs": {"topology": "mesh", "vcs": 2},
}


def throughput() -> Section:
    """Flits a node accepts in a cycle when every source always offers."""
    section = Section(
        "Network on chip: flits accepted a node and cycle",
        f"4 x 4 nodes, 16-bit flits, 4 flits a VC, generated Verilog; every source always offers, {PACKETS} packets "
        "each; every flit's arrival is checked. The port of a node carries 1.",
        [
            "network",
            *(f"{pattern}, packets of 1 to {length}" if length > 1 else pattern for pattern, length in PATTERNS),
        ],
    )
    for title, parameters in NETWORKS.items():
        design = generate("noc", Noc(k=4, l=4, width=16, **parameters))
        rng = np.random.default_rng(5)
        cases = [traffic(design.parameters, pattern, PACKETS, rng, longest=length) for pattern, length in PATTERNS]
        outcome, results = simulate(design, cases, keep=True)
        if outcome.mismatches:
            raise RuntimeError(outcome.examples[0])
        section.rows.append([title, *(f"{accepted(result, design.parameters):.2f}" for result in results)])
    return section
