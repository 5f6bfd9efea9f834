"""Trees to a root: every node has a route, and the inputs of an adder depend only on its position."""

import pytest

from systola.hw.noc import reduction_tree
from systola.hw.noc.topology.graphs import topology


@pytest.mark.parametrize("what", [("mesh", 4, 3, 2), ("torus", 3, 4, 3)], ids=lambda what: "-".join(map(str, what)))
def test_every_node_is_added_once(what):
    network = topology(*what, reduction=True)
    known = {}
    for root in range(network.nodes):
        joins = reduction_tree.joins(network, root)
        leaves = [channel for node in range(network.nodes) for channel in reduction_tree.path(network, node, root)[:1]]
        assert sorted(router for router, _, _ in leaves) == list(range(network.nodes))
        assert len({channel[0] for channel in joins}) == len(joins) == network.nodes  # one output of each router
        assert (root, 0, 0) in joins
        for channel, inputs in joins.items():
            assert 0 in inputs
            assert inputs <= set(network.turns[channel[1]])
            assert known.setdefault(channel, inputs) == inputs
            assert channel[1] == 0 or channel[2] == network.vcs - 1


def test_along_the_row_and_the_column():
    network = topology("torus", 4, 4, 3, reduction=True)
    assert reduction_tree.path(network, 0, 7) == [(0, 1, 2), (1, 1, 2), (2, 1, 2), (3, 3, 2), (7, 0, 0)]
    assert reduction_tree.joins(network, 5)[5, 0, 0] == {0, 1, 2, 3, 4}
    assert reduction_tree.path(network, 6, 6) == [(6, 0, 0)]
