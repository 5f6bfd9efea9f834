"""Collectives on rings and tori through the bench: exact rows and cycles, and stated facts."""

import subprocess
import sys

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.collective.collective import Collective
from systola.sim.golden.collective import OPERATIONS, Call, law
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.collective import sweep

SMALL = {"topology": "torus", "k": 2, "l": 2, "width": 8, "format": "int8", "rows": 250, "timeout": 256}
RING = SMALL | {"topology": "ring", "k": 3, "l": 1}


@pytest.mark.parametrize(
    "parameters",
    [
        RING,
        pytest.param(SMALL, marks=pytest.mark.slow),
        pytest.param({"topology": "ring", "k": 5, "l": 1, "width": 32, "rows": 70}, marks=pytest.mark.slow),
        pytest.param({"k": 3, "l": 3, "width": 16, "format": "int16", "rows": 999}, marks=pytest.mark.slow),
        pytest.param({"k": 4, "l": 2, "width": 32, "format": "int16", "timeout": 99}, marks=pytest.mark.slow),
        pytest.param({"k": 4, "l": 4, "width": 32}, marks=pytest.mark.slow),
    ],
    ids=lambda p: f"{p.get('topology', 'torus')}-{p['k']}-{p['l']}",
)
def test_collectives(check, parameters):
    check("collective", cases=24, **parameters)


@pytest.mark.parametrize("parameters", [RING, pytest.param(SMALL, marks=pytest.mark.slow)])
def test_cycles_follow_the_law_for_all_rows(parameters):
    k, l = parameters["k"], parameters["l"]  # noqa: E741
    design = generate("collective", Collective(**parameters))
    calls = [(op, rows, rows % (k * l)) for op in OPERATIONS for rows in (1, 2, 7, 8, 13, 14, 15, 17, 20)]
    outcome, _ = simulate(design, [sweep(design.parameters, calls, np.random.default_rng(1))])
    assert outcome.mismatches == 0, outcome.examples
    exact = 0
    for (op, rows, root), cycles in zip(calls, outcome.case_cycles, strict=True):
        expected, certain = law(Call(OPERATIONS.index(op), root, rows, 0), k, l)
        exact += certain
        assert cycles == expected if certain else cycles <= expected
    assert exact >= 45
    assert outcome.case_cycles[0] == design.latency


@pytest.mark.parametrize("parameters", [pytest.param(SMALL, marks=pytest.mark.slow), RING])
def test_lint_is_clean_and_no_combinational_path_exists(tmp_path, parameters):
    design = generate("collective", Collective(**parameters))
    assert lint(design.verilog, design.top) == ""
    assert "$procmux" not in design.verilog
    (tmp_path / "design.v").write_text(design.verilog)
    passes = ["read_verilog -sv design.v", "hierarchy -top collective", "proc", "flatten", "opt_clean", "opt -full"]
    passes += ["delete t:$*dff* t:$memrd* t:$memwr* t:$meminit* t:$mem_v2", "select -assert-none i:* %co* o:* %i"]
    code = f"from pyosys import libyosys as y; d = y.Design(); [(d.run_pass(p), print('done', p)) for p in {passes!r}]"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert f"done {passes[-1]}" in run.stdout, run.stdout[-500:] + run.stderr[-500:]


def test_stated_facts():
    component = Collective().described()
    assert (component.latency, component.peak, component.unit) == (59, 64, "word")
    ports = generate("collective", Collective(**SMALL)).ports
    assert ports["node3_mem_req_data"] == ("input", 32)
    assert ports["node0_call_rows"] == ("input", 8)
    assert ports["node2_status_code"] == ("output", 3)
    assert find("collective").component is Collective
