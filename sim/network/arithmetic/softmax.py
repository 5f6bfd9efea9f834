"""Softmax of int8 in integers alone, as TensorFlow Lite Micro computes it with gemmlowp's fixed point.

A number with i integer bits is an int32 with 31 - i fraction bits; products are `high_multiply`.
"""

import numpy as np

from ...golden.requantise import fixed_point, high_multiply, rounding_shift

DIFFERENCE_BITS, SUM_BITS = 5, 12
"""Integer bits of scaled differences and of the sum of exponentials."""
LARGEST = 2**31 - 1
EXP_EIGHTH, THIRD = 1895147668, 715827883
"""exp(-1/8) and 1/3, without integer bits."""
EXP_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^n) for n = -2 to 4, without integer bits."""
RECIPROCAL_48_17, RECIPROCAL_32_17 = 1515870810, -1010580540
"""48/17 and -32/17 with two integer bits."""


def softmax(x: np.ndarray, scale: float, beta: float = 1.0) -> np.ndarray:
    """Softmax of int8, result with scale 1/256 and zero point -128: exp(beta * scale * x), divided by its sum along the
    last axis.

    x is int8 of any shape (..., n); its zero point has no effect. Differences from the row's maximum that the fixed
    point cannot represent count as an exponential of 0.
    """
    beta, scale = float(np.float32(beta)), float(np.float32(scale))
    real = min(beta * scale * (1 << 31 - DIFFERENCE_BITS), 2.0**31 - 1)
    multiplier, shift = fixed_point(real)
    least = -int((2**DIFFERENCE_BITS - 1) * (1 << 31 - DIFFERENCE_BITS) / 2.0**shift)
    differences = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    counted = differences >= least
    scaled = high_multiply(np.where(counted, differences, 0) << max(shift, 0), multiplier)
    powers = exponential(rounding_shift(scaled, max(-shift, 0)))
    sums = np.where(counted, rounding_shift(powers, SUM_BITS), 0).sum(axis=-1, keepdims=True)
    length = np.frexp(sums.astype(np.float64))[1]  # bits of each sum
    factor = reciprocal((sums << 32 - length) - (1 << 31))
    result = rounding_shift(high_multiply(factor, powers), SUM_BITS - (32 - length) + 31 - 8)
    return np.where(counted, np.clip(result - 128, -128, 127), -128).astype(np.int8)


def exponential(x: np.ndarray) -> np.ndarray:
    """Exponential exp(x) without integer bits, of x <= 0 with `DIFFERENCE_BITS`: gemmlowp's exp_on_negative_values."""
    quarter = 1 << 31 - DIFFERENCE_BITS - 2
    rest = (x & quarter - 1) - quarter
    result = _exponential_above_quarter(_saturated_shift(rest, DIFFERENCE_BITS))
    for place, power in enumerate(EXP_POWERS):
        result = np.where(rest - x & quarter << place, high_multiply(result, power), result)
    return np.where(x == 0, LARGEST, result)


def reciprocal(x: np.ndarray) -> np.ndarray:
    """Reciprocal 1 / (1 + x) of x from 0 to 1, both without integer bits, by three steps of Newton's method."""
    half = x + LARGEST + 1 >> 1
    y = RECIPROCAL_48_17 + high_multiply(half, RECIPROCAL_32_17)
    for _ in range(3):
        error = (1 << 29) - high_multiply(half, y)
        y = y + _saturated_shift(high_multiply(y, error), 2)
    return _saturated_shift(y, 1)


def _exponential_above_quarter(x: np.ndarray) -> np.ndarray:
    """Exponential exp(x) for -1/4 <= x < 0, by a polynomial of fourth degree around -1/8."""
    x = x + (1 << 28)
    square = high_multiply(x, x)
    cube, fourth = high_multiply(square, x), high_multiply(square, square)
    tail = rounding_shift(high_multiply(rounding_shift(fourth, 2) + cube, THIRD) + square, 1)
    return EXP_EIGHTH + high_multiply(EXP_EIGHTH, x + tail)


def _saturated_shift(x: np.ndarray, bits: int) -> np.ndarray:
    return np.clip(x << bits, -LARGEST - 1, LARGEST)
