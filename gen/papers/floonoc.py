"""Claims of FlooNoC about collectives (arXiv:2603.26438, 2026): multicast and reduction, compared with software."""

import numpy as np

from ...hw.noc.noc import Noc
from ...sim.golden.noc import Packet
from ...sim.stimulus.noc import NocCase, broadcast, reduce
from ..verilog.verilog import generate
from .claim import Claim
from .measuring import checked

SIDE = 4
NODES = SIDE * SIDE
STEPS = NODES.bit_length() - 1
"""Number of steps of a binary tree over all nodes."""
FLITS = 64
"""Number of 64-bit flits of a message (512 bytes)."""


def _ratio(design, hardware: NocCase, steps: list[NocCase]) -> float:
    """Cycles of a tree's steps relative to the network; each counted from the first flit sent to the last received."""
    outcome, _ = checked(design, [hardware, *steps])
    network, *tree = (cycles - 1 for cycles in outcome.case_cycles)
    return sum(tree) / network


def multicast() -> float:
    """Cycles of a broadcast by a tree of unicasts relative to multicast, on RTL; every word is compared."""
    design, rng = generate("noc", Noc(k=SIDE, l=SIDE, multicast=True)), np.random.default_rng(7)
    words = _words(rng)
    spans = [NODES >> step for step in range(STEPS)]
    steps = [NocCase({node: [Packet(node + span // 2, words)] for node in range(0, NODES, span)}) for span in spans]
    return _ratio(design, broadcast(design.parameters, 0, FLITS, rng), steps)


def reduction() -> float:
    """Cycles of a sum by a tree of unicasts, without the additions in the nodes, relative to the network, on RTL."""
    design, rng = generate("noc", Noc(k=SIDE, l=SIDE, vcs=3, reduction=True)), np.random.default_rng(7)
    words = _words(rng)
    spans = [2 << step for step in range(STEPS)]
    steps = [NocCase({node + span // 2: [Packet(node, words)] for node in range(0, NODES, span)}) for span in spans]
    return _ratio(design, reduce(design.parameters, [(0, FLITS)], rng), steps)


def _words(rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(word) for word in rng.integers(1 << 62, size=FLITS))


CLAIMS = tuple(
    Claim(
        paper="floonoc",
        text=f"{what} in the network is {published} times as fast as by software.",
        published=published,
        unit="x as fast",
        stated=f"{published} x, geometric mean for 1 to 32 KiB (abstract of arXiv:2603.26438)",
        band=(published, STEPS),
        reason=f"Software is a binary tree of unicasts here, and {cost} in the nodes takes no cycles. Its {STEPS} "
        f"steps on {NODES} nodes limit the ratio for long messages.",
        measure=measure,
    )
    for what, published, cost, measure in (
        ("Multicast", 2.9, "forwarding", multicast),
        ("Reduction", 2.5, "adding", reduction),
    )
)
