"""Pooling: windows and strides, both modes, the cycle laws, and illegal parameters."""

import re
import shutil

import numpy as np
import pytest

from systola.gen.generators import find
from systola.gen.verilog.verilog import generate
from systola.hw.component import ParameterError
from systola.hw.formats.integer import shape
from systola.hw.vector.pool import Pool, PoolLanes
from systola.sim.golden import integer, pool
from systola.sim.runner.simulate import simulate
from systola.sim.runner.verilator import lint
from systola.sim.stimulus.pool import PoolCase

QUICK = "icarus" if shutil.which("iverilog") else "verilator"  # Icarus has nothing to compile

DESIGNS = [
    {"cols": 3},
    {"cols": 2, "mode": "average", "window_width": 3, "window_height": 3, "stride_x": 1, "max_width": 20},
    {"cols": 2, "window_width": 1, "window_height": 3, "stride_x": 1, "stride_y": 1, "max_width": 9, "buffer": 3},
    {"cols": 1, "mode": "average", "format": "uint16", "window_width": 7, "window_height": 6, "stride_y": 8},
    {"cols": 1, "mode": "average", "window_width": 2, "window_height": 1, "stride_x": 5, "buffer": 0},
]


@pytest.mark.parametrize("parameters", DESIGNS, ids=lambda p: "-".join(map(str, p.values())))
def test_pool(parameters):
    design = generate("pool", find("pool").component(**parameters))
    assert lint(design.verilog, design.top) == ""
    outcome, _ = simulate(design, find("pool").cases(design.parameters, 16, 1), simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    assert outcome.checked > 0
    p = design.parameters
    window = p["window_height"], p["window_width"]
    assert design.latency == pool.latency(p["mode"], window) + (2 if p["buffer"] else 0)


def test_one_pixel_per_cycle_from_image_to_image():
    design = generate("pool", Pool(cols=1, max_width=16))
    sizes = (4, 6), (2, 2), (7, 16)
    images = [np.arange(lines * columns).reshape(lines, columns, 1) % 128 for lines, columns in sizes]
    outcome, _ = simulate(design, [PoolCase(images)], simulator=QUICK)
    assert outcome.mismatches == 0, outcome.examples
    before_last_window_ends = 24 + 4 + 5 * 16 + 15
    assert outcome.cycles == before_last_window_ends + design.latency + 1


def test_wide_pools_are_split_into_equal_slices():
    text = generate("pool", Pool(cols=256, window_height=3, max_width=8)).verilog
    assert len(re.findall(r"(?m)^module pool__pool_lanes_\w+ ", text)) == 1
    assert len(re.findall(r"(?m)^  pool__pool_lanes_\w+ lanes", text)) == 8


def test_averages_over_powers_of_two_need_no_multiplier():
    def multipliers(side):
        text = generate("pool", Pool(cols=1, mode="average", window_width=side, window_height=side)).verilog
        return text.count("  pool__multiply")

    assert multipliers(4) == 0
    assert multipliers(3) == 1


def test_a_window_fits_into_a_line():
    with pytest.raises(ParameterError, match="window_width must be at most max_width, 4"):
        Pool(window_width=5, max_width=4)


@pytest.mark.parametrize("format", ["int8", "uint1", "uint16"])
def test_averages_are_exact(format):
    """The multiplication equals the division, for every area and the sums at and next to each tie."""
    for width in range(1, 9):
        for height in range(1, 9):
            p = PoolLanes.Parameters(
                lanes=1, channel=shape(format), mode="average", width=width, height=height, depth=1
            )
            (multiplier, nudge, right), area = p.scale, width * height
            low, high = (area * value for value in integer.limits(format))
            ties = np.unique(np.linspace(low, high, 1000).astype(np.int64)) // area * area + area // 2
            sums = np.clip(np.concatenate([ties - 1, ties, ties + 1, ties + area // 2 + 1, [low, high]]), low, high)
            assert np.array_equal((sums * multiplier + nudge) >> right, (2 * sums + area) // (2 * area))
