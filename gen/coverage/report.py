"""Report of the coverage of a design by module, and its branches that were not executed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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
    reason; they were not executed and are not counted. `wrong` has a sentence for each declaration without such a
    branch.
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
    names = [line.split()[1] for line in text if line.startswith("module ")]
    points: dict[str, dict[Point, int]] = {name: {} for name in names}
    for point, count in counts.items():
        if point.module in points:  # others belong to the harness
            points[point.module][point] = count
    modules, uncovered, excluded, used = [], [], [], set()
    for name in names:
        open_, closed = [], []
        for point in sorted(points[name], key=lambda point: (point.line, point.column, point.what)):
            if point.kind == "branch" and not points[name][point]:
                branch = _branch(design, text, point)
                entry = next((each for each in table if _declares(each, design.top, branch)), None)
                used.add(entry)
                reason = entry.reason if entry else FULL_CASE if _of_full_case(text, point) else ""
                (closed if reason else open_).append(replace(branch, reason=reason))
        branches = [count for point, count in points[name].items() if point.kind == "branch"]
        covered = sum(map(bool, branches))
        toggles = [count for point, count in points[name].items() if point.kind == "toggle"]
        modules.append(
            ModuleCoverage(
                name,
                _tally(coverage.lines(points[name]).values()),
                Tally(covered, covered + len(open_)),
                _tally(toggles),
            )
        )
        uncovered += open_
        excluded += closed
    wrong = [
        f"{entry.file}: {entry.code} ({entry.arm}) is declared unreachable in {entry.module}, but there is no such "
        "branch that was not executed."
        for entry in table
        if entry not in used
    ]
    return Report(design.name, modules, uncovered, excluded, wrong)


def _tally(counts) -> Tally:
    found = list(counts)
    return Tally(sum(map(bool, found)), len(found))


def _branch(design: Design, text: list[str], point: Point) -> Branch:
    statement, source = text[point.line - 1].strip(), design.sources.get(point.line, "")
    return Branch(point.module, point.line, point.column, point.what, statement, source)


def _declares(entry: Unreachable, top: str, branch: Branch) -> bool:
    file = branch.source.rpartition(":")[0]
    return entry.matches(branch.module.removeprefix(f"{top}__"), file, code(branch.source), branch.arm)


def _of_full_case(text: list[str], point: Point) -> bool:
    """Whether a point is the default of a case that is marked as full."""
    if point.what != "case" or text[point.line - 1].strip() != "default:":
        return False
    start = next(n for n in range(point.line - 1, 0, -1) if text[n - 1].lstrip().startswith("case"))
    return any("full_case" in line for line in takewhile(lambda line: "(*" in line, reversed(text[: start - 1])))
