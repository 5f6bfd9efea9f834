"""Link loads: equal to the known values."""

import pytest

from systola.hw.noc.analysis import average_hops, saturation
from systola.hw.noc.topology.graphs import topology


@pytest.mark.parametrize("k", [2, 3, 4, 5, 6, 8])
def test_uniform_traffic_in_a_torus(k):
    """Even k: a mean of k/4 hops per dimension over 2 links of each kind gives 8/k; odd k: 8k/(k^2 - 1)."""
    network = topology("torus", k, k)
    assert saturation(network) == pytest.approx(8 / k if k % 2 == 0 else 8 * k / (k * k - 1))
    assert average_hops(network) == pytest.approx(k / 2 if k % 2 == 0 else (k * k - 1) / (2 * k))


@pytest.mark.parametrize("k", [2, 4, 8])
def test_uniform_traffic_in_a_mesh(k):
    """The links in the middle carry a quarter of all traffic over k links per direction: 4/k."""
    network = topology("mesh", k, k, 1)
    assert saturation(network) == pytest.approx(4 / k)
    assert average_hops(network) == pytest.approx(2 * (k * k - 1) / (3 * k))


def test_uniform_traffic_elsewhere():
    tree = topology("fat_tree", 4, 2)
    assert saturation(tree) == 16 / 12  # each uplink carries one node's traffic to the 12 nodes that are not near
    assert average_hops(tree) == 1.5
    assert saturation(topology("bus", 8)) == 8 / 56
    assert saturation(topology("crossbar", 4)) == float("inf")  # only the links of the nodes
