"""Contents of the wheel, and places of tests."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("hw", "sim", "gen")


def _modules(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def test_the_wheel_holds_every_module(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"  # the build leaves metadata next to its source: use a copy
    for name in (*PACKAGES, "pyproject.toml", "setup.py", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source],
        check=True,
        capture_output=True,
    )
    (wheel,) = out.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"systola/{path.relative_to(ROOT)}" for package in PACKAGES for path in _modules(package)}
    expected |= {f"systola/{path.relative_to(ROOT)}" for path in (ROOT / "sim" / "models").glob("*.*v")}
    expected |= {"systola/sim/models/dram.cpp", "systola/sim/models/dram.h", "systola/sim/network/zoo/digits.npz"}
    assert expected <= names
    assert not [name for name in names if name.startswith(("hw/", "sim/", "gen/", "tests/"))]


def places(path: Path) -> set[Path]:
    """Legal places of the test of a module, relative to `tests`: its own sub-path, or `cores/MACHINE`."""
    name = f"test_{path.name}"
    match path.parts:
        case ("hw", "cores", *machine, _):
            return {Path("cores", *machine, name)}
        case ("sim", package, "cores", _):  # a model or a stimulus of one file, or one shared by all machines
            return {Path("cores", path.stem, f"test_{package}.py"), Path("cores", name)}
        case ("sim", _, "cores", *machine, _):
            return {Path("cores", *machine, name)}
    return {path.with_name(name)}


def untested(root: Path) -> list[Path]:
    """Modules without a test of their name."""
    tests = {path.relative_to(root / "tests") for path in (root / "tests").rglob("test_*.py")}
    found = [
        path.relative_to(root)
        for package in ("hw", "sim/golden", "sim/stimulus")
        for path in (root / package).rglob("*.py")
    ]
    return sorted(path for path in found if path.name != "__init__.py" and not places(path) & tests)


def test_every_module_has_a_test_of_its_name():
    assert untested(ROOT) == []


def test_a_module_without_a_test_is_found(tmp_path):
    tested = {
        "hw/stream/skid.py": "hw/stream/test_skid.py",
        "hw/cores/eyeriss/pe.py": "cores/eyeriss/test_pe.py",
        "sim/golden/dma.py": "sim/golden/test_dma.py",
        "sim/golden/cores/eyeriss.py": "cores/eyeriss/test_golden.py",
        "sim/stimulus/cores/eyeriss.py": "cores/eyeriss/test_stimulus.py",
        "sim/stimulus/cores/eyeriss/passes.py": "cores/eyeriss/test_passes.py",
    }
    for path in (*tested, *(f"tests/{test}" for test in tested.values()), "hw/stream/__init__.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert untested(tmp_path) == []
    for path, test in tested.items():
        (tmp_path / "tests" / test).unlink()
        assert untested(tmp_path) == [Path(path)]
        (tmp_path / "tests" / test).touch()
