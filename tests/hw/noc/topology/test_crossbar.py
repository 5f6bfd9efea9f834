"""A crossbar: one router, no links."""

from systola.hw.noc.topology.crossbar import CrossbarTopology


def test_routes(check_routes):
    check_routes(CrossbarTopology("crossbar", 4, 2, 1), turns_back=True)


def test_every_packet_passes_one_router():
    network = CrossbarTopology("crossbar", 4, 2, 1)
    assert (network.routers, network.ports, network.links) == (1, 8, {})
    assert all(path == [(0, destination, 0)] for (_, destination), path in network.paths.items())
