"""Stimulus of the network interface: packets in both directions."""

from dataclasses import dataclass, field

import numpy as np

from .resets import Interruptible


@dataclass
class NetworkInterfaceCase(Interruptible):
    """Packets to send (destination, beats), and packets received from the network (source, words of flits).

    `gap` and `stall` are the probabilities of pauses of each input and each output.
    """

    node: int
    sent: list[tuple[int, list[int]]] = field(default_factory=list)
    received: list[tuple[int, list[int]]] = field(default_factory=list)
    gap: float = 0.0
    stall: float = 0.0
    seed: int = 0


def random_cases(parameters: dict, count: int, seed: int) -> list[NetworkInterfaceCase]:
    """Seeded random packets of all lengths; half with pauses. Every second packet is, in turn, too long, much too long,
    to the node itself, or to a node that does not exist."""
    rng = np.random.default_rng(seed)
    nodes, width, flits, longest = (parameters[name] for name in ("nodes", "width", "flits", "longest"))
    numbers = 1 << (nodes - 1).bit_length()

    def words(size: int, length: int) -> list[int]:
        drawn = [int.from_bytes(rng.bytes(-(-size // 8)), "little") & (1 << size) - 1 for _ in range(length)]
        return [(word & 1) * ((1 << size) - 1) if rng.random() < 0.125 else word for word in drawn]

    cases = []
    for number in range(count):
        case = NetworkInterfaceCase(int(rng.integers(nodes)), seed=int(rng.integers(1 << 31)))
        for n in range(20):
            length = int(rng.choice([1, longest, int(rng.integers(1, longest + 1))]))
            length = {1: longest + 1, 3: 2 * longest + 3}.get(n % 8, length)
            dest = {5: case.node, 7: numbers - 1}.get(n % 8, int(rng.integers(nodes)))
            case.sent.append((dest, words(flits * width, length)))
            case.received.append((int(rng.integers(nodes)), words(width, int(rng.integers(1, 3 * flits + 1)))))
        if number % 2:
            case.gap, case.stall = float(rng.choice([0.0, 0.3, 0.8])), float(rng.choice([0.0, 0.3, 0.8]))
        cases.append(case)
    return cases
