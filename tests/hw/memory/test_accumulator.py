"""Accumulator memory: sizes, overflow, one and two halves, and exact cycles."""

import re
import shutil

import numpy as np
import pytest

from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.memory.accumulator import Accumulator
from systola.sim.golden.accumulator import AccumulatorTile
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.accumulator import AccumulatorCase

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile


@pytest.mark.parametrize(
    "parameters",
    [
        {"cols": 1, "in_width": 2, "acc_width": 2, "depth": 2, "overflow": "saturate"},
        {"cols": 2, "depth": 64, "double_buffer": False, "buffer": 0},
        pytest.param({"cols": 9, "in_width": 64, "acc_width": 64, "depth": 5, "buffer": 2}, marks=pytest.mark.slow),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_sums(check, parameters):
    check("accumulator", **parameters)


@pytest.mark.parametrize("double_buffer", [True, False])
def test_one_row_written_and_one_row_read_per_cycle(double_buffer):
    """Every row to the same address; rows arrive without gaps, and one half is read while the other is filled."""
    memory = Accumulator(cols=2, depth=8, double_buffer=double_buffer)
    design = generate("accumulator", memory)
    rows, reads, tiles = 40, 37, 6
    ones = np.ones(rows, np.int64)
    tile = AccumulatorTile(np.ones((rows, 2), np.int64), 3 * ones, ones, np.full(reads, 3))
    outcome, (results,) = simulate(design, [AccumulatorCase([tile] * tiles)], keep=True, simulator=QUICK)
    assert outcome.mismatches == 0
    assert [int(y[0, 0]) for y in results] == [40, 40, 80, 80, 120, 120] if double_buffer else range(40, 241, 40)
    every = rows if double_buffer else rows + 3 + reads
    assert outcome.cycles == (tiles - 1) * every + rows + 3 + reads + memory.latency


def test_latency_equals_the_stated_one():
    assert [Accumulator(buffer=buffer).described().latency for buffer in ("auto", 7, 0)] == [4, 4, 2]
    assert [Accumulator(double_buffer=both).described().peak for both in (True, False)] == [2, 1]


def test_wide_rows_are_split_into_equal_slices():
    text = generate("accumulator", Accumulator(cols=24, acc_width=64, depth=16)).verilog
    assert len(re.findall(r"(?m)^module accumulator__accumulator_lanes_\w+ ", text)) == 1
    assert len(re.findall(r"(?m)^  accumulator__accumulator_lanes_\w+ lanes", text)) == 3


@pytest.mark.parametrize(
    "parameters", [{"overflow": "saturate"}, {"double_buffer": False, "acc_width": 40, "cols": 20}]
)
def test_lint_is_clean(parameters):
    design = generate("accumulator", Accumulator(**parameters))
    assert lint(design.verilog, design.top) == ""


def test_in_width_is_limited_by_acc_width():
    with pytest.raises(ParameterError, match="in_width must be at most acc_width, 24"):
        Accumulator(acc_width=24)
