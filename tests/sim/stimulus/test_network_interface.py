"""Packets for interfaces: all kinds, depending only on the seed."""

from systola.sim.golden.network_interface import rejection
from systola.sim.stimulus.network_interface import random_cases

PARAMETERS = {"nodes": 6, "width": 8, "flits": 3, "longest": 4}


def test_every_kind_of_rejection_occurs():
    cases = random_cases(PARAMETERS, 8, 1)
    kinds = {rejection(case.node, 6, 4, dest, words) for case in cases for dest, words in case.sent}
    assert kinds == {None, 0, 1, 2}
    assert cases == random_cases(PARAMETERS, 8, 1)
    assert cases != random_cases(PARAMETERS, 8, 2)
