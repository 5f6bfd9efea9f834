"""Rings through all nodes in hardware, and illegal parameters."""

import pytest

from systola.hw.collective.collective import Collective
from systola.hw.collective.rings import rings
from systola.hw.component import ParameterError
from systola.sim.golden.collective import ring_paths


@pytest.mark.parametrize(("k", "l"), [(7, 1), (2, 2), (3, 3), (4, 4), (8, 8), (5, 5), (4, 2), (6, 6), (2, 10)])
def test_the_golden_model_has_the_same_rings(k, l):  # noqa: E741
    found = rings("torus" if l > 1 else "ring", k, l)
    orders = [found.order(ring) for ring in range(found.count)]
    assert [way for order in orders for way in (order, order[::-1])] == ring_paths(k, l)


def test_illegal_parameters_are_rejected():
    for parameters, message in [
        ({"k": 5, "l": 3}, "l=3: a torus of 5 x 3 has no two rings through all its nodes that share no link"),
        ({"topology": "ring"}, "l=4: a ring has l=1"),
        ({"l": 1}, "l=1: a torus has 2 rows at least; a ring has one"),
        ({"k": 16, "l": 8}, "k=16: k x l must be at most 64, here it is 128"),
        ({"width": 16}, "width=16: width must be a multiple of 32 with int32"),
        ({"width": 12, "format": "int8"}, "width=12: width must be a multiple of 8 with int8"),
        ({"topology": "mesh"}, "topology=mesh: topology must be ring or torus"),
        ({"rows": 1}, "rows=1: rows must be an integer from 2 to 65536"),
        ({"format": "float"}, "format=float: format must be int8 or int16 or int32"),
    ]:
        with pytest.raises(ParameterError, match=message):
            Collective(**parameters)
