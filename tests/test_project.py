"""The house rules: who imports whom, what the wheel holds, where things are."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("hw", "sim", "gen")


def _modules(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def _imports(path):
    """Top-level names, and rooms reached by relative imports."""
    depth = len(path.relative_to(ROOT).parts) - 1
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.module.split(".")[0]
            elif node.level == depth + 1:
                yield (node.module or node.names[0].name).split(".")[0]


@pytest.mark.parametrize("path", _modules("hw"), ids=lambda p: str(p.relative_to(ROOT)))
def test_hardware_imports_neither_simulation_nor_tools(path):
    assert not {"sim", "gen", "systola", "cocotb", "numpy"} & set(_imports(path))


@pytest.mark.parametrize("path", _modules("sim/golden"), ids=lambda p: str(p.relative_to(ROOT)))
def test_golden_models_import_numpy_only(path):
    assert {name for name in _imports(path) if name not in sys.stdlib_module_names} <= {"numpy"} | {
        other.stem for other in _modules("sim/golden")
    }


@pytest.mark.parametrize("path", _modules("sim"), ids=lambda p: str(p.relative_to(ROOT)))
def test_simulation_imports_no_hardware(path):
    assert not {"hw", "gen", "systola", "amaranth"} & set(_imports(path))


@pytest.mark.parametrize("path", [p for room in ROOMS for p in _modules(room)], ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_within_the_project_are_relative(path):
    assert "systola" not in set(_imports(path))


def test_the_wheel_holds_every_module(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"systola/{path.relative_to(ROOT)}" for room in ROOMS for path in _modules(room)}
    expected |= {f"systola/{path.relative_to(ROOT)}" for path in (ROOT / "sim" / "models").glob("*.v")}
    assert expected <= names
    assert not [name for name in names if name.startswith(("hw/", "sim/", "gen/", "tests/"))]


def test_every_module_has_a_test_of_its_name():
    tests = {path.relative_to(ROOT / "tests") for path in _modules("tests")}
    missing = [
        path
        for room in ("hw", "sim/golden", "sim/stimulus")
        for path in _modules(room)
        if path.name != "__init__.py" and path.relative_to(ROOT).with_name(f"test_{path.name}") not in tests
    ]
    assert missing == []
