"""Executions without a bench: DRAM, counters and errors equal to those of the bench, in every cycle."""

import dataclasses

import pytest

from systola.gen.generators import find
from systola.gen.run import simulation
from systola.sim.runner import session
from systola.sim.runner.dram import DramSettings
from systola.sim.runner.simulate import simulate
from systola.sim.runner.simulator import SimulatorError


@pytest.fixture(scope="module")
def cases(accelerator, parameters):
    return [case for case in find(accelerator.name).cases(parameters.model_dump(), 20, 3) if not case.stall]


def run(accelerator, design, case, **options):
    faults = (case.fault,) if case.fault else ()
    settings = DramSettings(latency=case.latency, faults=faults, size=len(case.dram), base=case.base)
    entry = case.base + case.entry
    return simulation.run(accelerator.component, design, case.dram, entry, settings=settings, **options)


def from_first(changes):
    """Changes of busy lines, relative to the first: recording begins some cycles before an execution does."""
    return [(cycle - changes[0][0], busy) for cycle, busy in changes]


def test_executions_end_as_in_the_bench(accelerator, small_design, cases):
    cases = [dataclasses.replace(cases[0], trace=True), *cases[1:]]
    design = dataclasses.replace(small_design, bench="systola.sim.bench.accelerator", facts=accelerator.facts())
    _, reference = simulate(design, cases, keep=True)
    for case, bench in zip(cases, reference, strict=True):
        ran = run(accelerator, small_design, case, trace=case.trace)
        assert (ran.dram == bench.dram).all()
        for name in ("error", "detail", "at", "counters", "pending", "cut"):
            assert getattr(ran, name) == getattr(bench, name), name
        assert from_first(ran.changes) == from_first(bench.changes)
    assert reference[0].changes


def test_an_execution_ends_at_its_limit(accelerator, small_design, cases):
    case = max((case for case in cases if not case.fault), key=lambda each: len(each.dram))
    whole = run(accelerator, small_design, case)
    ran = run(accelerator, small_design, case, limit=whole.counters["cycles"] // 2)
    assert (whole.cut, ran.cut) == (False, True)
    assert ran.error == accelerator.component.engine.ERRORS.ABORTED
    assert ran.counters["cycles"] < whole.counters["cycles"]


def test_a_design_that_cannot_be_built_is_an_error(accelerator, small_design, cases, monkeypatch):
    def build(*_):
        raise SimulatorError("what")

    monkeypatch.setattr(session, "build", build)
    with pytest.raises(SimulatorError, match="what"):
        run(accelerator, small_design, cases[0])
