"""Every pair has a way, the way is a shortest one, and no network that is accepted can deadlock."""

from itertools import product

import pytest

from systola.hw.component import ParameterError
from systola.hw.noc.topology.deadlock import find_cycle
from systola.hw.noc.topology.graphs import topology

ALL = [
    ("ring", 5, 1, 2),
    ("ring", 8, 1, 3),
    ("mesh", 4, 3, 1),
    ("mesh", 1, 3, 2),
    ("torus", 4, 4, 2),
    ("torus", 5, 2, 4),
    ("torus", 3, 3, 1),
    ("crossbar", 4, 2, 1),
    ("bus", 5, 1, 3),
    ("fat_tree", 2, 3, 1),
    ("fat_tree", 4, 2, 2),
    ("fat_tree", 4, 1, 2),
]


@pytest.mark.parametrize("what", ALL, ids=lambda what: "-".join(map(str, what)))
def test_every_pair_has_a_way(what):
    network = topology(*what)
    assert len(network.paths) == network.nodes * (network.nodes - 1)
    for (source, destination), channels in network.paths.items():
        router, arriving = network.entry(source)
        for n, (here, port, vc) in enumerate(channels):
            assert here == router
            assert 0 <= vc < network.vcs
            assert arriving in network.turns[port]
            assert arriving != port or network.kind == "crossbar"
            if n < len(channels) - 1:
                router, arriving = network.links[here, port]
        assert (router, port, vc) == (*network.exit(destination), 0)
    for output, end in network.links.items():
        assert network.kind == "bus" or network.links[end] == output  # links come in pairs
    assert not find_cycle(network)


@pytest.mark.parametrize(("kind", "k", "l"), [("ring", 7, 1), ("mesh", 4, 3), ("torus", 4, 4), ("torus", 5, 3)])
def test_ways_are_shortest(kind, k, l):  # noqa: E741
    network = topology(kind, k, l)

    def apart(a, b, size):
        return min(abs(a - b), size - abs(a - b)) if kind != "mesh" else abs(a - b)

    for (source, destination), channels in network.paths.items():
        dx, dy = apart(source % k, destination % k, k), apart(source // k, destination // k, l)
        assert len(channels) - 1 == dx + dy


@pytest.mark.parametrize("kind", ["mesh", "torus"])
def test_every_rectangle_has_a_tree(kind):
    """Each node of it once, the source not, by channels that follow each other and that the check has seen."""
    network = topology(kind, 4, 3, 4, True)
    for source, low, high in product(range(12), range(12), range(12)):
        (x, y), (to_x, to_y) = network.at(low), network.at(high)
        if x > to_x or y > to_y or low == high:
            continue
        tree = network.tree(source, (x, y), (to_x, to_y), 3)
        inside = {b * 4 + a for a in range(x, to_x + 1) for b in range(y, to_y + 1)} - {source}
        assert sorted(router for _, (router, port, _) in tree if port == 0) == sorted(inside)
        assert set(tree) <= set(network.trees)
        for before, (router, _, _) in tree:
            assert router == (network.links[before[:2]][0] if before else source)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (("tree", 2), "topology=tree: topology must be ring, mesh, torus, crossbar, bus or fat_tree."),
        (("ring", 4, 2), "l=2: a ring has l=1, and k nodes."),
        (("fat_tree", 3, 2), "k=3: a fat_tree's k must be 2, 4 or 8."),
        (("crossbar", 5, 4), "k=5, l=4: a crossbar of 20 nodes is not from 2 to 16."),
        (("ring", 4, 1, 2, True), "multicast=True: only a mesh or torus of 2 x 2 or more has it, not a ring 4 x 1."),
        (
            ("bus", 4, 1, 2, False, True),
            "reduction=True: only a mesh or torus of 2 x 2 or more has it, not a bus 4 x 1.",
        ),
        (
            ("torus", 3, 3, 2, False, True),
            "vcs=2: with reduction, vcs of a torus must be an integer from 3 to 8: the highest is for sums.",
        ),
        (
            ("mesh", 3, 3, 1, False, True),
            "vcs=1: with reduction, vcs of a mesh must be an integer from 2 to 8: the highest is for sums.",
        ),
        (("mesh", 1, 1), "k=1, l=1: a mesh of 1 nodes is not from 2 to 64."),
    ],
)
def test_no_such_network(what, message):
    with pytest.raises(ParameterError) as error:
        topology(*what)
    assert str(error.value) == message
