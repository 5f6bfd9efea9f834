"""Softmax of int8 in integer arithmetic, as TensorFlow Lite Micro computes it with gemmlowp's fixed point."""

import numpy as np

from ...golden.gemmlowp import exponential, reciprocal
from ...golden.requantise import fixed_point, high_multiply, rounding_shift

DIFFERENCE_BITS, SUM_BITS = 5, 12
"""Integer bits of scaled differences and of the sum of exponentials."""


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
    powers = exponential(rounding_shift(scaled, max(-shift, 0)), DIFFERENCE_BITS)
    sums = np.where(counted, rounding_shift(powers, SUM_BITS), 0).sum(axis=-1, keepdims=True)
    length = np.frexp(sums.astype(np.float64))[1]  # bits of each sum
    factor = reciprocal((sums << 32 - length) - (1 << 31))
    result = rounding_shift(high_multiply(factor, powers), SUM_BITS - (32 - length) + 31 - 8)
    return np.where(counted, np.clip(result - 128, -128, 127), -128).astype(np.int8)
