"""Topologies by name, checked; illegal descriptions are rejected with a sentence."""

import pytest

from systola.hw.component import ParameterError
from systola.hw.noc.topology.bus import BusTopology
from systola.hw.noc.topology.crossbar import CrossbarTopology
from systola.hw.noc.topology.fat_tree import FatTreeTopology
from systola.hw.noc.topology.graphs import KINDS, topology
from systola.hw.noc.topology.grid import GridTopology


def test_each_name_gives_its_topology():
    classes = {
        "ring": GridTopology,
        "mesh": GridTopology,
        "torus": GridTopology,
        "crossbar": CrossbarTopology,
        "bus": BusTopology,
        "fat_tree": FatTreeTopology,
    }
    assert set(classes) == set(KINDS)
    for kind, of in classes.items():
        network = topology(kind, 4, 1, 3)
        assert type(network) is of
        assert (network.kind, network.k, network.vcs) == (kind, 4, 3)
        assert topology(kind, 4, 1, 3) is network


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
def test_an_illegal_network(what, message):
    with pytest.raises(ParameterError) as error:
        topology(*what)
    assert str(error.value) == message
