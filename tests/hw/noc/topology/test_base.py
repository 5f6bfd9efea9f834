"""Tables derived from links and steps: exits, dependencies, turns, and routes that never end."""

import pytest

from systola.hw.noc.topology.base import Topology


class Line(Topology):
    """Routers in a line, left to right and back: port 0 is the node, 1 leads right, 2 left."""

    ports = 3

    def link(self, router, port):
        end = {1: (router + 1, 2), 2: (router - 1, 1)}.get(port)
        return end if end and 0 <= end[0] < self.nodes else None

    def start(self, source, destination):
        return (1 if destination > source else 2), self.lane(destination), (destination,)

    def step(self, router, port, vc, header):
        return (0, 0) if self.link(router, port)[0] == header[0] else (port, vc)


def test_derived_tables():
    line = Line("line", 3, vcs=2)
    assert str(line) == "line 3 x 1"
    assert (line.nodes, line.routers, line.plain, line.lower) == (3, 3, 2, 1)
    assert line.exits == {0}
    assert line.links == {(0, 1): (1, 2), (1, 1): (2, 2), (1, 2): (0, 1), (2, 2): (1, 1)}
    assert line.paths[0, 2] == [(0, 1, 0), (1, 1, 0), (2, 0, 0)]
    assert line.dependencies[0, 1, 0] == {(1, 1, 0)}
    assert line.dependencies[0, 1, 1] == {(1, 0, 0)}
    assert line.turns == ((1, 2), (0, 2), (0, 1))


def test_one_vc_is_for_sums():
    assert (Line("line", 3, vcs=4, reduction=True).plain, Line("line", 3, vcs=4, reduction=True).lower) == (3, 1)


def test_a_route_that_never_arrives_is_an_error():
    class Lost(Line):
        def step(self, router, port, vc, header):
            return (2 if port == 1 else 1), vc

    with pytest.raises(RuntimeError, match="line 3 x 1: no route from 0 to 2"):
        Lost("line", 3).path(0, 2)
