"""Networks of every kind through the bench, latencies of every pair, and stated facts."""

import re
import subprocess
import sys

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.noc.noc import Noc
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.noc import accepted, lone_cases, traffic

SMALL = {"topology": "torus", "k": 3, "l": 2, "width": 8}


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"topology": "mesh", "k": 2, "l": 2, "width": 16, "vcs": 3, "latency": 2}, marks=pytest.mark.slow),
        pytest.param({"topology": "fat_tree", "k": 2, "l": 2, "width": 8, "depth": 2}, marks=pytest.mark.slow),
        {"topology": "bus", "k": 3, "l": 1, "width": 1, "vcs": 2, "latency": 2},
        pytest.param({"topology": "ring", "k": 5, "l": 1, "width": 9, "vcs": 2, "depth": 8}, marks=pytest.mark.slow),
        pytest.param({"topology": "mesh", "k": 3, "l": 2, "width": 9, "multicast": True}, marks=pytest.mark.slow),
        {"topology": "mesh", "k": 2, "l": 2, "width": 64, "vcs": 2, "latency": 2, "reduction": True},
        pytest.param({"k": 3, "l": 3, "width": 8, "vcs": 4, "latency": 2, "multicast": True}, marks=pytest.mark.slow),
        pytest.param({"k": 4, "l": 4, "width": 16, "depth": 2, "multicast": True}, marks=pytest.mark.slow),
        pytest.param({"k": 3, "l": 3, "width": 32, "vcs": 3, "reduction": True}, marks=pytest.mark.slow),
        pytest.param(
            {"k": 4, "l": 3, "width": 64, "vcs": 4, "latency": 2, "multicast": True, "reduction": True},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"topology": "mesh", "k": 3, "l": 4, "width": 32, "depth": 2, "reduction": True}, marks=pytest.mark.slow
        ),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_every_packet_arrives(check, parameters):
    check("noc", cases=24, **parameters)


@pytest.mark.slow
def test_every_pair_of_a_torus_has_its_latency():
    parameters = {"topology": "torus", "k": 4, "l": 2, "width": 8}
    rng = np.random.default_rng(7)
    pairs = [(a, b, int(rng.integers(1, 7))) for a in range(8) for b in range(8) if a != b]
    design = generate("noc", Noc(**parameters))
    uniform = traffic(design.parameters, "uniform", 400, rng)
    outcome, results = simulate(design, [*lone_cases(design.parameters, pairs, rng), uniform], keep=True)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.cases == 57
    assert outcome.case_cycles[0] == 2 + pairs[0][2] + 1  # two routers
    assert 0.5 < accepted(results[-1], parameters) < 1


def test_illegal_parameters_are_rejected():
    with pytest.raises(ParameterError, match="vcs=1: a torus 4 x 4 with 1 VC can deadlock"):
        Noc(vcs=1)
    with pytest.raises(ParameterError, match="l=4: a ring has l=1"):
        Noc(topology="ring")
    with pytest.raises(ParameterError, match="topology=taurus: topology must be ring or mesh or torus"):
        Noc(topology="taurus")
    with pytest.raises(ParameterError, match="vcs=9: vcs must be an integer from 1 to 8"):
        Noc(vcs=9)


def test_routers_are_emitted_once():
    small, large = (generate("noc", Noc(topology="torus", k=k, l=k, width=8)) for k in (4, 8))
    assert small.modules == large.modules
    assert len(re.findall(r"(?m)^module noc__router_w\w+ ", large.verilog)) == 1
    assert len(re.findall(r"(?m)^  noc__router_w\w+ router\d+ ", large.verilog)) == 64


@pytest.mark.parametrize(
    "parameters",
    [pytest.param(SMALL, marks=pytest.mark.slow), {"topology": "bus", "k": 2, "l": 1, "latency": 2, "width": 8}],
)
def test_lint_is_clean_and_no_combinational_path_exists(tmp_path, parameters):
    design = generate("noc", Noc(**parameters))
    assert lint(design.verilog, design.top) == ""
    passes = ["opt_clean", "opt -full", "delete t:$*dff* t:$memwr* t:$meminit*"]  # cut at state elements
    assert _yosys(tmp_path, design.verilog, *passes, "select -assert-none i:*_valid i:*_dest %u %co* o:* %i")
    assert not _yosys(tmp_path, design.verilog, "opt_clean", "opt -full", "select -assert-none i:*_valid %co* o:* %i")


def _yosys(folder, text, *passes):
    """Whether Yosys completes the passes."""
    (folder / "design.v").write_text(text)
    passes = ["read_verilog -sv -formal design.v", "hierarchy -top noc", "proc", "flatten", *passes]
    code = f"from pyosys import libyosys as y; d = y.Design(); [(d.run_pass(p), print('done', p)) for p in {passes!r}]"
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60)
    assert f"done {passes[-2]}" in run.stdout, run.stderr
    return run.returncode == 0


def test_stated_facts():
    network = Noc(latency=2).described()
    assert (network.latency, network.peak, network.unit) == (5, 16, "flit")
    ports = generate("noc", Noc(topology="ring", k=3, l=1, width=8)).ports
    assert ports["node2_in_dest"] == ("input", 2)
    assert ports["node0_out_src"] == ("output", 2)
    assert ports["node1_errors"] == ("output", 8)
    assert find("noc").component is Noc
