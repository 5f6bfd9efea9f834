"""A lane alone: each setting takes effect in the cycle in which its row uses it."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.sim import Simulator

from systola.hw.formats import integer
from systola.hw.vector.requantise_lane import USE_CYCLES, RequantiseLane, setting_values
from systola.sim.golden.requantise import fixed_point, float_scale, requantise

SUMS = [0, 1, -1, 100, -100, 12345, -54321, 2**30, -(2**31)]


@pytest.mark.parametrize("rounding", USE_CYCLES)
def test_a_row_uses_the_settings_of_its_own_cycles(rounding):
    """The settings are valid only in the cycles that the table states for one row; in all others they are random."""
    multiplier, shift = (float_scale if rounding == "float32" else fixed_point)(0.0123)
    lane = RequantiseLane(acc_width=32, out=integer.shape("int8"), rounding=rounding, own=(), bias=True)
    right = _steps(rounding, multiplier, shift) | {"bias": 77, "zero_point": -5, "low": -100, "high": 90}
    rng = np.random.default_rng(1)
    stages, results = USE_CYCLES[rounding]["high"] + 1, []

    async def bench(ctx):
        for x in SUMS:
            ctx.set(lane.x, x)
            for cycle in range(stages):
                for name, at in USE_CYCLES[rounding].items():
                    shape = lane.common.shape()[name].shape
                    wrong = int(rng.integers(1 << shape.width)) - (shape.signed << shape.width - 1)
                    ctx.set(lane.common[name], right[name] if cycle == at else wrong)
                await ctx.tick()
                ctx.set(lane.x, int(rng.integers(-(2**31), 2**31)))
            results.append(ctx.get(lane.y))

    simulator = Simulator(lane)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    limits = {"zero_point": -5, "low": -100, "high": 90}
    assert results == requantise(np.array(SUMS), multiplier, shift, rounding=rounding, bias=77, **limits).tolist()


def _steps(rounding: str, multiplier: int, shift: int) -> dict[str, int]:
    """Settings of a scale, as `setting_values` converts them."""
    m, found = Module(), {}
    values = setting_values(m, rounding, Signal(signed(32), init=multiplier), Signal(signed(6), init=shift))
    copies = {name: Signal(signed(33), name=name) for name in values}
    m.d.comb += [copies[name].eq(value) for name, value in values.items()]

    async def read(ctx):
        found.update({name: ctx.get(copy) for name, copy in copies.items()})

    simulator = Simulator(m)
    simulator.add_testbench(read)
    simulator.run()
    return found
