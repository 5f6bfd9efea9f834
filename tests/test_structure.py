"""Structure of the repository: imports between folders, import cycles, file sizes.

Each rule is a function over a root folder, and fails on a planted violation.
"""

import ast
import functools
import graphlib
import statistics
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

ORDER = {
    "hw": (
        ("component", "bundle", "identifiers", "plugins"),
        ("stream",),
        ("bus",),
        ("memory", "host", "accelerator"),
        ("formats", "mac", "dma", "noc", "collective"),
        ("array", "vector", "issue", "sequence"),
        ("cores",),
        ("systems",),
    ),
    "gen": (
        ("errors", "plugins", "startup"),
        ("verilog", "compile", "host", "isa", "coverage"),
        ("synth", "accelerators", "importers"),
        ("run", "draw"),
        ("board",),
        ("cli", "papers", "figures", "mutants"),
    ),
}
"""Packages, lowest group first. A package imports from lower groups; within a group imports have one direction."""

FRONT = {"gen": {"__init__", "__main__", "api", "generators"}}
"""Modules outside all packages that can import any package: the API, the command and the table of generators."""

MACHINES = ("cores", "accelerators")
"""Folders of single machines. Within hw and sim, only packages above can import from one."""

LONGEST = 400
MEDIAN = 120

ALLOWED: dict[str, str] = {}
"""Violations in files that will be replaced, each with its remedy. This table must become empty."""


def modules(root: Path, *folders: str) -> dict[str, Path]:
    """Dotted names and files of all modules in the folders."""
    files = [file for folder in folders for file in sorted((root / folder).rglob("*.py"))]
    return {".".join(file.relative_to(root).with_suffix("").parts): file for file in files}


def imports(name: str, file: Path, known: set[str], *, whole: bool = True) -> set[str]:
    """Modules that a module imports: project modules by dotted name, others by their top-level name.

    Without `whole`, only imports executed with the module count, not those inside functions.
    """
    package, found = name.split(".")[:-1], set()
    for node in _import_statements(file.read_text(encoding="utf-8"), whole):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif node.level == 0:
            found.add(node.module.split(".")[0])
        else:
            parts = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            base = ".".join(parts)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                choices = (full, f"{full}.__init__", base, f"{base}.__init__")
                found.add(next((each for each in choices if each in known), base))
    return found


@functools.cache
def _import_statements(text: str, whole: bool) -> list[ast.Import | ast.ImportFrom]:
    found, nodes = [], [ast.parse(text)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.append(node)
        elif whole or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return found


def direction(root: Path) -> list[str]:
    """Imports from a higher package, mutual imports of packages of one group, and folders that are in no group."""
    found = []
    for top, groups in ORDER.items():
        level = {package: n for n, group in enumerate(groups) for package in group}
        known = modules(root, top)
        between: dict[str, set[str]] = {}
        for name, file in known.items():
            package = name.split(".")[1]
            if package in FRONT.get(top, {"__init__"}):
                continue
            if package not in level:
                found.append(f"{name} is in no package of `ORDER`")
                continue
            for target in sorted(imports(name, file, set(known))):
                parts = target.split(".")
                if parts[0] != top or len(parts) < 2 or parts[1] == package:
                    continue
                if parts[1] == "__init__" or parts[1] in FRONT.get(top, ()):
                    continue
                if level.get(parts[1], len(groups)) > level[package]:
                    found.append(f"{name} imports {target}, a higher package")
                elif level[parts[1]] == level[package]:
                    between.setdefault(f"{top}.{package}", set()).add(f"{top}.{parts[1]}")
        found += [f"packages import each other: {circle}" for circle in _circles(between)]
    return found


def tops(root: Path) -> list[str]:
    """Forbidden imports between hw, sim and gen; NumPy in hw, Amaranth in sim; absolute imports."""
    forbidden = {
        "hw": {"sim", "gen", "systola", "numpy", "cocotb"},
        "sim": {"hw", "gen", "systola", "amaranth"},
        "gen": {"systola"},
    }
    known = modules(root, *forbidden)
    return [
        f"{name} imports {target}"
        for name, file in known.items()
        for target in sorted(imports(name, file, set(known)))
        if target.split(".")[0] in forbidden[name.split(".")[0]]
    ]


def golden(root: Path) -> list[str]:
    """Golden models that import more than the standard library, NumPy and each other."""
    known = modules(root, "sim")
    return [
        f"{name} imports {target}"
        for name, file in modules(root, "sim/golden").items()
        for target in sorted(imports(name, file, set(known)))
        if target.split(".")[0] not in {"numpy", *sys.stdlib_module_names} and not target.startswith("sim.golden.")
    ]


def machines(root: Path) -> list[str]:
    """Generic modules of hw and sim that import those of a single machine."""
    known = modules(root, "hw", "sim")
    return [
        f"{name} imports {target}"
        for name, file in known.items()
        for target in sorted(imports(name, file, set(known)))
        if not {*MACHINES, "systems"} & set(name.split(".")) and set(MACHINES) & set(target.split("."))
    ]


def circles(root: Path) -> list[str]:
    """Import cycles at module level."""
    known = modules(root, "hw", "sim", "gen")
    graph = {name: imports(name, file, set(known), whole=False) & set(known) - {name} for name, file in known.items()}
    return [f"modules import each other: {circle}" for circle in _circles(graph)]


def _circles(graph: dict[str, set[str]]) -> list[str]:
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return [", ".join(reversed(error.args[1]))]
    return []


def sizes(root: Path) -> list[str]:
    """Files that are too long, and a median of hw that is too large."""
    lines = {
        name: len(file.read_text(encoding="utf-8").splitlines())
        for name, file in modules(root, "hw", "sim", "gen").items()
    }
    found = [f"{name} has {count} lines, more than {LONGEST}" for name, count in lines.items() if count > LONGEST]
    hardware = [count for name, count in lines.items() if name.startswith("hw.") and not name.endswith("__init__")]
    if hardware and statistics.median(hardware) > MEDIAN:
        found.append(f"the median of hw is {statistics.median(hardware)} lines, more than {MEDIAN}")
    return found


RULES = (tops, direction, golden, machines, circles, sizes)


@pytest.mark.parametrize("rule", RULES)
def test_the_repository_follows_the_rules(rule):
    assert [each for each in rule(ROOT) if each not in ALLOWED] == []


def test_no_obsolete_violation_is_allowed():
    present = {each for rule in RULES for each in rule(ROOT)}
    assert set(ALLOWED) - present == set()


TREE = {
    "hw/component.py": "from amaranth.hdl import Module\n",
    "hw/stream/register.py": "from ..component import Module\n",
    "hw/bus/axi.py": "from ..stream import register\n",
    "hw/formats/integer.py": "from ..component import Module\n",
    "hw/mac/multiply.py": "from ..formats.integer import Module\n",
    "hw/cores/eyeriss/core.py": "from ...mac.multiply import Module\nfrom ...bus.axi import register\n",
    "hw/systems/board.py": "from ..cores.eyeriss.core import register\n",
    "sim/golden/dma.py": "import numpy as np\nfrom dataclasses import dataclass\n",
    "sim/golden/walks.py": "from . import dma\n",
    "sim/golden/cores/eyeriss.py": "from .. import dma\nfrom ..walks import dma\n",
    "sim/bench/dma.py": "from ..golden import dma\n",
    "gen/verilog/verilog.py": "from ...hw.component import Module\n",
    "gen/generators.py": "from ..hw.cores.eyeriss.core import register\nfrom .verilog.verilog import Module\n",
    "gen/cli/app.py": "from ..generators import Module\nfrom ..papers import claim\n",
    "gen/papers/claim.py": "from ..run.execute import run\n",
    "gen/run/execute.py": "def run():\n    from ..verilog import verilog\n",
}


def plant(root: Path, changes: dict[str, str]) -> Path:
    for path, text in (TREE | changes).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_a_tree_without_violations_is_accepted(tmp_path):
    plant(tmp_path, {})
    assert [each for rule in RULES for each in rule(tmp_path)] == []


@pytest.mark.parametrize(
    ("rule", "path", "text", "message"),
    [
        (tops, "hw/mac/multiply.py", "from ...sim.golden import dma", "hw.mac.multiply imports sim.golden.dma"),
        (tops, "hw/bus/axi.py", "from ...gen import generators", "hw.bus.axi imports gen.generators"),
        (tops, "hw/bus/axi.py", "import numpy as np", "hw.bus.axi imports numpy"),
        (tops, "hw/bus/axi.py", "def f():\n    import cocotb.triggers", "hw.bus.axi imports cocotb"),
        (tops, "sim/bench/dma.py", "from ...hw import component", "sim.bench.dma imports hw.component"),
        (tops, "sim/bench/dma.py", "from ...gen.verilog import verilog", "sim.bench.dma imports gen.verilog.verilog"),
        (tops, "sim/bench/dma.py", "from amaranth.hdl import Module", "sim.bench.dma imports amaranth"),
        (tops, "gen/cli/app.py", "from systola.hw import component", "gen.cli.app imports systola"),
        (
            direction,
            "hw/stream/register.py",
            "from ..bus.axi import register",
            "hw.stream.register imports hw.bus.axi, a higher package",
        ),
        (
            direction,
            "hw/bus/axi.py",
            "def f():\n    from ..cores.eyeriss import core",
            "hw.bus.axi imports hw.cores.eyeriss.core, a higher package",
        ),
        (
            direction,
            "hw/cores/eyeriss/core.py",
            "from ...systems import board",
            "hw.cores.eyeriss.core imports hw.systems.board, a higher package",
        ),
        (
            direction,
            "hw/component.py",
            "from .stream import register",
            "hw.component imports hw.stream.register, a higher package",
        ),
        (
            direction,
            "hw/formats/integer.py",
            "from ..mac import multiply",
            "packages import each other: hw.formats, hw.mac, hw.formats",
        ),
        (direction, "hw/other/part.py", "", "hw.other.part is in no package of `ORDER`"),
        (
            direction,
            "gen/verilog/verilog.py",
            "from ..cli.app import Module",
            "gen.verilog.verilog imports gen.cli.app, a higher package",
        ),
        (
            direction,
            "gen/papers/claim.py",
            "from ..cli.app import Module",
            "packages import each other: gen.cli, gen.papers, gen.cli",
        ),
        (golden, "sim/golden/walks.py", "import cocotb", "sim.golden.walks imports cocotb"),
        (golden, "sim/golden/walks.py", "from ..bench import dma", "sim.golden.walks imports sim.bench.dma"),
        (
            machines,
            "sim/golden/walks.py",
            "from .cores import eyeriss",
            "sim.golden.walks imports sim.golden.cores.eyeriss",
        ),
        (
            machines,
            "hw/mac/multiply.py",
            "from ..cores.eyeriss import core",
            "hw.mac.multiply imports hw.cores.eyeriss.core",
        ),
        (
            circles,
            "sim/golden/dma.py",
            "from .walks import dma",
            "modules import each other: sim.golden.dma, sim.golden.walks, sim.golden.dma",
        ),
        (sizes, "gen/cli/long.py", "\n" * 400, "gen.cli.long has 401 lines, more than 400"),
    ],
)
def test_a_planted_violation_is_found(tmp_path, rule, path, text, message):
    plant(tmp_path, {path: TREE.get(path, "") + text + "\n"})
    found = rule(tmp_path)
    assert found == ([] if message is None else [message]), found


def test_an_import_in_a_function_closes_no_cycle(tmp_path):
    plant(tmp_path, {"sim/golden/dma.py": "def f():\n    from . import walks\n"})
    assert circles(tmp_path) == []


def test_a_median_that_is_too_long_is_found(tmp_path):
    plant(tmp_path, {path: "\n" * 130 for path in TREE if path.startswith("hw/")})
    assert sizes(tmp_path) == ["the median of hw is 130 lines, more than 120"]
