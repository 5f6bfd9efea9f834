"""Programs without a bench end as in the bench: the same DRAM, counters and errors, cycle for cycle."""

import dataclasses

import pytest

from systola.gen.generators import find
from systola.gen.run import simulation as core_run
from systola.gen.verilog.verilog import generate
from systola.hw.cores.systola.core import Systola
from systola.hw.cores.systola.isa import Error
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError

SMALL = {"size": 4, "data_width": 32, "activation_bytes": 4096, "weight_bytes": 4096, "accumulators": 128}


@pytest.fixture(scope="module")
def design():
    return generate("core", Systola(**SMALL))


def test_programs_end_as_in_the_bench(design):
    cases = [case for case in find("core").cases(design.parameters, 30, 3) if not (case.stall or case.fault)]
    cases[0] = dataclasses.replace(cases[0], trace=True)
    _, wanted = simulate(design, cases, keep=True)
    assert {bool(ran.error) for ran in wanted} == {False, True}
    for case, bench in zip(cases, wanted, strict=True):
        ran = core_run.run(design, case)
        assert (ran.dram == bench.dram).all()
        for name in ("error", "detail", "pc", "counters", "pending", "cut", "changes"):
            assert getattr(ran, name) == getattr(bench, name), name


def test_a_program_is_cut_at_its_limit(design):
    case = max(find("core").cases(design.parameters, 10, 3), key=lambda each: len(each.dram))
    whole = core_run.run(design, case)
    ran = core_run.run(design, dataclasses.replace(case, limit=whole.counters["cycles"] // 2))
    assert (whole.cut, ran.cut, ran.error) == (False, True, Error.ABORTED)
    assert ran.counters["cycles"] < whole.counters["cycles"]


def test_a_simulation_that_fails_says_so(design, monkeypatch):
    monkeypatch.setattr(core_run, "_command", lambda *_: ["what"])
    with pytest.raises(SimulatorError, match="what"):
        core_run.run(design, find("core").cases(design.parameters, 1, 3)[0])
