"""Coverage of a simulation: points of a design with their counts, from the files that Verilator writes.

Source: Verilator's `VerilatedCov::write`, format SystemC::Coverage-3: one point per line, with fields separated by the
characters 1 and 2.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .simulator import SimulatorError

_HEADER = "# SystemC::Coverage-3"
_POINT = re.compile(r"C '(.*)' (\d+)$")
_ARMS = {"cond_then": "then", "cond_else": "else", "if": "then", "else": "else", "elsif": "then", "case": "case"}


@dataclass(frozen=True)
class Point:
    """Place in a module: a line of statements, an arm of a branch, or an edge of a signal's bit.

    `kind`: "line", "branch" or "toggle". `line` and `column` locate it in the Verilog. `what`: the arm ("then", "else",
    "case"), or the bit and its edge. `lines`: the lines of Verilog that are executed with it. All instances of a module
    share its points.
    """

    module: str
    kind: str
    line: int
    column: int
    what: str
    lines: tuple[int, ...] = ()


Counts = Mapping[Point, int]
"""Number of occurrences of each point."""


def read(path: Path) -> Counts:
    """Read a file of counts. Raises `SimulatorError` if it is not one."""
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    if not lines or lines[0] != _HEADER:
        raise SimulatorError(f"{path} has no coverage counts: its first line is not {_HEADER}.")
    counts: Counter[Point] = Counter()
    for line in lines[1:]:
        if (match := _POINT.match(line)) is None:
            raise SimulatorError(f"{path} has a line that is no coverage point: {line[:80]!r}.")
        counts[_point(match[1])] += int(match[2])
    return counts


def merge(runs: Iterable[Counts]) -> Counts:
    """Sum of the counts of several runs of a design."""
    total: Counter[Point] = Counter()
    for counts in runs:
        total.update(counts)
    return total


def lines(counts: Counts) -> dict[int, int]:
    """Number of executions of each line of Verilog that has a statement."""
    found: dict[int, int] = {}
    for point, count in counts.items():
        for line in point.lines:
            found[line] = max(found.get(line, 0), count)
    return found


def _point(text: str) -> Point:
    fields = dict(field.split("\2", 1) for field in text.split("\1")[1:])
    group, _, module = fields["page"].partition("/")
    what = fields["o"]
    if group == "v_toggle":
        kind = "toggle"
    elif what in _ARMS:
        kind, what = "branch", _ARMS[what]
    else:
        kind, what = "line", ""
    return Point(module, kind, int(fields["l"]), int(fields["n"]), what, _ranges(fields.get("S", "")))


def _ranges(text: str) -> tuple[int, ...]:
    """Numbers of a list such as 3-5,9."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return tuple(found)
