"""`systola sim --coverage`."""

import json

import pytest


def test_coverage_of_a_small_design(systola, tmp_path):
    run = systola(
        "sim", "requantise", "-p", "cols=1", "--cases", 8, "--coverage", "--lcov", "r.info", "--json", "r.json"
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("module"))
    assert lines[head].split() == ["module", "lines", "%", "branches", "%", "toggles", "%"]
    assert any(line.startswith("requantise ") for line in lines[head:])
    data = json.loads((tmp_path / "r.json").read_text())["coverage"]
    total = data["total"]["branches"]
    assert 0 < total["covered"] <= total["total"]
    assert total["total"] - total["covered"] == len(data["uncovered"])
    assert any(line.startswith("all ") and f"{total['covered']} / {total['total']}" in line for line in lines)
    records = (tmp_path / "r.info").read_text().splitlines()
    assert records[1] == "SF:r.v"
    assert f"BRH:{total['covered']}" in records
    verilog = (tmp_path / "r.v").read_text().splitlines()
    branches = {int(record[5:].split(",")[0]) for record in records if record.startswith("BRDA:")}
    assert branches
    assert all(" ? " in verilog[n - 1] or " if (" in verilog[n - 1] or "case" in verilog[n - 2] for n in branches)


def test_few_cases_leave_branches_with_their_sources(systola):
    run = systola("sim", "uart", "--cases", 1, "--coverage")
    assert run.returncode == 0, run.stderr
    assert "branches not executed" in run.stdout
    assert "hw/host/uart.py:" in run.stdout


def test_more_cases_cover_more(systola, tmp_path):
    found = []
    for cases in (1, 12):
        systola("sim", "uart", "--cases", cases, "--coverage", "--json", "u.json")
        found.append(json.loads((tmp_path / "u.json").read_text())["coverage"]["total"])
    assert found[0]["branches"]["total"] == found[1]["branches"]["total"]
    assert found[0]["branches"]["covered"] < found[1]["branches"]["covered"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--simulator", "icarus"], "--coverage: icarus does not measure coverage; use --simulator verilator."),
        (["--waves", "w.vcd"], "--waves w.vcd: a run with --coverage records no waves."),
        (["--lcov", "c.txt"], "--lcov c.txt: the file's name must end in .info."),
        (["--lcov", "gone/c.info"], "--lcov gone/c.info: the file cannot be written: No such file or directory."),
        (["--lcov", "folder.info"], "--lcov folder.info: the file cannot be written: Is a directory."),
        (["--lcov", "v.info"], "--lcov v.v: the file cannot be written: Is a directory."),
    ],
)
def test_illegal_options_are_rejected(refused, tmp_path, options, message):
    (tmp_path / "folder.info").mkdir()
    (tmp_path / "v.v").mkdir()
    assert refused("sim", "uart", "--coverage", *options) == message
