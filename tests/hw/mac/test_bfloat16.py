"""Products of bfloat16: all significands, all corner cases, and many random ones, bit by bit."""

import itertools

import numpy as np
import pytest

from systola.hw.mac.bfloat16 import Bfloat16Multiply
from systola.sim.golden.formats import bfloat16

EXPONENTS = (0, 1, 2, 64, 126, 127, 128, 191, 253, 254, 255)
FRACTIONS = (0, 1, 0x3F, 0x40, 0x41, 0x7E, 0x7F)


def corners() -> np.ndarray:
    """Zeros, subnormals, smallest and largest normals, infinities, NaN and their neighbours: all pairs."""
    codes = [s << 15 | e << 7 | f for s in (0, 1) for e in EXPONENTS for f in FRACTIONS]
    return np.array(list(itertools.product(codes, repeat=2))).T


def significands(shifts) -> np.ndarray:
    """All pairs of significands, with products far above or below 2^-126, so that every possible tie occurs."""
    x, y, shift = (each.ravel() for each in np.meshgrid(np.arange(128), np.arange(128), shifts))
    return np.stack([64 << 7 | x, (63 + shift) << 7 | y | (x & 1) << 15])


def uniform(count: int, seed: int) -> np.ndarray:
    """Codes of any kind; for half of them the product is near the smallest or the largest normal number."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(1 << 16, size=(2, count))
    edge = rng.choice([127 - 126, 127 + 127], count) + 127 - (x >> 7 & 0xFF) + rng.integers(-28, 10, count)
    moved = y & 0x807F | np.clip(edge, 0, 255) << 7
    return np.stack([x, np.where(rng.random(count) < 0.5, moved, y)])


def _compare(computed, subnormals, operands):
    of = Bfloat16Multiply.Parameters(subnormals=subnormals)
    got = computed(Bfloat16Multiply, of, Bfloat16Multiply.latency(of), *operands)
    expected = bfloat16.product(*operands, subnormals=subnormals)
    wrong = np.flatnonzero(got != expected)
    assert len(got) == operands.shape[1] > 0
    assert not len(wrong), [tuple(map(hex, (*operands[:, n], got[n], expected[n]))) for n in wrong[:5]]


@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_corners_significands_and_random_products(computed, subnormals):
    _compare(computed, subnormals, np.concatenate([corners(), significands([-8, 0, 60]), uniform(50_000, 1)], 1))


@pytest.mark.slow
@pytest.mark.parametrize("subnormals", ["keep", "flush"])
def test_significands_at_every_distance_and_a_million_random_products(computed, subnormals):
    _compare(computed, subnormals, np.concatenate([significands(np.arange(-28, 4)), uniform(1_000_000, 2)], 1))
