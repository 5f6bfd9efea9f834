"""Random invocations of the command: no traceback, an exit code, and no file written by a rejected command.

Most run in this process, by the function that the command runs. Simulation, synthesis and builds are replaced by stubs
that fail, since only the steps before them are tested; a smaller number are separate processes.
"""

import gc
import importlib
import os
import random
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

from systola.gen.cli import entry
from systola.gen.cli.app import app
from systola.gen.generators import find, generators
from systola.hw.component import Component
from systola.sim.runner.simulator import SimulatorError

from ..importers.cases import CASES
from ..importers.files import file

FAST, SLOW, PROCESSES = 150, 1000, 40
COMMANDS = ("list", "show", "gen", "sim", "synth", "papers", "run", "asm", "disasm", "board", "nosuch", "--version")
COMMANDS += ("run network", "network")
BOARD = ("list", "build", "flash", "test", "virtual", "run", "nosuch")
SMALL = ("uart", "pe", "registers", "bitbrick", "pool", "requantise")
"""Generators whose Verilog is fast to generate."""
WORDS = (
    "",
    "x",
    "-1",
    "0",
    "1e9",
    "9" * 40,
    "nan",
    "true",
    "[red]x[/]",
    "\N{SNOWMAN}",
    "\udcff",
    "a\nb",
    "=",
    "--",
    "-p",
    "%s",
    "../..",
)
PATHS = (
    "new",
    "file",
    "folder",
    "missing/x",
    "file/x",
    "/proc/x",
    "/dev/full",
    "/dev/null",
    ".",
    "",
    "x" * 300,
    "good.toml",
)
PATHS += ("bad.toml", "latin.toml", "binary", "good.s", "loop/x", "[/red]", "\udcff", "w.vcd", "c.info", "locked")
NETWORKS = (
    "n.tflite",
    "cut.tflite",
    "flipped.tflite",
    "empty.tflite",
    "folder.tflite",
    "none.tflite",
    "n.onnx",
    "x.npy",
)
OPTIONS = {
    "show": ("--json",),
    "list": ("--json",),
    "gen": ("-p", "-c", "-o", "--top"),
    "sim": ("-p", "-c", "--seed", "--cases", "--simulator", "--waves", "--lcov", "--json", "--time-limit"),
    "synth": ("-p", "-c", "--device", "--seeds", "--placer", "--compare", "--json"),
    "papers": ("--only", "--json"),
    "run": ("--on", "-p", "-c", "--order", "--executor", "--seed", "--latency", "--limit", "--trace", "--json"),
    "run network": ("--on", "-p", "-c", "--input", "--random", "--reference", "--per-layer", "--limit", "--json"),
    "network": ("--on", "-p", "-c", "--json"),
    "asm": ("-o", "-p", "-c"),
    "build": ("-o", "--seed", "--seeds", "--json"),
    "flash": ("-o",),
    "test": ("--port", "--baud", "--limit", "--images", "--json"),
    "virtual": ("--on", "-p", "-c", "--noise", "--baud", "--seconds"),
}
PATH_OPTIONS = ("-o", "-c", "--json", "--waves", "--lcov", "--trace", "--port", "--input")
CHOICES = {
    "--simulator": ("verilator", "icarus"),
    "--device": ("ecp5-85k", "ice40-hx8k"),
    "--placer": ("heap", "static"),
    "--on": ("systola", "core", "outer_product"),
    "--order": ("serial", "overlapped"),
    "--executor": ("model", "verilog"),
    "--top": ("top", "module", "wire", "a-b", "x" * 300),
    "--only": ("nosuch", "[red]"),
    "--random": ("1", "2"),
    "--reference": ("numpy", "none"),
}


def invocation(rng: random.Random) -> list[str]:
    """Arguments of a command: mostly existing ones, with legal and illegal values."""
    command = rng.choice(COMMANDS)
    words = [command.split()[0]]
    if command == "board":
        command = rng.choice(BOARD)
        words.append(command)
    generator = rng.choice(SMALL if rng.random() < 0.8 else [*generators()])
    if command in ("show", "gen", "sim", "synth"):
        words.append(generator if rng.random() < 0.9 else rng.choice(WORDS))
    elif command == "run":
        generator = "systola"
        words.append(rng.choice(("gemm", "conv", "digits", *WORDS)))
    elif command == "run network":
        generator = "systola"
        words += [rng.choice(NETWORKS), "--executor", "model"]
    elif command == "network":
        generator = "systola"
        words += ["show", rng.choice(NETWORKS)]
    elif command in ("asm", "disasm"):
        generator = "systola"
        words.append(rng.choice(PATHS))
    elif command in ("build", "flash", "virtual"):
        words.append(rng.choice(("icebreaker", "ulx3s_12f", *WORDS)))
    if command == "asm":
        words += ["-o", rng.choice(PATHS)]
    if words == ["board", "run"]:
        words += [rng.choice(NETWORKS)]
    if command == "test" or words[:2] == ["board", "run"]:
        words += ["--port", rng.choice(PATHS)]
    if command == "papers":
        words += ["--only", rng.choice(("nosuch", *WORDS))]
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        if options := OPTIONS.get(command):
            words += _option(rng, rng.choice(options), generator)
    if rng.random() < 0.05:
        words.insert(rng.randrange(len(words) + 1), rng.choice(WORDS))
    return words


def _option(rng: random.Random, option: str, generator: str) -> list[str]:
    if option in ("-p", "--compare"):
        fields = [*find(generator).component.Parameters.model_fields] or ["none"]
        value = rng.choice((str(rng.randrange(1, 65)), "8", "4", "true", "int8", "block", *WORDS))
        return [option, f"{rng.choice((*fields, *fields, 'm', 'kernel', rng.choice(WORDS)))}={value}"]
    if option == "--per-layer":
        return [option]
    if option == "--input":
        return [option, rng.choice(("x.npy", "x.npy", "wrong.npy", *PATHS))]
    if option in PATH_OPTIONS:
        return [option, rng.choice((*PATHS, "small", "board") if option == "-c" else PATHS)]
    return [
        option,
        rng.choice((*CHOICES.get(option, ()), *CHOICES.get(option, ()), str(rng.randrange(1, 100)), *WORDS)),
    ]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with legal and illegal files."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.toml").write_text("[parameters]\n")
    (tmp_path / "bad.toml").write_text("[parameters\n")
    (tmp_path / "latin.toml").write_bytes(b"x = '\xe4'\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "good.s").write_text("HALT\n")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "locked").mkdir(mode=0o500)
    network = file(*CASES["residual"])
    (tmp_path / "n.tflite").write_bytes(network)
    (tmp_path / "n.onnx").write_bytes(network)
    (tmp_path / "cut.tflite").write_bytes(network[:999])
    (tmp_path / "flipped.tflite").write_bytes(bytes(255 - byte for byte in network))
    for number in range(4):
        rng, damaged = random.Random(number), bytearray(network)
        for _ in range(3):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / f"damaged{number}.tflite").write_bytes(damaged)
    (tmp_path / "empty.tflite").touch()
    (tmp_path / "folder.tflite").mkdir()
    np.save(tmp_path / "x.npy", np.zeros((1, 6, 5, 6), np.int8))
    np.save(tmp_path / "wrong.npy", np.zeros((1, 6, 5, 6)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found_in(folder: Path) -> dict[str, bytes | None]:
    return {
        os.fsdecode(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if "loop" not in path.parts[-1]
    }


def fault_of(code: int, out: str, err: str, before: dict, after: dict) -> str | None:
    """The fault of a finished command, or None."""
    if "Traceback" in out + err or code not in (0, 1, 2):
        return f"exit code {code}, {err[-400:]}"
    if code == 2 and after != before:
        return f"rejected, but wrote {sorted(after.keys() ^ before.keys())}: {err}"
    if code == 2 and not err.startswith(
        ("systola: ", "Usage: systola [OPTIONS]", "Usage: systola board [OPTIONS]", "Usage: systola network [OPTIONS]")
    ):
        return f"rejected without a sentence: {err}"
    if err.startswith("systola: ") and code == 2 and not err.rstrip().endswith((".", "?", ")")):
        return f"no sentence: {err}"
    return None


def run_many(count: int, seed: int, place: Path, monkeypatch, capsys):
    def stub(*arguments, **_):
        for each in arguments:
            if isinstance(each, Component):
                each.described()
        raise SimulatorError("not in this test.")

    for module, name in (
        ("sim.runner.simulate", "simulate"),
        ("gen.run.report", "execute"),
        ("gen.synth.synth", "synthesise"),
        ("gen.board.build", "build"),
        ("gen.cli.board", "start"),
    ):
        monkeypatch.setattr(importlib.import_module(f"systola.{module}"), name, stub)
    codes, faults = [], []
    before = found_in(place)
    for number in range(count):
        words = invocation(random.Random(f"{seed} {number}"))
        try:
            codes.append(entry.run(app, words))
        except BaseException as error:
            codes.append(None)
            at = traceback.extract_tb(error.__traceback__)[-1]
            faults.append(f"{words}: {type(error).__name__}: {error} ({at.filename}:{at.lineno})")
        out, err = capsys.readouterr()
        after = found_in(place)
        if codes[-1] is not None and (fault := fault_of(codes[-1], out, err, before, after)):
            faults.append(f"{words}: {fault}")
        before = after
    gc.collect()  # here, so that designs left unused after a mistake give no warning
    assert not faults, "\n".join([f"{len(faults)} faults", *faults])
    assert min(codes.count(code) for code in (0, 1, 2)) >= count // 50, "all kinds of ends occur"


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
def test_random_invocations(place, monkeypatch, capsys):
    run_many(FAST, 1, place, monkeypatch, capsys)


@pytest.mark.filterwarnings("ignore::amaranth.hdl.UnusedElaboratable")
@pytest.mark.slow
def test_many_random_invocations(place, monkeypatch, capsys):
    run_many(SLOW, 2, place, monkeypatch, capsys)


ENVIRONMENTS = (
    {},
    {"HOME": "/proc/nothing"},
    {"HOME": ""},
    {"HOME": None},
    {"SYSTOLA_CACHE": "/proc/nothing"},
    {"XDG_CACHE_HOME": "/sys"},
    {"TMPDIR": "/proc"},
    {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    {"COLUMNS": "0"},
    {"PATH": ""},
)


@pytest.mark.parametrize("number", [pytest.param(n, marks=() if n < 2 else pytest.mark.slow) for n in range(PROCESSES)])
def test_random_processes(place, number):
    rng = random.Random(number)
    words = invocation(rng)
    while words[0] in ("synth", "papers", "run") or "build" in words or "virtual" in words:  # these take long
        words = invocation(rng)
    changes = rng.choice(ENVIRONMENTS)
    environment = {name: value for name, value in (os.environ | changes).items() if value is not None}
    before = found_in(place)
    command = [sys.executable, "-m", "systola.gen", *words, *(["--cases", "1"] if words[0] == "sim" else [])]
    run = subprocess.run(
        command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, errors="backslashreplace"
    )
    assert not fault_of(run.returncode, run.stdout, run.stderr, before, found_in(place)), words
