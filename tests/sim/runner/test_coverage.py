"""Coverage counts: reading of Verilator's files, and sums of several runs."""

import pytest

from systola.sim.runner import coverage
from systola.sim.runner.coverage import Point
from systola.sim.runner.simulator import SimulatorError, build

HEADER = "# SystemC::Coverage-3\n"


def line(group: str, number: int, what: str, covers: str, count: int, instance: str = "top.a") -> str:
    fields = {
        "f": "design.v",
        "l": number,
        "n": 5,
        "t": "x",
        "page": f"{group}/m",
        "o": what,
        "S": covers,
        "h": instance,
    }
    return "C '" + "".join(f"\1{key}\2{value}" for key, value in fields.items()) + f"' {count}\n"


def test_points_of_all_kinds(tmp_path):
    file = tmp_path / "counts.dat"
    file.write_text(
        HEADER
        + line("v_line", 3, "block", "3-5,9", 7)
        + line("v_branch", 4, "cond_then", "4", 0)
        + line("v_line", 6, "elsif", "6", 2)
        + line("v_toggle", 8, "q[2]:0->1", "", 1)
    )
    assert coverage.read(file) == {
        Point("m", "line", 3, 5, "", (3, 4, 5, 9)): 7,
        Point("m", "branch", 4, 5, "then", (4,)): 0,
        Point("m", "branch", 6, 5, "then", (6,)): 2,
        Point("m", "toggle", 8, 5, "q[2]:0->1"): 1,
    }


def test_instances_and_runs_add_up(tmp_path):
    files = [tmp_path / "a.dat", tmp_path / "b.dat"]
    files[0].write_text(HEADER + line("v_line", 3, "block", "3", 1) + line("v_line", 3, "block", "3", 2, "top.b"))
    files[1].write_text(HEADER + line("v_line", 3, "block", "3", 4) + line("v_branch", 5, "if", "5", 0))
    total = coverage.merge(map(coverage.read, files))
    assert total == {Point("m", "line", 3, 5, "", (3,)): 7, Point("m", "branch", 5, 5, "then", (5,)): 0}
    assert coverage.lines(total) == {3: 7, 5: 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "has no coverage counts"), ("", "has no coverage counts"), (HEADER + "C 3\n", "no coverage point: 'C 3'")],
)
def test_a_file_without_counts_is_an_error(tmp_path, text, message):
    if text is not None:
        (tmp_path / "a.dat").write_text(text)
    with pytest.raises(SimulatorError, match=message):
        coverage.read(tmp_path / "a.dat")


def test_icarus_does_not_measure_coverage():
    with pytest.raises(SimulatorError, match="Icarus does not measure coverage: choose verilator"):
        build("module m(); endmodule", "m", simulator="icarus", coverage=True)
