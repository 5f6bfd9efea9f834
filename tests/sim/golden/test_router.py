"""Golden routes: equal to those of the generated networks."""

import pytest

from systola.hw.noc.topology.graphs import topology
from systola.sim.golden.router import most_passed, ports, route, through

ALL = [
    ("ring", 5, 1, 2),
    ("mesh", 4, 3, 1),
    ("torus", 4, 4, 2),
    ("torus", 3, 6, 5),
    ("torus", 2, 3, 2),
    ("crossbar", 5, 1, 2),
    ("bus", 5, 1, 3),
    ("fat_tree", 2, 3, 2),
    ("fat_tree", 4, 2, 1),
    ("fat_tree", 4, 1, 1),
]


@pytest.mark.parametrize("shape", ALL, ids=lambda shape: "-".join(map(str, shape)))
def test_routes(shape):
    network = topology(*shape)
    assert ports(shape) == network.ports
    for (source, destination), channels in network.paths.items():
        hops = route(shape, source, destination).hops
        assert [(hop.router, hop.leaves, hop.to) for hop in hops] == channels
        enters, on = network.entry(source)[1], network.lane(destination)
        for hop in hops:
            assert (hop.enters, hop.on) == (enters, on)
            enters, on = network.links.get((hop.router, hop.leaves), (0, 0))[1], hop.to


def test_inputs_that_can_pass_first():
    passing = through(("mesh", 3, 1, 1))
    assert {(a, b) for a, b, _, _ in passing[1]} == {(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)}


def test_bound_of_earlier_grants():
    assert most_passed(("torus", 4, 4, 2)) == 1 * 4 * 2 + 3
    assert most_passed(("mesh", 3, 1, 1)) == 1  # two inputs: one before
