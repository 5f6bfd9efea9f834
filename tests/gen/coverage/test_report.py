"""Coverage report: totals by module, unreachable branches, and the lcov tracefile."""

from dataclasses import replace

import pytest

from systola.gen.coverage.lcov import tracefile
from systola.gen.coverage.report import Tally, report
from systola.gen.coverage.unreachable import FULL_CASE, Unreachable
from systola.gen.generators import find
from systola.gen.verilog.sources import code
from systola.sim.runner.coverage import Point

TEXT = """\
module top (
);
  assign a = b ? c : d;
endmodule

module top__part (
);
  function [0:0] choose_1;
    (* full_case = 32'd1 *)
    (* parallel_case *)
    case (s)
      2'b01:
        choose_1 = b[0:0];
      default:
        choose_1 = a;
    endcase
  endfunction
endmodule
"""
COUNTS = {
    Point("top", "line", 3, 1, "", (3,)): 9,
    Point("top", "branch", 3, 5, "then", (3,)): 0,
    Point("top", "branch", 3, 6, "else", (3,)): 9,
    Point("top", "toggle", 3, 1, "a:0->1"): 0,
    Point("top__part", "branch", 12, 5, "case", (12, 13)): 4,
    Point("top__part", "branch", 14, 5, "case", (14, 15)): 0,
    Point("harness", "branch", 30, 5, "case", (14, 15)): 0,
}
PLACE = "hw/mac/bitbrick.py:1"


@pytest.fixture(scope="module")
def design():
    return replace(find("bitbrick").design(), top="top", verilog=TEXT, sources={3: PLACE})


def entry(**changes) -> Unreachable:
    fields = {"module": "top", "file": "hw/mac/bitbrick.py", "code": code(PLACE), "arm": "then", "reason": "never."}
    return Unreachable(**fields | changes)


def test_totals_and_uncovered_branches(design):
    found = report(design, COUNTS)
    assert [module.name for module in found.modules] == ["top", "top__part"]
    assert found.total("branches") == Tally(2, 3)
    assert found.total("lines") == Tally(3, 5)
    assert found.total("toggles") == Tally(0, 1)
    (branch,) = found.uncovered
    assert (branch.line, branch.arm, branch.source) == (3, "then", PLACE)
    assert branch.text == "assign a = b ? c : d;"
    assert found.to_dict()["total"]["branches"] == {"covered": 2, "total": 3, "percent": 66.67}


def test_the_default_of_a_full_case_is_not_counted(design):
    (branch,) = report(design, COUNTS).excluded
    assert (branch.line, branch.reason) == (14, FULL_CASE)
    partial = replace(design, verilog=TEXT.replace("full_case", "other"))
    assert report(partial, COUNTS).total("branches") == Tally(2, 4)
    executed = COUNTS | {Point("top__part", "branch", 14, 5, "case", (14, 15)): 1}
    assert report(design, executed).total("branches") == Tally(3, 4)


def test_declared_branches_are_not_counted(design):
    found = report(design, COUNTS, [entry()])
    assert found.total("branches") == Tally(2, 2)
    assert [branch.reason for branch in found.excluded] == ["never.", FULL_CASE]
    assert (found.uncovered, found.wrong) == ([], [])


@pytest.mark.parametrize("change", [{"module": "p*t"}, {"file": "hw/x.py"}, {"code": "x = 3"}, {"arm": "else"}])
def test_a_declaration_of_no_branch_is_wrong(design, change):
    found = report(design, COUNTS, [entry(**change)])
    assert len(found.uncovered) == 1
    (sentence,) = found.wrong
    assert "is declared unreachable in" in sentence


def test_a_declaration_about_another_design_is_not_used(design):
    found = report(design, COUNTS, [entry(module="other")])
    assert len(found.uncovered) == 1
    assert found.wrong == []


def test_a_declared_branch_that_is_executed_is_wrong(design):
    found = report(design, COUNTS | {Point("top", "branch", 3, 5, "then", (3,)): 1}, [entry()])
    assert found.total("branches") == Tally(3, 3)
    assert len(found.wrong) == 1


def test_lcov(design):
    counts = COUNTS
    assert tracefile(report(design, counts, [entry()]), counts, "a/top.v") == (
        "TN:\nSF:a/top.v\nBRDA:3,0,0,9\nBRDA:12,0,0,4\nBRF:2\nBRH:2\n"
        "DA:3,9\nDA:12,4\nDA:13,4\nDA:14,0\nDA:15,0\nLF:5\nLH:3\nend_of_record\n"
    )
