"""Conversion to float32 and rounding of products, against NumPy's float32."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from systola.hw.vector.float_scale import FloatOperand, FloatResult

RNG = np.random.default_rng(1)


def run(component, inputs: list[dict], outputs: list[str]) -> list[tuple]:
    """Values of the outputs for each cycle's inputs, `LATENCY` cycles later."""
    seen = []

    async def bench(ctx):
        for beat in [*inputs, *inputs[: component.LATENCY]]:
            for name, value in beat.items():
                ctx.set(getattr(component, name), value)
            seen.append(tuple(ctx.get(getattr(component, name)) for name in outputs))
            await ctx.tick()

    simulator = Simulator(component)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return seen[component.LATENCY :]


def test_a_sum_becomes_the_nearest_float32():
    ends = [0, 1, -1, 2**31 - 1, -(2**31), 2**24 + 1, 2**24 + 3, -(2**24) - 1, 2**25 + 2, 2**25 + 6, 2**31 - 65]
    random = [int(RNG.integers(-(1 << n), 1 << n)) for n in RNG.integers(1, 32, 300)]
    sums = ends + random
    for x, (a, exponent, negative) in zip(
        sums, run(FloatOperand(), [{"x": x} for x in sums], ["a", "exponent", "negative"]), strict=True
    ):
        assert a == 0 or 2**23 <= a <= 2**24
        assert (-1 if negative else 1) * a * 2.0 ** (exponent - 23) == float(np.float32(x)), x


@pytest.mark.parametrize("width", [3, 9, 17])
def test_a_product_is_rounded_to_float32_and_then_to_an_integer(width):
    """Among them products that are a tie only after the first rounding, and results beyond both ends."""
    beats, expected = [], []
    for _ in range(600):
        a, b = (int(value) for value in RNG.integers(1 << 23, 1 << 24, 2))
        kind = RNG.integers(4)
        if kind == 0:
            a, b = 1 << 23, (1 << 23) + (1 << int(RNG.integers(23)))
        if kind == 1:
            b = 0
        if kind == 2:  # 3 x 5592405 is 2^24 - 1; 3 x 5592407 is halfway between two float32
            a, b = 3 << 22, 5592405 + int(RNG.integers(3)) << 1
        exponent = int(RNG.integers(32))
        shift = int(np.clip(24 - exponent - int(RNG.integers(22, 26)) + RNG.integers(width + 3), -32, 31))
        negative = int(RNG.integers(2))
        beats.append({"product": a * b, "exponent": exponent, "shift": shift, "negative": negative})
        real = np.float32(a * 2.0 ** (exponent - 23)) * np.float32(b * 2.0 ** (shift - 24))
        most = 2 ** (width - 1) - 1
        expected.append(int(np.clip((-1 if negative else 1) * np.rint(real), -most, most)))
    assert [y for (y,) in run(FloatResult(width=width), beats, ["y"])] == expected
    assert len(set(expected)) > min(60, 2 * most)
