"""Execution of jobs, on Verilog and on the model: equal results, and errors as sentences."""

import numpy as np
import pytest

from systola.gen.accelerators.registry import find
from systola.gen.compile.timeline import Span
from systola.gen.errors import UsageError
from systola.gen.run.execute import ExecutionError, execute, spans


@pytest.fixture
def work(accelerator, parameters, task):
    return task.work(accelerator.operands(parameters, 3))


def test_verilog_matches_numpy(accelerator, parameters, work, small_design, expected):
    job = accelerator.compile(parameters, work.graph)
    ran = execute(accelerator, parameters, job, work.inputs, trace=True)
    for name, reference in expected(work).items():
        assert np.array_equal(job.results(ran.dram)[name], reference)
    assert ran.cycles >= job.least > 0
    assert {span.unit for span in ran.spans} <= set(accelerator.component.engine.BUSY)
    assert all(0 <= span.begin < span.end <= ran.cycles + 200 for span in ran.spans)
    assert sum(ran.counters[name] for name in accelerator.component.engine.CYCLE_CAUSES) == ran.cycles
    assert all(f"lost_{name}" in ran.counters for name in ran.lost())


def test_an_execution_ends_at_its_limit(accelerator, parameters, work, small_design):
    job = accelerator.compile(parameters, work.graph)
    with pytest.raises(
        ExecutionError, match=r"^the limit of 60 cycles was reached at \d+; units with work left: .+\.$"
    ):
        execute(accelerator, parameters, job, work.inputs, limit=60)


def test_an_error_is_named(accelerator, parameters, work, small_design):
    job = accelerator.compile(parameters, work.graph)
    job.image.parts[-1] = (job.entry, np.full(64, 0xFF, np.uint8))  # no instruction, no descriptor
    with pytest.raises(ExecutionError, match=rf"^{accelerator.name} stopped at 0 with error [A-Z]+( \(\d+\))?\.$"):
        execute(accelerator, parameters, job, work.inputs)


def test_the_model_matches_verilog_or_is_reported_as_missing(accelerator, parameters, work, expected):
    job = accelerator.compile(parameters, work.graph)
    if accelerator is find("systola"):
        ran = execute(accelerator, parameters, job, work.inputs, executor="model")
        for name, reference in expected(work).items():
            assert np.array_equal(job.results(ran.dram)[name], reference)
    else:
        with pytest.raises(UsageError, match="outer_product has no cost model: run it with --executor verilog"):
            execute(accelerator, parameters, job, work.inputs, executor="model")


def test_changes_of_busy_lines_become_spans():
    changes = [(3, 0b01), (5, 0b11), (8, 0b10), (9, 0b00)]
    assert list(spans(("load", "array"), changes)) == [Span("load", 3, 8), Span("array", 5, 9)]
