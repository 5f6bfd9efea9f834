"""Sums in fp32: all corner cases, ties and cancellations, and many random ones, bit by bit."""

import itertools

import numpy as np
import pytest
from amaranth.sim import Simulator

from systola.hw.mac.fp32 import Fp32Add, LeadingZeros
from systola.sim.golden.formats import bfloat16

EXPONENTS = (0, 1, 2, 24, 25, 26, 127, 253, 254, 255)
FRACTIONS = (0, 1, 0x3FFFFF, 0x400000, 0x400001, 0x7FFFFE, 0x7FFFFF)


def corners() -> np.ndarray:
    """Zeros, subnormals, smallest and largest normals, infinities, NaN and their neighbours: all pairs."""
    words = [s << 31 | e << 23 | f for s in (0, 1) for e in EXPONENTS for f in FRACTIONS]
    return np.array(list(itertools.product(words, repeat=2))).T


def ties() -> np.ndarray:
    """Sums and differences at every distance at which bits are shifted out; fractions around ties and cancellations."""
    cases = itertools.product((1, 30, 200), range(29), FRACTIONS, FRACTIONS, range(4))
    pairs = [((s & 1) << 31 | e + d << 23 | f, s >> 1 << 31 | e << 23 | g) for e, d, f, g, s in cases]
    return np.array(pairs).T


def uniform(count: int, seed: int) -> np.ndarray:
    """Words of any kind; mostly with similar exponents, and often with most bits equal."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(1 << 32, size=(2, count))
    exponent = np.clip((x >> 23 & 0xFF) + rng.integers(-28, 29, count), 0, 255)
    near = y & 0x807FFFFF | exponent << 23
    alike = x ^ 1 << 31 ^ rng.integers(1 << 24, size=count) >> rng.integers(25, size=count)
    kind = rng.random(count)
    return np.stack([x, np.where(kind < 0.5, near, np.where(kind < 0.8, alike, y))])


def _compare(computed, subnormals, operands):
    of = Fp32Add.Parameters(subnormals=subnormals)
    got = computed(Fp32Add, of, Fp32Add.LATENCY, *operands)
    expected = bfloat16.add(*operands, subnormals=subnormals)
    wrong = np.flatnonzero(got != expected)
    assert len(got) == operands.shape[1] > 0
    assert not len(wrong), [tuple(map(hex, (*operands[:, n], got[n], expected[n]))) for n in wrong[:5]]


@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_corners_ties_and_random_sums(computed, subnormals):
    _compare(computed, subnormals, np.concatenate([corners(), ties(), uniform(50_000, 1)], 1))


@pytest.mark.slow
@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_a_million_random_sums(computed, subnormals):
    _compare(computed, subnormals, uniform(1_000_000, 2))


def test_zeros_are_counted():
    zeros = LeadingZeros(width=8)

    async def bench(ctx):
        for value in range(256):
            ctx.set(zeros.i, value)
            await ctx.delay(1e-9)
            assert ctx.get(zeros.empty) == (value == 0)
            if value:
                assert ctx.get(zeros.count) == 8 - value.bit_length()

    simulator = Simulator(zeros)
    simulator.add_testbench(bench)
    simulator.run()
