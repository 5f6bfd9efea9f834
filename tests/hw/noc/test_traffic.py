"""Traffic endpoints: settings, and marks that distinguish words."""

import pytest

from systola.hw.noc.topology.graphs import topology
from systola.hw.noc.traffic import TrafficCounts, TrafficPattern, TrafficSettings, fixed
from systola.sim.bench.noc_traffic import COUNTS
from systola.sim.golden import noc


@pytest.mark.parametrize("what", [("torus", 4, 4), ("torus", 8, 8), ("mesh", 4, 3), ("ring", 6, 1), ("fat_tree", 2, 3)])
def test_patterns_are_those_of_the_golden_model(what):
    network = topology(*what)
    for node in range(network.nodes):
        expected = [0, *(noc.goal(pattern, *what, node) for pattern in noc.PATTERNS[1:])]
        assert fixed(network, node) == expected
    assert len(TrafficPattern) == len(noc.PATTERNS)


def test_settings_and_counters():
    assert TrafficSettings().size == 1 + 1 + 3 + 17 + 5 + 1 + 8 + 8 + 8
    assert {name for name, _ in TrafficCounts()} | {"errors"} == set(COUNTS)
