"""`systola run` as a user runs it."""

import json

import pytest

SIZES = ["-p", "m=40", "-p", "k=50", "-p", "n=20"]


def test_a_product_on_the_model(systola, tmp_path):
    run = systola("run", "gemm", *SIZES, "-p", "size=8", "--executor", "model", "--trace", "[t]", "--json", "r.json")
    assert run.returncode == 0, run.stderr
    assert "800 results compared with NumPy, 0 wrong" in run.stdout
    assert "timeline in [t]/timeline." in run.stdout
    data = json.loads((tmp_path / "r.json").read_text())
    assert (data["checked"], data["mismatches"], data["macs"]) == (800, 0, 40_000)
    assert (data["accelerator"], data["parameters"]["size"]) == ("systola", 8)
    assert 0 < data["of_roof"] < 1
    assert data["cycles"] >= max(data["roof"].values())
    events = json.loads((tmp_path / "[t]" / "timeline.json").read_text())["traceEvents"]
    assert {event["name"] for event in events if event["ph"] == "X"} == {"load", "array", "vector", "store", "sync"}
    assert (tmp_path / "[t]" / "timeline.png").stat().st_size > 5_000


@pytest.mark.parametrize(
    "name", [*(pytest.param(name, marks=pytest.mark.slow) for name in ("systola", "core")), "outer_product"]
)
def test_a_product_on_verilog(systola, tmp_path, name):
    sizes = ["-p", "m=9", "-p", "k=20", "-p", "n=6"]
    run = systola("run", "gemm", "--on", name, "-c", "small", *sizes, "--json", "r.json")
    assert run.returncode == 0, run.stderr
    assert "54 results compared with NumPy, 0 wrong" in run.stdout
    data = json.loads((tmp_path / "r.json").read_text())
    assert data["accelerator"] == {"core": "systola"}.get(name, name)
    assert (data["checked"], data["executor"]) == (54, "verilog")


def test_an_execution_at_its_limit_is_a_failure(systola, tmp_path):
    run = systola("run", "gemm", "--on", "outer_product", "-c", "small", "-p", "k=20", "--limit", 50)
    assert run.returncode == 1
    assert run.stderr.startswith("systola: the limit of 50 cycles was reached at 0; units with work left: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gem"], "unknown task 'gem': did you mean 'gemm'?"),
        (["gemm", "--on", "systolla"], "unknown accelerator 'systolla': did you mean 'systola'?"),
        (["gemm", "--on", "[red]"], "unknown accelerator '[red]': known are outer_product, systola."),
        (["gemm", "-p", "mm=3"], "unknown parameter 'mm': did you mean 'm'?"),
        (["gemm", "-p", "m=0"], "m=0: m must be an integer from 1 to 16384."),
        (["gemm", "-p", "m=[bold]"], "m=[bold]: m must be an integer from 1 to 16384."),
        (["gemm", "-p", "m"], "-p m: a parameter is set as NAME=VALUE."),
        (
            ["gemm", "-c", "tiny"],
            "cannot read tiny: No such file or directory (presets of systola: paper, small, board).",
        ),
        (["gemm", "--order", "best"], "--order best: it must be serial, reordered, synchronised or overlapped."),
        (
            ["gemm", "--on", "outer_product", "--order", "serial"],
            "--order serial: outer_product has one schedule only.",
        ),
        (["gemm", "--executor", "fpga"], "--executor fpga: it must be verilog or model."),
        (
            ["gemm", "--on", "outer_product", "--executor", "model", *SIZES],
            "outer_product has no cost model: run it with --executor verilog.",
        ),
        (
            ["gemm", "--on", "outer_product", "-p", "depth=64", "-p", "k=100"],
            "layer gemm cannot run on outer_product: a sum has 100 products; the limit is depth=64.",
        ),
        (
            ["digits", "--on", "outer_product"],
            "layer first cannot run on outer_product: its convolutions have one pixel, stride 1, no padding and one "
            "group.",
        ),
        (
            ["conv", "-p", "padding=3"],
            "layer conv cannot run on systola: padding=((3, 3), (3, 3)): padding must be less than the kernel, (3, 3).",
        ),
        (
            ["conv", "-p", "height=1", "-p", "padding=0"],
            "kernel=3: the kernel must fit into the padded image.",
        ),
        (
            ["digits", "-p", "format=uint8"],
            "layer first cannot run on systola: first is int8, but must be uint8.",
        ),
        (
            ["digits", "-p", "w_format=upot3"],
            "digits cannot have activations int8 and weights upot3: upot3 has no sign, and the tensor holds -1.37562.",
        ),
        (
            ["gemm", "-p", "array=sparse_systolic"],
            "array=sparse_systolic: array must have no ports to serve besides a, w and y; sparse_systolic has meta.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence(refused, arguments, sentence):
    assert refused("run", *arguments) == sentence
