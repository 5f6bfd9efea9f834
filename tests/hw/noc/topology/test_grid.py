"""Rings, meshes and tori: routes are shortest, and every rectangle has a multicast tree."""

from itertools import product

import pytest

from systola.hw.noc.topology.grid import GridTopology


@pytest.mark.parametrize(
    "what",
    [
        ("ring", 5, 1, 2),
        ("ring", 8, 1, 3),
        ("mesh", 4, 3, 1),
        ("mesh", 1, 3, 2),
        ("torus", 4, 4, 2),
        ("torus", 5, 2, 4),
        ("torus", 3, 3, 1),
    ],
    ids=lambda what: "-".join(map(str, what)),
)
def test_routes(check_routes, what):
    check_routes(GridTopology(*what))


@pytest.mark.parametrize(("kind", "k", "l"), [("ring", 7, 1), ("mesh", 4, 3), ("torus", 4, 4), ("torus", 5, 3)])
def test_routes_are_shortest(kind, k, l):  # noqa: E741
    network = GridTopology(kind, k, l)

    def apart(a, b, size):
        return min(abs(a - b), size - abs(a - b)) if kind != "mesh" else abs(a - b)

    for (source, destination), channels in network.paths.items():
        dx, dy = apart(source % k, destination % k, k), apart(source // k, destination // k, l)
        assert len(channels) - 1 == dx + dy


@pytest.mark.parametrize("kind", ["mesh", "torus"])
def test_every_rectangle_has_a_tree(kind):
    """The tree has each node once and not the source, on consecutive channels that the deadlock check covers."""
    network = GridTopology(kind, 4, 3, 4, True)
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
