"""Coverage as an lcov tracefile, which GitLab, Codecov and genhtml read.

Source: geninfo(1), section FILES.
"""

from itertools import groupby

from ...sim.runner import coverage
from ...sim.runner.coverage import Counts
from .report import Report


def tracefile(report: Report, counts: Counts, verilog: str) -> str:
    """Text of a tracefile for the design of a report. `verilog` is the path of its Verilog.

    Unreachable branches are left out. The toggles of signals have no place in the format.
    """
    names = {module.name for module in report.modules}
    own = {point: count for point, count in counts.items() if point.module in names}
    excluded = {(branch.line, branch.column, branch.arm) for branch in report.excluded}
    branches = sorted(
        (point.line, point.column, point.what, count)
        for point, count in own.items()
        if point.kind == "branch" and (point.line, point.column, point.what) not in excluded
    )
    lines = coverage.lines(own)
    rows = ["TN:", f"SF:{verilog}"]
    for line, arms in groupby(branches, key=lambda branch: branch[0]):
        rows += [f"BRDA:{line},0,{number},{count}" for number, (*_, count) in enumerate(arms)]
    rows += [f"BRF:{len(branches)}", f"BRH:{sum(bool(count) for *_, count in branches)}"]
    rows += [f"DA:{line},{count}" for line, count in sorted(lines.items())]
    rows += [f"LF:{len(lines)}", f"LH:{sum(map(bool, lines.values()))}", "end_of_record"]
    return "\n".join(rows) + "\n"
