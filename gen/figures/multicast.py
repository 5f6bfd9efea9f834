"""Figures of multicast and reduction in the network, compared with unicasts between the nodes."""

import numpy as np

from ...hw.noc.noc import Noc
from ...sim.golden.noc import Packet
from ...sim.runner.simulate import simulate
from ...sim.stimulus.noc import NocCase, broadcast, reduce
from ..verilog.verilog import generate
from .section import Section, step

SIDE = 4
FLITS = (16, 128, 512, 2048)


def cycles() -> Section:
    """Cycles of a broadcast of one node to all: by multicast, by unicasts in turn, and by a tree of unicasts."""
    section = Section(
        "Multicast: cycles of a broadcast",
        f"{SIDE} x {SIDE} torus, flits of 64 bits, 2 VCs, buffers of 4 flits, generated Verilog, every word compared; "
        "from the first flit sent to the last received. In turn: the node sends to each other node. Tree: in each of "
        "four steps every node that has the complete message sends it to another node; the work of the nodes between "
        "steps is not included. FlooNoC's multicast is 2.9 times as fast as its software.",
        ["bytes", "multicast", "in turn", "tree", "in turn / multicast", "tree / multicast"],
    )
    design = generate("noc", Noc(k=SIDE, l=SIDE, multicast=True))
    nodes, rng = SIDE * SIDE, np.random.default_rng(7)
    for flits in FLITS:
        step(f"{flits} flits")
        words = tuple(int(word) for word in rng.integers(1 << 62, size=flits))
        cases = [broadcast(design.parameters, 0, flits, rng)]
        cases.append(NocCase({0: [Packet(to, words) for to in range(1, nodes)]}))
        apart = nodes
        while apart > 1:
            cases.append(NocCase({n: [Packet(n + apart // 2, words)] for n in range(0, nodes, apart)}))
            apart //= 2
        multicast, turns, *steps = _cycles(design, cases)
        tree = sum(steps)
        section.rows.append([8 * flits, multicast, turns, tree, f"{turns / multicast:.1f}", f"{tree / multicast:.1f}"])
    return section


def reduction() -> Section:
    """Cycles of a sum of all nodes at one: by reduction in the network, in turn, at once, and by a tree."""
    section = Section(
        "Reduction: cycles of a sum at one node",
        f"{SIDE} x {SIDE} torus, flits of 64 bits, 3 VCs, buffers of 4 flits, generated Verilog, every word compared; "
        "from the first flit sent to the last received. In turn: each node sends to the root after the previous one "
        "has finished. At once: all nodes send to the root concurrently. Tree: in each of four steps half of the "
        "nodes that have a sum send it to the other half. The additions in the nodes are not included. FlooNoC's "
        "reduction is 2.5 times as fast as its software.",
        ["bytes", "reduction", "in turn", "at once", "tree", "in turn / reduction", "tree / reduction"],
    )
    design = generate("noc", Noc(k=SIDE, l=SIDE, vcs=3, reduction=True))
    nodes, rng = SIDE * SIDE, np.random.default_rng(7)
    for flits in FLITS:
        step(f"{flits} flits")
        words = tuple(int(word) for word in rng.integers(1 << 62, size=flits))
        cases = [
            reduce(design.parameters, [(0, flits)], rng),
            NocCase({n: [Packet(0, words)] for n in range(1, nodes)}),
        ]
        apart = 2
        while apart <= nodes:
            cases.append(NocCase({n + apart // 2: [Packet(n, words)] for n in range(0, nodes, apart)}))
            apart *= 2
        cases += [NocCase({n: [Packet(0, words)]}) for n in range(1, nodes)]
        added, once, *steps = _cycles(design, cases)
        count = nodes.bit_length() - 1
        tree, turns = sum(steps[:count]), sum(steps[count:])
        rates = f"{turns / added:.1f}", f"{tree / added:.1f}"
        section.rows.append([8 * flits, added, turns, once, tree, *rates])
    return section


def _cycles(design, cases: list[NocCase]) -> list[int]:
    """Cycles of each case, from the first flit sent to the last received."""
    outcome, _ = simulate(design, cases)
    if outcome.mismatches:
        raise RuntimeError(outcome.examples[0])
    return [count - 1 for count in outcome.case_cycles]
