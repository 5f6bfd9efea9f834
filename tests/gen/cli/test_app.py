"""Command line of a user: working commands, and each mistake in one sentence with no file written."""

import json
from importlib.metadata import version

import pytest

from systola.gen.cli import describe
from systola.gen.generators import find, generators


def test_list(process, tmp_path):
    run = process("list", "--json", "list.json")
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "accelerators",
        "arrays and units",
        "memories and movement",
        "interconnect",
        "host and board",
    ]
    found = dict(line.strip().split(maxsplit=1) for line in lines if line.startswith(" "))
    assert found == {name: generator.summary for name, generator in generators().items()}  # verbatim
    assert any("[" in summary for summary in found.values())
    assert json.loads((tmp_path / "list.json").read_text()) == found


def test_version(process):
    run = process("--version")
    assert (run.returncode, run.stdout) == (0, f"systola {version('systola')}\n")


@pytest.mark.parametrize("name", ["registers", "systola", "collective"])
def test_show_prints_the_docstring_verbatim(systola, name):
    run = systola("show", name)
    assert run.returncode == 0, run.stderr
    assert describe.as_data(find(name))["description"] in run.stdout


def test_gen_accepts_a_preset_of_an_accelerator(systola, tmp_path):
    run = systola("gen", "core", "-c", "small", "-o", "[red]out")
    assert run.returncode == 0, run.stderr
    assert "[red]out/systola.v  " in run.stdout
    assert json.loads((tmp_path / "[red]out" / "systola.json").read_text())["parameters"]["size"] == 4


def test_papers(systola, tmp_path):
    run = systola("papers", "--only", "sparsity_2_4", "--json", "p.json")
    assert run.returncode == 0, run.stderr
    results = json.loads((tmp_path / "p.json").read_text())
    assert {"paper", "text", "published", "measured", "band", "within", "command"} <= set(results[0])
    assert all(result["within"] for result in results)


def test_show(systola, tmp_path):
    run = systola("show", "systolic", "--json", "show.json")
    assert run.returncode == 0
    for word in ("rows", "an integer from 1 to 256", "s_axis_a_tdata", "Latency", "Source"):
        assert word in run.stdout
    data = json.loads((tmp_path / "show.json").read_text())
    assert data["parameters"]["rows"] == {
        "default": 16,
        "legal": "an integer from 1 to 256",
        "meaning": "multipliers in a column: the length of an inner product",
    }


def test_gen_accepts_presets_and_settings(systola, tmp_path):
    (tmp_path / "small.toml").write_text('generator = "systolic"\n[parameters]\nrows = 3\nproduct_register = false\n')
    run = systola("gen", "systolic", "-c", "small.toml", "-p", "cols=2", "-o", "out")
    assert run.returncode == 0, run.stderr
    parameters = json.loads((tmp_path / "out" / "systolic.json").read_text())["parameters"]
    assert (parameters["rows"], parameters["cols"], parameters["product_register"]) == (3, 2, False)


def test_sim(systola, tmp_path):
    run = systola(
        "sim",
        "systolic",
        "-p",
        "rows=4",
        "-p",
        "cols=4",
        "--cases",
        12,
        "--seed",
        3,
        "--json",
        "sim.json",
    )
    assert run.returncode == 0, run.stderr
    data = json.loads((tmp_path / "sim.json").read_text())
    assert data["checked"] > 0
    assert data["mismatches"] == 0
    assert set(data) == {
        "generator",
        "params",
        "seed",
        "simulator",
        "cases",
        "checked",
        "mismatches",
        "cycles",
        "macs",
        "work",
        "unit",
        "utilisation",
        "seconds",
    }
    assert data["cases"] == 12


def test_sim_records_waves(systola, tmp_path):
    run = systola("sim", "systolic", "-p", "rows=4", "-p", "cols=4", "--cases", 2, "--waves", "w.vcd")
    assert run.returncode == 0, run.stderr
    assert "m_axis_y_tdata" in (tmp_path / "w.vcd").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "sistolic"], "unknown generator 'sistolic': did you mean 'systolic'?"),
        (["gen", "systolic", "-p", "row=3"], "unknown parameter 'row': did you mean 'rows'?"),
        (["gen", "systolic", "-p", "rows=300"], "rows=300: rows must be an integer from 1 to 256."),
        (["gen", "systolic", "-p", "rows=many"], "rows=many: rows must be an integer from 1 to 256."),
        (["gen", "systolic", "-p", "rows"], "-p rows: a parameter is set as NAME=VALUE."),
        (
            ["gen", "systolic", "-p", "product_register=2"],
            "product_register=2: product_register must be true or false.",
        ),
        (
            ["gen", "systolic", "-p", "a_format=fp8"],
            "a_format=fp8: a_format must be int2 to int16, pot3 to pot5, ",
        ),
        (
            ["gen", "systolic", "--top", "a-b"],
            "--top a-b: a module name is letters, digits and underscores, not first a digit.",
        ),
        (
            ["gen", "systolic", "--top", "module"],
            "--top module: a module name must not be a keyword of Verilog or SystemVerilog.",
        ),
        (
            ["gen", "systolic", "--top", "npu__systolic"],
            "--top npu__systolic: the name of a top module must not contain '__' or end in '_'",
        ),
        (["gen", "systolic", "-c", "none.toml"], "cannot read none.toml: No such file or directory."),
        (["gen", "systolic", "-o", "file"], "-o file: the folder cannot be written: Not a directory."),
        (["gen", "systolic", "-o", "file/out"], "-o file/out: the folder cannot be written: file is not a directory."),
        (["sim", "systolic", "--simulator", "vcs"], "--simulator vcs: it must be verilator or icarus."),
        (["sim", "systolic", "--waves", "w.png"], "--waves w.png: the file's name must end in .vcd or .fst."),
        (["sim", "systolic", "-p", "cols=0"], "cols=0: cols must be an integer from 1 to 256."),
        (["synth", "systolic", "--device", "ecp6"], "--device ecp6: known devices are"),
        (["gen", "systolic", "-c", "small"], "cannot read small: No such file or directory."),
        (["gen", "[bold]x"], "unknown generator '[bold]x': known are "),
        (["papers", "--only", "nosuch"], "--only: paper nosuch is not known: known papers are bitfusion, "),
        (["board", "virtual", "nosuch"], "unknown board 'nosuch': known boards are "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence(systola, tmp_path, arguments, sentence):
    (tmp_path / "file").touch()
    run = systola(*arguments)
    assert run.returncode == 2
    assert run.stderr.startswith(f"systola: {sentence}")
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_process_ends_with_its_exit_code_and_a_sentence(process):
    run = process("show", "sistolic")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "systola: unknown generator 'sistolic': did you mean 'systolic'?\n"


@pytest.mark.parametrize(
    "arguments", [["sim", "systolic", "--cases", "0"], ["gen"], ["frobnicate"], ["sim", "systolic", "--sed", "1"]]
)
def test_usage_errors_have_no_traceback(systola, tmp_path, arguments):
    run = systola(*arguments)
    assert run.returncode == 2
    assert run.stderr.startswith("systola: ")
    assert run.stderr.count("\n") == 1


def test_a_missing_compiler_is_named(systola, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SYSTOLA_CACHE", str(tmp_path / "cache"))
    run = systola("sim", "systolic", "-p", "rows=2", "-p", "cols=2")
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "g++ was not found: install it" in run.stderr


def test_a_bad_preset_is_named(systola, tmp_path):
    for text, sentence in (
        ("rows = 3", "bad.toml: unknown key 'rows'; a preset has 'generator' and a [parameters] table."),
        ("[parameters", "bad.toml is not TOML:"),
        ('generator = "broadcast"', "bad.toml is a preset of broadcast, not of systolic."),
        ("parameters = 3", "bad.toml: 'parameters' must be a table."),
        ("[parameters]\nrows = 1.5", "rows=1.5: rows must be an integer from 1 to 256."),
    ):
        (tmp_path / "bad.toml").write_text(text)
        run = systola("gen", "systolic", "-c", "bad.toml", "-o", "out")
        assert run.returncode == 2
        assert run.stderr.startswith(f"systola: {sentence}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [(), ("sim",), ("board",), ("board", "virtual")])
def test_help_is_not_wrapped_if_piped(process, command):
    printed = process(*command, "--help").stdout
    assert "..." not in printed.replace("[ARGS]...", "")
    options = [line for line in printed.splitlines() if line.startswith("   ")]
    assert not [line for line in options if line.startswith(" " * 6)], "a line of an option is continued"
