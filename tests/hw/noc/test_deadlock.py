"""Networks that can deadlock are refused, and what would make one so is found."""

from itertools import pairwise

import pytest

from systola.hw.component import ParameterError
from systola.hw.noc.deadlock import check
from systola.hw.noc.topology import Grid, topology


def test_a_ring_of_one_channel_is_refused_with_its_cycle():
    with pytest.raises(ParameterError) as error:
        topology("torus", 4, 4, 1)
    assert str(error.value) == (
        "vcs=1: a torus 4 x 4 with 1 VC can deadlock, as packets on the links 0 to 1 on VC 0, 1 to 2 on VC 0, "
        "2 to 3 on VC 0, 3 to 0 on VC 0 may all wait for the next, and the last for the first."
    )
    with pytest.raises(ParameterError, match="a ring 5 x 1 with 1 VC can deadlock"):
        topology("ring", 5, 1, 1)


def test_a_forgotten_dateline_is_found():
    class Broken(Grid):
        def _is_dateline(self, router, port):
            return False

    with pytest.raises(ParameterError, match="can deadlock"):
        check(Broken("torus", 4, 4, 2))


def test_a_turn_back_from_y_to_x_is_found():
    class Broken(Grid):
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


def test_a_tree_that_goes_round_is_found():
    class Broken(Grid):
        def tree(self, source, low, high, vc):
            row = [(x, 1, vc) for x in range(self.k)]
            return list(pairwise([*row, row[0]]))

    with pytest.raises(ParameterError, match="0 to 1 on VC 0, 1 to 2 on VC 0, 2 to 0 on VC 0"):
        check(Broken("torus", 3, 3, 2, True))
