"""Report of the coverage of a design by module, and its branches that were not executed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from itertools import takewhile

from ...sim.runner import coverage
from ...sim.runner.coverage import Counts, Point
from ..verilog.sources import code
from ..verilog.verilog import Design
from .unreachable import FULL_CASE, Unreachable

KINDS = ("lines", "branches", "toggles")


@dataclass(frozen=True)
class Tally:
    """Points that occurred, of all points of one kind."""

    covered: int
    total: int

    @property
    def percent(self) -> float:
        return 100 * self.covered / self.total if self.total else 100.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.covered + other.covered, self.total + other.total)


@dataclass(frozen=True)
class ModuleCoverage:
    """Coverage of a module; its instances count together."""

    name: str
    lines: Tally
    branches: Tally
    toggles: Tally


@dataclass(frozen=True)
class Branch:
    """Arm of a branch: its line of Verilog, that line's text, and its Amaranth source, "" if unknown."""

    module: str
    line: int
    column: int
    arm: str
    text: str
    source: str
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """Coverage of a design.

    `uncovered` are the branches that were not executed. Those of `excluded` are declared unreachable, each with its
    reason; they were not executed and are not counted. `wrong` has a sentence for each declaration about a
    module of the design without such a branch.
    """

    design: str
    modules: list[ModuleCoverage]
    uncovered: list[Branch]
    excluded: list[Branch]
    wrong: list[str]

    def total(self, kind: str) -> Tally:
        return sum((getattr(module, kind) for module in self.modules), Tally(0, 0))

    def to_dict(self) -> dict:
        """Plain data, for JSON."""

        def plain(tally: Tally) -> dict:
            return asdict(tally) | {"percent": round(tally.percent, 2)}

        return {
            "total": {kind: plain(self.total(kind)) for kind in KINDS},
            "modules": {each.name: {kind: plain(getattr(each, kind)) for kind in KINDS} for each in self.modules},
            "uncovered": [asdict(branch) for branch in self.uncovered],
            "excluded": [asdict(branch) for branch in self.excluded],
        }


def report(design: Design, counts: Counts, table: Sequence[Unreachable] = ()) -> Report:
    """Report on a design from the counts of its simulations. `table` declares its unreachable branches.

    A declared branch that was executed counts as any other.
    """
    text = design.verilog.splitlines()
    points: dict[str, dict[Point, int]] = {line.split()[1]: {} for line in text if line.startswith("module ")}
    for point, count in counts.items():
        if point.module in points:  # others belong to the harness
            points[point.module][point] = count
    modules, missed = [], []
    for name, own in points.items():
        missing = [point for point, count in own.items() if point.kind == "branch" and not count]
        found = [_branch(design, text, table, point) for point in sorted(missing, key=_place)]
        executed = sum(point.kind == "branch" and count > 0 for point, count in own.items())
        toggles = [count for point, count in own.items() if point.kind == "toggle"]
        lines = coverage.lines(own).values()
        branches = Tally(executed, executed + sum(not branch.reason for branch in found))
        modules.append(ModuleCoverage(name, _tally(lines), branches, _tally(toggles)))
        missed += found
    excluded = [branch for branch in missed if branch.reason]
    wrong = [
        f"{entry.file}: {entry.code} ({entry.arm}) is declared unreachable in {entry.module}, but there is no such "
        "branch that was not executed."
        for entry in table
        if any(fnmatchcase(_short(name, design.top), entry.module) for name in points)
        and not any(_declares(entry, design.top, branch) for branch in excluded)
    ]
    return Report(design.name, modules, [branch for branch in missed if not branch.reason], excluded, wrong)


def _place(point: Point) -> tuple[int, int, str]:
    return point.line, point.column, point.what


def _tally(counts: Iterable[int]) -> Tally:
    found = list(counts)
    return Tally(sum(count > 0 for count in found), len(found))


def _branch(design: Design, text: list[str], table: Sequence[Unreachable], point: Point) -> Branch:
    """Description of a branch that was not executed, with the reason if it is unreachable."""
    statement, source = text[point.line - 1].strip(), design.sources.get(point.line, "")
    branch = Branch(point.module, point.line, point.column, point.what, statement, source)
    reason = next((entry.reason for entry in table if _declares(entry, design.top, branch)), "")
    return replace(branch, reason=reason or FULL_CASE * _of_full_case(text, point))


def _short(module: str, top: str) -> str:
    return module.removeprefix(f"{top}__")


def _declares(entry: Unreachable, top: str, branch: Branch) -> bool:
    file = branch.source.rpartition(":")[0]
    return entry.matches(_short(branch.module, top), file, code(branch.source), branch.arm)


def _of_full_case(text: list[str], point: Point) -> bool:
    """Whether a point is the default of a case that is marked as full."""
    if point.what != "case" or text[point.line - 1].strip() != "default:":
        return False
    start = next(n for n in range(point.line - 1, 0, -1) if text[n - 1].lstrip().startswith("case"))
    return any("full_case" in line for line in takewhile(lambda line: "(*" in line, reversed(text[: start - 1])))
