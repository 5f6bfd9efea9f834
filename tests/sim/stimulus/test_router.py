"""Packets for one router: their routes contain it."""

import numpy as np

from systola.sim.stimulus.router import packets, random_cases

TORUS = {"topology": "torus", "k": 4, "l": 4, "vcs": 2, "width": 8, "reduction": False}


def test_packets_pass_the_router():
    for packet in packets(TORUS, 5, 50, np.random.default_rng(1), 3, leaves=1):
        assert (packet.current_hop.router, packet.current_hop.leaves) == (5, 1)
        assert packet.following.enters == 2
        assert 1 <= len(packet.words) <= 3
    last = [packet.following for packet in packets(TORUS, 5, 50, np.random.default_rng(1), 1, leaves=0)]
    assert last == [None] * 50


def test_random_cases_depend_on_the_seed():
    assert random_cases(TORUS, 4, 1) == random_cases(TORUS, 4, 1)
    assert random_cases(TORUS, 4, 1) != random_cases(TORUS, 4, 2)
