"""Functions of one int8 number as TensorFlow Lite Micro computes them, and their tables of 256 entries.

Scales and zero points are those of input and output: real = scale * (integer - zero_point). Scales are float32 numbers;
their ratios are float64. Source: reference kernels of TensorFlow Lite Micro.
"""

from collections.abc import Callable
from math import floor, frexp

import numpy as np

from .gemmlowp import logistic as logistic_of
from .gemmlowp import tanh as tanh_of
from .requantise import fixed_point, requantise, rounding_shift

INPUT_BITS = 4
"""Integer bits of the fixed-point input of the logistic function and the hyperbolic tangent."""
BYTES = np.arange(256, dtype=np.uint8).view(np.int8)


def table(function: Callable, *parameters) -> np.ndarray:
    """Results of a function for all int8 numbers, int8 (256,), indexed by the number's unsigned byte."""
    return function(BYTES, *parameters)


def logistic(x: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """Logistic function 1 / (1 + exp(-real)), int8 with scale 1/256 and zero point -128."""
    raw, beyond = _raw(x, scale, zero_point)
    result = rounding_shift(logistic_of(raw, INPUT_BITS), 31 - 8) - 128
    return _saturated(np.where(beyond, beyond * 256, result))


def tanh(x: np.ndarray, scale: float, zero_point: int) -> np.ndarray:
    """Hyperbolic tangent, int8 with scale 1/128 and zero point 0."""
    raw, beyond = _raw(x, scale, zero_point)
    return _saturated(np.where(beyond, beyond * 256, rounding_shift(tanh_of(raw, INPUT_BITS), 31 - 7)))


def leaky_relu(
    x: np.ndarray, scale: float, zero_point: int, out_scale: float, out_zero_point: int, alpha: float
) -> np.ndarray:
    """Leaky ReLU: real where real >= 0, otherwise alpha * real, with the scale and the zero point of the output."""
    source, target, slope = _float32(scale, out_scale, alpha)
    value = x.astype(np.int64) - zero_point
    above = requantise(value, *fixed_point(source / target), rounding="gemmlowp")
    below = requantise(value, *fixed_point(abs(source * slope / target)), rounding="gemmlowp")
    return _saturated(np.where(value >= 0, above, below if alpha >= 0 else -below) + out_zero_point)


def hard_swish(x: np.ndarray, scale: float, zero_point: int, out_scale: float, out_zero_point: int) -> np.ndarray:
    """Function real * min(max(real + 3, 0), 6) / 6, in fixed point of 16 bits. Raises `ValueError` for out_scale <
    scale / 128."""
    source, target = _float32(scale, out_scale)
    fine = source / 128
    multiplier, shift = _fixed_point16(fine / target)
    if shift > 0:
        raise ValueError(f"scale={out_scale}: the scale of a hard swish must be at least {fine:.6g}")
    value = (x.astype(np.int64) - zero_point) << 7
    scaled = _high_multiply16(value, multiplier)
    multiplier, exponent = _fixed_point16(fine / (3 / 32768))
    ramp = value  # from -1 to 1, with 15 fraction bits, for real numbers from -3 to 3
    if exponent > 0:
        ramp = _saturated16(ramp << min(exponent - 1, 16))
    ramp = _high_multiply16(ramp, multiplier)
    ramp = _saturated16(ramp << 1) if exponent > 0 else rounding_shift(ramp, min(-exponent, 31))
    product = (ramp + (1 << 15) >> 1) * scaled
    return _saturated(rounding_shift(np.sign(product) * (np.abs(product) >> 15), min(-shift, 31)) + out_zero_point)


def _raw(x: np.ndarray, scale: float, zero_point: int) -> tuple[np.ndarray, np.ndarray]:
    """Input with `INPUT_BITS` integer bits; and 1 or -1 where it is beyond them, 0 elsewhere."""
    fraction, shift = frexp(float(np.float32(scale)) * (1 << 31 - INPUT_BITS))
    radius = floor(((1 << INPUT_BITS) - 1) * 2.0 ** (31 - INPUT_BITS - shift))
    value = x.astype(np.int64) - zero_point
    beyond = np.where(value >= radius, 1, np.where(value <= -radius, -1, 0))
    inside = np.where(beyond, 0, value)
    return requantise(inside, floor(fraction * 2**31 + 0.5), shift, rounding="gemmlowp"), beyond


def _float32(*numbers: float) -> tuple[float, ...]:
    """Numbers rounded to float32, for products and quotients in float64."""
    return tuple(float(np.float32(number)) for number in numbers)


def _fixed_point16(scale: float) -> tuple[int, int]:
    """Multiplier of 16 bits and shift: multiplier * 2^(shift - 15)."""
    multiplier, shift = fixed_point(scale)
    return min(multiplier + (1 << 15) >> 16, 2**15 - 1), shift


def _high_multiply16(a: np.ndarray, b: int) -> np.ndarray:
    """SaturatingRoundingDoublingHighMul of int16."""
    product = a * b
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    return _saturated16(np.sign(nudged) * (np.abs(nudged) >> 15))


def _saturated16(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -(2**15), 2**15 - 1)


def _saturated(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -128, 127).astype(np.int8)
