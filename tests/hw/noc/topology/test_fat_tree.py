"""Fat trees: up to the lowest common ancestor, then down."""

import pytest

from systola.hw.noc.topology.fat_tree import FatTreeTopology


@pytest.mark.parametrize(("k", "l", "vcs"), [(2, 3, 1), (4, 2, 2), (4, 1, 2)])
def test_routes(check_routes, k, l, vcs):  # noqa: E741
    check_routes(FatTreeTopology("fat_tree", k, l, vcs))


def test_routes_turn_at_the_lowest_common_ancestor():
    network = FatTreeTopology("fat_tree", 2, 3, 1)
    assert (network.nodes, network.routers, network.ports) == (8, 12, 4)
    for (source, destination), path in network.paths.items():
        level = next(n for n in range(3) if source >> n + 1 == destination >> n + 1)
        assert len(path) == 2 * level + 1
        assert [router // network.row for router, _, _ in path] == [*range(level), *range(level, -1, -1)]


def test_uplinks_are_shared_by_destination():
    """Two packets that use the same uplink port of a router have the same digit of their destinations there."""
    network = FatTreeTopology("fat_tree", 4, 2, 1)
    for (source, destination), path in network.paths.items():
        if source // 4 != destination // 4:
            assert path[0][1] == 4 + destination % 4
