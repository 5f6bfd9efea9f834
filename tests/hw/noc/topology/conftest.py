"""Properties of every topology."""

import pytest

from systola.hw.noc.topology.deadlock import find_cycle


@pytest.fixture
def check_routes():
    """Every pair has a route from entry to exit over existing links and turns; links come in pairs; no cycle."""

    def check(network, *, paired=True, turns_back=False):
        assert len(network.paths) == network.nodes * (network.nodes - 1)
        for (source, destination), channels in network.paths.items():
            router, arriving = network.entry(source)
            for n, (here, port, vc) in enumerate(channels):
                assert here == router
                assert 0 <= vc < network.vcs
                assert arriving in network.turns[port]
                assert arriving != port or turns_back
                if n < len(channels) - 1:
                    router, arriving = network.links[here, port]
            assert (router, port, vc) == (*network.exit(destination), 0)
        if paired:
            assert all(network.links[end] == output for output, end in network.links.items())
        assert not find_cycle(network)

    return check
