"""`systola run` as a user meets it."""

import json
import subprocess
import sys

import pytest

from systola.gen.accelerators.systola.timing_model import Span
from systola.gen.run.report import trace


def systola(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "systola.gen", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def test_a_product_on_the_model(tmp_path):
    arguments = ["-p", "m=40", "-p", "k=50", "-p", "n=20", "-p", "size=8", "--executor", "model"]
    run = systola("run", "gemm", *arguments, "--trace", "t", "--json", "r.json", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "0 wrong" in run.stdout
    data = json.loads((tmp_path / "r.json").read_text())
    assert (data["checked"], data["mismatches"], data["macs"]) == (800, 0, 40_000)
    assert 0 < data["of_roof"] < 1
    assert data["cycles"] >= max(data["roof"].values())
    events = json.loads((tmp_path / "t" / "timeline.json").read_text())["traceEvents"]
    assert {event["name"] for event in events if event["ph"] == "X"} == {"load", "array", "vector", "store", "sync"}
    assert (tmp_path / "t" / "timeline.png").stat().st_size > 5_000


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gem"], "unknown task 'gem': did you mean 'gemm'?"),
        (["gemm", "-p", "mm=3"], "unknown parameter 'mm': did you mean 'm'?"),
        (["gemm", "-p", "m=0"], "m=0: m must be an integer from 1 to 16384."),
        (["gemm", "-p", "m"], "-p m: a parameter is set as NAME=VALUE."),
        (["gemm", "--order", "best"], "--order best: it must be serial, reordered, synchronised or overlapped."),
        (["gemm", "--executor", "fpga"], "--executor fpga: it must be verilog or model."),
        (["conv", "-p", "padding=3"], "padding=(3, 3): padding must be less than the kernel, (3, 3)."),
        (["digits", "-p", "format=uint8"], "format=uint8: digits needs format=int8."),
        (["digits", "-p", "w_format=upot3"], "w_format=upot3: digits needs weights with a sign."),
        (
            ["digits", "-p", "a_format=olive_int4"],
            "a_format=olive_int4: digits needs codes that do not depend on their neighbours.",
        ),
        (
            ["gemm", "-p", "array=sparse_systolic"],
            "array=sparse_systolic: array must have no ports to serve besides a, w and y; sparse_systolic has meta.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence(tmp_path, arguments, sentence):
    run = systola("run", *arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr == f"systola: {sentence}\n"
    assert list(tmp_path.iterdir()) == []


def test_times_that_are_close_are_drawn_as_one():
    spans = [Span("load", 0, 10, 0), Span("load", 11, 20, 0), Span("load", 40, 50, 0)]
    assert trace.merged(spans, 2) == [(0, 20), (40, 50)]
