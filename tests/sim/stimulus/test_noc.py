"""Traffic: destinations of every pattern, reproducible cases, and the count of accepted flits."""

import numpy as np
import pytest

from systola.sim.stimulus.noc import PATTERNS, accepted, destination, random_cases, traffic

TORUS = {"topology": "torus", "k": 4, "l": 4, "width": 8, "multicast": False, "reduction": False}
TREE = {"topology": "fat_tree", "k": 2, "l": 3, "width": 8}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("tornado", 4 + 4 + 2),  # (1, 1) to (2, 2)
        ("bit complement", 10),
        ("hot spot", 8),
        ("neighbour", 6),
    ],
)
def test_destinations_in_a_torus(pattern, expected):
    assert destination(pattern, TORUS, 5, np.random.default_rng(0)) == expected


def test_transpose():
    rng = np.random.default_rng(0)
    assert [destination("transpose", TORUS, node, rng) for node in (1, 2, 7, 5)] == [4, 8, 13, 6]
    assert len({destination("transpose", TREE, node, rng) for node in range(1, 7)}) == 6


@pytest.mark.parametrize("parameters", [TORUS, TREE, TORUS | {"k": 3, "l": 5}, {"topology": "bus", "k": 2, "l": 1}])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_node_sends_to_itself(parameters, pattern):
    case = traffic(parameters | {"width": 8}, pattern, 20, np.random.default_rng(1), longest=3)
    for node, packets in case.packets.items():
        assert len(packets) == 20
        for packet in packets:
            assert packet.dest != node
            assert packet.dest in case.packets
            assert 1 <= len(packet.words) <= 3
            assert all(0 <= word < 256 for word in packet.words)


def test_random_cases_depend_on_the_seed():
    cases = random_cases(TORUS, 12, 4)
    assert cases == random_cases(TORUS, 12, 4)
    assert cases != random_cases(TORUS, 12, 5)
    assert [case.lone for case in cases] == [False, True] * 6
    assert any(case.stalls for case in cases)
    assert any(packet.dest == node for case in cases for node, packets in case.packets.items() for packet in packets)


def test_accepted_flits():
    result = {
        "arrivals": {0: list(range(3, 103)), 1: list(range(3, 203, 2))},
        "departures": {0: list(range(100)), 1: list(range(90))},
    }
    assert accepted(result, {"topology": "ring", "k": 2, "l": 1}) == pytest.approx(0.75, abs=0.02)
    with pytest.raises(ValueError, match="too few packets"):
        accepted(result | {"departures": {0: [5]}}, {"topology": "ring", "k": 2, "l": 1})
