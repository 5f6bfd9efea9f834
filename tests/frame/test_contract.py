"""Contract suite: every installed accelerator, at its `small` preset, on generated Verilog."""

from dataclasses import replace

import numpy as np
import pytest

from systola.gen.accelerators.base import Accelerator
from systola.gen.accelerators.registry import accelerators
from systola.gen.errors import UsageError
from systola.gen.generators import find
from systola.gen.run.digits import DigitsTask
from systola.gen.run.tasks import ConvTask, GemmTask
from systola.sim.network import reference
from systola.sim.runner.simulate import simulate
from systola.sim.stimulus import contract
from systola.sim.stimulus.runs import Run

NAMES = list(accelerators())
FIXED = {"identity": 0x00, "control": 0x04, "status": 0x08, "entry": 0x0C, "error": 0x10, "pc": 0x14, "pending": 0x18}
FIRST_COUNTER = 0x40
SHAPES = ((1, 1, 1), (3, 5, 2), (9, 17, 6), (16, 33, 20))
IMAGES = (
    {"height": 5, "width": 6, "channels": 3, "filters": 5, "kernel": 3, "stride": 2, "padding": 1},
    {"height": 4, "width": 3, "channels": 7, "filters": 6, "kernel": 1, "padding": 0},
)


@pytest.fixture(scope="module", params=NAMES)
def machine(request) -> tuple[Accelerator, object]:
    """An accelerator and its Verilog."""
    accelerator = accelerators()[request.param]
    return accelerator, find(request.param).design(**dict(accelerator.preset("small")))


def run(machine, cases: list[Run]):
    """Results of the cases, compared by the bench with the golden model; the causes of cycles add up to their sum."""
    outcome, ran = simulate(machine[1], cases, keep=True)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.cases == len(cases)
    return ran


def whole(machine, seed: int = 1) -> Run:
    """A random case without stalls and faults that ends regularly."""
    accelerator, design = machine
    for case in find(accelerator.name).cases(design.parameters, 24, seed):
        golden = accelerator.preset("small"), case.dram, case.entry
        place = {"base": case.base} if case.base else {}
        if case.fault is None and accelerator.run_golden(*golden, **place).error == 0:
            return replace(case, stall=0, latency=20, reset=None)
    raise AssertionError(f"no random case of {accelerator.name} ends regularly")


def compiled(accelerator: Accelerator, parameters, work):
    """(job, None), or (None, the reason of the rejection of the network)."""
    try:
        return accelerator.compile(parameters, work.graph), None
    except UsageError as refused:
        return None, str(refused)


def test_registers_are_at_their_addresses(machine):
    component = machine[0].component
    offsets = {register.name: register.offset for register in component.REGISTERS.registers}
    assert offsets.items() >= FIXED.items()
    assert [offsets[name] for name in component.engine.COUNTERS] == [
        FIRST_COUNTER + 4 * n for n in range(len(component.engine.COUNTERS))
    ]


@pytest.mark.parametrize("name", NAMES)
def test_presets_are_legal(name):
    accelerator = accelerators()[name]
    assert "small" in accelerator.presets
    for preset in accelerator.presets:
        assert accelerator.peak(accelerator.preset(preset)) > 0


def test_random_cases_with_stalls_and_faults(machine):
    accelerator, design = machine
    cases = find(accelerator.name).cases(design.parameters, 16, 3)
    ran = run(machine, cases)
    assert any(each.error for each in ran)
    assert any(not each.error for each in ran)


def test_a_stop_at_any_time_leaves_nothing_in_flight(machine):
    """Stop in each of many cycles, and restart at once.

    DRAM does not change after the interrupt, and the next execution is unaffected. With a slow DRAM, beats of the first
    execution would reach the second if any were in flight.
    """
    case = replace(whole(machine), latency=90)
    cycles = run(machine, [case])[0].counters["cycles"]
    ran = run(machine, contract.stops(case, cycles))
    aborted = machine[0].component.engine.ERRORS["ABORTED"]
    assert {each.error for each in ran[::2]} == {0, aborted}
    assert all(each.error == 0 for each in ran[1::2])


def test_a_bus_error_at_any_beat_is_reported_and_the_next_execution_is_clean(machine):
    case = whole(machine, seed=2)
    counters = run(machine, [case])[0].counters
    beats = sum(counters[name] for name in ("read_beats", "write_beats"))
    ran = run(machine, contract.bus_errors(case, beats, seed=5))
    assert all(each.error for each in ran[::2])
    assert all(each.error == 0 for each in ran[1::2])


def test_a_limit_stops_an_execution(machine):
    case = replace(whole(machine), limit=40, golden=False)
    (ran,) = run(machine, [case])
    assert ran.cut
    assert ran.error == machine[0].component.engine.ERRORS["ABORTED"]


def test_busy_is_traced(machine):
    (ran,) = run(machine, [replace(whole(machine), trace=True)])
    cycles = [cycle for cycle, _ in ran.changes]
    assert len(cycles) > 3
    assert cycles == sorted(cycles)
    assert ran.changes[-1][1] == 0


def test_random_layers(machine):
    """Accepted layers match the results of the reference; the others are rejected in one sentence."""
    accelerator, _ = machine
    parameters = accelerator.preset("small")
    tasks = [GemmTask.check(m=m, k=k, n=n) for m, k, n in SHAPES] + [ConvTask.check(**shape) for shape in IMAGES]
    cases, works = [], []
    for seed, task in enumerate(tasks):
        work = task.work(accelerator.operands(parameters, seed))
        job, refused = compiled(accelerator, parameters, work)
        if refused:
            assert refused.startswith("layer ")
            continue
        cases.append(Run(job.dram(work.inputs), job.entry, limit=200_000))
        works.append((work, job))
    assert cases
    for (work, job), ran in zip(works, run(machine, cases), strict=True):
        expected = reference.run(work.graph, work.inputs)
        for name, value in job.results(ran.dram).items():
            assert np.array_equal(value, expected[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_network_runs_or_is_rejected_by_layer(name):
    accelerator = accelerators()[name]
    parameters = accelerator.preset("small")
    work = DigitsTask.check(images=2).work(accelerator.operands(parameters))
    job, refused = compiled(accelerator, parameters, work)
    if refused:
        assert f"cannot run on {name}: " in refused
        return
    result = accelerator.run_golden(parameters, job.dram(work.inputs), job.entry)
    assert result.error == 0
    expected = reference.run(work.graph, work.inputs)
    assert all(np.array_equal(value, expected[name]) for name, value in job.results(result.dram).items())
