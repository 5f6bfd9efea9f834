"""Parameters of networks; illegal ones are reported in one sentence."""

import pytest

from systola.hw.component import ParameterError
from systola.hw.noc.noc import Noc


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"depth": 3}, "depth=3: depth must be 2, 4, 8 or 16."),
        ({"latency": 3}, "latency=3: latency must be an integer from 1 to 2."),
        (
            {"topology": "mesh", "width": 48, "reduction": True},
            "width=48: with reduction, width must be a multiple of 32 up to 1024.",
        ),
        (
            {"reduction": True},
            "vcs=2: with reduction, vcs of a torus must be an integer from 3 to 8: the highest is for sums.",
        ),
        ({"rounds": 3}, "rounds=3: rounds must be an integer from 1 to 2."),
        (
            {"topology": "mesh", "vcs": 1, "rounds": 2},
            "rounds=2: with vcs=1 inputs have no further request, rounds must be 1.",
        ),
        ({"multicast": True, "rounds": 2}, "rounds=2: with multicast or reduction, rounds must be 1."),
        ({"topology": "star"}, "topology=star: topology must be ring or mesh or torus or crossbar or bus or fat_tree."),
    ],
)
def test_illegal_parameters(parameters, sentence):
    with pytest.raises(ParameterError) as error:
        Noc(**parameters)
    assert str(error.value).replace(", ", " or ") == sentence.replace(", ", " or ")
