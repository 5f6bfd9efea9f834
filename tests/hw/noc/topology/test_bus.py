"""A bus: one link that every packet takes, from the collecting router to the distributing one."""

from systola.hw.noc.topology.bus import BusTopology


def test_routes(check_routes):
    check_routes(BusTopology("bus", 5, 1, 3), paired=False)


def test_every_packet_takes_the_one_link():
    network = BusTopology("bus", 4, 1, 2)
    assert (network.routers, network.ports) == (2, 5)
    assert network.links == {(0, 4): (1, 4)}
    assert network.paths[1, 3] == [(0, 4, 1), (1, 3, 0)]
    assert all(len(path) == 2 and path[0][:2] == (0, 4) for path in network.paths.values())
