"""Router: its modules, and its arbitration. Delivery is tested in networks."""

import re

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.noc.router import Router
from systola.hw.noc.topology.graphs import topology
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.noc import traffic


def test_inputs_of_a_kind_are_one_module():
    text = generate("router", Router(topology="crossbar", k=8, l=1, width=16)).verilog
    assert len(re.findall(r"(?m)^module router__vc_queue_head_\w+ ", text)) == 1
    small, large = (generate("router", Router(k=k, l=k, width=8)) for k in (4, 8))
    assert small.modules == large.modules


def test_only_turns_that_packets_take_are_built():
    """A packet that moves in y never turns to x: in a torus router, x outputs select from two inputs."""
    network = topology("torus", 4, 4)
    assert [len(inputs) for inputs in network.turns] == [4, 2, 2, 4, 4]


def test_flits_are_granted_in_turn(check):
    check("router", cases=9, topology="torus", k=3, l=3, width=8)


@pytest.mark.parametrize("latency", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_arbitration_in_two_rounds(check, latency):
    """No requester is passed more often than with one round; the bench of the router checks it."""
    check("router", cases=9, topology="torus", k=3, l=3, width=8, vcs=4, latency=latency, rounds=2)


@pytest.mark.slow
def test_two_rounds_grant_more_requests():
    """Every node sends to all others of a crossbar: with one round, many inputs request the same output."""
    cycles = {}
    for rounds in (1, 2):
        parameters = {"topology": "crossbar", "k": 8, "l": 1, "width": 8, "vcs": 4, "rounds": rounds}
        case = traffic(parameters, "uniform", 60, np.random.default_rng(5))
        outcome, _ = simulate(generate("noc", find("noc").component(**parameters)), [case])
        assert outcome.mismatches == 0, outcome.examples
        (cycles[rounds],) = outcome.case_cycles
    assert cycles[2] < 0.9 * cycles[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {"topology": "torus", "k": 4, "l": 4, "vcs": 4, "latency": 2},
        {"topology": "mesh", "k": 4, "l": 3, "vcs": 1, "depth": 2},
        {"topology": "torus", "k": 3, "l": 3, "vcs": 3, "width": 32, "reduction": True},
        {"topology": "fat_tree", "k": 2, "l": 3, "vcs": 3},
        {"topology": "mesh", "k": 3, "l": 3, "vcs": 8, "latency": 2, "rounds": 2},
        {"topology": "ring", "k": 6, "l": 1, "vcs": 8},
        {"topology": "bus", "k": 5, "l": 1},
        {"topology": "crossbar", "k": 5, "l": 1},
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_routers_of_every_kind(check, parameters):
    check("router", cases=40, **{"width": 16} | parameters)


def test_stated_facts():
    router = Router(topology="mesh", k=3, l=3, latency=2).described()
    assert (router.latency, router.peak, router.unit) == (2, 5, "flit")
    with pytest.raises(ParameterError, match="depth=6: depth must be 2, 4, 8 or 16"):
        Router(topology="mesh", k=3, l=3, depth=6)
    with pytest.raises(ParameterError, match="latency=3: latency must be an integer from 1 to 2"):
        Router(topology="mesh", k=3, l=3, latency=3)


def test_all_requesters_of_one_output_are_granted_in_turn():
    """Every node sends single flits to one exit of a crossbar: four consecutive flits have four sources."""
    parameters = {"topology": "crossbar", "k": 5, "l": 1, "width": 8, "vcs": 2}
    design = generate("noc", find("noc").component(**parameters))
    case = traffic(parameters, "hot spot", 30, np.random.default_rng(2))
    hot = 2
    del case.packets[hot]
    outcome, (result,) = simulate(design, [case], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    sources, cycles = result["sources"][hot], result["arrivals"][hot]
    assert cycles == list(range(cycles[0], cycles[0] + 120))  # the exit is never idle
    for first in range(8, 100):
        assert set(sources[first : first + 4]) == {0, 1, 3, 4}
