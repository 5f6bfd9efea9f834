"""The command line as a user meets it: what works, and each mistake in one sentence with nothing written."""

import json
import subprocess
import sys

import pytest

from systola.gen.generators import GENERATORS


def systola(*arguments, cwd, env=None):
    return subprocess.run(
        [sys.executable, "-m", "systola.gen", *map(str, arguments)],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def test_list(tmp_path):
    run = systola("list", "--json", "list.json", cwd=tmp_path)
    assert run.returncode == 0
    assert "systolic" in run.stdout
    assert set(json.loads((tmp_path / "list.json").read_text())) == set(GENERATORS)


def test_show(tmp_path):
    run = systola("show", "systolic", "--json", "show.json", cwd=tmp_path)
    assert run.returncode == 0
    for word in ("rows", "an integer from 1 to 256", "s_axis_a_tdata", "Latency", "Source"):
        assert word in run.stdout
    data = json.loads((tmp_path / "show.json").read_text())
    assert data["parameters"]["rows"] == {
        "default": 16,
        "legal": "an integer from 1 to 256",
        "meaning": "multipliers in a column: the length of an inner product",
    }


def test_gen_takes_presets_and_settings(tmp_path):
    (tmp_path / "small.toml").write_text('generator = "systolic"\n[parameters]\nrows = 3\nproduct_register = false\n')
    run = systola("gen", "systolic", "-c", "small.toml", "-p", "cols=2", "-o", "out", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    parameters = json.loads((tmp_path / "out" / "systolic.json").read_text())["parameters"]
    assert (parameters["rows"], parameters["cols"], parameters["product_register"]) == (3, 2, False)


def test_sim(tmp_path):
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
        cwd=tmp_path,
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


def test_sim_records_waves(tmp_path):
    run = systola("sim", "systolic", "-p", "rows=4", "-p", "cols=4", "--cases", 2, "--waves", "w.vcd", cwd=tmp_path)
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
        (["gen", "systolic", "-c", "none.toml"], "cannot read none.toml: No such file or directory."),
        (["gen", "systolic", "-o", "file"], "cannot write to file: File exists."),
        (["gen", "systolic", "-o", "file/out"], "cannot write to file/out: Not a directory."),
        (["sim", "systolic", "--simulator", "vcs"], "--simulator vcs: it must be verilator or icarus."),
        (["sim", "systolic", "--waves", "w.png"], "--waves w.png: the file's name must end in .vcd or .fst."),
        (["sim", "systolic", "-p", "cols=0"], "cols=0: cols must be an integer from 1 to 256."),
        (["synth", "systolic", "--device", "ecp6"], "--device ecp6: known devices are"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence(tmp_path, arguments, sentence):
    (tmp_path / "file").touch()
    run = systola(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert run.stderr.startswith(f"systola: {sentence}")
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "arguments", [["sim", "systolic", "--cases", "0"], ["gen"], ["frobnicate"], ["sim", "systolic", "--sed", "1"]]
)
def test_usage_errors_have_no_traceback(tmp_path, arguments):
    run = systola(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert "Error" in run.stderr


def test_a_missing_compiler_is_named(tmp_path):
    run = systola(
        "sim",
        "systolic",
        "-p",
        "rows=2",
        "-p",
        "cols=2",
        cwd=tmp_path,
        env={"PATH": str(tmp_path), "SYSTOLA_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)},
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "g++ was not found: install it" in run.stderr


def test_a_bad_preset_is_named(tmp_path):
    for text, sentence in (
        ("rows = 3", "bad.toml: unknown key 'rows'; a preset has 'generator' and a [parameters] table."),
        ("[parameters", "bad.toml is not TOML:"),
        ('generator = "broadcast"', "bad.toml is a preset of broadcast, not of systolic."),
        ("parameters = 3", "bad.toml: 'parameters' must be a table."),
        ("[parameters]\nrows = 1.5", "rows=1.5: rows must be an integer from 1 to 256."),
    ):
        (tmp_path / "bad.toml").write_text(text)
        run = systola("gen", "systolic", "-c", "bad.toml", "-o", "out", cwd=tmp_path)
        assert run.returncode == 2
        assert run.stderr.startswith(f"systola: {sentence}")
    assert not (tmp_path / "out").exists()


def test_asm_and_disasm(tmp_path):
    text = "LOOP    3\n    QUANT   r1, 0, zero_point=0, low=-128, high=127, shift=1\nEND     r1+16\nHALT\n"
    (tmp_path / "program.s").write_text(text)
    run = systola("asm", "program.s", "-o", "program.bin", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, "program.bin  4 instructions\n")
    assert (tmp_path / "program.bin").stat().st_size == 64
    run = systola("disasm", "program.bin", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (0, text)


def test_programs_that_are_wrong(tmp_path):
    (tmp_path / "program.s").write_text("HALT\nLAOD 0, 0\n")
    (tmp_path / "latin.s").write_bytes(b"HALT ; \xe4\n")
    (tmp_path / "hazard.s").write_text("LOOP 2\nSYNC\n\nWEIGHTS 1024, 4\nEND\n")
    (tmp_path / "program.bin").write_bytes(bytes(16))
    for arguments, message in (
        (("asm", "none.s", "-o", "x"), "none.s: No such file or directory"),
        (("asm", "program.s", "-o", "x"), "program.s: line 2: there is no instruction 'LAOD'; did you mean LOAD?"),
        (
            ("asm", "hazard.s", "-o", "x", "-p", "size=32", "-p", "weight_bytes=32768"),
            "hazard.s: line 4 (WEIGHTS 1024, 4; iteration 0) goes over weight words 1024 to 1024; there are 0 to 1023.",
        ),
        (
            ("asm", "program.s", "-o", "x", "-p", "size=5"),
            "size=5: size must be a power of two.",
        ),
        (("asm", "latin.s", "-o", "x"), "latin.s is not text: see `systola disasm`."),
        (("disasm", "program.bin"), "program.bin: instruction 0: there is no opcode 0x00."),
    ):
        run = systola(*arguments, cwd=tmp_path)
        assert (run.returncode, run.stdout, run.stderr) == (2, "", f"systola: {message}\n")
    assert not (tmp_path / "x").exists()
