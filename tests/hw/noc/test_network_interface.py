"""Interfaces of several sizes through the bench, and what is said of them."""

import pytest

from systola.gen.generators import find
from systola.gen.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.noc.network_interface import NetworkInterface
from systola.sim.verilator import lint


@pytest.mark.parametrize(
    "parameters",
    [{"width": 8, "nodes": 6, "flits": 3, "longest": 4}, {"width": 5, "nodes": 4, "flits": 1, "longest": 1}],
    ids=lambda p: f"{p['flits']}-{p['longest']}",
)
def test_packets_become_flits_and_beats_again(check, parameters):
    check("network_interface", cases=16, **parameters)


def test_bad_parameters_are_refused():
    with pytest.raises(ParameterError, match="flits=17: flits must be an integer from 1 to 16"):
        NetworkInterface(flits=17)
    with pytest.raises(ParameterError, match="nodes=1: nodes must be an integer from 2 to 64"):
        NetworkInterface(nodes=1)


def test_what_it_says_of_itself():
    design = generate("network_interface", NetworkInterface())
    assert lint(design.verilog, design.top) == ""
    assert design.ports["send_data"] == ("input", 256)
    assert design.ports["o_data"] == ("output", 64)
    assert design.ports["status_error"] == ("output", 2)
    assert (design.latency, design.unit) == (1, "flit")
    assert find("network_interface").component is NetworkInterface
