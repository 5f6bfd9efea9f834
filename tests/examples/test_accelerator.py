"""Example accelerator, installed next to Systola: all commands find it, and a broken plug-in does not affect others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from systola.hw.accelerator.contract import Engine
from systola.hw.accelerator.shell import Shell
from systola.hw.component import ParameterError
from systola.hw.cores.outer_product.engine import OuterProductEngine

EXAMPLE = Path(__file__).parents[2] / "examples" / "accelerator"
BROKEN = "Metadata-Version: 2.1\nName: systola-broken\nVersion: 1\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder with the example as `pip install --target` creates it: the package, and its entry points."""
    folder = tmp_path_factory.mktemp("site")
    build = "from setuptools import build_meta; import sys; print(build_meta.build_wheel(sys.argv[1]))"
    copy = tmp_path_factory.mktemp("source") / "accelerator"
    copy.mkdir()
    for file in (EXAMPLE / "pyproject.toml", *sorted((EXAMPLE / "dotter").glob("*.py"))):
        target = copy / file.relative_to(EXAMPLE)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(file.read_bytes())
    made = subprocess.run([sys.executable, "-c", build, str(folder)], cwd=copy, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(folder)], check=True)
    return folder


def systola(*arguments, paths, cwd):
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "systola.gen", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)


def test_every_command_works_with_it(site, tmp_path):
    def run(*arguments) -> dict:
        ran = systola(*arguments, "--json", "found.json", paths=[site], cwd=tmp_path)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return json.loads((tmp_path / "found.json").read_text())

    assert "dot product" in run("list")["dotter"]
    assert run("sim", "dotter", "-c", "small", "--cases", 8)["mismatches"] == 0
    gemm = run("run", "gemm", "--on", "dotter", "-c", "small", "-p", "m=3", "-p", "k=21", "-p", "n=5")
    assert gemm["mismatches"] == 0
    (claim,) = run("papers", "--only", "roofline")
    assert claim["within"]
    assert 0.45 < claim["measured"] < 0.5
    made = systola("gen", "dotter", "-p", "lanes=16", "-o", "out", paths=[site], cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "input [127:0] m_axi_rdata," in (tmp_path / "out" / "dotter.v").read_text()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise RuntimeError('no luck')", "cannot be loaded: RuntimeError: no luck."),
        ("ACCELERATOR = 3", "is not an instance of systola.gen.accelerators.base.Accelerator."),
    ],
)
def test_a_broken_plug_in_is_one_sentence_and_affects_no_other(site, tmp_path, text, sentence):
    info = tmp_path / "systola_broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(BROKEN)
    (info / "entry_points.txt").write_text("[systola.accelerators]\nbroken = broken_plug_in:ACCELERATOR\n")
    (tmp_path / "broken_plug_in.py").write_text(text + "\n")
    paths = [site, tmp_path]
    listed = systola("list", paths=paths, cwd=tmp_path)
    assert listed.returncode == 0, listed.stderr
    assert "dotter" in listed.stdout
    assert "outer_product" in listed.stdout
    said = "systola: plug-in 'broken' of package systola-broken (broken_plug_in:ACCELERATOR) " + sentence
    assert listed.stderr.splitlines() == [said]
    shown = systola("show", "broken", paths=paths, cwd=tmp_path)
    assert shown.returncode == 2
    assert shown.stderr.splitlines() == [said]


def test_an_engine_without_a_port_is_rejected_with_a_reason():
    class Deaf(OuterProductEngine):
        @classmethod
        def members(cls, p):
            return {name: member for name, member in super().members(p).items() if name != "stop"}

    class DeafAccelerator(Shell):
        engine = Deaf
        latency = peak = 1

    with pytest.raises(ParameterError, match=r"^engine=Deaf: port 'stop' must be an input of shape 1\.$"):
        DeafAccelerator.members(Deaf.Parameters.check())


def test_an_engine_without_an_attribute_is_rejected_with_a_reason():
    class Nameless(Engine):
        pass

    with pytest.raises(ParameterError, match=r"^engine=Nameless: class attribute NAME is missing\.$"):
        type("NamelessAccelerator", (Shell,), {"engine": Nameless})
