"""Networks with built-in traffic sources: every packet arrives, at any load; no deadlock over a million flits."""

import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.noc.noc_traffic import NocTraffic
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus.noc_traffic import case, random_cases


def test_everything_arrives_at_any_load():
    """Random cases, and more than a ring can carry, with stalls at every exit and packets to nonexistent nodes."""
    design = generate("noc_traffic", NocTraffic(topology="ring", k=3, l=1, width=32, depth=2))
    full = [case(pattern, 1.0, length=5, vary=True, stall=0.3, bad=0.05) for pattern in ("uniform", "tornado")]
    outcome, results = simulate(design, [*random_cases(design.parameters, 12, 1), *full], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.cases == 14
    assert all(sum(result["blocked"]) > 0 for result in results[-2:])  # it was saturated
    assert all(sum(ports[1:]) > 0 for result in results[-2:] for ports in result["links"])


def test_illegal_parameters_are_rejected():
    with pytest.raises(ParameterError, match="width=16: width must be an integer from 32 to 1024"):
        NocTraffic(width=16)
    with pytest.raises(ParameterError, match="can deadlock"):
        NocTraffic(vcs=1)


def test_stated_facts():
    network = NocTraffic(k=8, l=8).described()
    assert (network.latency, network.peak, network.unit) == (3, 64, "flit")


SATURATED = [
    {"topology": "torus", "k": 4, "l": 4, "vcs": 2, "depth": 4},
    {"topology": "torus", "k": 4, "l": 4, "vcs": 4, "depth": 2, "latency": 2},
    {"topology": "torus", "k": 4, "l": 4, "vcs": 4, "depth": 4, "rounds": 2},
    {"topology": "mesh", "k": 4, "l": 4, "vcs": 1},
    {"topology": "fat_tree", "k": 2, "l": 3, "vcs": 2},
]


@pytest.mark.slow
@pytest.mark.parametrize("parameters", SATURATED, ids=lambda p: f"{p['topology']}-{p['vcs']}-{p.get('rounds', 1)}")
def test_a_million_flits(parameters):
    """Every pattern at a load above saturation, and at a low one, with random stalls at every exit."""
    design = generate("noc_traffic", NocTraffic(width=32, **parameters))
    settings = {"vary": True, "bad": 0.02, "before": 0, "measured": 30000, "after": 0}
    loads = [
        case(pattern, load, length=length, stall=stall, background=0.2, seed=number, **settings)
        for number, pattern in enumerate(("uniform", "tornado", "transpose", "bit complement", "hot spot", "neighbour"))
        for load, length, stall in ((1.0, 1, 0.3), (1.0, 16, 0.1), (0.15, 6, 0.5))
    ]
    outcome, results = simulate(design, loads, keep=True)
    assert outcome.mismatches == 0, outcome.examples
    assert sum(sum(result["flits"]) for result in results) > 1_000_000
