"""Traffic for a network on chip: patterns from the literature, random cases, and the accepted throughput."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..golden.noc import PATTERNS, Packet, dropped, goal, nodes
from ..golden.router import route
from .resets import Interruptible
from .router import shape_of

HOT = 24
"""Packets of each node in a saturated case."""
DRAWS = 1000
"""Draws of the nodes of a competing case."""
LONG, MANY = 36, 500
"""Case with more packets than all others, and their number at each node."""
FULL, ERRORS = 10, 260
"""Case with more packets to illegal destinations than the error counter of a node can count, and their number."""


@dataclass
class NocCase(Interruptible):
    """Packets of each node; the probability of a pause before each beat; the stall probability of each exit.

    `lone`: there is one packet, or one to be added per node, whose latency is checked. `saturated`: all nodes that send
    any packets send packets of one word to the destination of the first, and the flits between two of the same source
    are checked.
    """

    packets: dict[int, list[Packet]]
    gap: float = 0.0
    stalls: dict[int, float] = field(default_factory=dict)
    seed: int = 0
    lone: bool = False
    saturated: bool = False


def destination(pattern: str, parameters: dict, source: int, rng: np.random.Generator) -> int:
    """Destination of a packet in the pattern; never its source.

    See `sim.golden.noc.goal`.
    """
    if pattern == "uniform":
        to = int(rng.integers(_nodes(parameters) - 1))
        return to + (to >= source)
    return goal(pattern, parameters["topology"], parameters["k"], parameters["l"], source)


def traffic(parameters: dict, pattern: str, count: int, rng: np.random.Generator, *, longest: int = 1) -> NocCase:
    """Case in which each node sends `count` packets of 1 to `longest` words."""
    return NocCase(
        {
            node: [
                _packet(parameters, rng, destination(pattern, parameters, node, rng), int(rng.integers(longest)) + 1)
                for _ in range(count)
            ]
            for node in range(_nodes(parameters))
        },
        seed=int(rng.integers(2**31)),
    )


def lone_cases(parameters: dict, pairs: list[tuple[int, int, int]], rng: np.random.Generator) -> list[NocCase]:
    """Cases of a single packet, one for each (source, destination, words)."""
    return [NocCase({a: [_packet(parameters, rng, b, length)]}, lone=True) for a, b, length in pairs]


def saturated(parameters: dict, dest: int, rng: np.random.Generator) -> NocCase:
    """Case in which all other nodes send :data:`HOT` packets of one word to node `dest`, without pauses."""
    packets = {
        node: [_packet(parameters, rng, dest, 1) for _ in range(HOT)]
        for node in range(_nodes(parameters))
        if node != dest
    }
    return NocCase(packets, seed=int(rng.integers(2**31)), saturated=True)


def competing(parameters: dict, rising: bool, rng: np.random.Generator) -> NocCase:
    """Case in which the VCs of a node's input compete.

    The node sends packets of one word to a first destination, to which another node sends too, so that they wait, and
    then more to a second one, which do not wait. The latter use a higher VC if `rising`, otherwise a lower one. The
    three routes share only the exit of the first destination. If there are no such nodes, as in a bus or with one VC,
    the case is a saturated one.
    """
    shape = shape_of(parameters)
    for _ in range(DRAWS):
        source, rival, first, second = map(int, rng.integers(_nodes(parameters), size=4))
        if source in (rival, first, second) or first in (rival, second):
            continue
        ends = (source, first), (rival, first), (source, second)
        waiting, other, free = (route(shape, *each).hops for each in ends)
        channels = {(hop.router, hop.leaves) for hop in (*waiting, *other, *free)}
        lower, higher = (waiting, free) if rising else (free, waiting)
        if len(channels) == len(waiting) + len(other) + len(free) - 1 and lower[0].on < higher[0].on:
            goals = {source: [first] * HOT + [second] * 2 * HOT, rival: [first] * 4 * HOT}
            packets = {node: [_packet(parameters, rng, to, 1) for to in each] for node, each in goals.items()}
            return NocCase(packets, seed=int(rng.integers(2**31)), saturated=True)
    return saturated(parameters, 0, rng)


def random_cases(parameters: dict, count: int, seed: int) -> list[NocCase]:
    """Seeded random cases of one of :data:`PATTERNS`, with packets of up to 6 words; half of them with gaps, stalls,
    and packets to illegal destinations. As many cases of single packets follow. With multicast a third of all packets
    have a rectangle as destination; with reduction some are to be added, and half of the single ones. In one case a
    node sends more illegal packets than its error counter can count, and one case has many packets. Saturated cases
    alternate with hot spots of longer packets; from case 16 on, every twelfth is one of competing VCs."""
    rng = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        if number % 2:
            a, length = int(rng.integers(_nodes(parameters))), int(rng.integers(1, 12))
            case = lone_cases(parameters, [(a, destination("uniform", parameters, a, rng), length)], rng)[0]
            if parameters["reduction"] and number % 4 == 1:
                case = reduce(parameters, [(a, length)], rng)
                case.lone = True
            cases.append(_spread(parameters, case, rng))
            continue
        if number % 24 == 8:
            cases.append(saturated(parameters, number // 24 % _nodes(parameters), rng))
            continue
        if number % 12 == 4 and number > 4:
            cases.append(competing(parameters, number % 24 == 4, rng))
            continue
        pattern, most = ("uniform", MANY) if number == LONG else (PATTERNS[number // 2 % len(PATTERNS)], 12)
        case = _spread(parameters, traffic(parameters, pattern, most, rng, longest=6), rng)
        if parameters["reduction"]:
            roots = [(int(rng.integers(_nodes(parameters))), int(rng.integers(1, 5))) for _ in range(8)]
            _mix(case, reduce(parameters, roots, rng), rng)
        if number % 4:
            case.gap = float(rng.choice([0.0, 0.3, 0.8]))
            case.stalls = {node: float(rng.choice([0.0, 0.3, 0.8])) for node in case.packets}
            for node, packets in case.packets.items():
                for wrong in _wrong(parameters, node):
                    where = int(rng.integers(len(packets) + 1))
                    packets.insert(where, _packet(parameters, rng, wrong, int(rng.integers(1, 4))))
                if number == FULL and node == 0:
                    kinds = _wrong(parameters, node)
                    packets[:0] = [_packet(parameters, rng, kinds[n % len(kinds)], 1) for n in range(ERRORS)]
                if parameters["reduction"] and (wrong := _wrong(parameters, node)[-1]) >= _nodes(parameters):
                    packets.insert(0, replace(_packet(parameters, rng, wrong, 2), reduce=True))
                if parameters["multicast"]:  # a rectangle whose end precedes its start
                    packets.insert(0, replace(_packet(parameters, rng, _nodes(parameters) - 1, 2), to=0))
        cases.append(case)
    return cases


def broadcast(parameters: dict, root: int, words: int, rng: np.random.Generator) -> NocCase:
    """One packet to all others, by multicast."""
    packet = _packet(parameters, rng, 0, words)
    return NocCase({root: [replace(packet, to=_nodes(parameters) - 1)]}, lone=True)


def reduce(parameters: dict, roots: list[tuple[int, int]], rng: np.random.Generator) -> NocCase:
    """Packets to be added, of all nodes, one for each (node that receives the sum, words)."""
    return NocCase(
        {
            node: [replace(_packet(parameters, rng, root, words), reduce=True) for root, words in roots]
            for node in range(_nodes(parameters))
        },
        seed=int(rng.integers(2**31)),
    )


def _mix(case: NocCase, added: NocCase, rng: np.random.Generator):
    """Insert the packets of `added`, in their order, anywhere between those of the case."""
    for node, packets in added.packets.items():
        others = case.packets.setdefault(node, [])
        places = np.sort(rng.integers(len(others) + 1, size=len(packets)))
        for shift, (place, packet) in enumerate(zip(places, packets, strict=True)):
            others.insert(int(place) + shift, packet)


def _spread(parameters: dict, case: NocCase, rng: np.random.Generator) -> NocCase:
    """Replace the destination of a third of the packets by any rectangle, if the network supports it."""
    if parameters["multicast"]:
        k, l = parameters["k"], parameters["l"]  # noqa: E741
        for packets in case.packets.values():
            for n, packet in enumerate(packets):
                x, y = np.sort(rng.integers(k, size=2)), np.sort(rng.integers(l, size=2))
                low, high = (int(y[end]) * k + int(x[end]) for end in range(2))
                if rng.random() < 1 / 3 and low != high and not packet.reduce:
                    packets[n] = replace(packet, dest=low, to=high)
    return case


def accepted(result: dict, parameters: dict) -> float:
    """Accepted throughput in flits per cycle of each node, from the arrival of a quarter of all flits until the first
    source has sent its last flit.

    `result` is the saved result of a case.
    """
    arrivals = sorted(cycle for cycles in result["arrivals"].values() for cycle in cycles)
    begin, end = arrivals[len(arrivals) // 4], min(cycles[-1] for cycles in result["departures"].values())
    if end <= begin:
        raise ValueError("too few packets: the first source finished before the network was full")
    return sum(begin <= cycle < end for cycle in arrivals) / (end - begin) / _nodes(parameters)


def _nodes(parameters: dict) -> int:
    return nodes(parameters["topology"], parameters["k"], parameters["l"])


def _wrong(parameters: dict, node: int) -> list[int]:
    """Destinations that a packet cannot have: the node itself, and one that does not exist, if the field can represent
    one."""
    count = _nodes(parameters)
    beyond = (1 << (count - 1).bit_length()) - 1
    candidates = [node, beyond]
    return [to for to in candidates if dropped([Packet(to, ())], node, count, parameters["k"])]


def _packet(parameters: dict, rng: np.random.Generator, dest: int, length: int) -> Packet:
    """Random words; every eighth is all ones or all zero."""
    width = parameters["width"]
    words = [int.from_bytes(rng.bytes(-(-width // 8)), "little") & (1 << width) - 1 for _ in range(length)]
    return Packet(dest, tuple((word & 1) * ((1 << width) - 1) if rng.random() < 0.125 else word for word in words))
