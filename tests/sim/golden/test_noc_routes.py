"""Golden routes of networks: by hand, in every topology of the generator, and the trees of multicast."""

from collections import Counter

import pytest

from systola.hw.noc.topology.graphs import topology
from systola.sim.golden import noc_routes
from systola.sim.golden.noc import Packet, hops


@pytest.mark.parametrize(
    ("network", "pair", "channels"),
    [
        (("mesh", 3, 2), (0, 5), [(0, 1), (1, 1), (2, 3), (5, 0)]),
        (("torus", 3, 3), (0, 8), [(0, 2), (2, 4), (8, 0)]),
        (("ring", 5, 1), (1, 4), [(1, 2), (0, 2), (4, 0)]),
        (("crossbar", 2, 2), (0, 3), [(0, 3)]),
        (("bus", 2, 2), (0, 3), [(0, 4), (1, 3)]),
        (("fat_tree", 2, 2), (0, 3), [(0, 3), (3, 1), (1, 1)]),
    ],
)
def test_by_hand(network, pair, channels):
    assert noc_routes.route(*network, *pair) == channels


@pytest.mark.parametrize(
    "network",
    [("ring", 6, 1), ("mesh", 4, 3), ("torus", 4, 4), ("torus", 2, 2), ("bus", 3, 2), ("fat_tree", 2, 3)],
    ids=str,
)
def test_routes_are_those_of_the_generator(network):
    for (source, dest), path in topology(*network).paths.items():
        route = noc_routes.route(*network, source, dest)
        assert route == [(router, port) for router, port, _ in path]
        assert len(route) == hops(*network, source, dest)


def test_a_flit_to_a_rectangle_crosses_its_tree_once():
    """Node 1 of 3 x 2 sends two words to all others, node 2 one word to its left neighbour."""
    tree = [(1, 1), (1, 2), (1, 3), (0, 0), (0, 3), (2, 0), (2, 3), (3, 0), (4, 0), (5, 0)]
    sent = {1: [Packet(0, (7, 8), to=5), Packet(1, (9,))], 2: [Packet(1, (3,))]}
    expected = Counter(dict.fromkeys(tree, 2)) + Counter({(2, 2): 1, (1, 0): 1})
    assert noc_routes.flits("mesh", 3, 2, sent) == expected


@pytest.mark.parametrize(
    ("network", "vcs", "pair", "expected"),
    [
        (("ring", 3, 1), 2, (1, 0), 2),  # two inputs at the exit, one node on each
        (("mesh", 3, 1), 1, (2, 0), 2 * 1),  # two nodes take turns on the link to the exit
        (("mesh", 3, 1), 2, (2, 0), 2 * 3),  # they may be on two VCs
        (("mesh", 2, 2), 1, (3, 0), 2 * 2),  # of two inputs at the exit, one brings the packets of two nodes
        (("crossbar", 2, 2), 2, (3, 0), 3),
    ],
)
def test_every_node_has_its_turn(network, vcs, pair, expected):
    assert noc_routes.interval(*network, vcs, *pair) == expected


def test_a_node_that_also_sends_elsewhere_has_its_turn():
    """Node 0 alternates between two VCs, and at the exit of node 1 its packets alternate with those of node 2."""
    assert noc_routes.interval("ring", 3, 1, 2, 0, 1, {0: 2, 2: 1}) == 3 * 2
    assert noc_routes.interval("ring", 3, 1, 2, 2, 1, {0: 2, 2: 1}) == 2
    assert noc_routes.interval("ring", 3, 1, 1, 0, 1, {0: 2, 2: 1}) == 2
