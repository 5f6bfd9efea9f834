"""Fixed-point functions of gemmlowp, with which TensorFlow Lite Micro computes exponentials without floating point.

A number with i integer bits is an int32 with 31 - i fraction bits; products are `requantise.high_multiply`. All
functions take and return int64 arrays of such numbers, bit by bit those of the C++ templates.
"""

import numpy as np

from .requantise import high_multiply, rounding_shift

LARGEST = 2**31 - 1
"""1 without integer bits."""
EXP_EIGHTH, THIRD = 1895147668, 715827883
"""exp(-1/8) and 1/3, without integer bits."""
EXP_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^n) for n = -2 to 4, without integer bits."""
RECIPROCAL_48_17, RECIPROCAL_32_17 = 1515870810, -1010580540
"""48/17 and -32/17 with two integer bits."""


def exponential(x: np.ndarray, bits: int) -> np.ndarray:
    """Exponential exp(x) without integer bits, of x <= 0 with `bits` integer bits, 3 to 5: exp_on_negative_values."""
    quarter = 1 << 31 - bits - 2
    rest = (x & quarter - 1) - quarter
    result = _exponential_above_quarter(_saturated_shift(rest, bits))
    for place, power in enumerate(EXP_POWERS[: bits + 2]):
        result = np.where(rest - x & quarter << place, high_multiply(result, power), result)
    return np.where(x == 0, LARGEST, result)


def reciprocal(x: np.ndarray) -> np.ndarray:
    """Reciprocal 1 / (1 + x) of x from 0 to 1, both without integer bits: one_over_one_plus_x_for_x_in_0_1."""
    return _saturated_shift(_twice_reciprocal(x), 1)


def logistic(x: np.ndarray, bits: int) -> np.ndarray:
    """Logistic function 1 / (1 + exp(-x)) without integer bits, of x with `bits` integer bits."""
    positive = reciprocal(exponential(-np.abs(x), bits))
    return np.where(x == 0, 1 << 30, np.where(x > 0, positive, LARGEST - positive))


def tanh(x: np.ndarray, bits: int) -> np.ndarray:
    """Hyperbolic tangent without integer bits, of x with `bits` integer bits."""
    positive = _saturated_shift(_twice_reciprocal(exponential(-np.abs(x), bits + 1)) - (1 << 29), 2)
    return np.sign(x) * positive


def _twice_reciprocal(x: np.ndarray) -> np.ndarray:
    """Number 2 / (1 + x) with two integer bits, by three steps of Newton's method."""
    half = x + LARGEST + 1 >> 1
    y = RECIPROCAL_48_17 + high_multiply(half, RECIPROCAL_32_17)
    for _ in range(3):
        error = (1 << 29) - high_multiply(half, y)
        y = y + _saturated_shift(high_multiply(y, error), 2)
    return y


def _exponential_above_quarter(x: np.ndarray) -> np.ndarray:
    """Exponential exp(x) for -1/4 <= x < 0, by a polynomial of fourth degree around -1/8."""
    x = x + (1 << 28)
    square = high_multiply(x, x)
    cube, fourth = high_multiply(square, x), high_multiply(square, square)
    tail = rounding_shift(high_multiply(rounding_shift(fourth, 2) + cube, THIRD) + square, 1)
    return EXP_EIGHTH + high_multiply(EXP_EIGHTH, x + tail)


def _saturated_shift(x: np.ndarray, bits: int) -> np.ndarray:
    return np.clip(x << bits, -LARGEST - 1, LARGEST)
