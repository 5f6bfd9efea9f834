"""Requantisation in exact integers: sums of int32 times a scale, to narrow integers, rounded as TFLite does.

A scale is a multiplier and a shift: multiplier * 2^(shift - 31), with a multiplier of int32 and a shift from -31 to 30.
"""

from dataclasses import dataclass

import numpy as np

from .integer import wrap

STAGES = {"gemmlowp": 12, "single": 10, "float32": 17}
"""Cycles from a row of sums to its row of integers, apart from the output buffer."""
SETTLE = 2
"""Cycles from the last beat of a set to the first row that may use it."""


def fixed_point(scale: float) -> tuple[int, int]:
    """(multiplier, shift) of a scale >= 0: multiplier * 2^(shift - 31), 2^30 <= multiplier < 2^31."""
    fraction, exponent = np.frexp(scale)
    multiplier, exponent = int(np.floor(fraction * 2**31 + 0.5)), int(exponent)
    if multiplier == 2**31:
        multiplier, exponent = 2**30, exponent + 1
    return (multiplier, exponent) if exponent >= -31 else (0, 0)


def float_scale(scale: float) -> tuple[int, int]:
    """(multiplier, shift) of a scale >= 0 in float32, exactly: its significand is in bits 30 to 7 of the multiplier."""
    fraction, exponent = np.frexp(np.float32(scale))
    multiplier, exponent = int(fraction * 2.0**31), int(exponent)
    return (multiplier, exponent) if exponent >= -31 else (0, 0)


def requantise(
    acc,
    multiplier,
    shift,
    *,
    rounding: str = "single",
    bias: np.ndarray | int = 0,
    zero_point: int = 0,
    low: int | None = None,
    high: int | None = None,
) -> np.ndarray:
    """Requantised sums: min(max(scaled + zero_point, low), high), where
    scaled = round((acc + bias) * multiplier * 2^(shift - 31)).

    `acc` holds values of int32, rows x lanes; multiplier, shift and bias are numbers or one for each lane. acc + bias
    wraps modulo 2^32. All operations after `scaled` are exact. int64 out. Raises `ValueError` where a shift is not
    legal.

    `rounding` "single": one rounding of the exact product, ties upwards (TFLITE_SINGLE_ROUNDING, TOSA's APPLY_SCALE).
    "gemmlowp": the older two, see :func:`high_multiply` and :func:`rounding_shift`; a positive shift comes before
    them, modulo 2^32. "float32": XNNPACK's and ONNX Runtime's rint(float32(acc + bias) * float32(scale)), ties to even;
    of the multiplier only bits 30 to 7 count, and it is 0 where bit 30 is 0.
    """
    multiplier, shift = np.asarray(multiplier, np.int64), np.asarray(shift, np.int64)
    if shift.size and not (shift.min() >= -31 and shift.max() <= 30):
        raise ValueError(f"shift={shift}: shift must be from -31 to 30")
    total = wrap(np.asarray(acc).astype(np.int64) + bias, 32)
    if rounding == "single":
        right = 31 - shift
        scaled = (total * multiplier + (np.int64(1) << (right - 1))) >> right
    elif rounding == "float32":
        significand = np.where(multiplier >> 30 & 1, multiplier & 0x7FFFFF80, 0)
        scale = np.ldexp(significand.astype(np.float32), shift.astype(np.int32) - 31)
        scaled = np.rint(total.astype(np.float32) * scale).astype(np.int64)
    else:
        raised = wrap(total << np.maximum(shift, 0), 32)
        scaled = rounding_shift(high_multiply(raised, multiplier), np.maximum(-shift, 0))
    result = scaled + zero_point
    if low is not None:
        result = np.maximum(result, low)
    return result if high is None else np.minimum(result, high)


def high_multiply(a, b) -> np.ndarray:
    """gemmlowp's SaturatingRoundingDoublingHighMul: a * b / 2^31 to the nearest integer of int32, ties upwards.

    The algorithm is that of the reference: a nudge of half a unit away from zero (one less below it), and a division
    that truncates. Only -2^31 * -2^31 does not fit and gives 2^31 - 1.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    nudged = product + np.where(product >= 0, 2**30, 1 - 2**30)
    return np.minimum(np.sign(nudged) * (np.abs(nudged) // 2**31), 2**31 - 1)


def rounding_shift(x, shift) -> np.ndarray:
    """gemmlowp's RoundingDivideByPOT: x / 2^shift to the nearest integer, ties away from zero; shift from 0 to 31."""
    x = np.asarray(x, np.int64)
    mask = (np.int64(1) << np.asarray(shift, np.int64)) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> shift) + ((x & mask) > threshold)


@dataclass(frozen=True)
class SettingsChange:
    """Set of settings as transferred: for each beat its lane, multiplier, shift and bias (int64); and the common
    settings."""

    lane: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray
    bias: np.ndarray
    zero_point: int
    low: int
    high: int


class RequantiseLanes:
    """Requantisation lanes with their settings; all zero before the first :class:`SettingsChange`."""

    def __init__(self, cols: int, rounding: str, per_channel: bool):
        self.rounding, self.per_channel = rounding, per_channel
        self.multiplier, self.shift, self.bias = np.zeros((3, cols), np.int64)
        self.zero_point = self.low = self.high = 0

    def change(self, change: SettingsChange):
        """Apply a set, beat by beat; beats for lanes that do not exist are ignored."""
        for lane, multiplier, shift, bias in zip(
            change.lane, change.multiplier, change.shift, change.bias, strict=True
        ):
            own = slice(lane, lane + 1)
            scaled = own if self.per_channel else slice(None)
            self.bias[own], self.multiplier[scaled], self.shift[scaled] = bias, multiplier, shift
        self.zero_point, self.low, self.high = change.zero_point, change.low, change.high

    def run(self, rows: np.ndarray) -> np.ndarray:
        """Requantise rows of sums to rows of integers, int64."""
        return requantise(
            rows,
            self.multiplier,
            self.shift,
            rounding=self.rounding,
            bias=self.bias,
            zero_point=self.zero_point,
            low=self.low,
            high=self.high,
        )
