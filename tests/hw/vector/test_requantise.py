"""Requantisation: formats, roundings, settings for all lanes or each, and the time of their effect."""

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

from systola.gen.synth.synth import netlist
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.vector.requantise import Requantise
from systola.sim.golden.requantise import STAGES, SettingsChange, fixed_point
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.requantise import RequantiseCase, random_cases

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile
LOW, HIGH = -(2**31), 2**31 - 1
ROUNDINGS = ["gemmlowp", pytest.param("single", marks=pytest.mark.slow), "float32"]


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"cols": 3, "out_format": "int16"}, marks=pytest.mark.slow),
        {"cols": 5, "acc_width": 25, "out_format": "uint16", "per_channel": False, "buffer": 3},
        {"cols": 1, "acc_width": 8, "out_format": "uint1", "rounding": "single", "bias": False, "buffer": 0},
        {"cols": 4, "rounding": "float32"},
        pytest.param(
            {
                "cols": 2,
                "out_format": "uint16",
                "rounding": "float32",
                "per_channel": False,
                "bias": False,
                "buffer": 5,
            },
            marks=pytest.mark.slow,
        ),
    ],
    ids=lambda p: "-".join(map(str, p.values())),
)
def test_requantise(check, parameters):
    check("requantise", cases=60, **parameters)


def _change(lane, multiplier, shift, bias=0, zero_point=0, low=-128, high=127):
    lane = np.array(lane)
    return SettingsChange(
        lane, *(np.full(len(lane), value) for value in (multiplier, shift, bias)), zero_point, low, high
    )


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_every_shift_multiplier_and_zero_point_at_its_limits(rounding):
    """Among them -2^31 * -2^31, the one product that gemmlowp saturates, at each shift."""
    values = [LOW, LOW + 1, -(2**30), -(2**16), -3, -2, -1, 0, 1, 2, 3, 2**15, 2**16 - 1, 2**30, HIGH - 1, HIGH]
    rows = np.array(values + [side * 3 * 2**n + d for n in range(29) for side in (-1, 1) for d in (-1, 0, 1)])[:, None]
    cases = [
        RequantiseCase([_change([0], multiplier, shift, zero_point=zero)], [rows])
        for shift in range(-31, 31)
        for multiplier, zero in ((LOW, 127), (HIGH, -128), (2**30, 0), (-(2**30), -1), (5 * 2**28, 3))
    ]
    design = generate("requantise", Requantise(cols=1, rounding=rounding))
    outcome, _ = simulate(design, cases)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked == len(cases) * len(rows)


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_a_change_applies_from_the_packet_that_begins_two_cycles_later(rounding):
    """Packets that begin at least two cycles after a set of two lanes has closed use all of it, others none of it."""
    holds = STAGES[rounding]  # its second beat arrives two cycles before: the set before it has just taken effect
    changes = [_change([0, 1], *fixed_point(scale)) for scale in (1.0, 0.5)]
    design = generate("requantise", Requantise(cols=2, rounding=rounding))
    cases = [RequantiseCase(changes, [np.full((rows, 2), 40)] * 15) for rows in (1, 2, 5)]
    outcome, results = simulate(design, cases, keep=True, simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    for case, packets, cycles in zip(cases, results, outcome.output_cycles, strict=True):
        rows = len(case.packets[0])
        assert [set(y.ravel().tolist()) for y in packets] == [{40 if n * rows < holds else 20} for n in range(15)]
        assert cycles == list(range(holds + 2, holds + 2 + 15 * rows))  # changes cost no cycle


def test_sets_follow_each_other_at_the_stated_interval():
    """Lane 0 alone, five times: with one packet per cycle, a set closes every 11 cycles."""
    design = generate("requantise", Requantise(cols=2, rounding="gemmlowp"))
    changes = [_change([0, 1], *fixed_point(1.0))] + [_change([0], *fixed_point(2.0**-n)) for n in range(1, 6)]
    packets = [np.full((1, 2), 64)] * 60
    outcome, (y,) = simulate(design, [RequantiseCase(changes, packets)], keep=True, simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    seen = np.concatenate(y)
    assert np.flatnonzero(np.diff(seen[:, 0])).tolist() == [11 * (n + 1) - 1 for n in range(5)]
    assert set(seen[:, 1].tolist()) == {64}


def test_latency_equals_the_stated_one():
    def latency(**parameters):
        return Requantise(**parameters).described().latency

    assert [latency(rounding="single", buffer=buffer) for buffer in ("auto", 5, 0)] == [12, 12, 10]
    assert [latency(rounding="gemmlowp", buffer=buffer) for buffer in ("auto", 5, 0)] == [14, 14, 12]
    assert [latency(rounding="float32", buffer=buffer) for buffer in ("auto", 5, 0)] == [19, 19, 17]
    assert Requantise(cols=7).described().peak == 7


def test_lanes_are_emitted_once():
    text = generate("requantise", Requantise(cols=9)).verilog
    assert len(re.findall(r"(?m)^module requantise__requantise_lane_\w+ ", text)) == 1
    assert len(re.findall(r"(?m)^  requantise__requantise_lane_\w+ lane", text)) == 9


def test_narrow_sums_need_fewer_multipliers():
    def multipliers(**parameters):
        text = generate("requantise", Requantise(cols=1, **parameters)).verilog
        return text.count("  requantise__multiply")

    narrow = {"rounding": "single", "bias": False}
    assert multipliers() == multipliers(acc_width=8) == multipliers(acc_width=19, **narrow) == 4
    assert multipliers(acc_width=18, **narrow) == 2


@pytest.mark.parametrize(
    "parameters",
    [{}, {"rounding": "single", "per_channel": False, "bias": False, "cols": 1, "acc_width": 8, "buffer": 0}],
)
def test_lint_is_clean(parameters):
    design = generate("requantise", Requantise(**parameters))
    assert lint(design.verilog, design.top) == ""


def test_an_illegal_format():
    with pytest.raises(ParameterError, match="out_format"):
        Requantise(out_format="int32")


@pytest.mark.slow
def test_the_multipliers_of_ecp5_give_the_same_results():
    design = generate("requantise", Requantise(cols=1))
    mapped = replace(design, verilog=netlist(Requantise(cols=1), "requantise"))
    outcome, _ = simulate(mapped, random_cases(design.parameters, 40, 3))
    assert outcome.checked > 0
    assert outcome.mismatches == 0, outcome.examples
