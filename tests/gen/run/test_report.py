"""Reports: parameters from texts, results compared with NumPy, and the printed lines."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from systola.gen.accelerators.registry import find
from systola.gen.compile.timeline import Span
from systola.gen.errors import UsageError
from systola.gen.run import report, trace
from systola.gen.run.execute import ExecutionError
from systola.hw.component import ParameterError

SYSTOLA = find("systola")


@pytest.fixture(scope="module")
def done():
    parameters, task = report.prepare("gemm", SYSTOLA, {"size": "8", "m": "40", "k": "50", "n": "20"})
    return report.run("gemm", task, SYSTOLA, parameters, executor="model")


def printed(done) -> str:
    out = Console(file=io.StringIO(), width=200)
    report.show(done, out)
    return out.file.getvalue()


def test_settings_belong_to_the_task_and_to_the_accelerator():
    parameters, task = report.prepare("gemm", SYSTOLA, {"size": "8", "m": "40"})
    assert (parameters.size, task.m, task.k) == (8, 40, 256)


@pytest.mark.parametrize(
    ("task", "settings", "sentence"),
    [
        ("gem", {}, "unknown task 'gem': did you mean 'gemm'?"),
        ("gemm", {"mm": "3"}, "unknown parameter 'mm': did you mean 'm'?"),
        ("gemm", {"m": "0"}, "m=0: m must be an integer from 1 to 16384."),
        ("gemm", {"size": "5"}, "size=5: size must be a power of two."),
    ],
)
def test_a_mistake_is_one_sentence(task, settings, sentence):
    with pytest.raises((UsageError, ParameterError)) as error:
        report.prepare(task, SYSTOLA, settings)
    assert str(error.value) == sentence


def test_a_program_is_checked_before_it_runs(monkeypatch):
    """The program of a compiler that ignores the limit of loops is rejected before it is executed."""
    monkeypatch.setattr("systola.gen.accelerators.systola.emitter.longest_loop", lambda parameters: 4096)
    monkeypatch.setattr(report, "execute", lambda *arguments, **named: pytest.fail("the program was executed"))
    shape = {"height": "12", "width": "12", "channels": "60", "filters": "40", "stride": "2", "padding": "0"}
    parameters, task = report.prepare("conv", SYSTOLA, {"size": "8", "instructions": "32", **shape})
    sentence = r"^the program for systola is wrong: instruction \d+ \(LOOP \d+\) begins a loop of \d+ instructions; "
    with pytest.raises(ExecutionError, match=sentence + r"a loop has at most 16\.$"):
        report.run("conv", task, SYSTOLA, parameters, executor="model", compile_options={"order": "serial"})


def test_what_exceeds_the_checker_is_executed(monkeypatch):
    monkeypatch.setattr("systola.gen.accelerators.systola.checker.LIMIT", 10)
    parameters, task = report.prepare("gemm", SYSTOLA, {"m": "4", "k": "5", "n": "6"})
    assert report.run("gemm", task, SYSTOLA, parameters, executor="model").mismatches == 0


def test_every_result_is_compared(done):
    assert (done.checked, done.mismatches, done.job.macs) == (800, 0, 40_000)
    assert done.of_roof == pytest.approx(max(done.job.roof.values()) / done.execution.cycles)
    assert done.utilisation == pytest.approx(40_000 / done.execution.cycles / 64)


def test_a_wrong_result_is_counted(done):
    work = done.task.work(SYSTOLA.operands(done.parameters))
    (place,) = done.job.outputs.values()
    dram = done.execution.dram.copy()
    dram[place.address + 3] ^= 1
    broken = type(done.execution)(dram, done.execution.counters, [])
    checked, wrong, _ = report.compare(work, done.job, broken)
    assert (checked, wrong) == (800, 1)
    assert report.compare(work, done.job, done.execution)[1] == 0


def test_the_data_are_those_of_the_report(done):
    data = json.loads(json.dumps(done.data()))
    assert (data["accelerator"], data["parameters"]["size"], data["settings"]["m"]) == ("systola", 8, 40)
    assert "core" not in data
    assert data["counters"]["cycles"] == data["cycles"] == done.execution.cycles
    assert (data["roof"], data["bound"]) == (done.job.roof, done.job.bound)


def test_the_lines_show_cycles_and_bound(done):
    text = printed(done)
    assert "passed  800 results compared with NumPy, 0 wrong" in text
    assert f"{done.execution.cycles:,} cycles on systola by the cost model" in text
    assert f"bound by {done.job.bound}" in text


def test_names_are_printed_verbatim_and_a_roof_is_optional(done):
    job = type(done.job)(done.job.image, 0, {}, {}, done.job.macs)
    run = type(done.execution)(np.zeros(1, np.uint8), {"cycles": 10, "lost_[bold]x": 3}, [])
    bare = report.RunReport(
        "gemm", done.task, SYSTOLA, done.parameters, job, run, "model", 1, 0, {}, facts={"[red]": 0.5}
    )
    text = printed(bare)
    assert "[bold]x 3" in text
    assert "[red] 50.00%" in text
    assert "roofline" not in text
    assert (bare.of_roof, bare.data()["bound"]) == (0, "")


def test_close_times_are_drawn_as_one():
    spans = [Span("load", 0, 10), Span("load", 11, 20), Span("load", 40, 50)]
    assert trace.merged(spans, 2) == [(0, 20), (40, 50)]


def test_a_timeline_shows_its_start_and_its_end_at_a_larger_scale(tmp_path):
    spans = [Span("load", 0, 300), Span("array", 200, 9_000), Span("store", 8_900, 10_000)]
    assert trace.ends(spans, 10_000) == (833, 1250)
    assert trace.ends([Span("load", 0, 40)], 40) == (3, 3)
    trace.draw(tmp_path / "t.png", spans, 10_000, "run")
    assert (tmp_path / "t.png").stat().st_size > 10_000
