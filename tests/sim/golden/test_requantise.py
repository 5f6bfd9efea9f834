"""Golden requantisation against sums by hand, exact fractions, and gemmlowp's words."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest

from systola.sim.golden.requantise import (
    RequantiseLanes,
    SettingsChange,
    fixed_point,
    high_multiply,
    requantise,
    rounding_shift,
)

LOW, HIGH = -(2**31), 2**31 - 1
rng = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("acc", "scale", "gemmlowp", "single"),
    [
        (1, 0.5, 1, 1),
        (-1, 0.5, 0, 0),
        (-3, 0.5, -1, -1),
        (-2, 0.25, -1, 0),
        (-6, 0.25, -2, -1),
        (5, 0.1, 1, 0),
        (15, 0.1, 2, 1),
        (-15, 0.1, -2, -1),
        (7, 1.5, 11, 11),
        (-7, 1.5, -10, -10),
    ],
)
def test_single_and_double_rounding(acc, scale, gemmlowp, single):
    assert requantise(acc, *fixed_point(scale), rounding="gemmlowp") == gemmlowp
    assert requantise(acc, *fixed_point(scale), rounding="single") == single


def test_a_product_with_one_rounding_is_the_nearest_integer():
    acc, multiplier = rng.integers(LOW, HIGH, (2, 500), endpoint=True)
    shift = rng.integers(-31, 31, 500)
    got = requantise(acc, multiplier, shift, rounding="single").tolist()
    exact = [
        Fraction(int(a) * int(m)) / Fraction(2) ** (31 - int(s)) for a, m, s in zip(acc, multiplier, shift, strict=True)
    ]
    assert got == [floor(value + Fraction(1, 2)) for value in exact]


def test_high_multiply_rounds_to_the_nearest_with_ties_up():
    a, b = rng.integers(LOW, HIGH, (2, 500), endpoint=True)
    ends = [(1, 2**30), (-1, 2**30), (3, 2**30), (-3, 2**30), (LOW, HIGH), (HIGH, HIGH), (LOW, 1), (LOW, 2**30)]
    a, b = np.concatenate([a, [x for x, _ in ends]]), np.concatenate([b, [y for _, y in ends]])
    exact = [Fraction(int(x) * int(y), 2**31) for x, y in zip(a, b, strict=True)]
    assert high_multiply(a, b).tolist() == [floor(value + Fraction(1, 2)) for value in exact]
    assert high_multiply(-1, 2**30) == 0


def test_the_one_product_that_saturates():
    assert high_multiply(LOW, LOW) == HIGH
    assert requantise(LOW, LOW, 0, rounding="gemmlowp") == HIGH
    assert requantise(LOW, LOW, 0, rounding="single") == 2**31


def test_rounding_shift_rounds_to_the_nearest_with_ties_away_from_zero():
    x = np.concatenate([rng.integers(LOW, HIGH, 500, endpoint=True), [LOW, HIGH, 0, 1, -1, -3, 3, 2**30, -(2**30)]])
    shift = rng.integers(0, 32, len(x))
    half = Fraction(1, 2)
    exact = [Fraction(int(v), 2 ** int(s)) for v, s in zip(x, shift, strict=True)]
    assert rounding_shift(x, shift).tolist() == [floor(v + half) if v >= 0 else ceil(v - half) for v in exact]
    assert rounding_shift(np.array([-1, 1, -3]), 1).tolist() == [-1, 1, -2]


def test_sums_and_shifts_to_the_left_wrap():
    assert requantise(HIGH, 2**30, 1, bias=1) == LOW
    assert requantise(2**30 + 3, 2**30, 2, rounding="gemmlowp") == 6
    assert requantise(2**30 + 3, 2**30, 2, rounding="single") == 2 * (2**30 + 3)


def test_zero_point_and_clamps_are_exact_and_the_upper_clamp_is_the_last():
    assert requantise(HIGH, HIGH, 0, zero_point=127, low=-128, high=127) == 127
    assert requantise(LOW, HIGH, 0, zero_point=-128, low=-128, high=127) == -128
    assert requantise(10, 2**30, 1, zero_point=-3, low=0, high=6) == 6
    assert requantise(10, 2**30, 1, low=5, high=3) == 3


@pytest.mark.parametrize("shift", [-32, 31])
def test_an_illegal_shift(shift):
    with pytest.raises(ValueError, match="from -31 to 30"):
        requantise(1, 1, shift)


def test_lanes_without_a_change_keep_their_settings():
    def change(*lane, shift):
        return SettingsChange(
            *np.array([lane, [2**30] * len(lane), [shift] * len(lane), [shift] * len(lane)]), 0, -99, 99
        )

    each, one = RequantiseLanes(3, "single", True), RequantiseLanes(3, "single", False)
    for settings in (each, one):
        settings.change(change(0, 1, 2, shift=1))
        settings.change(change(1, 3, shift=2))  # there is no lane 3
    assert each.run(np.array([[10, 10, 10]])).tolist() == [[11, 24, 11]]
    assert one.run(np.array([[10, 10, 10]])).tolist() == [[22, 24, 22]]
