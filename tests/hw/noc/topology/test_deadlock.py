"""Deadlock check: networks that can deadlock are rejected, and the faults that would cause it are found."""

from itertools import pairwise

import pytest

from systola.hw.component import ParameterError
from systola.hw.noc import reduction_tree
from systola.hw.noc.topology import deadlock
from systola.hw.noc.topology.deadlock import check
from systola.hw.noc.topology.graphs import topology
from systola.hw.noc.topology.grid import GridTopology


def test_a_ring_of_one_channel_is_rejected_with_its_cycle():
    with pytest.raises(ParameterError) as error:
        topology("torus", 4, 4, 1)
    assert str(error.value) == (
        "vcs=1: a torus 4 x 4 with 1 VC can deadlock, as packets on the links 0 to 1 on VC 0, 1 to 2 on VC 0, "
        "2 to 3 on VC 0, 3 to 0 on VC 0 may all wait for the next, and the last for the first."
    )
    with pytest.raises(ParameterError, match="a ring 5 x 1 with 1 VC can deadlock"):
        topology("ring", 5, 1, 1)


def test_a_missing_dateline_is_found():
    class Broken(GridTopology):
        def _is_dateline(self, router, port):
            return False

    with pytest.raises(ParameterError, match="can deadlock"):
        check(Broken("torus", 4, 4, 2))


def test_a_turn_back_from_y_to_x_is_found():
    class Broken(GridTopology):
        def start(self, source, destination):  # y first where x is even
            port, vc, header = super().start(source, destination)
            return (header[2], vc, header) if source % 2 == 0 and header[1] != source // self.k else (port, vc, header)

        def step(self, router, port, vc, header):
            if port in (3, 4):
                x, y = self.at(self.link(router, port)[0])
                if y == header[1] and x != header[0]:
                    return (1 if header[0] > x else 2), vc
            return super().step(router, port, vc, header)

    with pytest.raises(ParameterError, match="can deadlock"):
        check(Broken("mesh", 3, 3, 1))


def test_packets_on_the_channel_of_sums_are_found():
    class Broken(GridTopology):
        def lane(self, destination):
            return sum(self.at(destination)) % self.vcs

    with pytest.raises(ParameterError, match="packets use VC 1 of the link 0 to 1, which must be for sums alone"):
        check(Broken("mesh", 3, 3, 2, False, True))


def test_joins_that_depend_on_the_root_are_found(monkeypatch):
    def path(network, node, root):  # column first for odd roots
        if root % 2 == 0:
            return straight(network, node, root)
        turn = root // network.k * network.k + node % network.k
        return [*straight(network, node, turn)[:-1], *straight(network, turn, root)]

    straight = reduction_tree.path
    monkeypatch.setattr(reduction_tree, "path", path)
    with pytest.raises(ParameterError, match="router 2 adds other inputs at its port 2 for node 1 than for"):
        check(GridTopology("mesh", 3, 3, 2, False, True))


def test_sums_in_a_cycle_are_found(monkeypatch):
    def path(network, node, root):  # always east
        row = [(root // 3 * 3 + (node + n) % 3, 1, 2) for n in range((root - node) % 3)]
        return [*row, (root, 0, 0)]

    monkeypatch.setattr(reduction_tree, "path", path)
    monkeypatch.setattr(deadlock, "_check_sums", lambda network: None)
    with pytest.raises(ParameterError, match="0 to 1 on VC 2, 1 to 2 on VC 2, 2 to 0 on VC 2"):
        check(GridTopology("torus", 3, 3, 3, False, True))


def test_a_tree_with_a_cycle_is_found():
    class Broken(GridTopology):
        def tree(self, source, low, high, vc):
            row = [(x, 1, vc) for x in range(self.k)]
            return list(pairwise([*row, row[0]]))

    with pytest.raises(ParameterError, match="0 to 1 on VC 0, 1 to 2 on VC 0, 2 to 0 on VC 0"):
        check(Broken("torus", 3, 3, 2, True))
